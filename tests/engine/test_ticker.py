"""Epochs advance only while guests run, in forks too, and a watch says why it stopped one."""

import os
import time

from wherever.engine import ticker
from wherever.engine.ticker import Watch

LOOP = b'(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))'


def test_reasons_to_stop() -> None:
    now = time.monotonic()
    assert not Watch().expired()
    assert not Watch(deadline=now + 60, cpu_deadline=time.thread_time() + 60).expired()
    late, busy, killed = Watch(deadline=now - 1), Watch(cpu_deadline=0.0), Watch()
    killed.killed = True
    assert [watch.expired() and watch.why for watch in (late, busy, killed)] == [
        "timeout",
        "cpu_time",
        "killed",
    ]


def test_nothing_is_active_after_a_run() -> None:
    import wherever

    assert wherever.run(LOOP, timeout=0.05).limit == "timeout"
    assert ticker._active == {}


def test_the_clock_wakes_after_a_long_rest() -> None:
    import wherever

    wherever.run(LOOP, timeout=0.05)
    with ticker._lock:
        ticker._asleep = ticker._asleep or False
    deadline = time.monotonic() + 10
    while not ticker._asleep and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ticker._asleep
    assert wherever.run(LOOP, timeout=0.05).limit == "timeout"


def test_a_fork_has_a_clock_of_its_own() -> None:
    import wherever

    wherever.run(LOOP, timeout=0.02)
    child = os.fork()
    if not child:
        os._exit(0 if wherever.run(LOOP, timeout=0.05).limit == "timeout" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_finaliser_may_leave_while_the_lock_is_held() -> None:
    # The collector runs where it likes, in the clock's own thread too.
    with ticker._lock:
        ticker._active[7] = 1
        ticker.leave(7)
        assert ticker._active[7] == 1
    ticker.enter(8)
    ticker.leave(8)
    assert 7 not in ticker._active
