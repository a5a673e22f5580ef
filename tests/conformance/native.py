"""The scripts of the core specification, natively and in the engine: the same results and traps.

Each module of a script is compiled by a C compiler. Each action is then done on both, and what
comes of it is compared: values, or the words of the trap.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import wherever
from tests.conformance import core, tools
from wherever.engine.native import NativeEngine
from wherever.errors import WhereverError
from wherever.run.natively import compiled

KEPT = tools.KEPT / f"scripts-{core.VERSION}"
LANES = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "f32": "I", "f64": "Q"}
ACTIONS = {"action", "assert_return", "assert_trap", "assert_exhaustion"}
PRINTED = ("print", "print_i32", "print_i64", "print_f32", "print_f64", "print_i32_f32")
SPECTEST = {name: lambda *values: None for name in (*PRINTED, "print_f64_f64")}


def scripts() -> list[Path]:
    """A listing for each script; none where there is no cargo."""
    if not KEPT.is_dir() and shutil.which("cargo"):
        tools.KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tools.KEPT) as scratch:
            made = Path(scratch) / "scripts"
            for script in sorted((core.fetched(Path(scratch)) / core.LATEST).rglob("*.wast")):
                out = made / script.stem
                out.mkdir(parents=True)
                command = [tools.wasm_tools(), "json-from-wast", script]
                command += ["-o", out / "commands.json", "--wasm-dir", out]
                if subprocess.run(command, capture_output=True).returncode:
                    shutil.rmtree(out)
            os.rename(made, KEPT)
    return sorted(KEPT.glob("*/commands.json"))


def run() -> Iterator[tuple[str, str]]:
    """For each script, its name and what was not the same, "" for nothing."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["WHEREVER_CACHE"] = cache
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            listings = scripts()
            for listing, ready in zip(listings, pool.map(_compile_all, listings), strict=True):
                yield from _script(listing, ready)


def _commands(listing: Path) -> list[dict[str, Any]]:
    return list(json.loads(listing.read_text())["commands"])


def _compile_all(listing: Path) -> dict[str, str]:
    """Which modules of a script have native code, and why others do not."""
    said: dict[str, str] = {}
    for line in _commands(listing):
        if line["type"] == "module":
            path = listing.parent / line["filename"]
            try:
                compiled(path.name, str(path), lambda text: None)
                said[line["filename"]] = ""
            except WhereverError as error:
                said[line["filename"]] = error.what
    return said


def _script(listing: Path, ready: dict[str, str]) -> Iterator[tuple[str, str]]:
    pairs: dict[str, Any] = {}
    current: Any = None
    tried = 0
    wrong: list[str] = []
    for line in _commands(listing):
        if line["type"] == "module":
            current = (
                _both(listing.parent / line["filename"]) if not ready[line["filename"]] else None
            )
            if line.get("name"):
                pairs[line["name"]] = current
        elif line["type"] in ACTIONS:
            action = line["action"]
            pair = pairs.get(action["module"]) if "module" in action else current
            if pair is None:
                continue
            engine, native = (_done(guest, action) for guest in pair)
            tried += 1
            if engine != native:
                wrong.append(f"line {line['line']}: {native}, in the engine {engine}")
    refused = sorted({why for why in ready.values() if why})
    yield (
        f"scripts/{listing.parent.name} ({tried} actions, {len(refused)} refusals)",
        "; ".join(wrong[:5]),
    )


def _both(path: Path) -> Any:
    """The module in the engine and natively, or None where it does not load."""
    pair = []
    for wish in ("0", "1"):
        os.environ["WHEREVER_NATIVE"] = wish
        try:
            guest = wherever.load(str(path), imports={"spectest": SPECTEST}, timeout=20)
        except WhereverError:
            return None
        if wish == "1" and not isinstance(guest._guest.plan.engine, NativeEngine):
            raise AssertionError(f"{path} is not native")
        pair.append(guest)
    return pair


def _done(guest: Any, action: dict[str, Any]) -> str:
    try:
        if action["type"] == "get":
            return _shown(guest[action["field"]])
        return _shown(guest[action["field"]](*(_value(each) for each in action["args"])))
    except (WhereverError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def _value(told: dict[str, Any]) -> Any:
    kind, text = told["type"], told.get("value")
    if kind == "v128":
        lane = LANES[told["lane_type"]]
        values = [int(each) for each in told["value"]]
        bits = 8 * struct.calcsize(lane)
        return b"".join((each % (1 << bits)).to_bytes(bits // 8, "little") for each in values)
    if kind in ("i32", "i64"):
        return int(str(text))
    if kind in ("f32", "f64"):
        width, letter = (4, "<f") if kind == "f32" else (8, "<d")
        return struct.unpack(letter, (int(str(text)) % (1 << 8 * width)).to_bytes(width, "little"))[
            0
        ]
    raise TypeError(f"a {kind} cannot cross")


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(each) for each in value)
    return "nan" if value != value else repr(value)
