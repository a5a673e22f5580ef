"""The guests that the benchmarks run, as text."""

from __future__ import annotations

from pathlib import Path

HELLO = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\0a")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 100)))))"""

ADD = """(module (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"""

SIEVE = """(module (memory (export "memory") 160)
  (func $sieve (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $i))) (then
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $j (i32.shl (local.get $i) (i32.const 1)))
        (block $done (loop $mark
          (br_if $done (i32.ge_u (local.get $j) (local.get $n)))
          (i32.store8 (local.get $j) (i32.const 1))
          (local.set $j (i32.add (local.get $j) (local.get $i)))
          (br $mark)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $count))
  (func (export "_start") (local $round i32)
    (loop $again
      (if (i32.ne (call $sieve (i32.const 10000000)) (i32.const 664579)) (then unreachable))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $round) (i32.const 20))))))"""


def built(text: str, path: Path) -> Path:
    """The module of this text, at this path."""
    from wasmtime import wat2wasm

    path.write_bytes(wat2wasm(text))
    return path
