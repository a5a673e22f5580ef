"""Modules whose data lies at a base of somebody else's work without extended constants."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from wherever.bind.typescript import constants
from wherever.build.wat import wasm_tools
from wherever.errors import BuildFailed

LINKED = """(module
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 8 funcref))
  (import "env" "base" (global $base i32))
  (import "env" "slot" (global $slot i32))
  (import "env" "seen" (func $seen (param i32)))
  (global $own i32 (i32.add (global.get $base) (i32.const 4)))
  (global $kept (mut i64) (i64.mul (i64.const 6) (i64.const 7)))
  (global $plain i32 (i32.const 5))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $begin (call $seen (i32.load8_u (global.get $base))))
  (start $begin)
  (export "kept" (global $kept))
  (func (export "own") (result i32) (global.get $own))
  (func (export "call") (param i32) (result i32)
    (call_indirect (type 0) (local.get 0)))
  (type (func (result i32)))
  (elem (offset (i32.add (global.get $slot) (i32.const 1))) func $one $two)
  (elem (table 0) (offset (i32.sub (global.get $slot) (i32.const 1))) funcref (ref.func $two))
  (elem (i32.const 7) $one)
  (data (offset (i32.add (global.get $base) (i32.const 0))) "hello")
  (data (i32.const 0) "start")
  (data (offset (i32.add (i32.mul (i32.const 2) (i32.const 50)) (global.get $base))) "end"))
"""


def made(text: str, tmp_path: Path) -> bytes:
    (tmp_path / "a.wat").write_text(text)
    wasm_tools(tmp_path, tmp_path, "parse", "a.wat", "-o", "a.wasm")
    return (tmp_path / "a.wasm").read_bytes()


def checked(module: bytes, tmp_path: Path) -> None:
    """Refuses extended constants."""
    (tmp_path / "checked.wasm").write_bytes(module)
    features = "all,-extended-const,-gc"
    wasm_tools(tmp_path, tmp_path, "validate", "--features", features, "checked.wasm")


def seen(module: bytes) -> tuple[object, ...]:
    """What an instance of the module does."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    told: list[int] = []
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
    table = wasmtime.Table(
        store, wasmtime.TableType(wasmtime.ValType.funcref(), wasmtime.Limits(8, None)), None
    )
    i32 = wasmtime.ValType.i32()
    numbers = [
        wasmtime.Global(store, wasmtime.GlobalType(i32, False), wasmtime.Val.i32(value))
        for value in (1000, 2)
    ]
    see = wasmtime.Func(store, wasmtime.FuncType([i32], []), told.append)
    instance = wasmtime.Instance(
        store, wasmtime.Module(engine, module), [memory, table, *numbers, see]
    )
    exports = instance.exports(store)
    calls = [exports["call"](store, at) for at in (1, 3, 4, 7)]
    return (
        bytes(memory.read(store, 0, 2000)),
        told,
        exports["kept"].value(store),
        exports["own"](store),
        calls,
    )


def test_it_does_what_it_did(tmp_path: Path) -> None:
    module = made(LINKED, tmp_path)
    with pytest.raises(BuildFailed):
        checked(module, tmp_path)
    plain = constants.plain(module)
    checked(plain, tmp_path)
    assert seen(plain) == seen(module)
    assert seen(plain)[1:] == ([ord("h")], 42, 1004, [2, 1, 2, 1])


def test_a_module_without_them_stays_as_it_is(tmp_path: Path) -> None:
    module = made('(module (memory 1) (data (i32.const 4) "x") (func (export "f")))', tmp_path)
    assert constants.plain(module) == module


def test_a_module_with_nothing_else_gets_what_it_needs(tmp_path: Path) -> None:
    text = """(module (import "e" "b" (global i32)) (memory (export "m") 1)
      (data (offset (i32.add (global.get 0) (i32.const 2))) "yes"))"""
    plain = constants.plain(made(text, tmp_path))
    checked(plain, tmp_path)
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    kind = wasmtime.GlobalType(wasmtime.ValType.i32(), False)
    base = wasmtime.Global(store, kind, wasmtime.Val.i32(10))
    instance = wasmtime.Instance(store, wasmtime.Module(engine, plain), [base])
    assert bytes(instance.exports(store)["m"].read(store, 11, 16)) == b"\0yes\0"
