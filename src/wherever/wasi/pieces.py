"""The pieces of text that the guard is made of; `guard` puts them together.

The guest's memory is `$m`, the guard's own is `$own`. Variables of `notes.STATE` are written here
as globals, and become places in the guard's memory.
"""

from __future__ import annotations

from wherever.wasi.notes import BUFFER, BUFFER_SIZE

_LARGEST_POLL = 1360
_SLICE_NS = 15_000_000

FRAME = """
(export "memory" (memory $m))
(global $in_fd (mut i32) (i32.const 0))
(global $out_fd (mut i32) (i32.const 1))
(global $err_fd (mut i32) (i32.const 2))
(func $stop (param i32)
  (global.set $why (local.get 0))
  (unreachable))
(func $tick
  (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
  (if (i64.gt_u (global.get $calls) (global.get $max_calls)) (then (call $stop (i32.const 2)))))
;; Whether a range of the guest's memory exists.
(func $there (param $at i32) (param $length i32) (result i32)
  (i64.le_u
    (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $length)))
    (i64.shl (i64.extend_i32_u (memory.size $m)) (i64.const 16))))
;; The bytes in all of a call's buffers, or -1 where one lies outside of the memory.
(func $sum (param $iovs i32) (param $n i32) (result i64) (local $total i64)
  (if (i32.gt_u (local.get $n) (i32.const 0x100000)) (then (return (i64.const -1))))
  (if (i32.eqz (call $there (local.get $iovs) (i32.mul (local.get $n) (i32.const 8))))
    (then (return (i64.const -1))))
  (block $done (loop $next
    (br_if $done (i32.eqz (local.get $n)))
    (if (i32.eqz (call $there
          (i32.load $m (local.get $iovs)) (i32.load $m offset=4 (local.get $iovs))))
      (then (return (i64.const -1))))
    (local.set $total (i64.add (local.get $total)
      (i64.load32_u $m offset=4 (local.get $iovs))))
    (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $next)))
  (local.get $total))
(func $spend (param $bytes i64)
  (if (i64.gt_u (local.get $bytes) (i64.sub (global.get $max_disk) (global.get $disk)))
    (then (call $stop (i32.const 5)))))
(func $spent (param $bytes i64)
  (global.set $disk (i64.add (global.get $disk) (local.get $bytes))))
;; Whether a descriptor is open on /dev/null: what is written there is taken and forgotten.
(func $is_null (param $fd i32) (result i32)
  (i32.and
    (i32.lt_u (local.get $fd) (i32.const 64))
    (i32.wrap_i64 (i64.and (i64.const 1)
      (i64.shr_u (global.get $nulls) (i64.extend_i32_u (local.get $fd)))))))
(func $set_null (param $fd i32) (param $is i32) (local $bit i64)
  (if (i32.ge_u (local.get $fd) (i32.const 64)) (then (return)))
  (local.set $bit (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $fd))))
  (global.set $nulls (i64.and (global.get $nulls) (i64.xor (local.get $bit) (i64.const -1))))
  (if (local.get $is) (then
    (global.set $nulls (i64.or (global.get $nulls) (local.get $bit))))))
(func $swallow (param $len i64) (param $at i32) (result i32)
  (if (i32.eqz (call $there (local.get $at) (i32.const 4))) (then (return (i32.const 21))))
  (if (i64.gt_u (local.get $len) (i64.const 0xffffffff)) (then (return (i32.const 28))))
  (i32.store $m (local.get $at) (i32.wrap_i64 (local.get $len)))
  (i32.const 0))
;; A descriptor has gone: the streams are remembered by number, the files by count.
(func $gone (param $fd i32)
  (call $set_null (local.get $fd) (i32.const 0))
  (if (i32.eq (local.get $fd) (global.get $in_fd))
    (then (global.set $in_fd (i32.const -1)) (return)))
  (if (i32.eq (local.get $fd) (global.get $out_fd))
    (then (global.set $out_fd (i32.const -1)) (return)))
  (if (i32.eq (local.get $fd) (global.get $err_fd))
    (then (global.set $err_fd (i32.const -1)) (return)))
  (if (i32.gt_s (global.get $files) (i32.const 0))
    (then (global.set $files (i32.sub (global.get $files) (i32.const 1))))))
"""

