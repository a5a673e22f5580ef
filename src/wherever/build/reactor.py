"""A core module with the exports of a WIT world becomes a component of that world."""

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
    adapter = tools.tool("adapters") / "lib" / "wasi_snapshot_preview1.reactor.wasm"
    out = target / "out.wasm"
    adapt = f"wasi_snapshot_preview1={adapter}"
    words: list[str | Path] = ["component", "new", *options, "--adapt", adapt, told, "-o", out]
    wasm_tools(target, project.folder, *words)
    return out
