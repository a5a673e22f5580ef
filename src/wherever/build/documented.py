"""A component that says what the WIT of its world says, for whoever binds or loads it."""

from __future__ import annotations

from wherever.build.bindings import wit
from wherever.build.wat import wasm_tools
from wherever.errors import InputError
from wherever.wasm.head import COMPONENT
from wherever.wit.docs import SECTION, section_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from wherever.build.project import Project

DERIVED = "derived"
"""Where a build keeps the WIT of a world that it derived."""


def documented(data: bytes, project: Project, work: Path) -> bytes:
    """The program with a section of what is said of its functions and types.

    Nothing is added to what has no world, or one whose WIT bindings cannot read.

    Args:
        data: the program.
        project: what it is built from.
        work: the folder in which it was built.
    """
    build = project.manifest.build
    derived = work / DERIVED
    place = derived if derived.is_dir() else project.folder / (build.wit or "wit")
    if data[:8] != COMPONENT or SECTION.encode() in data or not place.exists():
        return data
    try:
        read = wasm_tools(work, project.folder, "component", "wit", "--json", place, stdout=True)
        return data + section_of(wit.parse(read, "" if derived.is_dir() else build.world))
    except InputError:
        return data  # what builds without being read is no worse for having no docs