POLL = """
;; Milliseconds matter in a sleep: the true time left of each clock is worked out at every turn.
;; The guest's subscriptions are copied away, changed for the library, and put back.
(func $poll (param $in i32) (param $out i32) (param $n i32) (param $count i32) (result i32)
  (local $i i32) (local $s i32) (local $e i32) (local $least i64) (local $left i64)
  (local $begin i64) (local $passed i64) (local $clocks i32) (local $kept i32) (local $bytes i32)
  (if (i32.or (i32.eqz (local.get $n)) (i32.gt_u (local.get $n) (i32.const LARGEST)))
    (then (return (i32.const 28))))
  (local.set $bytes (i32.mul (local.get $n) (i32.const 48)))
  (if (i32.eqz (i32.and (i32.and
        (call $there (local.get $in) (local.get $bytes))
        (call $there (local.get $out) (i32.mul (local.get $n) (i32.const 32))))
        (call $there (local.get $count) (i32.const 4))))
    (then (return (i32.const 21))))
  (memory.copy $own $m (i32.const 256) (local.get $in) (local.get $bytes))
  ;; The copy's precision becomes the time left from now, also where a deadline was given.
  (local.set $s (i32.const 256))
  (local.set $i (local.get $n))
  (loop $each
    (if (i32.eqz (i32.load8_u $own offset=8 (local.get $s))) (then
      (local.set $clocks (i32.const 1))
      (local.set $left (i64.load $own offset=24 (local.get $s)))
      (if (i32.and (i32.load16_u $own offset=40 (local.get $s)) (i32.const 1)) (then
        (local.set $e (call $time (i32.load $own offset=16 (local.get $s)) (local.get $out)))
        (if (local.get $e) (then (return (local.get $e))))
        (local.set $passed (i64.load $m (local.get $out)))
        (local.set $left (select
          (i64.sub (local.get $left) (local.get $passed)) (i64.const 0)
          (i64.gt_u (local.get $left) (local.get $passed))))))
      (i64.store $own offset=32 (local.get $s) (local.get $left))))
    (local.set $s (i32.add (local.get $s) (i32.const 48)))
    (local.set $i (i32.sub (local.get $i) (i32.const 1)))
    (br_if $each (local.get $i)))
  (local.set $e (call $time (i32.const 1) (local.get $out)))
  (if (local.get $e) (then (return (local.get $e))))
  (local.set $begin (i64.load $m (local.get $out)))
  (loop $again
    (drop (call $time (i32.const 1) (local.get $out)))
    (local.set $passed (i64.sub (i64.load $m (local.get $out)) (local.get $begin)))
    ;; The time may have been written over a subscription, where the guest lets them overlap.
    (memory.copy $m $own (local.get $in) (i32.const 256) (local.get $bytes))
    (local.set $least (i64.const -1))
    (local.set $s (i32.const 0))
    (loop $each
      (if (i32.eqz (i32.load8_u $own offset=264 (local.get $s))) (then
        (local.set $left (i64.load $own offset=288 (local.get $s)))
        (local.set $left (select
          (i64.sub (local.get $left) (local.get $passed)) (i64.const 0)
          (i64.gt_u (local.get $left) (local.get $passed))))
        (if (i64.lt_u (local.get $left) (local.get $least))
          (then (local.set $least (local.get $left))))
        (local.set $i (i32.add (local.get $in) (local.get $s)))
        (i32.store $m offset=16 (local.get $i) (i32.const 1))
        (i64.store $m offset=24 (local.get $i) (call $slice (local.get $left)))
        (i32.store16 $m offset=40 (local.get $i) (i32.const 0))))
      (local.set $s (i32.add (local.get $s) (i32.const 48)))
      (br_if $each (i32.lt_u (local.get $s) (local.get $bytes))))
    (call $skip (local.get $least) (local.get $in) (local.get $bytes))
    (local.set $e (call $lib_poll_oneoff
      (local.get $in) (local.get $out) (local.get $n) (local.get $count)))
    (memory.copy $m $own (local.get $in) (i32.const 256) (local.get $bytes))
    (if (i32.or (local.get $e) (i32.eqz (local.get $clocks))) (then (return (local.get $e))))
    (if (i64.eq (call $slice (local.get $least)) (local.get $least))
      (then (return (i32.const 0))))
    ;; A slice is over, and no clock was due: only what is not a clock is told to the guest.
    (local.set $kept (i32.const 0))
    (local.set $i (i32.load $m (local.get $count)))
    (local.set $s (local.get $out))
    (block $end (loop $each
      (br_if $end (i32.eqz (local.get $i)))
      (if (i32.load8_u $m offset=10 (local.get $s)) (then
        (memory.copy $m $m
          (i32.add (local.get $out) (i32.mul (local.get $kept) (i32.const 32)))
          (local.get $s) (i32.const 32))
        (local.set $kept (i32.add (local.get $kept) (i32.const 1)))))
      (local.set $s (i32.add (local.get $s) (i32.const 32)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br $each)))
    (br_if $again (i32.eqz (local.get $kept))))
  (i32.store $m (local.get $count) (local.get $kept))
  (i32.const 0))
""".replace("LARGEST", str(_LARGEST_POLL))

