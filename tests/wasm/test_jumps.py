"""Modules that only jump through a table, those that fill it, and all that are neither."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from wherever.wasm.jumps import Fills, Jumps, fills, jumps

JUMPS = """(module (type (func (param i32))) (table (export "$imports") 2 2 funcref)
  (func (export "1") (type 0) (call_indirect (type 0) (local.get 0) (i32.const 1)))
  (func (export "0") (type 0) (call_indirect (type 0) (local.get 0) (i32.const 0)))%s)"""
FILLS = """(module (import "" "0" (func $a (param i32))) (import "" "1" (func $b (param i32)))
  (import "" "$imports" (table 2 2 funcref)) (elem (i32.const 0) func $a $b)%s)"""


def test_a_pair_that_tools_write_is_known() -> None:
    assert jumps(bytes(wat2wasm(JUMPS % ""))) == Jumps({"1": 1, "0": 0}, "$imports")
    assert fills(bytes(wat2wasm(FILLS % ""))) == Fills(
        {0: ("", "0"), 1: ("", "1")}, ("", "$imports")
    )
    assert jumps(bytes(wat2wasm(FILLS % ""))) is None
    assert fills(bytes(wat2wasm(JUMPS % ""))) is None


@pytest.mark.parametrize(
    "more",
    ["(func)", "(global i32 (i32.const 0))", "(memory 1)", "(func $s) (start $s)"],
    ids=["function", "global", "memory", "start"],
)
def test_what_does_more_is_neither(more: str) -> None:
    assert jumps(bytes(wat2wasm(JUMPS % more))) is None
    assert fills(bytes(wat2wasm(FILLS % more))) is None


@pytest.mark.parametrize(
    "more", ['(export "f" (func 5))', "(func (type 9))"], ids=["export", "type"]
)
def test_what_is_no_module_is_neither(more: str) -> None:
    """Nobody has checked these bytes yet."""
    assert jumps(bytes(wat2wasm(JUMPS % more))) is None
