"""The modules of a Zig program: its own, and those of its world where it imports `world`."""

from __future__ import annotations

import re
from pathlib import Path

from wherever.build import command
from wherever.build.bindings import kept, wit
from wherever.build.bindings import zig as bindings
from wherever.build.zig import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

_IMPORTED = re.compile(rb'@import\(\s*"world"\s*\)')


def of(project: Project, flags: tuple[str, ...], target: Path) -> list[str]:
    """Words for zig: the program's flags, its main file, and the modules that it imports.

    Files of the world also stand in the project's `build/bindings`. The one that is compiled first
    is ours, which exports the functions of the program as the world has them. A program that does
    not import the world exports functions of its own.

    Args:
        flags: the program's own.

    Raises:
        InputError: the WIT is wrong, or has more than bindings can say.
    """
    main = command.operand(project.main.relative_to(project.folder).as_posix())
    if not library.has_world(project) or not _imports(project):
        return [*flags, main]
    made = kept.keep(project, bindings.bindings(wit.read(project, target)), target)
    return [
        *(*_speed(flags), "--dep", "program", "--dep", "world", f"-Mroot={made / 'exports.zig'}"),
        *(*flags, "--dep", "world", f"-Mprogram={main}"),
        *("--dep", "program", f"-Mworld={made / 'world.zig'}"),
    ]


def _imports(project: Project) -> bool:
    own = project.main.parent
    paths = [path for path in own.rglob("*.zig") if "build" not in path.relative_to(own).parts[:1]]
    return any(_IMPORTED.search(path.read_bytes()) for path in (project.main, *paths))


def _speed(flags: tuple[str, ...]) -> list[str]:
    """Those flags that say what to optimise for; zig asks for them for each module."""
    found: list[str] = []
    for at, flag in enumerate(flags):
        if flag == "-O":
            found += flags[at : at + 2]
        elif flag.startswith("-O"):
            found.append(flag)
    return found
