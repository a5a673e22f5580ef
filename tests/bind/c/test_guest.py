"""The guest's C looks whether to end in every function and every loop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wherever.bind.c.guest import guest
from wherever.build.wat import wasm_tools
from wherever.errors import BuildFailed

LOOPS = """\
(module
  (memory 1)
  (func $twice (export "a:b/c#twice") (param i32) (result i32)
    (loop $outer
      (loop $inner (br_if $inner (i32.load (local.get 0))))
      (br_if $outer (i32.load (i32.const 4))))
    (if (result i32) (local.get 0)
      (then (loop (result i32) (call $twice (i32.const 0))))
      (else (i32.const 1))))
  (func (export "never") (loop unreachable)))
"""


def module(text: str, scratch: Path) -> bytes:
    (scratch / "module.wat").write_text(text, "utf-8")
    wasm_tools(scratch, scratch, "parse", "module.wat", "-o", "parsed.wasm")
    return (scratch / "parsed.wasm").read_bytes()


def test_every_loop_and_every_function_looks(tmp_path: Path) -> None:
    made = guest(module(LOOPS, tmp_path), "own", tmp_path)
    code = made.files["guest.c"]
    assert len(re.findall(r"var_L\d+: GUEST_CHECK", code)) == LOOPS.count("(loop") == 4
    assert len(re.findall(r"^  FUNC_PROLOGUE;$", code, re.MULTILINE)) == LOOPS.count("(func")
    assert "#define FUNC_PROLOGUE GUEST_CHECK\n" in code
    assert made.exports["a:b/c#twice"].result == "u32"
    assert not re.search(r"\b(w2c_|wasm_rt_|wasm2c_)", "".join(made.files.values()))


def test_loops_of_tail_calls_are_refused(tmp_path: Path) -> None:
    text = '(module (func $a (export "a") (return_call $a)))'
    with pytest.raises(BuildFailed, match="wasm2c failed"):
        guest(module(text, tmp_path), "own", tmp_path)
