;; A command of WASI 0.2 around what one guest does: that goes where BODY stands.
;; Words for it: $sleep, $write, $read, $open, $make, $append. They answer like preview1.wat's.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (export "input-stream" (type $input (sub resource)))
    (alias outer 1 $error-type (type $error'))
    (export "error" (type $error'' (eq $error')))
    (type $failed (own $error''))
    (type $stream-error (variant (case "last-operation-failed" $failed) (case "closed")))
    (export "stream-error" (type $stream-error' (eq $stream-error)))
    (export "[method]input-stream.blocking-read"
      (func (param "self" (borrow $input)) (param "len" u64)
        (result (result (list u8) (error $stream-error')))))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8))
        (result (result (error $stream-error')))))))
  (alias export $streams "output-stream" (type $output-stream))
  (alias export $streams "input-stream" (type $input-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output))
    (export "output-stream" (type $output' (eq $output)))
    (export "get-stdout" (func (result (own $output'))))))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input-stream (type $input))
    (export "input-stream" (type $input' (eq $input)))
    (export "get-stdin" (func (result (own $input'))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable-type (type $pollable))
    (export "pollable" (type $pollable' (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable'))))))
  (import "wasi:filesystem/types@0.2.0" (instance $files
    (export "descriptor" (type $descriptor (sub resource)))
    (type $error-code (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock"
      "quota" "exist" "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted"
      "invalid" "io" "is-directory" "loop" "too-many-links" "message-size" "name-too-long"
      "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space"
      "not-directory" "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device"
      "overflow" "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy"
      "cross-device"))
    (export "error-code" (type $error-code' (eq $error-code)))
    (type $path-flags (flags "symlink-follow"))
    (export "path-flags" (type $path-flags' (eq $path-flags)))
    (type $open-flags (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open-flags' (eq $open-flags)))
    (type $flags (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
      "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $flags' (eq $flags)))
    (export "[method]descriptor.open-at"
      (func (param "self" (borrow $descriptor)) (param "path-flags" $path-flags')
        (param "path" string) (param "open-flags" $open-flags') (param "flags" $flags')
        (result (result (own $descriptor) (error $error-code')))))
    (export "[method]descriptor.write"
      (func (param "self" (borrow $descriptor)) (param "buffer" (list u8)) (param "offset" u64)
        (result (result u64 (error $error-code')))))))
  (alias export $files "descriptor" (type $descriptor-type))
  (import "wasi:filesystem/preopens@0.2.0" (instance $folders
    (alias outer 1 $descriptor-type (type $descriptor))
    (export "descriptor" (type $descriptor' (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $descriptor') string)))))))

  (core module $libc
    (memory (export "memory") 2)
    (data (i32.const 64) "healthy\n")
    (data (i32.const 80) "pipe")
    (data (i32.const 96) "file")
    ;; What the host hands in has one place, and what it points to another: both are used up
    ;; before the next call.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (select (i32.const 2048) (i32.const 4096) (i32.eq (local.get 2) (i32.const 4)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))

  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
  (core func $read (canon lower
    (func $streams "[method]input-stream.blocking-read") (memory $memory)
    (realloc $realloc)))
  (core func $directories (canon lower
    (func $folders "get-directories") (memory $memory) (realloc $realloc)))
  (core func $open-at (canon lower
    (func $files "[method]descriptor.open-at") (memory $memory)))
  (core func $pwrite (canon lower
    (func $files "[method]descriptor.write") (memory $memory)))

  (core module $main
    (import "wasi" "stdout" (func $get_stdout (result i32)))
    (import "wasi" "stdin" (func $get_stdin (result i32)))
    (import "wasi" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "wasi" "block" (func $block (param i32)))
    (import "wasi" "write" (func $stream_write (param i32 i32 i32 i32)))
    (import "wasi" "read" (func $stream_read (param i32 i64 i32)))
    (import "wasi" "directories" (func $directories (param i32)))
    (import "wasi" "open-at" (func $open_at (param i32 i32 i32 i32 i32 i32 i32)))
    (import "wasi" "pwrite" (func $pwrite (param i32 i32 i32 i64 i32)))
    (import "libc" "memory" (memory $memory 2))
    (global $out (mut i32) (i32.const -1))
    (global $in (mut i32) (i32.const -1))
    (global $folder (mut i32) (i32.const -1))

    (func $sleep (param $long i64) (call $block (call $subscribe (local.get $long))))
    (func $write (param $at i32) (param $size i32) (result i32)
      (if (i32.eq (global.get $out) (i32.const -1))
        (then (global.set $out (call $get_stdout))))
      (call $stream_write (global.get $out) (local.get $at) (local.get $size) (i32.const 1024))
      (i32.load8_u (i32.const 1024)))
    (func $read (result i32)
      (if (i32.eq (global.get $in) (i32.const -1)) (then (global.set $in (call $get_stdin))))
      (call $stream_read (global.get $in) (i64.const 1024) (i32.const 1024))
      (if (result i32) (i32.load8_u (i32.const 1024))
        (then (i32.const -1)) (else (i32.load (i32.const 1032)))))
    (func $open_with (param $at i32) (param $size i32) (param $how i32) (param $flags i32)
      (result i32)
      (if (i32.eq (global.get $folder) (i32.const -1)) (then
        (call $directories (i32.const 1024))
        (global.set $folder (i32.load (i32.load (i32.const 1024))))))
      (call $open_at (global.get $folder) (i32.const 1) (local.get $at) (local.get $size)
        (local.get $how) (local.get $flags) (i32.const 1024))
      (if (result i32) (i32.load8_u (i32.const 1024))
        (then (i32.const -1)) (else (i32.load (i32.const 1028)))))
    (func $open (param $at i32) (param $size i32) (result i32)
      (call $open_with (local.get $at) (local.get $size) (i32.const 0) (i32.const 1)))
    (func $make (param $at i32) (param $size i32) (result i32)
      (call $open_with (local.get $at) (local.get $size) (i32.const 1) (i32.const 2)))
    (func $append (param $file i32) (param $offset i64) (result i32)
      (call $pwrite (local.get $file) (i32.const 65536) (i32.const 65536) (local.get $offset)
        (i32.const 1024))
      (i32.load8_u (i32.const 1024)))

    BODY

    (func (export "run") (result i32) (call $run) (i32.const 0)))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "wasi" (instance
      (export "stdout" (func $get-stdout))
      (export "stdin" (func $get-stdin))
      (export "subscribe" (func $subscribe))
      (export "block" (func $block))
      (export "write" (func $write))
      (export "read" (func $read))
      (export "directories" (func $directories))
      (export "open-at" (func $open-at))
      (export "pwrite" (func $pwrite))))))

  (func $run (result (result)) (canon lift (core func $main "run")))
  (component $command
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $command (instantiate $command (with "run" (func $run))))
  (export "wasi:cli/run@0.2.0" (instance $command)))
