"""A guest that does harm with nothing but a memory and a processor, written as text.

It answers by the plain interface, and does what the first letter of its path says:

- `/fill`: takes 100 MiB at once, and writes to all of them with one instruction;
- `/steps`: takes memory in steps of 1 MiB, writes to each, and never has enough;
- `/over`: asks for 2 GiB at once;
- `/leak`: takes 1 MiB more in each request that an instance answers, and never gives them back;
- `/trap`, `/deep` (calls itself without an end), `/ever` (spins);
- `/keep?SECRET`: answers with the secret that it was given last, and remembers this one;
- everything else is answered `hello`.
"""

from __future__ import annotations

from tests.edge.site import SITE

_HELLO, _KEPT = 64, 128

_CORE = f"""\
(component
  (core module $core
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 8192))
    (global $kept (mut i32) (i32.const 0))
    (data (i32.const {_HELLO}) "hello")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func $say (param $at i32) (param $size i32) (result i32)
      (global.set $next (i32.const 8192))
      (i32.store16 (i32.const 16) (i32.const 200))
      (i32.store (i32.const 20) (i32.const 0))
      (i32.store (i32.const 24) (i32.const 0))
      (i32.store (i32.const 28) (local.get $at))
      (i32.store (i32.const 32) (local.get $size))
      (i32.const 16))
    (func $take (param $pages i32)
      (local $at i32)
      (local.set $at (memory.grow (local.get $pages)))
      (if (i32.ne (local.get $at) (i32.const -1))
        (then (memory.fill (i32.shl (local.get $at) (i32.const 16)) (i32.const 1)
          (i32.shl (local.get $pages) (i32.const 16))))))
    (func $deep (param i32) (result i32)
      (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func $keep (param $target i32) (param $size i32) (result i32)
      (local $had i32)
      (local.set $had (global.get $kept))
      (memory.copy (i32.const 1024) (i32.const {_KEPT}) (local.get $had))
      (global.set $kept (i32.sub (local.get $size) (i32.const 6)))
      (memory.copy (i32.const {_KEPT}) (i32.add (local.get $target) (i32.const 6))
        (global.get $kept))
      (call $say (i32.const 1024) (local.get $had)))
    (func (export "handle")
      (param i32 i32 i32 i32 i32 i32) (param $target i32) (param $size i32)
      (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (local $what i32)
      (local.set $what (i32.load8_u offset=1 (local.get $target)))
      (if (i32.eq (local.get $what) (i32.const {ord("f")}))
        (then (call $take (i32.const 1600))))
      (if (i32.eq (local.get $what) (i32.const {ord("s")}))
        (then (loop $more (call $take (i32.const 16)) (br $more))))
      (if (i32.eq (local.get $what) (i32.const {ord("o")}))
        (then (call $take (i32.const 32768))))
      (if (i32.eq (local.get $what) (i32.const {ord("l")}))
        (then (call $take (i32.const 16))))
      (if (i32.eq (local.get $what) (i32.const {ord("t")}))
        (then unreachable))
      (if (i32.eq (local.get $what) (i32.const {ord("d")}))
        (then (return (call $deep (i32.const 0)))))
      (if (i32.eq (local.get $what) (i32.const {ord("e")}))
        (then (loop $ever (br $ever))))
      (if (i32.eq (local.get $what) (i32.const {ord("k")}))
        (then (return (call $keep (local.get $target) (local.get $size)))))
      (call $say (i32.const {_HELLO}) (i32.const 5))))
"""

HARM = _CORE + SITE[SITE.index("  (core instance $made") :]
"""The component."""

WAITING = HARM.replace('(memory (export "memory") 1)', '(memory (export "memory") 1 2 shared)')
"""The same with a memory that threads share, in which it could wait for ever."""

OPENING = """\
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "file")
  (data (i32.const 32) "content-type: text/plain\\n\\nrefused")
  (func (export "_start")
    (loop $more
      (br_if $more (i32.eqz (call $open
        (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))
    (i32.store (i32.const 0) (i32.const 32))
    (i32.store (i32.const 4) (i32.const 33))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
"""A CGI program that opens one file of its folder until that is refused, and says so."""
