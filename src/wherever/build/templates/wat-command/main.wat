;; A command of WASI preview 1: it exports its memory and `_start`.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $parts i32) (param $count i32) (param $written i32)
      (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "Hello from WebAssembly text!\n")
  (func (export "_start")
    ;; One part, told at address 0: where it lies, and how many bytes it has.
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 29))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
