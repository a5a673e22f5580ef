"""The ends of a guest that come at a bad moment: closed from within, collected, forked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time

import pytest

import wherever
from wherever.engine import fast

WAYS = ["ctypes", *(["accelerator"] if fast.accelerator() else [])]

PRELUDE = """
    import gc, signal
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
"""

CLOSED_FROM_WITHIN = """
    text = b'''(module (import "env" "h" (func $h)) (memory (export "memory") 16)
      (func (export "f") (local $i i32) (call $h)
        (loop $again
          (i32.store (local.get $i) (i32.const 5))
          (local.set $i (i32.and (i32.add (local.get $i) (i32.const 4)) (i32.const 0xffffc)))
          (br $again))))'''
    def h():
        view = guest.memory.view()
        guest.close()
        del view
        stores.append(guest._guest.gate.store.pointer)
    stores = []
    guest = wherever.load(text, imports={{"env": {{"h": h}}}}, timeout=10)
    try:
        guest.f()
    except wherever.WhereverError as error:
        print(error.what)
    print(stores[0] > 0)
"""

CLOSED_BY_A_SIGNAL = """
    text = b'''(module (memory (export "memory") 16)
      (func (export "f") (local $i i32)
        (loop $again
          (i32.store (local.get $i) (i32.const 5))
          (local.set $i (i32.and (i32.add (local.get $i) (i32.const 4)) (i32.const 0xffffc)))
          (br $again))))'''
    def close(*_):
        guest.close()
    guest = wherever.load(text, timeout=10)
    signal.signal(signal.SIGALRM, close)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        guest.f()
    except wherever.WhereverError as error:
        print(error.what)
"""

COLLECTED = """
    text = b'''(module (memory (export "memory") 1)
      (func (export "f") (result i32)
        (i32.store (i32.const 0) (i32.const 5)) (i32.load (i32.const 0))))'''
    class Holder:
        def __init__(self, guest):
            self.guest = guest  # so that the collector comes to this one last
            self.f = guest.f
            self.read = guest.memory.read
        def __del__(self):
            for use in (lambda: self.read(0, 4), self.f):
                try:
                    use()
                except wherever.InputError as error:
                    print(error.what)
    def leave(warm):
        guest = wherever.load(text)
        if warm:
            guest.f()
        guest.__dict__["owner"] = Holder(guest)
    gc.disable()
    for warm in (False, True):
        leave(warm)
        gc.collect()
"""


def lived(code: str, way: str) -> str:
    """What a program printed that used guests one way and came to its end in peace."""
    whole = textwrap.dedent(PRELUDE) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", whole.format(plain=way == "ctypes")],
        capture_output=True,
        text=True,
        timeout=18,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_the_last_view_may_go_in_the_host_function_that_closed_the_guest(way):
    """The attack: the store is freed while the guest that called the host still stores to it."""
    assert lived(CLOSED_FROM_WITHIN, way) == "f was killed\nTrue\n"


@pytest.mark.parametrize("way", WAYS)
def test_the_handler_of_a_signal_may_close_the_guest_it_interrupts(way):
    assert lived(CLOSED_BY_A_SIGNAL, way) == "f was killed\n"


@pytest.mark.parametrize("way", WAYS)
def test_a_guest_that_was_collected_is_not_entered_by_another_finaliser(way):
    assert lived(COLLECTED, way) == 4 * "this guest was closed\n"


LOOPS = b'(module (func (export "ok")) (func (export "loop") (loop (br 0))))'


@pytest.fixture(params=WAYS)
def way(request):
    before = fast.accelerator()
    fast.use(before if request.param == "accelerator" else None)
    yield request.param
    fast.use(before)


def fate(child: int) -> int:
    """The exit code of a child process; -9 for one that took more than 5 s."""
    end = time.monotonic() + 5
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return -9
        time.sleep(0.02)


def stopped_by(call) -> str:
    """The limit that ends a call."""
    with pytest.raises(wherever.LimitReached) as caught:
        call()
    return caught.value.limit


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("limit", ["timeout", "cpu_time"])
def test_a_fork_keeps_the_limits_of_the_guests_it_inherits(limit):
    with wherever.load(LOOPS, **{limit: 0.3}) as guest:
        guest.ok()
        child = os.fork()
        if not child:
            os._exit(0 if stopped_by(guest.loop) == limit else 1)
        assert fate(child) == 0
        assert stopped_by(guest.loop) == limit


@pytest.mark.usefixtures("way")
def test_a_fork_made_by_a_host_function_keeps_the_limits_of_the_call_it_is_in():
    text = b"""(module (import "env" "fork" (func $fork))
      (func (export "f") (call $fork) (loop (br 0))))"""
    children = []
    imports = {"env": {"fork": lambda: children.append(os.fork())}}
    with wherever.load(text, imports=imports, timeout=0.3) as guest:
        limit = stopped_by(guest.f)
        if not children[0]:
            os._exit(0 if limit == "timeout" else 1)
        assert fate(children[0]) == 0
