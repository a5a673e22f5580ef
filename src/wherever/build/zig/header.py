"""A library of C whose world comes from its header: the world, and what adapts it."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings import kept, wit
from wherever.build.bindings.c import glue
from wherever.build.bindings.c.header import Header
from wherever.build.deriving import c_header
from wherever.build.zig import adapting, bound, tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.build.deriving.c_header import Derived
    from wherever.build.project import Project

_READING = ("-D", "-U", "-I", "-include", "-isystem", "-iquote", "-std=", "-f")
_LINKING = ("-l", "-L", "-Wl,", "-mexec", "-s")


def derived(
    project: Project, header: Path, flags: Sequence[str | Path], target: Path, *, is_cpp: bool
) -> tuple[Derived, list[Path]]:
    """A project with the world of its header, and what to link for it.

    Args:
        project: the project.
        header: its header.
        flags: what its sources are compiled with.
        target: the scratch folder of the build.
        is_cpp: the header is compiled as C++.

    Raises:
        InputError: the header has nothing that others could call.
        BuildFailed: the compiler refused it.
    """
    found = c_header.derive(project, header, _reading(flags), target, is_cpp=is_cpp)
    world = wit.read(found.project, target)
    written = Header(world)
    name = "api.cpp" if is_cpp else "api.c"
    files = {
        "world.h": written.text(),
        "world.c": glue.text(world, written),
        name: adapting.text(found, written, world.exports[0]),
    }
    made = kept.keep(found.project, files, target)
    out = target / "api.o"
    compiling = [each for each in flags if not str(each).startswith(_LINKING)]
    tool.run(
        [
            *("cc", *compiling, f"-I{made}", f"-ffile-prefix-map={target}=.", "-I."),
            *("-c", made / name, "-o", out),
        ],
        label="the C++ compiler" if is_cpp else "the C compiler",
        folder=project.folder,
        scratch=target,
    )
    return found, [bound.compiled(project, made, target), out]


def _reading(flags: Sequence[str | Path]) -> list[str | Path]:
    """Those flags that change what a header says."""
    found: list[str | Path] = []
    for at, each in enumerate(flags):
        text = str(each)
        before = str(flags[at - 1]) if at else ""
        if before in _READING or (text.startswith(_READING) and not text.startswith("-ffile")):
            found.append(each)
    return found
