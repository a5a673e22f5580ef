"""What the guard counts, keeps and cuts, seen from outside: one story for each of its duties."""

import time
from pathlib import Path

import pytest

import wherever
from tests.wasi.guests import guest, say

SLEEP = """
  (i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const {ns}))
  (drop (call $poll_oneoff (i32.const 0) (i32.const 104) (i32.const 1) (i32.const 200)))"""


def test_output_is_captured_by_stream_and_in_order() -> None:
    out = wherever.run(guest(say(1, 4) + say(2, 3) + say(1, 4), data="out!"))
    assert (out.stdout, out.stderr, out.usage.output) == (b"out!out!", b"out", 11)


def test_more_output_than_the_buffer_holds_is_whole() -> None:
    loop = f"(local $i i32) (loop $l {say(1, 60_000)}"
    loop += "(br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
    loop += "(i32.const 50))))"
    out = wherever.run(guest(loop, data="x" * 9))
    assert len(out.stdout) == 3_000_000
    assert out.stdout == (b"x" * 9 + bytes(60_000 - 9)) * 50


def test_the_last_byte_that_is_allowed_is_kept() -> None:
    body = guest(say(1, 4) * 3, data="abcd")
    exact = wherever.run(body, output=12)
    cut = wherever.run(body, output=10)
    assert (exact.ended, exact.stdout, exact.truncated) == ("exited", b"abcdabcdabcd", False)
    assert (cut.ended, cut.limit, cut.stdout) == ("limit", "output", b"abcdabcdab")
    assert (cut.exit_code, cut.truncated, cut.usage.output) == (122, True, 10)
    assert cut.message == "wrote more than its 10 B of output (output)"
    assert cut.hint == "give it more with output=40"


@pytest.mark.parametrize("code", [0, 1, 125, 126, 127, 128, 254, 255])
def test_every_exit_code_is_the_guests_own(code: int) -> None:
    out = wherever.run(guest(f"(call $proc_exit (i32.const {code})) unreachable"))
    assert (out.ended, out.exit_code, out.message) == ("exited", code, "")


def test_calls_are_counted_and_limited() -> None:
    body = guest("(drop (call $sched_yield))" * 10, "sched_yield")
    assert wherever.run(body).usage.host_calls == 10
    assert wherever.run(body, host_calls=10).ended == "exited"
    out = wherever.run(body, host_calls=9)
    assert (out.limit, out.exit_code) == ("host_calls", 122)


def test_stdout_can_be_closed_and_moved() -> None:
    body = "(drop (call $fd_renumber (i32.const 1) (i32.const 2)))" + say(2, 2) + say(1, 2)
    out = wherever.run(guest(body, "fd_renumber", data="hi"))
    assert (out.stdout, out.stderr) == (b"hi", b"")
    body = "(drop (call $fd_close (i32.const 1)))" + say(1, 2)
    assert wherever.run(guest(body, "fd_close", data="hi")).stdout == b""


def test_a_write_from_outside_of_the_memory_is_an_error_of_the_guests() -> None:
    body = f"""{say(1, 100, at=0x7FFFFFF0)}
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 2))
      (call $proc_exit (call $fd_write
        (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0x7ffffff0)))"""
    out = wherever.run(guest(body, data="hi"))
    assert (out.exit_code, out.stdout) == (21, b"")  # EFAULT


def test_a_sleep_lasts_as_long_as_it_should() -> None:
    body = guest(SLEEP.format(ns=120_000_000), "poll_oneoff")
    begin = time.monotonic()
    out = wherever.run(body)
    assert out.ended == "exited"
    assert 0.12 <= time.monotonic() - begin < 5


def test_a_sleep_ends_when_its_time_is_over() -> None:
    begin = time.monotonic()
    out = wherever.run(guest(SLEEP.format(ns=60_000_000_000), "poll_oneoff"), timeout=0.1)
    assert (out.ended, out.limit, out.exit_code) == ("limit", "timeout", 124)
    assert time.monotonic() - begin < 5


def test_a_sleep_until_a_time_of_the_clock() -> None:
    body = """(drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 512)))
      (i32.store (i32.const 16) (i32.const 1)) (i32.store16 (i32.const 40) (i32.const 1))
      (i64.store (i32.const 24) (i64.add (i64.load (i32.const 512)) (i64.const 80000000)))
      (drop (call $poll_oneoff (i32.const 0) (i32.const 104) (i32.const 1) (i32.const 200)))
      (if (i32.ne (i32.load (i32.const 200)) (i32.const 1)) (then unreachable))
      (if (i32.ne (i32.load16_u (i32.const 40)) (i32.const 1)) (then unreachable))"""
    begin = time.monotonic()
    out = wherever.run(guest(body, "poll_oneoff", "clock_time_get"))
    assert (out.ended, out.message) == ("exited", "")
    assert 0.08 <= time.monotonic() - begin < 5


