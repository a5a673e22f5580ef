"""What `wherever new` makes: for each language and kind a small package that builds and runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from wherever.build.http import world
from wherever.errors import InputError
from wherever.package import manifest as manifests
from wherever.package.names import Name

PLACEHOLDER = "{{name}}"
SITE = "http"
"""The kind of what answers requests. Bindings are made from its WIT, which is written beside it."""

NAMESPACE = "my"
"""The namespace of a new package whose name has none."""


def kinds() -> dict[str, list[str]]:
    """The languages that there are templates for, each with its kinds.

    >>> kinds()["wat"]
    ['command']
    """
    found: dict[str, list[str]] = {}
    for entry in sorted(_root().iterdir(), key=lambda entry: entry.name):
        language, _, kind = entry.name.rpartition("-")
        if language:
            found.setdefault(language, []).append(kind)
    return found


def make(folder: Path, language: str, kind: str = "command") -> Name:
    """Write a new package into a folder that is not there yet; its name, from the folder's.

    Args:
        folder: `tool`, or `acme:tool` for a name with a namespace of its own.
        language: one of `kinds`.
        kind: "command", "library" or "http".

    Raises:
        InputError: the name is none, the folder is there, or there is no such template.
    """
    label = folder.name
    name = Name.parse(label if ":" in label else f"{NAMESPACE}:{label}")
    place = folder.parent / name.name
    template = _template(language, kind)
    try:
        if os.path.lexists(place):
            raise InputError(
                f"{place}: there is something of that name already", "choose another name"
            )
        made = Path(tempfile.mkdtemp(prefix=f".{name.name}-", dir=place.parent))
    except OSError as error:
        hint = f"make it first: mkdir -p {place.parent}"
        raise InputError(
            f"cannot make a folder in {place.parent}: {error.strerror}",
            hint if isinstance(error, FileNotFoundError) else "",
        ) from None
    try:
        _copy(template, made, str(name))
        if kind == SITE and (folder := manifests.read(made).build.wit):
            (made / folder).mkdir()
            (made / folder / world.FILE).write_text(world.text(), encoding="utf-8")
        made.chmod(0o755)
        os.rename(made, place)
    except OSError as error:
        raise InputError(f"cannot write {place}: {error.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return name


def _root() -> Traversable:
    return resources.files("wherever.build") / "templates"


def _template(language: str, kind: str) -> Traversable:
    there = kinds()
    if language not in there:
        from difflib import get_close_matches

        near = get_close_matches(language, there, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(there)}"
        raise InputError(f"there is no template for the language {language[:60]!a}", hint)
    if kind not in there[language]:
        raise InputError(
            f"there is no template for a {kind[:60]} in {language}",
            f"there is: {', '.join(there[language])}",
        )
    return _root() / f"{language}-{kind}"


def _copy(source: Traversable, target: Path, name: str) -> None:
    for entry in source.iterdir():
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name, name)
        else:
            text = entry.read_text(encoding="utf-8").replace(PLACEHOLDER, name)
            (target / entry.name).write_text(text, encoding="utf-8")
