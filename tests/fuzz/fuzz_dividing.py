"""Damage modules and do their bulk instructions in pieces: what was valid stays so.

    python -m tests.fuzz.fuzz_dividing --seconds 60

Whoever misreads one instruction of a body changes bytes that are none of its business, which hardly
ever leaves a body valid. What fails is written to the folder `--keep` names.
"""

from __future__ import annotations

import argparse
import sys

import wasmtime

from tests.fuzz.fuzz_components import damaged, turns
from tests.hostile.test_components import ROOT
from tests.wasm.test_dividing import MODULE
from wherever.errors import NotRunnable
from wherever.wasi.shimming import shim
from wherever.wasm.dividing import divided

EVERYTHING = """\
(module
  (type $s (struct (field (mut i32)) (field i8))) (type $a (array (mut i16)))
  (type $f (func (param i32) (result i32)))
  (memory $m 2) (memory $w i64 1) (table $t 9 funcref) (table $x 9 externref)
  (table $r 9 (ref null $f)) (data $d "abcdef") (elem $e func $one) (tag $tag (param i32))
  (func $one (param i32) (result i32) (local.get 0))
  (func $bulk (param $n i32) (param $v i64) (local (ref null $s) v128 (ref null $a))
    (memory.fill $m (i32.const 1) (i32.const -4) (local.get $n))
    (memory.copy $w $m (local.get $v) (i32.const 3) (local.get $n))
    (memory.init $m $d (i32.const 1) (i32.const 2) (local.get $n))
    (table.init $t $e (i32.const 1) (i32.const 0) (local.get $n))
    (table.copy $t $t (i32.const 1) (i32.const 0) (local.get $n))
    (table.fill $x (i32.const 1) (ref.null extern) (local.get $n))
    (table.fill $r (i32.const 1) (ref.null $f) (local.get $n))
    (memory.fill $m (i32.const 1) (i32.const 2) (i32.const 8191))
    (data.drop $d) (elem.drop $e) (drop (table.grow $x (ref.null extern) (i32.const 1)))
    (drop (i32.const 0x0bfc)) (drop (i64.const -0x3f40bfc)) (drop (f32.const 1.5))
    (drop (f64.const -0x1.0bfcp+9)) (drop (i64.extend32_s (local.get $v)))
    (local.set 3 (v128.const i8x16 0xfc 11 0 0xfc 10 0 0 1 2 3 4 5 6 7 8 9))
    (local.set 3 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 3) (local.get 3)))
    (local.set 3 (v128.load8_lane $w offset=252 7 (local.get $v) (local.get 3)))
    (local.set 3 (i16x8.replace_lane 3 (local.get 3) (i32.trunc_sat_f32_s (f32.const 1))))
    (local.set 3 (i32x4.relaxed_trunc_f32x4_s (local.get 3)))
    (local.set 2 (struct.new $s (i32.const 1) (i32.const 2)))
    (struct.set $s 0 (local.get 2) (struct.get_u $s 1 (local.get 2)))
    (local.set 4 (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))
    (array.copy $a $a (local.get 4) (i32.const 0) (local.get 4) (i32.const 0) (i32.const 1))
    (drop (ref.test (ref $a) (local.get 4))) (drop (ref.is_null (ref.i31 (i32.const 1))))
    (drop (block (result anyref)
      (br_on_cast 0 anyref (ref $s) (local.get 2))))
    (drop (select (result i32) (i32.const 1) (i32.const 2) (local.get $n)))
    (drop (block $out (result i32)
      (try_table (catch $tag $out) (throw $tag (i32.const 4))) (i32.const 5)))
    (drop (block $no (result i32) (block $yes (result i32)
      (br_table $yes $no $yes (i32.const 1) (local.get $n)))))
    (drop (call_indirect $t (type $f) (i32.const 1) (i32.const 0)))
    (drop (call_ref $f (i32.const 1) (table.get $r (i32.const 0))))
    (drop (i32.load8_u $w offset=64764 align=1 (local.get $v)))
    (memory.copy $m $m (local.get $n) (i32.const 3) (local.get $n)))
  (func $tail (param i32) (result i32) (return_call $one (local.get 0)))
)
"""


def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    for name in ("memory64", "multi_memory", "gc", "function_references", "exceptions"):
        setattr(config, f"wasm_{name}", True)
    return wasmtime.Engine(config)


ENGINE = _engine()


def is_valid(data: bytes) -> bool:
    """Whether the engine takes a module."""
    try:
        wasmtime.Module.validate(ENGINE, data)
    except wasmtime.WasmtimeError:
        return False
    return True


def corpus() -> list[bytes]:
    """Modules with every kind of instruction, and our own shim."""
    return [bytes(wasmtime.wat2wasm(text)) for text in (EVERYTHING, MODULE)] + [shim()]


def tried(data: bytes) -> bool:
    """Divides a module; whether it was valid, and changed.

    Raises:
        AssertionError: it was valid, and is not any more.
        Exception: anything that a user should never see.
    """
    try:
        made = divided(data)
    except NotRunnable:
        assert not is_valid(data), "valid, and refused"
        return False
    if made == data:
        return False
    if not is_valid(data):
        return False
    assert is_valid(made), "it was valid, and is not any more"
    return True


def main(words: list[str]) -> int:
    """Damage and divide until the time or the rounds are over; 1 where something failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    seeds = corpus()
    for each in seeds:
        assert tried(each), "what is whole was not divided"
    done = turns(
        args,
        args.seconds,
        "dividing",
        lambda rng: damaged(rng.choice(seeds[: rng.choice((1, 2, 3))]), rng, seeds),
        tried,
    )
    if done is None:
        return 1
    print(f"{done[0]} damaged modules: {done[1]} divided, none failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