def test_of_two_sleeps_the_shorter_one_is_told() -> None:
    body = """
      (i64.store (i32.const 0) (i64.const 7)) (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 90000000000))
      (i64.store (i32.const 48) (i64.const 8)) (i32.store (i32.const 64) (i32.const 1))
      (i64.store (i32.const 72) (i64.const 50000000))
      (drop (call $poll_oneoff (i32.const 0) (i32.const 200) (i32.const 2) (i32.const 400)))
      (if (i32.ne (i32.load (i32.const 400)) (i32.const 1)) (then unreachable))
      (call $proc_exit (i32.load (i32.const 200)))"""
    assert wherever.run(guest(body, "poll_oneoff"), timeout=10).exit_code == 8


@pytest.mark.parametrize(("count", "errno"), [(0, 28), (2000, 28), (2, 21)])
def test_subscriptions_that_make_no_sense_are_refused(count: int, errno: int) -> None:
    at = 131_040 if errno == 21 else 0
    body = f"""(call $proc_exit (call $poll_oneoff
      (i32.const {at}) (i32.const 512) (i32.const {count}) (i32.const 200)))"""
    assert wherever.run(guest(body, "poll_oneoff")).exit_code == errno


CLOCK_AND_DICE = """
  (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 1024)))
  (drop (call $random_get (i32.const 1032) (i32.const 20)))
""" + SLEEP.format(ns=3_600_000_000_000)


def test_two_deterministic_runs_are_the_same_and_do_not_wait() -> None:
    body = CLOCK_AND_DICE + say(1, 28)
    body += "(drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 1024)))" + say(1, 8)
    module = guest(body, "poll_oneoff", "clock_time_get", "random_get")
    first, second = (wherever.run(module, deterministic=True) for _ in range(2))
    other = wherever.run(module, deterministic=7)
    assert first.stdout == second.stdout != other.stdout
    assert first.usage.fuel == second.usage.fuel
    assert first.usage.wall_s < 60
    slept = int.from_bytes(first.stdout[28:], "little")
    assert slept == 3_600_000_000_000 + 2000


def test_a_free_run_has_the_hosts_clock() -> None:
    body = "(drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 1024)))" + say(1, 8)
    out = wherever.run(guest(body, "clock_time_get"))
    assert abs(int.from_bytes(out.stdout, "little") / 1e9 - time.time()) < 60


OPEN = """(call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 1)
  (i32.const 1) (i64.const 0x400040) (i64.const 0) (i32.const 0) (i32.const 900))"""


def test_open_files_are_counted_while_they_are_open(tmp_path: Path) -> None:
    dirs = [f"{tmp_path}:/"]
    again = f"(drop {OPEN}) (drop (call $fd_close (i32.load (i32.const 900))))" * 5
    kept = f"(drop {OPEN})" * 5
    for body, ended in ((again, "exited"), (kept, "limit")):
        module = guest(body, "path_open", "fd_close", data="f")
        out = wherever.run(module, dirs=dirs, open_files=4)
        assert (out.ended, out.limit) == (ended, None if ended == "exited" else "open_files")


def test_a_file_that_gets_the_number_of_a_stream_is_counted_like_any(tmp_path: Path) -> None:
    close = "(drop (call $fd_close (i32.load (i32.const 900))))"
    body = "(drop (call $fd_close (i32.const 0)))" + f"(drop {OPEN}) {close}" * 5
    module = guest(body, "path_open", "fd_close", data="f")
    assert wherever.run(module, dirs=[f"{tmp_path}:/"], open_files=4).ended == "exited"


def test_bytes_to_files_are_counted(tmp_path: Path) -> None:
    body = f"(drop {OPEN})" + say(0, 600).replace(
        "(i32.const 0) (i32.const 1024)", "(i32.load (i32.const 900)) (i32.const 1024)"
    )
    module = guest(body, "path_open", data="f")
    assert wherever.run(module, dirs=[f"{tmp_path}:/"], disk=600).ended == "exited"
    assert (tmp_path / "f").stat().st_size == 600
    out = wherever.run(module, dirs=[f"{tmp_path}:/"], disk=599)
    assert (out.limit, out.exit_code) == ("disk", 122)


def test_a_file_cannot_be_grown_past_the_limit(tmp_path: Path) -> None:
    grow = "(drop (call $fd_filestat_set_size (i32.load (i32.const 900)) (i64.const 5000)))"
    module = guest(f"(drop {OPEN}) {grow}", "path_open", "fd_filestat_set_size", data="f")
    out = wherever.run(module, dirs=[f"{tmp_path}:/"], disk=4999)
    assert (out.limit, (tmp_path / "f").stat().st_size) == ("disk", 0)
