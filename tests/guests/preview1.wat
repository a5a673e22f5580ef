;; A command of preview 1 around what one guest does: that goes where BODY stands.
;; Words for it: $sleep, $write, $read, $open, $make, $append. They answer like component.wat's.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite"
    (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory $memory (export "memory") 2)
  (data (i32.const 64) "healthy\n")
  (data (i32.const 80) "pipe")
  (data (i32.const 96) "file")

  ;; Nanoseconds.
  (func $sleep (param $long i64)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get $long))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1060)))
    (i32.store (i32.const 16) (i32.const 0))
    (i64.store (i32.const 24) (i64.const 0)))
  (func $vector (param $at i32) (param $size i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $size)))
  ;; To stdout; 0 if it was written.
  (func $write (param $at i32) (param $size i32) (result i32)
    (call $vector (local.get $at) (local.get $size))
    (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))
  ;; From stdin, to address 2048; how many bytes came, or -1.
  (func $read (result i32)
    (call $vector (i32.const 2048) (i32.const 1024))
    (if (result i32)
      (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032))
      (then (i32.const -1))
      (else (i32.load (i32.const 1032)))))
  (func $open_with (param $at i32) (param $size i32) (param $flags i32) (param $rights i64)
    (result i32)
    (if (result i32)
      (call $path_open (i32.const 3) (i32.const 1) (local.get $at) (local.get $size)
        (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 1032))
      (then (i32.const -1))
      (else (i32.load (i32.const 1032)))))
  ;; A file of the first folder, for reading; a handle or -1.
  (func $open (param $at i32) (param $size i32) (result i32)
    (call $open_with (local.get $at) (local.get $size) (i32.const 0) (i64.const 2)))
  ;; A file of the first folder, made where it is not there, for writing; a handle or -1.
  (func $make (param $at i32) (param $size i32) (result i32)
    (call $open_with (local.get $at) (local.get $size) (i32.const 1) (i64.const 0x44)))
  ;; 64 KiB of the second page, at this place of a file; 0 if all was written.
  (func $append (param $file i32) (param $offset i64) (result i32)
    (call $vector (i32.const 65536) (i32.const 65536))
    (call $fd_pwrite (local.get $file) (i32.const 1024) (i32.const 1) (local.get $offset)
      (i32.const 1032)))

  BODY

  (func (export "_start") (call $run)))