REAL = f"""
(func $time (param $clock i32) (param $at i32) (result i32)
  (call $lib_clock_time_get (local.get $clock) (i64.const 1) (local.get $at)))
(func $slice (param $left i64) (result i64)
  (select (local.get $left) (i64.const {_SLICE_NS})
    (i64.lt_u (local.get $left) (i64.const {_SLICE_NS}))))
(func $skip (param i64 i32 i32))
"""

VIRTUAL = """
(func $time (param $clock i32) (param $at i32) (result i32)
  (if (i32.gt_u (local.get $clock) (i32.const 3)) (then (return (i32.const 28))))
  (if (i32.eqz (call $there (local.get $at) (i32.const 8))) (then (return (i32.const 21))))
  (i64.store $m (local.get $at) (i64.add (global.get $now)
    (select (i64.const 0) (i64.const 1_000_000_000_000_000_000) (local.get $clock))))
  (i32.const 0))
(func $slice (param $left i64) (result i64) (local.get $left))
;; The shortest sleep is over at once; the others are too long to end in this call.
(func $skip (param $least i64) (param $in i32) (param $bytes i32) (local $s i32)
  (if (i64.eq (local.get $least) (i64.const -1)) (then (return)))
  (global.set $now (i64.add (global.get $now) (local.get $least)))
  (local.set $s (local.get $in))
  (loop $each
    (if (i32.eqz (i32.load8_u $m offset=8 (local.get $s))) (then
      (i64.store $m offset=24 (local.get $s) (select (i64.const 0) (i64.const 3600000000000)
        (i64.le_u (i64.load $m offset=24 (local.get $s)) (local.get $least))))))
    (local.set $s (i32.add (local.get $s) (i32.const 48)))
    (br_if $each (i32.lt_u (local.get $s) (i32.add (local.get $in) (local.get $bytes))))))
(func $random (result i64) (local $z i64)
  (global.set $seed (i64.add (global.get $seed) (i64.const 0x9e3779b97f4a7c15)))
  (local.set $z (global.get $seed))
  (local.set $z (i64.mul (i64.const 0xbf58476d1ce4e5b9)
    (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 30)))))
  (local.set $z (i64.mul (i64.const 0x94d049bb133111eb)
    (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 27)))))
  (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 31))))
;; The times of a file are the host's own: a deterministic guest sees none.
(func $timeless (param $at i32)
  (i64.store $m offset=40 (local.get $at) (i64.const 0))
  (i64.store $m offset=48 (local.get $at) (i64.const 0))
  (i64.store $m offset=56 (local.get $at) (i64.const 0)))
"""

PASS = """
(func $write (param $fd i32) (param $iovs i32) (param $n i32) (param $out i32) (param $len i64)
  (result i32) (local $e i32)
  (if (i64.gt_u (local.get $len) (i64.sub (global.get $max_output) (global.get $output)))
    (then (call $stop (i32.const 4))))
  (local.set $e (call $lib_fd_write
    (local.get $fd) (local.get $iovs) (local.get $n) (local.get $out)))
  (if (i32.eqz (local.get $e)) (then (global.set $output
    (i64.add (global.get $output) (i64.load32_u $m (local.get $out))))))
  (local.get $e))
"""

