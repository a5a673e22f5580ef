"""Zig: a program of one file, and of those that it imports."""

from __future__ import annotations

from pathlib import Path

from wherever.build import flags
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.toolchain import Built, Need
from wherever.build.zig import library, modules, tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell


class Zig:
    """The Zig language, by zig."""

    name = "zig"
    languages = ("zig",)
    endings = (".zig",)

    def detect(self, folder: Path) -> Path | None:
        """`main.zig` in the folder or its `src`, or the only .zig file."""
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """zig, and wasm-tools for components."""
        return [need("zig"), need("wasm-tools"), need("adapters")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Compiles the program whole; it keeps its checks, and says where it failed one."""
        tool.root()
        tell(f"compiling {project.name}")
        core = target / "core.wasm"
        said = tool.run(
            [
                "build-exe",
                *tool.TARGET,
                *("-O", "ReleaseSafe", "-fstrip", "--color", "off"),
                *(("-fno-entry", "-rdynamic") if library.is_library(project) else ()),
                *modules.of(project, flags.of(project, flags.ZIG), target),
                f"-femit-bin={core}",
            ],
            label="zig",
            folder=project.folder,
            scratch=target,
        )
        if library.has_world(project):
            core = library.component(project, core, target)
        return Built(core, tuple(said.splitlines()))


TOOLCHAIN = Zig()
