  ;; Part of starters, not a module: arguments, files and messages through WASI preview 1.
  ;; It wants the guest's memory as memory 0, and $malloc.
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get"
    (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
    (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (global $argc (mut i32) (i32.const 0))
  (global $argv (mut i32) (i32.const 0))
  (global $scratch (mut i32) (i32.const 0))

  (func $load_arguments
    (global.set $scratch (call $malloc (i32.const 4096)))
    (drop (call $args_sizes_get
      (global.get $scratch) (i32.add (global.get $scratch) (i32.const 4))))
    (global.set $argc (i32.load (global.get $scratch)))
    (global.set $argv
      (call $malloc (i32.shl (i32.add (global.get $argc) (i32.const 1)) (i32.const 2))))
    (drop (call $args_get (global.get $argv)
      (call $malloc (i32.add (i32.load offset=4 (global.get $scratch)) (i32.const 1)))))
    (i32.store (i32.add (global.get $argv) (i32.shl (global.get $argc) (i32.const 2)))
      (i32.const 0)))

  ;; The argument of that number, or 0 after the last.
  (func $argument (param $index i32) (result i32)
    (if (i32.ge_u (local.get $index) (global.get $argc)) (then (return (i32.const 0))))
    (i32.load (i32.add (global.get $argv) (i32.shl (local.get $index) (i32.const 2)))))

  (func $length (param $text i32) (result i32) (local $end i32)
    (local.set $end (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  ;; Whether the first `count` bytes of two texts are the same.
  (func $same (param $a i32) (param $b i32) (param $count i32) (result i32)
    (loop $next
      (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
      (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
        (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Passes over "/" and "./" at the front, as WASI's C library does with every path.
  (func $trim (param $path i32) (result i32)
    (loop $next
      (if (i32.eq (i32.load8_u (local.get $path)) (i32.const 47))
        (then (local.set $path (i32.add (local.get $path) (i32.const 1))) (br $next)))
      (if (i32.eq (i32.load16_u (local.get $path)) (i32.const 0x2f2e))
        (then (local.set $path (i32.add (local.get $path) (i32.const 2))) (br $next)))
      (if (i32.eq (i32.load16_u (local.get $path)) (i32.const 0x2e))
        (then (local.set $path (i32.add (local.get $path) (i32.const 1))))))
    (local.get $path))

  ;; The granted folder that holds a path, or -1, and the rest of the path in it.
  (func $find_folder (param $path i32) (result i32 i32)
    (local $fd i32) (local $name i32) (local $size i32) (local $best i32) (local $most i32)
    (local.set $path (call $trim (local.get $path)))
    (local.set $most (i32.const -1))
    (local.set $fd (i32.const 3))
    (block $done
      (loop $next
        (br_if $done (call $fd_prestat_get (local.get $fd) (global.get $scratch)))
        (local.set $size (i32.load offset=4 (global.get $scratch)))
        (local.set $name (call $malloc (i32.add (local.get $size) (i32.const 2))))
        (drop (call $fd_prestat_dir_name (local.get $fd) (local.get $name) (local.get $size)))
        (i32.store16 align=1 (i32.add (local.get $name) (local.get $size)) (i32.const 0))
        (local.set $name (call $trim (local.get $name)))
        (local.set $size (call $length (local.get $name)))
        (if (i32.and
              (i32.gt_s (local.get $size) (local.get $most))
              (i32.and
                (call $same (local.get $name) (local.get $path) (local.get $size))
                (call $ends_there (local.get $path) (local.get $size))))
          (then
            (local.set $best (local.get $fd))
            (local.set $most (local.get $size))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br $next)))
    (if (i32.eq (local.get $most) (i32.const -1))
      (then (return (i32.const -1) (local.get $path))))
    (local.get $best)
    (call $trim (i32.add (local.get $path) (local.get $most))))

  ;; Opens a path; a descriptor, or -1.
  (func $open (param $path i32) (param $flags i32) (param $rights i64) (param $mode i32)
    (result i32)
    (local $folder i32)
    (call $find_folder (local.get $path))
    (local.set $path)
    (local.set $folder)
    (if (i32.eq (local.get $folder) (i32.const -1)) (then (return (i32.const -1))))
    (if (call $path_open (local.get $folder) (i32.const 1)
          (local.get $path) (call $length (local.get $path)) (local.get $flags)
          (local.get $rights) (i64.const 0) (local.get $mode) (global.get $scratch))
      (then (return (i32.const -1))))
    (i32.load (global.get $scratch)))

  (func $ends_there (param $path i32) (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
    (i32.or
      (i32.eq (i32.load8_u (i32.add (local.get $path) (local.get $size))) (i32.const 47))
      (i32.eqz (i32.load8_u (i32.add (local.get $path) (local.get $size))))))

  ;; All the bytes of a descriptor, a zero after them: where, and how many. It is closed.
  (func $read_all (param $fd i32) (result i32 i32)
    (local $start i32) (local $size i32) (local $room i32) (local $new i32)
    (local.set $room (i32.const 65536))
    (local.set $start (call $malloc (local.get $room)))
    (block $done
      (loop $next
        (i32.store (global.get $scratch) (i32.add (local.get $start) (local.get $size)))
        (i32.store offset=4 (global.get $scratch)
          (i32.sub (i32.sub (local.get $room) (local.get $size)) (i32.const 1)))
        (br_if $done (call $fd_read (local.get $fd) (global.get $scratch) (i32.const 1)
          (i32.add (global.get $scratch) (i32.const 8))))
        (br_if $done (i32.eqz (i32.load offset=8 (global.get $scratch))))
        (local.set $size
          (i32.add (local.get $size) (i32.load offset=8 (global.get $scratch))))
        (if (i32.eq (i32.add (local.get $size) (i32.const 1)) (local.get $room))
          (then
            (local.set $room (i32.shl (local.get $room) (i32.const 1)))
            (local.set $new (call $malloc (local.get $room)))
            (if (i32.eqz (local.get $new)) (then (unreachable)))
            (memory.copy (local.get $new) (local.get $start) (local.get $size))
            (local.set $start (local.get $new))))
        (br $next)))
    (i32.store8 (i32.add (local.get $start) (local.get $size)) (i32.const 0))
    (drop (call $fd_close (local.get $fd)))
    (local.get $start)
    (local.get $size))

  ;; Writes bytes to a descriptor; 0, or what went wrong.
  (func $write_all (param $fd i32) (param $start i32) (param $size i32) (result i32)
    (local $error i32)
    (loop $next
      (if (i32.eqz (local.get $size)) (then (return (i32.const 0))))
      (i32.store (global.get $scratch) (local.get $start))
      (i32.store offset=4 (global.get $scratch) (local.get $size))
      (local.set $error (call $fd_write (local.get $fd) (global.get $scratch) (i32.const 1)
        (i32.add (global.get $scratch) (i32.const 8))))
      (if (local.get $error) (then (return (local.get $error))))
      (local.set $start (i32.add (local.get $start) (i32.load offset=8 (global.get $scratch))))
      (local.set $size (i32.sub (local.get $size) (i32.load offset=8 (global.get $scratch))))
      (br $next))
    (unreachable))

  (func $say (param $text i32)
    (drop (call $write_all (i32.const 2) (local.get $text) (call $length (local.get $text)))))

  ;; Says two texts on one line of stderr, and ends the run with 1.
  (func $fail (param $what i32) (param $detail i32)
    (call $say (local.get $what))
    (call $say (local.get $detail))
    (i32.store8 (global.get $scratch) (i32.const 10))
    (i32.store8 offset=1 (global.get $scratch) (i32.const 0))
    (i32.store16 offset=32 (global.get $scratch) (i32.const 10))
    (call $say (i32.add (global.get $scratch) (i32.const 32)))
    (call $proc_exit (i32.const 1)))

  ;; The bytes of a file, or of stdin for "-".
  (func $read_file (param $path i32) (param $complaint i32) (result i32 i32) (local $fd i32)
    (if (i32.ne (i32.load16_u (local.get $path)) (i32.const 0x2d))
      (then
        (local.set $fd (call $open
          (local.get $path) (i32.const 0) (i64.const 0x2) (i32.const 0)))
        (if (i32.eq (local.get $fd) (i32.const -1))
          (then (call $fail (local.get $complaint) (local.get $path))))))
    (call $read_all (local.get $fd)))

  ;; Writes a new file over what was there, or to stdout for "-".
  (func $write_file (param $path i32) (param $start i32) (param $size i32) (param $complaint i32)
    (local $fd i32)
    (local.set $fd (i32.const 1))
    (if (i32.ne (i32.load16_u (local.get $path)) (i32.const 0x2d))
      (then
        (local.set $fd (call $open
          (local.get $path) (i32.const 9) (i64.const 0x40) (i32.const 0)))
        (if (i32.eq (local.get $fd) (i32.const -1))
          (then (call $fail (local.get $complaint) (local.get $path))))))
    (if (call $write_all (local.get $fd) (local.get $start) (local.get $size))
      (then (call $fail (local.get $complaint) (local.get $path))))
    (drop (call $fd_close (local.get $fd))))