CAPTURE = f"""
(func $keep (param $stream i32) (param $at i32) (param $len i32)
  (local $chunk i32) (local $to i32) (local $over i32)
  (if (i64.gt_u (i64.extend_i32_u (local.get $len))
        (i64.sub (global.get $max_output) (global.get $output))) (then
    (local.set $over (i32.const 1))
    (local.set $len (i32.wrap_i64 (i64.sub (global.get $max_output) (global.get $output))))))
  (global.set $output (i64.add (global.get $output) (i64.extend_i32_u (local.get $len))))
  (block $done (loop $more
    (br_if $done (i32.eqz (local.get $len)))
    (if (i32.gt_u (global.get $filled) (i32.const {BUFFER_SIZE - 64}))
      (then (call $drain) (global.set $filled (i32.const 0))))
    (local.set $to (i32.add (global.get $filled) (i32.const {BUFFER})))
    (local.set $chunk (i32.sub (i32.const {BUFFER_SIZE - 8}) (global.get $filled)))
    (if (i32.lt_u (local.get $len) (local.get $chunk))
      (then (local.set $chunk (local.get $len))))
    (i32.store $own (local.get $to) (local.get $stream))
    (i32.store $own offset=4 (local.get $to) (local.get $chunk))
    (memory.copy $own $m
      (i32.add (local.get $to) (i32.const 8)) (local.get $at) (local.get $chunk))
    (global.set $filled (i32.add (global.get $filled) (i32.add (local.get $chunk) (i32.const 8))))
    (local.set $at (i32.add (local.get $at) (local.get $chunk)))
    (local.set $len (i32.sub (local.get $len) (local.get $chunk)))
    (br $more)))
  (if (local.get $over) (then (call $stop (i32.const 4)))))
(func $write (param $fd i32) (param $iovs i32) (param $n i32) (param $out i32) (param $len i64)
  (result i32) (local $stream i32)
  (if (i32.eqz (call $there (local.get $out) (i32.const 4))) (then (return (i32.const 21))))
  (if (i64.gt_u (local.get $len) (i64.const 0xffffffff)) (then (return (i32.const 28))))
  (local.set $stream (select (i32.const 1) (i32.const 2)
    (i32.eq (local.get $fd) (global.get $out_fd))))
  (block $done (loop $next
    (br_if $done (i32.eqz (local.get $n)))
    (call $keep (local.get $stream)
      (i32.load $m (local.get $iovs)) (i32.load $m offset=4 (local.get $iovs)))
    (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $next)))
  (i32.store $m (local.get $out) (i32.wrap_i64 (local.get $len)))
  (i32.const 0))
"""

