"""The second tier: a guest's code by a C compiler, for Python to call in place of the engine's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from wherever.bind.c import compiling
from wherever.bind.c.guest import guest, prefixed, tool, vectors
from wherever.bind.tier import writing
from wherever.errors import InputError
from wherever.wasm import facts
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import core_modules
from wherever.wasm.head import COMPONENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.bind.library import Tell

_HERE = Path(__file__).parent
_RUNTIME = _HERE.parent / "c" / "runtime"
_SUPPORT = '#define GUEST_GOES_ON\n#include "guest.h"\n#include "same.h"\n'
_SAME = ("-fno-optimize-sibling-calls",)
"""Calls in the last place stay calls: without end they end for want of stack, as in the engine."""

_PREVIEW_1 = "wasi_snapshot_preview1"


def compile_native(name: str, data: bytes, folder: Path, tell: Tell) -> tuple[Path, list[Any]]:
    """Compiles a library's core modules into one shared library that stands for the engine.

    Args:
        name: what messages call it.
        data: a module or a component.
        folder: where the work is done; empty.
        tell: gets a line of progress.

    Returns:
        The shared library, and for each of its modules where it begins in `data` and its facts.

    Raises:
        InputError: it is a program, or references or shared memory cross its border.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        NotRunnable: it is malformed.
        RemoteError: a tool could not be fetched.
    """
    cc = compiling.compiler()
    if data[:8] == COMPONENT:
        places = [(each.start, each.size) for each in core_modules(definitions(data))]
    else:
        places = [(0, len(data))]
    src = folder / "src"
    src.mkdir()
    shapes = writing.Shapes()
    files: dict[str, str] = {}
    headers: list[str] = []
    bodies: list[str] = []
    known: list[tuple[int, Any]] = []
    with tempfile.TemporaryDirectory(prefix=".tier-", dir=folder) as made_in:
        scratch = Path(made_in)
        for number, (start, size) in enumerate(places):
            module = data[start : start + size]
            fact = facts(module)
            _refuse_programs(name, data, fact)
            tell(f"translating {name} to C ({number + 1} of {len(places)})")
            code = guest(module, writing.OWN, scratch, f"guest{number}")
            files |= {file: writing.mended(text) for file, text in code.files.items()}
            headers.append(f'#include "guest{number}.h"')
            bodies.append(writing.module(number, code, fact, shapes))
            known.append((start, fact))
        lists = writing.modules(len(places))
        files["glue.c"] = "\n".join(
            ["#include <string.h>", *headers, '#include "tier.h"', shapes.text(), *bodies, lists]
        )
        files |= _support()
        for file, text in files.items():
            (src / file).write_text(text, "utf-8")
        vectors("\n".join(files.values()), src)
        made = compiling.compiled(cc, name, writing.OWN, folder, scratch, tell, *_SAME)
        compiling.share(cc, made, folder / "native.so", scratch, "-Wl,-Bsymbolic")
    return folder / "native.so", known


def _support() -> dict[str, str]:
    """The C that is the same for every library."""
    texts = {
        "support.h": _SUPPORT,
        "guest.h": (_RUNTIME / "guest.h").read_text("utf-8"),
        "same.h": (_HERE / "same.h").read_text("utf-8"),
        "memory.c.h": (_RUNTIME / "memory.c").read_text("utf-8"),
        "tier.h": (_HERE / "tier.h").read_text("utf-8"),
        "engine.c": (_HERE / "engine.c").read_text("utf-8").replace('"memory.c"', '"memory.c.h"'),
    }
    for header in ("wasm-rt.h", "wasm-rt-exceptions.h"):
        texts[header] = (tool() / "wasm2c" / header).read_text("utf-8")
    return {file: prefixed(text, writing.OWN) for file, text in texts.items()}


def _refuse_programs(name: str, data: bytes, fact: Any) -> None:
    if data[:8] != COMPONENT and any(each[0] == _PREVIEW_1 for each in fact["imports"]):
        raise InputError(
            f"{name} calls WASI itself, which native code cannot yet",
            "build it as a library (a component), whose WASI is Wherever's own",
        )
