"""A core module that tells of a WIT world becomes a component of that world."""

from __future__ import annotations

from pathlib import Path

from wherever.build import tools
from wherever.build.wat import wasm_tools
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

_TOLD = b"component-type"


def library(core: Path, project: Project, target: Path, *options: str) -> Path:
    """The component of a module that exports what the project's world names.

    The world is written into the module first, where its own bindings have not done so.

    Args:
        core: a WASI preview 1 reactor, or a module without WASI.
        options: more words for `wasm-tools component new`.

    Raises:
        InputError: there is no WIT, or the module does not fit it.
    """
    build = project.manifest.build
    told = core
    if _TOLD not in core.read_bytes():
        wit = project.folder / (build.wit or "wit")
        if not wit.exists():
            raise InputError(
                f"{project.name}: there is no {wit.name} with the WIT of its world",
                "name it: wit = 'FOLDER' in [build]",
            )
        told = target / "told.wasm"
        world = ["--world", build.world] if build.world else []
        wasm_tools(target, project.folder, "component", "embed", *world, wit, core, "-o", told)
    return _component(told, project, target, "reactor", *options)


def command(core: Path, project: Project, target: Path) -> Path:
    """The component of a program whose bindings tell of WASI 0.2; any other as it is.

    Args:
        core: a WASI preview 1 command.

    Raises:
        InputError: what its bindings tell does not fit.
    """
    if _TOLD not in core.read_bytes():
        return core
    return _component(core, project, target, "command")


def _component(told: Path, project: Project, target: Path, kind: str, *options: str) -> Path:
    adapter = tools.tool("adapters") / "lib" / f"wasi_snapshot_preview1.{kind}.wasm"
    out = target / "out.wasm"
    adapt = f"wasi_snapshot_preview1={adapter}"
    words: list[str | Path] = ["component", "new", *options, "--adapt", adapt, told, "-o", out]
    wasm_tools(target, project.folder, *words)
    return out
