"""Guests written in C for these tests: built once for each text of theirs, and kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import wherever.edge
from wherever.build.pins import PINS
from wherever.build.wat import wasm_tools
from wherever.build.zig import tool

GUESTS = Path(__file__).parent / "guests"
WITS = {"plain": Path(wherever.edge.__file__).parent / "wit" / "http.wit"}
"""The worlds of guests that have not the one of `guests/world.wit`."""

WORLDS = {"fetches": "command"}
"""Those of guests that are of another one of its worlds."""

KEPT = Path(__file__).resolve().parents[3] / ".cache" / "guests"


def guest(name: str) -> Path:
    """The component of `guests/NAME.c`."""
    headers = sorted(GUESTS.glob("*.h"))
    sources = [GUESTS / f"{name}.c", *headers, _wit(name), Path(__file__)]
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


def _wit(name: str) -> Path:
    return WITS.get(name, GUESTS / "world.wit")


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
    world = [] if name in WITS else ["--world", WORLDS.get(name, "guest")]
    wasm_tools(scratch, GUESTS, "component", "embed", _wit(name), *world, core, "-o", told)
    wasm_tools(scratch, GUESTS, "component", "new", told, "-o", made)
    return made
