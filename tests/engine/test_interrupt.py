"""Signals while a guest runs: whatever their handlers raise comes out, and nothing is replaced."""

import ctypes
import signal
import subprocess
import sys
import textwrap

import pytest

from wherever.engine import fast
from wherever.engine.interrupt import armoured
from wherever.errors import InternalError

WAYS = ["ctypes", *(["accelerator"] if fast.accelerator() else [])]


def test_an_armoured_callback_catches_what_comes_at_its_entry():
    """The C library sorts; a signal arrives meanwhile, and is raised in the next callback."""
    caught = []
    zero = [0]

    def compare(_a, _b):
        try:
            return zero[0]
        except BaseException as error:
            caught.append(error)
            return 0

    class Rang(Exception):
        pass

    def ring(*_):
        raise Rang

    library = ctypes.CDLL(None)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(armoured(compare))
    numbers = (ctypes.c_int * 3000)()
    before = signal.signal(signal.SIGALRM, ring)
    outside = 0
    try:
        for _ in range(60):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0005)
                library.qsort(numbers, len(numbers), 4, callback)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Rang:
                outside += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(caught) > 10
    assert all(isinstance(error, Rang) for error in caught)


def test_an_armoured_function_does_what_it_did():
    nothing = None

    def divide(a, b=2):
        try:
            return a / b
        except ZeroDivisionError:
            return nothing

    assert armoured(divide) is divide
    assert (divide(4), divide(4, 0), divide(a=9, b=3)) == (2.0, None, 3.0)
    with pytest.raises(TypeError):
        divide()


def test_only_a_closure_that_begins_with_a_try_can_be_armoured():
    ready = 1

    def plain():
        return ready

    def late(things):
        for thing in things:
            try:
                thing(ready)
            except ValueError:
                pass

    def alone(number):
        try:
            return 1 / number
        except ZeroDivisionError:
            return 0

    def held(lock):
        with lock:
            return ready

    for function in (plain, late):
        with pytest.raises(InternalError, match=f"{function.__name__} does not begin with a try"):
            armoured(function)
    with pytest.raises(InternalError):
        armoured(held)
    with pytest.raises(InternalError, match="alone is no closure"):
        armoured(alone)


SETTING = """
    import asyncio, os, signal, threading, time
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
    guest = wherever.load(b'(module (func (export "spin") (loop $again (br $again)))'
        b'(func (export "add") (param i32 i32) (result i32)'
        b'(i32.add (local.get 0) (local.get 1))))')
    def press(*times):
        for at in times:
            threading.Timer(at, os.kill, (os.getpid(), signal.SIGINT)).start()
"""

ASYNCIO = """
    async def main():
        press(0.2)
        try:
            await guest.acall("spin")
        except asyncio.CancelledError:
            print("the task was cancelled")
            raise
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("KeyboardInterrupt")
    try:
        guest.add(1, 2)
    except wherever.InputError as error:
        print(error)
"""

BLOCKING = """
    async def main():
        press(0.2, 0.5)
        guest.spin()
    begun = time.monotonic()
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("KeyboardInterrupt", time.monotonic() - begun < 3)
"""

OWN = """
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(time.monotonic()))
    guest = wherever.load(b'(module (func (export "spin") (loop $again (br $again))))', timeout=0.6)
    press(0.2)
    try:
        guest.spin()
    except wherever.LimitReached as error:
        print(error.limit, len(heard), time.monotonic() - heard[0] > 0.2)
"""

BETWEEN = """
    press(0.2)
    begun = time.monotonic()
    try:
        while True:
            guest.add(1, 2)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", time.monotonic() - begun < 1)
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("story", "said"),
    [
        (
            ASYNCIO,
            "the task was cancelled\nKeyboardInterrupt\n"
            "this guest was ended by an earlier call: spin was killed; load it again\n",
        ),
        (BLOCKING, "KeyboardInterrupt True\n"),
        (OWN, "timeout 1 True\n"),
        (BETWEEN, "KeyboardInterrupt True\nTrue\n"),
    ],
    ids=["asyncio", "blocking-asyncio", "own-handler", "between"],
)
def test_ctrl_c_beside_other_handlers(way, story, said):
    code = textwrap.dedent(SETTING).format(plain=way == "ctypes") + textwrap.dedent(story)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=15)
    assert (done.stderr, done.stdout) == ("", said)


def test_ctrl_c_ends_a_program_that_runs_here():
    code = """
        import os, signal, threading, wherever
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        loop = b'(module (memory (export "memory") 1)' \\
            b'(func (export "_start") (loop $again (br $again))))'
        try:
            wherever.run(loop, timeout=10)
        except KeyboardInterrupt:
            print("KeyboardInterrupt")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=15
    )
    assert (done.stderr, done.stdout) == ("", "KeyboardInterrupt\n")


def test_a_signal_while_output_is_taken_comes_out_too(unmeasured):
    """The guard calls Python when its buffer is full: that callback is armoured as well."""
    code = """
        import gc, signal, wherever
        text = b'''(module
          (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 8)
          (func (export "flood")
            (i32.store (i32.const 8) (i32.const 16))
            (i32.store (i32.const 12) (i32.const 262144))
            (loop $again
            (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
            (br $again))))'''
        class Rang(Exception):
            pass
        def ring(*_):
            raise Rang
        signal.signal(signal.SIGALRM, ring)
        gc.disable()  # Python swallows what is raised inside of a __del__
        heard = 0
        for turn in range(40):
            guest = wherever.load(text, output="4g", timeout=5)
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.005 + turn * 1e-5)
                guest.flood()
            except Rang:
                heard += 1
            guest.close()
        print(heard)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        env=unmeasured,
        text=True,
        timeout=18,
    )
    assert (done.stderr, done.stdout) == ("", "40\n")
