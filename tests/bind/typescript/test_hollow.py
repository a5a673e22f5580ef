"""Modules that throw exceptions, as jco reads them."""

from __future__ import annotations

from pathlib import Path

from wherever.bind.typescript.hollow import hollowed
from wherever.build.wat import wasm_tools

THROWING = """(component
  (core module $plain (func (export "g")))
  (core module $throwing
    (tag $bad (param i32))
    (export "bad" (tag $bad))
    (func (export "f") (result i32)
      (block $caught (result i32 exnref)
        (try_table (catch_ref $bad $caught) (throw $bad (i32.const 7)))
        unreachable)
      drop))
  (core instance $it (instantiate $throwing))
  (func (export "run") (result u32) (canon lift (core func $it "f"))))
"""


def binary(folder: Path) -> bytes:
    (folder / "throwing.wat").write_text(THROWING)
    wasm_tools(folder, folder, "parse", folder / "throwing.wat", "-o", folder / "throwing.wasm")
    return (folder / "throwing.wasm").read_bytes()


def test_what_throws_is_hollow_and_all_else_stays(tmp_path: Path, kept_tools: Path) -> None:
    whole = binary(tmp_path)
    understood, hollow = hollowed(whole)
    ((instead, module),) = hollow.items()
    assert module in whole
    assert module not in understood
    assert instead in understood
    (tmp_path / "understood.wasm").write_bytes(understood)
    words = ("validate", "--features=-exceptions", tmp_path / "understood.wasm")
    wasm_tools(tmp_path, tmp_path, *words)
    assert hollowed(understood) == (understood, {})


def test_the_same_module_twice_is_told_apart(tmp_path: Path, kept_tools: Path) -> None:
    whole = binary(tmp_path)
    outer = whole[:8] + b"\x04" + _size(whole) + whole + b"\x04" + _size(whole) + whole
    _, hollow = hollowed(outer)
    assert len(hollow) == 2
    assert len(set(hollow.values())) == 1


def _size(data: bytes) -> bytes:
    count = len(data)
    return bytes([count & 127 | 128, count >> 7])
