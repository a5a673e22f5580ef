;; Starts Graphviz, which was built as a library for browsers, as the command `dot`:
;;   dot [-Kengine] [-Tformat] [-oFILE] [-V] [FILE]
(module
  (import "guest" "A" (memory 0))
  (import "guest" "B" (func $initialize))
  (import "guest" "D" (func $graphviz (param i32 i32) (result i32)))
  (import "guest" "E" (func $version (param i32) (result i32)))
  (import "guest" "F" (func $last_error (param i32) (result i32)))
  (import "guest" "G" (func $layout (param i32 i32 i32 i32) (result i32)))
  (import "guest" "L" (func $malloc (param i32) (result i32)))
  (import "guest" "J" (table $functions 883 funcref))
  (import "provide" "slots" (table $slots 26 funcref))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (include "files.wat")
  (include "words.wat")
  (export "memory" (memory 0))

  ;; In the order of the slots.
  (elem (table $slots) (i32.const 0) func
    $abort $throw $allocate_exception $exit $close $now $open_at $read $write $control
    $is_monotonic $copy $access $seek $stat_at $grow $unlink $map $unmap $environ $environ
    $stat_at $stat $stat $control $script)
  (func $abort (call $fail (call $text (i32.const 0)) (call $text (i32.const 1))))
  (func $throw (param i32 i32 i32)
    (call $fail (call $text (i32.const 0)) (call $text (i32.const 2))))
  (func $allocate_exception (param $size i32) (result i32)
    (i32.add (call $malloc (i32.add (local.get $size) (i32.const 24))) (i32.const 24)))
  (func $exit (param $code i32) (call $proc_exit (local.get $code)))
  (func $close (param i32) (result i32) (i32.const 0))
  (func $now (result f64)
    (drop (call $clock_time_get (i32.const 0) (i64.const 1000000) (global.get $scratch)))
    (f64.div (f64.convert_i64_u (i64.load (global.get $scratch))) (f64.const 1000000)))
  ;; Graphviz sees no files: it looks for settings and fonts, and does well without.
  (func $open_at (param i32 i32 i32 i32) (result i32) (i32.const -44))
  (func $read (param i32 i32 i32 i32) (result i32) (i32.const 8))
  (func $write (param $fd i32) (param $parts i32) (param $count i32) (param $done i32) (result i32)
    (call $fd_write (local.get $fd) (local.get $parts) (local.get $count) (local.get $done)))
  (func $control (param i32 i32 i32) (result i32) (i32.const -59))
  (func $is_monotonic (result i32) (i32.const 1))
  (func $copy (param $to i32) (param $from i32) (param $size i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $size)))
  (func $access (param i32 i32 i32 i32) (result i32) (i32.const -44))
  (func $seek (param i32 i32 i32 i32 i32) (result i32) (i32.const 70))
  (func $stat_at (param i32 i32 i32 i32) (result i32) (i32.const -44))
  (func $grow (param $size i32) (result i32)
    (i32.ne (i32.const -1)
      (memory.grow (i32.sub
        (i32.shr_u (i32.add (local.get $size) (i32.const 65535)) (i32.const 16))
        (memory.size)))))
  (func $unlink (param i32 i32 i32) (result i32) (i32.const -44))
  (func $map (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const -52))
  (func $unmap (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const -52))
  (func $environ (param i32 i32) (result i32) (i32.const 52))
  (func $stat (param i32 i32) (result i32) (i32.const -44))
  (func $script (param i32 i32 i32) (result i32) (i32.const 0))

  ;; After a graph that it cannot parse, this Graphviz goes on without one and calls the null
  ;; function. Here that says what was wrong with the graph.
  (elem (table $functions) (i32.const 0) func $explain)
  (func $explain (param i32 i32) (result i32)
    (call $complain)
    (unreachable))
  (func $complain
    (call $fail (call $text (i32.const 0)) (call $last_error (i32.const 0))))

  (data $words
    "dot: \00" "it gave up\00" "an exception\00" "dot\00" "dot\00" "cannot open \00"
    "cannot write \00" "dot - graphviz version \00" "unknown option \00"
    "usage: dot [-Kengine] [-Tformat] [-oFILE] [-V] [FILE]\00" "-\00")
  (global $words_size i32 (i32.const 161))

  (func (export "_start")
    (local $engine i32) (local $format i32) (local $output i32) (local $input i32)
    (local $index i32) (local $word i32) (local $option i32) (local $value i32)
    (local $self i32) (local $dot i32) (local $size i32) (local $drawn i32)
    (call $initialize)
    (call $load_arguments)
    (local.set $format (call $text (i32.const 3)))
    (local.set $engine (call $text (i32.const 4)))
    (local.set $output (call $text (i32.const 10)))
    (local.set $input (call $text (i32.const 10)))
    (block $ready
      (loop $next
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (local.set $word (call $argument (local.get $index)))
        (br_if $ready (i32.eqz (local.get $word)))
        (if (i32.or
              (i32.ne (i32.load8_u (local.get $word)) (i32.const 45))
              (i32.eqz (i32.load8_u offset=1 (local.get $word))))
          (then (local.set $input (local.get $word)) (br $next)))
        (local.set $option (i32.load8_u offset=1 (local.get $word)))
        (if (i32.eq (local.get $option) (i32.const 86))
          (then
            (local.set $word (call $version (call $graphviz (i32.const 0) (i32.const 0))))
            (call $say (call $text (i32.const 7)))
            (call $say (local.get $word))
            (i32.store16 offset=64 (global.get $scratch) (i32.const 10))
            (call $say (i32.add (global.get $scratch) (i32.const 64)))
            (call $proc_exit (i32.const 0))))
        (if (i32.eq (local.get $option) (i32.const 63))
          (then
            (drop (call $write_all (i32.const 1) (call $text (i32.const 9))
              (call $length (call $text (i32.const 9)))))
            (call $proc_exit (i32.const 0))))
        ;; A value stands right behind its option, or is the next word.
        (local.set $value (i32.add (local.get $word) (i32.const 2)))
        (if (i32.eqz (i32.load8_u (local.get $value)))
          (then
            (local.set $index (i32.add (local.get $index) (i32.const 1)))
            (local.set $value (call $argument (local.get $index)))
            (if (i32.eqz (local.get $value))
              (then (call $fail (call $text (i32.const 9)) (i32.const 0))))))
        (if (i32.eq (local.get $option) (i32.const 84))
          (then (local.set $format (local.get $value)) (br $next)))
        (if (i32.eq (local.get $option) (i32.const 75))
          (then (local.set $engine (local.get $value)) (br $next)))
        (if (i32.eq (local.get $option) (i32.const 111))
          (then (local.set $output (local.get $value)) (br $next)))
        (call $say (call $text (i32.const 0)))
        (call $fail (call $text (i32.const 8)) (local.get $word))))
    (call $read_file (local.get $input) (call $text (i32.const 5)))
    (local.set $size)
    (local.set $dot)
    (local.set $self (call $graphviz (i32.const 0) (i32.const 0)))
    (local.set $drawn
      (call $layout (local.get $self) (local.get $dot) (local.get $format) (local.get $engine)))
    (if (i32.eqz (call $length (local.get $drawn)))
      (then (call $complain)))
    (call $write_file (local.get $output) (local.get $drawn) (call $length (local.get $drawn))
      (call $text (i32.const 6)))
    (call $proc_exit (i32.const 0))))
