"""Guests written in C for these tests: built once for each text of theirs, and kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from wherever.build.pins import PINS
from wherever.build.wat import wasm_tools
from wherever.build.zig import tool

GUESTS = Path(__file__).parent / "guests"
KEPT = Path(__file__).resolve().parents[3] / ".cache" / "guests"


def guest(name: str) -> Path:
    """The component of `guests/NAME.c`."""
    sources = [GUESTS / f"{name}.c", GUESTS / "wasi.h", GUESTS / "world.wit", Path(__file__)]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    for pin in ("zig", "wasm-tools"):
        digest.update(PINS[pin].version.encode())
    path = KEPT / f"{name}-{digest.hexdigest()[:16]}.wasm"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as scratch:
            os.replace(_built(name, Path(scratch)), path)
    return path


def _built(name: str, scratch: Path) -> Path:
    core, told, made = (scratch / each for each in ("core.wasm", "told.wasm", "made.wasm"))
    tool.run(
        [
            "cc",
            "-target",
            "wasm32-freestanding",
            "-O2",
            "-nostdlib",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-incompatible-library-redeclaration",
            "-Wno-unused-function",
            "-Wl,--no-entry",
            GUESTS / f"{name}.c",
            "-o",
            core,
        ],
        label="zig",
        folder=GUESTS,
        scratch=scratch,
    )
    wit = GUESTS / "world.wit"
    wasm_tools(scratch, GUESTS, "component", "embed", wit, core, "-o", told)
    wasm_tools(scratch, GUESTS, "component", "new", told, "-o", made)
    return made
