"""Components on SpiderMonkey, Firefox's engine, for programs that ask for it."""

from __future__ import annotations

from pathlib import Path

from wherever.build import command, tools
from wherever.build.javascript.componentizing import node
from wherever.build.wat import wasm_tools

MAKER = Path(__file__).parent / "make.mjs"


def componentize(bundle: Path, wit: Path, world: str, target: Path) -> Path:
    """Makes the component; where it is.

    Args:
        bundle: the file of `bundling`.
        wit: the folder of its world's text.
        world: its name.
        target: where to work.

    Raises:
        InputError: the program could not be prepared.
    """
    room = target / "bundle"
    room.mkdir()
    source = room / "bundle.js"
    bundle.rename(source)
    core, out = target / "core.wasm", target / "out.wasm"
    command.run(
        [node(), MAKER, tools.tool("componentize-js"), wit, world, source, core],
        label="componentize-js",
        cwd=room,
        scratch=target,
    )
    adapter = tools.tool("adapters") / "lib" / "wasi_snapshot_preview1.reactor.wasm"
    adapt = f"wasi_snapshot_preview1={adapter}"
    wasm_tools(target, room, "component", "new", "--adapt", adapt, core, "-o", out)
    return out
