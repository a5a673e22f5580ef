"""The world of a site. Its WIT is ours, so a project need only name it."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from wherever.build.project import Project

WORLD = "wherever:http/site"
"""What `[build] world` says of a site whose WIT is not beside it."""

FILE = "http.wit"


def text() -> str:
    """The WIT, as the edge has it."""
    return (resources.files("wherever") / "edge" / "wit" / FILE).read_text("utf-8")


def is_wanted(project: Project) -> bool:
    """Whether a project is a site by its manifest."""
    build = project.manifest.build
    own = build.wit or (project.folder / "wit").exists()
    return build.world.partition("@")[0] == WORLD and not own


def given(project: Project, target: Path) -> Project:
    """A site with the WIT that it names, as if it had that in its folder.

    Args:
        target: the scratch folder of the build.
    """
    folder = target / "site"
    folder.mkdir()
    (folder / FILE).write_text(text(), "utf-8")
    build = replace(project.manifest.build, wit=str(folder), world="site")
    return replace(project, manifest=replace(project.manifest, build=build))
