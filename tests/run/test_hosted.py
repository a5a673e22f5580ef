"""Guests in the caller's own process: they end when they must, and leave nothing behind."""

import threading
import time
from collections.abc import Callable

import pytest

import wherever
from tests.wasi.guests import guest, say
from wherever.engine.ticker import Watch
from wherever.run import hosted
from wherever.run.api import execute
from wherever.run.job import Job

LOOP = guest("(loop $l (br $l))")
HELLO = guest(say(1, 6), data="hello\\n")


def job(module: bytes, **how: object) -> Job:
    made = Job(module, [b"guest"])
    made.stdout = made.stderr = "capture"
    for name, value in how.items():
        setattr(made, name, value)
    return made


def test_a_loop_ends_with_its_time() -> None:
    out = wherever.run(LOOP, timeout=0.1)
    assert (out.ended, out.limit, out.exit_code) == ("limit", "timeout", 124)
    assert 0.1 <= out.usage.wall_s < 5


def test_a_loop_ends_with_its_processor_time() -> None:
    out = wherever.run(LOOP, cpu_time=0.1)
    assert (out.ended, out.limit, out.exit_code) == ("limit", "cpu_time", 124)
    assert 0.09 <= out.usage.cpu_s < 5


def test_a_loop_ends_with_its_fuel() -> None:
    out = wherever.run(LOOP, fuel=100_000)
    assert (out.limit, out.exit_code, out.usage.fuel) == ("fuel", 124, 100_000)
    assert out.message == "stopped after all of its 100,000 instructions (fuel)"


def test_another_thread_can_end_it() -> None:
    watch = Watch()
    threading.Timer(0.1, setattr, (watch, "killed", True)).start()
    out = execute(job(LOOP), None, watch)
    assert (out.ended, out.limit) == ("killed", None)


GROW = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"


def test_memory_that_grows_without_end() -> None:
    out = wherever.run(guest(GROW), memory="32m")
    assert (out.ended, out.limit, out.exit_code) == ("limit", "memory", 137)
    assert out.usage.memory is not None and 30 << 20 < out.usage.memory <= 32 << 20
    assert out.message == "needed more than its 32 MiB of memory (memory)"


def test_a_start_that_needs_more_memory_than_allowed() -> None:
    big = b'(module (memory (export "memory") 1000) (func (export "_start")))'
    out = wherever.run(big, memory="16m")
    assert (out.limit, out.exit_code) == ("memory", 137)


def test_a_recursion_without_end() -> None:
    body = guest("(call $f)", extra="(func $f (call $f) (call $f))")
    out = wherever.run(body)
    assert (out.ended, out.limit, out.exit_code) == ("limit", "stack", 134)


def test_a_trap_names_the_guests_functions() -> None:
    extra = "(func $inner unreachable) (func $outer (call $inner))"
    out = wherever.run(guest("(call $outer)", extra=extra))
    assert (out.ended, out.exit_code, out.backtrace[:2]) == ("trapped", 134, ("inner", "outer"))


def test_a_library_has_nothing_to_start() -> None:
    library = b'(module (memory (export "memory") 1) (func (export "add")))'
    with pytest.raises(wherever.NotRunnable, match="it has no _start"):
        wherever.run(library)
    assert wherever.run(library, entrypoint="add").exit_code == 0
    with pytest.raises(wherever.NotRunnable, match="has no function called sub"):
        wherever.run(library, entrypoint="sub")


def test_a_reactor_is_initialised_before_its_entry() -> None:
    text = b"""(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $g (i32.const 1)))
      (func (export "go") (if (i32.eqz (global.get $g)) (then unreachable))))"""
    assert wherever.run(text, entrypoint="go").ended == "exited"


def test_many_runs_leave_nothing_open(
    descriptors: Callable[[], int], rss: Callable[[], int]
) -> None:
    for _ in range(40):
        wherever.run(HELLO)
    before, memory = descriptors(), rss()
    for _ in range(300):
        wherever.run(HELLO)
    assert descriptors() == before
    assert rss() - memory < 8 << 20
    assert hosted._runs > 300


def test_a_full_pool_is_no_limit() -> None:
    sleep = """(i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 200000000))
      (drop (call $poll_oneoff (i32.const 0) (i32.const 104) (i32.const 1) (i32.const 200)))"""
    module = guest(sleep, "poll_oneoff")
    for _ in range(20):
        wherever.run(HELLO)
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(wherever.run(module).ended))
        for _ in range(80)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["exited"] * 80


def test_a_healthy_guest_beside_a_runaway() -> None:
    runaway = threading.Thread(target=wherever.run, args=(LOOP,), kwargs={"timeout": 0.5})
    runaway.start()
    done = 0
    while runaway.is_alive():
        assert wherever.run(HELLO).stdout == b"hello\n"
        done += 1
    assert done > 5


def test_time_is_counted_from_the_start_of_the_run() -> None:
    begin = time.monotonic()
    out = wherever.run(HELLO, timeout=5)
    assert 0 < out.usage.wall_s <= time.monotonic() - begin
