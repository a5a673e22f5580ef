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
