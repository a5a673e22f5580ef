"""One generated package: made beside its place, and put there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from wherever import plugins
from wherever.bind.library import Generator, Library, Made
from wherever.errors import InputError
from wherever.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Tell

GROUP = "wherever.binding"
"""The plug-in group: a host language's name, and a `Generator`."""

MARK = "wherever-bind.json"
"""The file that tells what a package was generated from, and that it may be generated anew."""

NAMES = {"ts": "typescript", "js": "typescript", "javascript": "typescript", "py": "python"}


def languages() -> list[str]:
    """The host languages that there are generators for."""
    return plugins.names(GROUP)


def language_of(name: str) -> str:
    """A host language by any of its names.

    Raises:
        InputError: there is no generator for it.
    """
    wanted = NAMES.get(name.strip().lower(), name.strip().lower())
    if wanted not in languages():
        from difflib import get_close_matches

        near = get_close_matches(wanted, languages(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(languages())}"
        raise InputError(f"there are no bindings for {name[:40]!r}", hint)
    return wanted


def bind(library: Library, language: str, place: Path, tell: Tell) -> Made:
    """Generates a package of one host language.

    What lies at `place` is replaced, where it was generated too; anything else is left alone.

    Args:
        library: the component.
        language: the host language, as `language_of` gives it.
        place: the package's folder.
        tell: called with what is being done.

    Raises:
        InputError: something else is there, it cannot be written, or the library has what the
            language cannot say.
        RemoteError: a tool could not be fetched.
    """
    if place.exists() and not (place / MARK).is_file() and not _is_empty(place):
        raise InputError(f"{place} is there, and was not generated", "name another folder with -o")
    place = place.absolute()
    generate = plugins.part(GROUP, language)
    assert callable(generate)
    made: Generator = generate
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".wherever-bind-", dir=place.parent))
    except OSError as error:
        raise _cannot(place, error) from None
    try:
        folder = scratch / place.name
        folder.mkdir()
        done = made(library, folder, tell)
        mark = {
            "library": library.name,
            "version": library.version,
            "digest": library.digest,
            "language": language,
            "wherever": __version__,
        }
        (folder / MARK).write_text(json.dumps(mark, indent=2) + "\n", "utf-8")
        if place.exists():
            os.replace(place, scratch / "before")
        os.replace(folder, place)
    except OSError as error:
        raise _cannot(place, error) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Made.of(place, done.next)


def _is_empty(place: Path) -> bool:
    return place.is_dir() and not any(place.iterdir())


def _cannot(place: Path, error: OSError) -> InputError:
    return InputError(
        f"{place} cannot be written: {error.strerror} ({error.filename})",
        "make room, or name another folder with -o",
    )
