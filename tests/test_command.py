"""The command as people start it: `python -m wherever`, in a process of its own."""

HELLO = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\0a")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"""


def test_it_runs_a_guest(wherever, wat):
    done = wherever("run", wat(HELLO))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "hello\n", "")


def test_it_runs_a_guest_on_a_terminal(wherever, wat):
    done = wherever("run", wat(HELLO), tty=True)
    assert (done.exit_code, done.stdout) == (0, "hello\n")
