;; A command of preview 1 that tries paths. Each line of its stdin is a letter and a path; for each
;; it writes "+" if the folder it was granted let it do that, and "-" if not:
;;   r read   w make and write   s stat   o open as a folder   l read as a link
;;   m make a folder   d remove a folder   u remove   f rename to "moved"   t rename "file" to it
;;   h hard-link as "hard"   k hard-link "file" to it   z open a link to it that was just made
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink"
    (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory"
    (func $rmdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link"
    (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 64) "file")
  (data (i32.const 80) "moved")
  (data (i32.const 96) "hard")
  (data (i32.const 112) "made")
  (data (i32.const 128) "+-")

  (func $open (param $at i32) (param $size i32) (param $how i32) (param $rights i64) (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (local.get $at) (local.get $size)
      (local.get $how) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 1032)))

  (func $try (param $op i32) (param $at i32) (param $size i32) (result i32)
    (if (i32.eq (local.get $op) (i32.const 114)) (then ;; r
      (return (call $open (local.get $at) (local.get $size) (i32.const 0) (i64.const 2)))))
    (if (i32.eq (local.get $op) (i32.const 119)) (then ;; w
      (return (call $open (local.get $at) (local.get $size) (i32.const 1) (i64.const 0x40)))))
    (if (i32.eq (local.get $op) (i32.const 111)) (then ;; o
      (return (call $open (local.get $at) (local.get $size) (i32.const 2) (i64.const 0x4000)))))
    (if (i32.eq (local.get $op) (i32.const 115)) (then ;; s
      (return (call $stat (i32.const 3) (i32.const 1) (local.get $at) (local.get $size)
        (i32.const 2048)))))
    (if (i32.eq (local.get $op) (i32.const 108)) (then ;; l
      (return (call $readlink (i32.const 3) (local.get $at) (local.get $size)
        (i32.const 4096) (i32.const 4096) (i32.const 1032)))))
    (if (i32.eq (local.get $op) (i32.const 109)) (then ;; m
      (return (call $mkdir (i32.const 3) (local.get $at) (local.get $size)))))
    (if (i32.eq (local.get $op) (i32.const 100)) (then ;; d
      (return (call $rmdir (i32.const 3) (local.get $at) (local.get $size)))))
    (if (i32.eq (local.get $op) (i32.const 117)) (then ;; u
      (return (call $unlink (i32.const 3) (local.get $at) (local.get $size)))))
    (if (i32.eq (local.get $op) (i32.const 102)) (then ;; f
      (return (call $rename (i32.const 3) (local.get $at) (local.get $size)
        (i32.const 3) (i32.const 80) (i32.const 5)))))
    (if (i32.eq (local.get $op) (i32.const 116)) (then ;; t
      (return (call $rename (i32.const 3) (i32.const 64) (i32.const 4)
        (i32.const 3) (local.get $at) (local.get $size)))))
    (if (i32.eq (local.get $op) (i32.const 104)) (then ;; h
      (return (call $link (i32.const 3) (i32.const 0) (local.get $at) (local.get $size)
        (i32.const 3) (i32.const 96) (i32.const 4)))))
    (if (i32.eq (local.get $op) (i32.const 107)) (then ;; k
      (return (call $link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
        (i32.const 3) (local.get $at) (local.get $size)))))
    (if (i32.eq (local.get $op) (i32.const 122)) (then ;; z
      (if (call $symlink (local.get $at) (local.get $size)
            (i32.const 3) (i32.const 112) (i32.const 4))
        (then (return (i32.const 1))))
      (local.set $op
        (call $open (i32.const 112) (i32.const 4) (i32.const 0) (i64.const 2)))
      (drop (call $unlink (i32.const 3) (i32.const 112) (i32.const 4)))
      (return (local.get $op))))
    (unreachable))

  (func (export "_start") (local $end i32) (local $at i32) (local $line i32)
    (local.set $end (i32.const 65536))
    (loop $more
      (i32.store (i32.const 1024) (local.get $end))
      (i32.store (i32.const 1028) (i32.const 65536))
      (if (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032))
        (then (unreachable)))
      (local.set $end (i32.add (local.get $end) (i32.load (i32.const 1032))))
      (br_if $more (i32.load (i32.const 1032))))
    (local.set $at (i32.const 65536))
    (local.set $line (local.get $at))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 10)) (then
        (i32.store (i32.const 1024) (i32.add (i32.const 128) (i32.ne (i32.const 0)
          (call $try (i32.load8_u (local.get $line)) (i32.add (local.get $line) (i32.const 2))
            (i32.sub (i32.sub (local.get $at) (local.get $line)) (i32.const 2))))))
        (i32.store (i32.const 1028) (i32.const 1))
        (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))
        (local.set $line (i32.add (local.get $at) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))))
