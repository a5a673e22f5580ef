"""A core module that exports functions, as a component of the world that it implements."""

from __future__ import annotations

from pathlib import Path

from wherever.build import tools
from wherever.build.wat import wasm_tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project


def is_library(project: Project) -> bool:
    """Whether it is called, and not started."""
    return project.manifest.kind == "library" or bool(project.manifest.build.world)


def component(project: Project, core: Path, target: Path) -> Path:
    """The component of the project's world; its functions stand in `core` as the ABI names them.

    Raises:
        BuildFailed: the world is wrong, or the module lacks something of it.
    """
    build = project.manifest.build
    wit = project.folder / (build.wit or "wit")
    embedded, out = target / "embedded.wasm", target / "component.wasm"
    (adapter,) = tools.tool("adapters").glob("lib/wasi_snapshot_preview1.reactor.wasm")
    folder = project.folder
    wasm_tools(
        target, folder, "component", "embed", wit, "--world", build.world, core, "-o", embedded
    )
    adapt = f"wasi_snapshot_preview1={adapter}"
    wasm_tools(target, folder, "component", "new", embedded, "--adapt", adapt, "-o", out)
    return out
