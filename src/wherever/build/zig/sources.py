"""The source files of a C or C++ project, and the folders of its headers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wherever.build.project import Project

C = (".c",)
CPP = (".cpp", ".cc", ".cxx")

_MOST = 10_000
_LOOKED_AT = 64 << 20
"""Bytes at the beginning of a source in which `main` and included sources are looked for."""

_NOT_OURS = {"bench", "build", "doc", "docs", "example", "examples", "test", "tests"}
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+"([^"]+\.(?:c|cc|cpp|cxx))"', re.MULTILINE)
_MAIN = re.compile(
    rb'^[ \t]*(?:extern[ \t]+"C"[ \t]+)?(?:int|void|auto)\s+(?:\w+\s+)?main\s*\(', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What is compiled, as paths below the project's folder, in an order of no chance.

    Attributes:
        c: files of C.
        cpp: files of C++.
        includes: folders that headers are looked for in.
        left_out: files that are not, each with the reason.
    """

    c: tuple[str, ...]
    cpp: tuple[str, ...]
    includes: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def of(project: Project) -> Sources:
    """The sources of a project: one file, or all of a folder.

    With a main file in `src`, or any other folder, they are all that is in there and below. With
    one in the project's folder they are those beside it, and all in its `src` and `lib`. What is
    hidden does not count, nor tests, examples, documents and other packages in folders below.
    """
    folder = project.folder
    main = project.main.relative_to(folder).as_posix()
    if not project.whole:
        return _sorted([main], ())
    found = sorted(_files(folder, main.split("/")[0] if "/" in main else ""))
    left = {
        path: "it has a main of its own"
        for path in found
        if path != main and has_main(folder / path)
    }
    left |= _included(folder, main, [path for path in found if path not in left])
    chosen = sorted({main, *found}.difference(left))
    includes = [name for name in (".", "include", "src") if (folder / name).is_dir()]
    return _sorted(chosen, tuple(includes), tuple(sorted(left.items())))


def has_main(path: Path) -> bool:
    """Whether a file defines `main`."""
    return _MAIN.search(_read(path)) is not None


def some(folder: Path) -> Path | None:
    """The file with `main` in a folder or its `src`, or else the first source in them."""
    found = [
        path
        for place in (folder, folder / "src")
        if place.is_dir()
        for path in sorted(place.iterdir())[:_MOST]
        if path.suffix in (*C, *CPP) and path.is_file()
    ]
    return next((path for path in found if has_main(path)), found[0] if found else None)


def _included(folder: Path, main: str, found: list[str]) -> dict[str, str]:
    """Sources that others include as text; or those that include most others, in their place."""
    left: dict[str, str] = {}
    for path in found:
        names = {each.decode("utf-8", "replace") for each in _INCLUDE.findall(_read(folder / path))}
        beside = {os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in names}
        inner = beside.intersection(found) - {path}
        if path != main and len(inner) > 1 and len(inner) > len(found) // 2:
            left[path] = "it includes most of the others"
        else:
            left |= {each: f"{path} includes it" for each in inner}
    return left


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _sorted(
    paths: list[str], includes: tuple[str, ...], left: tuple[tuple[str, str], ...] = ()
) -> Sources:
    cpp = tuple(path for path in paths if path.endswith(CPP))
    return Sources(tuple(path for path in paths if path not in cpp), cpp, includes, left)


def _files(folder: Path, top: str) -> list[str]:
    if top:
        return list(_below(folder, folder / top))
    beside = [
        path.name for path in folder.iterdir() if path.suffix in (*C, *CPP) and path.is_file()
    ]
    for name in ("src", "lib"):
        beside += _below(folder, folder / name)
    return [name for name in beside if not name.startswith(".")]


def _below(folder: Path, top: Path) -> Iterator[str]:
    count = 0
    for place, names, files in os.walk(top):
        names[:] = [
            name
            for name in sorted(names)
            if not name.startswith(".")
            and name not in _NOT_OURS
            and not os.path.exists(os.path.join(place, name, "wherever.toml"))
        ]
        for name in files:
            if name.endswith((*C, *CPP)) and os.path.isfile(os.path.join(place, name)):
                count += 1
                if count > _MOST:
                    raise InputError(
                        f"{top}: more than {_MOST} source files are in it",
                        "keep the program's own in a folder src, and name its main file in [build]",
                    )
                yield Path(place, name).relative_to(folder).as_posix()
