"""A core module that exports functions, as a component of the world that it implements."""

from __future__ import annotations

from pathlib import Path

from wherever.build import reactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project


def is_library(project: Project) -> bool:
    """Whether it is called, and not started."""
    return project.manifest.kind == "library" or has_world(project)


def has_world(project: Project) -> bool:
    """Whether it is a component of a world, and not a module."""
    return bool(project.manifest.build.world or project.manifest.build.wit)


def component(project: Project, core: Path, target: Path) -> Path:
    """The component of the project's world; its functions stand in `core` as the ABI names them.

    Raises:
        InputError: there is no WIT.
        BuildFailed: the world is wrong, or the module lacks something of it.
    """
    return reactor.library(core, project, target)