BODIES = {
    "proc_exit": """
  (call $tick)
  (global.set $exit (i32.and (local.get $p0) (i32.const 255)))
  (call $stop (i32.const 1))""",
    "fd_write": """ (local $len i64) (local $e i32)
  (call $tick)
  ;; -1 stands for a stream that is closed.
  (if (i32.eq (local.get $p0) (i32.const -1)) (then (return (i32.const 8))))
  (local.set $len (call $sum (local.get $p1) (local.get $p2)))
  (if (i64.lt_s (local.get $len) (i64.const 0)) (then (return (i32.const 21))))
  (if (i32.or (i32.eq (local.get $p0) (global.get $out_fd))
              (i32.eq (local.get $p0) (global.get $err_fd)))
    (then (return (call $write
      (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3) (local.get $len)))))
  (if (call $is_null (local.get $p0))
    (then (return (call $swallow (local.get $len) (local.get $p3)))))
  (call $spend (local.get $len))
  (local.set $e (call $lib_fd_write
    (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3)))
  (if (i32.eqz (local.get $e))
    (then (call $spent (i64.load32_u $m (local.get $p3)))))
  (local.get $e)""",
    "fd_pwrite": """ (local $len i64) (local $e i32)
  (call $tick)
  (local.set $len (call $sum (local.get $p1) (local.get $p2)))
  (if (i64.lt_s (local.get $len) (i64.const 0)) (then (return (i32.const 21))))
  (if (call $is_null (local.get $p0))
    (then (return (call $swallow (local.get $len) (local.get $p4)))))
  (call $spend (local.get $len))
  (local.set $e (call $lib_fd_pwrite
    (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3) (local.get $p4)))
  (if (i32.eqz (local.get $e))
    (then (call $spent (i64.load32_u $m (local.get $p4)))))
  (local.get $e)""",
    "fd_allocate": """ (local $e i32)
  (call $tick)
  (if (call $is_null (local.get $p0)) (then (return (i32.const 0))))
  (call $spend (local.get $p2))
  (local.set $e (call $lib_fd_allocate (local.get $p0) (local.get $p1) (local.get $p2)))
  (if (i32.eqz (local.get $e)) (then (call $spent (local.get $p2))))
  (local.get $e)""",
    "fd_filestat_set_size": """ (local $e i32)
  (call $tick)
  (if (call $is_null (local.get $p0)) (then (return (i32.const 0))))
  (call $spend (local.get $p1))
  (local.set $e (call $lib_fd_filestat_set_size (local.get $p0) (local.get $p1)))
  (if (i32.eqz (local.get $e)) (then (call $spent (local.get $p1))))
  (local.get $e)""",
    "fd_close": """ (local $e i32)
  (call $tick)
  (local.set $e (call $lib_fd_close (local.get $p0)))
  (if (i32.eqz (local.get $e)) (then (call $gone (local.get $p0))))
  (local.get $e)""",
    "fd_renumber": """ (local $e i32)
  (call $tick)
  (local.set $e (call $lib_fd_renumber (local.get $p0) (local.get $p1)))
  (if (local.get $e) (then (return (local.get $e))))
  (if (i32.eq (local.get $p0) (local.get $p1)) (then (return (i32.const 0))))
  (call $gone (local.get $p1))
  (call $set_null (local.get $p1) (call $is_null (local.get $p0)))
  (call $set_null (local.get $p0) (i32.const 0))
  (if (i32.eq (local.get $p0) (global.get $in_fd))
    (then (global.set $in_fd (local.get $p1))))
  (if (i32.eq (local.get $p0) (global.get $out_fd))
    (then (global.set $out_fd (local.get $p1))))
  (if (i32.eq (local.get $p0) (global.get $err_fd))
    (then (global.set $err_fd (local.get $p1))))
  (i32.const 0)""",
    "path_open": """ (local $e i32) (local $null i32)
  (call $tick)
  (if (i32.and
        (i32.and (i32.ne (global.get $dev) (i32.const 0))
                 (i32.eq (local.get $p0) (global.get $dev)))
        (i32.and (i32.eq (local.get $p3) (i32.const 4))
                 (call $there (local.get $p2) (i32.const 4)))) (then
    ;; "null": it is opened for reading, whatever the guest wants to do with it.
    (if (i32.eq (i32.load $m (local.get $p2)) (i32.const 0x6c6c756e)) (then
      (local.set $null (i32.const 1))
      (local.set $p4 (i32.and (local.get $p4) (i32.const 2)))
      (local.set $p5 (i64.and (local.get $p5) (i64.const 0xffffffffffbffebf)))
      (local.set $p7 (i32.const 0))))))
  (if (i32.ge_u (global.get $files) (global.get $max_files)) (then (call $stop (i32.const 3))))
  (local.set $e (call $lib_path_open
    (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3) (local.get $p4)
    (local.get $p5) (local.get $p6) (local.get $p7) (local.get $p8)))
  (if (local.get $e) (then (return (local.get $e))))
  (global.set $files (i32.add (global.get $files) (i32.const 1)))
  (call $set_null (i32.load $m (local.get $p8)) (local.get $null))
  (i32.const 0)""",
    "poll_oneoff": """
  (call $tick)
  (call $poll (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3))""",
}

DETERMINISTIC = {
    "clock_time_get": """
  (call $tick)
  (global.set $now (i64.add (global.get $now) (i64.const 1000)))
  (call $time (local.get $p0) (local.get $p2))""",
    "clock_res_get": """
  (call $tick)
  (if (i32.gt_u (local.get $p0) (i32.const 3)) (then (return (i32.const 28))))
  (if (i32.eqz (call $there (local.get $p1) (i32.const 8))) (then (return (i32.const 21))))
  (i64.store $m (local.get $p1) (i64.const 1000))
  (i32.const 0)""",
    "random_get": """ (local $v i64) (local $i i32)
  (call $tick)
  (if (i32.eqz (call $there (local.get $p0) (local.get $p1))) (then (return (i32.const 21))))
  (block $done (loop $next
    (br_if $done (i32.eq (local.get $i) (local.get $p1)))
    (if (i32.eqz (i32.and (local.get $i) (i32.const 7))) (then (local.set $v (call $random))))
    (i64.store8 $m (i32.add (local.get $p0) (local.get $i)) (local.get $v))
    (local.set $v (i64.shr_u (local.get $v) (i64.const 8)))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next)))
  (i32.const 0)""",
    "fd_filestat_get": """ (local $e i32)
  (call $tick)
  (local.set $e (call $lib_fd_filestat_get (local.get $p0) (local.get $p1)))
  (if (i32.eqz (local.get $e)) (then (call $timeless (local.get $p1))))
  (local.get $e)""",
    "path_filestat_get": """ (local $e i32)
  (call $tick)
  (local.set $e (call $lib_path_filestat_get
    (local.get $p0) (local.get $p1) (local.get $p2) (local.get $p3) (local.get $p4)))
  (if (i32.eqz (local.get $e)) (then (call $timeless (local.get $p4))))
  (local.get $e)""",
}
