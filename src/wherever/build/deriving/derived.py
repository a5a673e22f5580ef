"""A project with the world that was derived for it, so that it is built as if it had one."""

from __future__ import annotations

import re
from dataclasses import replace

from wherever.build.project import FOLDER
from wherever.errors import InputError
from wherever.wit.model import Interface
from wherever.wit.text import interface_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wherever.build.project import Project
    from wherever.wit.model import Function, Type

INTERFACE = "api"
"""The interface that a derived world exports."""

WORLD = "library"
"""What a derived world is called."""


def is_wanted(project: Project) -> bool:
    """Whether it is a library whose world nobody wrote."""
    build = project.manifest.build
    written = build.world or build.wit or (project.folder / "wit").exists()
    return project.manifest.kind == "library" and not written


def home(project: Project) -> str:
    """The whole name of the interface, as `acme:text/api@0.1.0`; `home` of derived types.

    Example:
        `Type("record", parts, "counts", home(project))`
    """
    base, at, version = _package(project).partition("@")
    return f"{base}/{INTERFACE}{at}{version}"


def world(
    project: Project,
    types: Sequence[Type],
    functions: Sequence[Function],
    target: Path,
    docs: str = "",
    extra: str = "",
) -> Project:
    """The project with the world that exports these types and functions as its own.

    The WIT also lies in the project's `build/wit`, for people to read.

    Args:
        types: those with names, each after those that it uses.
        functions: in the order of the source.
        target: the scratch folder of the build.
        docs: what the source says of the whole.
        extra: more lines of WIT for the world: `import wasi:cli/run@0.2.0;`.

    Raises:
        InputError: there is nothing to export, or the WIT cannot be written.
    """
    if not functions:
        raise InputError(
            f"{project.main.name} exports no function",
            "a library is what others call: write a public function with types",
        )
    interface = Interface(home(project), tuple((t.name, t) for t in types), tuple(functions), docs)
    body = "".join(f"  {line}\n" for line in ("export api;", *extra.splitlines()))
    text = (
        f"package {_package(project)};\n\n{interface_text(INTERFACE, interface)}\n"
        f"world {WORLD} {{\n{body}}}\n"
    )
    folder = target / "derived"
    shown = project.folder / FOLDER / "wit"
    try:
        folder.mkdir()
        (folder / "world.wit").write_text(text, "utf-8")
        shown.mkdir(parents=True, exist_ok=True)
        (shown / "world.wit").write_text(text, "utf-8")
    except OSError as error:
        raise InputError(
            f"the WIT of {project.name} cannot be written: {error.strerror} ({error.filename})",
            "make room, or make the folder writable",
        ) from None
    build = replace(project.manifest.build, wit=str(folder), world=WORLD)
    return replace(project, manifest=replace(project.manifest, build=build))


def kebab(name: str) -> str:
    """A name of any language as WIT writes it.

    Example:
        >>> kebab("parseAll"), kebab("parse_all"), kebab("HTTPServer2"), kebab("_x__y")
        ('parse-all', 'parse-all', 'http-server2', 'x-y')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    words = [word for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]
    joined = "-".join(word if word[0].isalpha() else f"n{word}" for word in words)
    return joined.lower()


def _package(project: Project) -> str:
    manifest = project.manifest
    name = str(manifest.name) if manifest.name is not None else f"local:{kebab(project.main.stem)}"
    return f"{name}@{manifest.version}" if manifest.version is not None else name
