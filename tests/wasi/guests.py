"""Small preview-1 guests: the imports and a memory are the same, the body is each test's own."""

IMPORTS = {
    "args_sizes_get": "i32 i32",
    "clock_time_get": "i32 i64 i32",
    "environ_sizes_get": "i32 i32",
    "fd_close": "i32",
    "fd_filestat_set_size": "i32 i64",
    "fd_renumber": "i32 i32",
    "fd_write": "i32 i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32",
    "poll_oneoff": "i32 i32 i32 i32",
    "random_get": "i32 i32",
    "sched_yield": "",
}

WRITE = "(call $say (i32.const {fd}) (i32.const {at}) (i32.const {length}))"


def guest(body: str, *imports: str, data: str = "", extra: str = "") -> bytes:
    """A module that runs `body` and imports these functions, `fd_write` and `proc_exit`."""
    names = sorted({*imports, "fd_write"})
    lines = [
        f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {IMPORTS[name]})'
        " (result i32)))"
        for name in names
    ]
    return f"""(module
      {" ".join(lines)}
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 1024) "{data}")
      {extra}
      (func $say (param $fd i32) (param $at i32) (param $length i32)
        (i32.store (i32.const 0) (local.get $at))
        (i32.store (i32.const 4) (local.get $length))
        (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "_start") {body}))""".encode()


def say(fd: int, length: int, at: int = 1024) -> str:
    """The text of a write of `length` bytes, which lie at `at`, to a descriptor."""
    return f"(call $say (i32.const {fd}) (i32.const {at}) (i32.const {length}))"
