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
_NOT_OURS = {"bench", "build", "doc", "docs", "example", "examples", "test", "tests"}
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
        left_out: files with a `main` of their own, which are other programs.
    """

    c: tuple[str, ...]
    cpp: tuple[str, ...]
    includes: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def of(project: Project) -> Sources:
    """The sources of a project: one file, or all that lie where its main file does.

    Where that is the folder itself or its `src`, folders below count too, but not those of tests,
    examples and documents, hidden ones, and other packages.
    """
    folder = project.folder
    main = project.main.relative_to(folder).as_posix()
    if not project.whole:
        return _sorted([main], ())
    top = main.split("/")[0] if "/" in main else ""
    found = sorted(_below(folder, folder / top))
    others = [path for path in found if path != main and has_main(folder / path)]
    chosen = sorted({main, *found}.difference(others))
    includes = [name for name in (".", "include", "src") if (folder / name).is_dir()]
    return _sorted(chosen, tuple(includes), tuple(others))


def has_main(path: Path) -> bool:
    """Whether a file defines `main`."""
    return _MAIN.search(path.read_bytes()) is not None


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


def _sorted(paths: list[str], includes: tuple[str, ...], left: tuple[str, ...] = ()) -> Sources:
    cpp = tuple(path for path in paths if path.endswith(CPP))
    return Sources(tuple(path for path in paths if path not in cpp), cpp, includes, left)


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
            if name.endswith((*C, *CPP)) and not name.startswith("."):
                count += 1
                if count > _MOST:
                    raise InputError(
                        f"{top}: more than {_MOST} source files are in it",
                        "keep the program's own in a folder src, and name its main file in [build]",
                    )
                yield Path(place, name).relative_to(folder).as_posix()
