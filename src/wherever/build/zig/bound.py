"""The bindings of a C or C++ project's world, compiled where the project includes `world.h`."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings import c, kept, wit
from wherever.build.zig import tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.zig.sources import Sources

HEADER = "world.h"
HEADERS = ("*.h", "*.hh", "*.hpp", "*.hxx")


def of(project: Project, found: Sources, target: Path) -> tuple[list[str], list[Path]]:
    """What to compile the project's sources with, and what to link; nothing without a world.

    The files also stand in the project's `build/bindings`, where editors find them. A program that
    does not include the header has functions that are named as the canonical ABI names them.

    Raises:
        InputError: the WIT is wrong, or has more than bindings can say.
        BuildFailed: the compiler refused the bindings.
    """
    build = project.manifest.build
    if not (build.world or build.wit):
        return [], []
    folder = project.folder
    places = {folder / place for place in (".", *found.includes)}
    paths = [folder / path for path in (*found.c, *found.cpp)]
    paths += [path for place in sorted(places) for each in HEADERS for path in place.glob(each)]
    if not kept.included(HEADER, paths):
        return [], []
    made = kept.keep(project, c.bindings(wit.read(project, target)), target)
    return [f"-I{made}"], [compiled(project, made, target)]


def compiled(project: Project, made: Path, target: Path) -> Path:
    """The object file of the bindings in a folder.

    Raises:
        BuildFailed: the compiler refused them.
    """
    out = made / "world.o"
    tool.run(
        [
            *("cc", *tool.TARGET, "-O2", "-ffunction-sections", f"-ffile-prefix-map={target}=."),
            *("-c", made / "world.c", "-o", out),
        ],
        label="the C compiler",
        folder=project.folder,
        scratch=target,
    )
    return out
