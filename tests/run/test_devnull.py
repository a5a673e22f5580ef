"""/dev/null works for every guest that opens files, and nothing can be left there."""

from pathlib import Path

import pytest

import wherever
from tests.wasi.guests import guest, say
from wherever.run import devnull

# Descriptor 3 is /dev where no folder is granted. Rights: read and write, and to set the size.
OPEN = """(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4)
  (i32.const 9) (i64.const 0x400042) (i64.const 0) (i32.const 0) (i32.const 900))
  (then unreachable))
"""
WRITE = """(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 600))
  (if (call $fd_write (i32.load (i32.const 900)) (i32.const 0) (i32.const 1) (i32.const 8))
    (then unreachable))
  (if (i32.ne (i32.load (i32.const 8)) (i32.const 600)) (then unreachable))"""
GROW = """(if (call $fd_filestat_set_size (i32.load (i32.const 900)) (i64.const 10))
  (then unreachable))"""


def test_it_takes_everything_and_keeps_nothing() -> None:
    module = guest(OPEN + WRITE * 3 + GROW, "path_open", "fd_filestat_set_size", data="null")
    out = wherever.run(module, disk=500)
    assert (out.ended, out.message) == ("exited", "")
    assert (Path(devnull.folder()) / "null").stat().st_size == 0


def test_it_is_forgotten_when_it_is_closed() -> None:
    close = "(drop (call $fd_close (i32.load (i32.const 900))))"
    out = wherever.run(guest(OPEN + close + WRITE, "path_open", "fd_close", data="null"))
    assert out.ended == "trapped"


def test_it_stays_null_when_it_is_moved() -> None:
    move = "(drop (call $fd_renumber (i32.load (i32.const 900)) (i32.const 1)))"
    body = OPEN + move + say(1, 600)
    out = wherever.run(guest(body, "path_open", "fd_renumber", data="null"))
    assert (out.ended, out.stdout) == ("exited", b"")


def test_nothing_else_is_there() -> None:
    body = OPEN.replace("(i32.const 4)\n", "(i32.const 5)\n", 1)
    assert wherever.run(guest(body, "path_open", data="nulls")).ended == "trapped"


@pytest.mark.parametrize("granted", ["/dev", "/dev/"])
def test_a_granted_folder_of_that_name_comes_first(tmp_path: Path, granted: str) -> None:
    module = guest(OPEN + WRITE, "path_open", data="null")
    assert wherever.run(module, dirs=[f"{tmp_path}:{granted}"]).ended == "exited"
    assert (tmp_path / "null").stat().st_size == 600


def test_behind_a_granted_folder(tmp_path: Path) -> None:
    module = guest(OPEN.replace("(i32.const 3)", "(i32.const 4)") + WRITE, "path_open", data="null")
    assert wherever.run(module, dirs=[f"{tmp_path}:/in:ro"]).ended == "exited"


def test_a_file_that_somebody_put_there_is_replaced(fresh_home: Path) -> None:
    module = guest(OPEN, "path_open", data="null")
    assert wherever.run(module).ended == "exited"
    null = Path(devnull.folder()) / "null"
    null.unlink()
    null.write_text("left behind")
    assert wherever.run(module).ended == "exited"
    assert null.read_bytes() == b""


FOLDERS = """(component
  (import "wasi:filesystem/types@0.2.0" (instance $files
    (export "descriptor" (type (sub resource)))))
  (alias export $files "descriptor" (type $descriptor-type))
  (import "wasi:filesystem/preopens@0.2.0" (instance $folders
    (alias outer 1 $descriptor-type (type $descriptor))
    (export "descriptor" (type $descriptor' (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $descriptor') string)))))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.add (global.get $next) (i32.const 1024)))
      (global.get $next)))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $folders "get-directories")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "host" "get" (func $get (param i32)))
    (func (export "run") (result i32)
      (call $get (i32.const 0))
      (if (i32.ne (i32.load (i32.const 4)) (i32.const COUNT)) (then unreachable))
      (i32.const 0)))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance (export "get" (func $get))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command)))"""


def test_a_component_has_it_only_beside_a_folder_that_was_granted(tmp_path: Path) -> None:
    alone, beside = (FOLDERS.replace("COUNT", count).encode() for count in "02")
    out = wherever.run(alone)
    assert (out.ended, out.message) == ("exited", "")
    assert wherever.run(beside, dirs=[f"{tmp_path}:/in"]).ended == "exited"
    assert wherever.run(alone, dirs=[f"{tmp_path}:/in"]).ended == "trapped"
