"""Calls of guests, by ctypes and by the accelerator: the same results, the same words."""

import ast
import gc
import inspect
import math
import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import time
import weakref

import pytest

import wherever
from wherever.engine import calls, fast

WAYS = ["ctypes", *(["accelerator"] if fast.accelerator() else [])]

MATHS = b"""(module $maths
  (memory (export "memory") 1)
  (func (export "add") (param $left i32) (param $right i32) (result i32)
    (i32.add (local.get $left) (local.get $right)))
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "turned") (param i64 f32 f64 v128) (result v128 f64 f32 i64)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "refer") (param externref))
  (func (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "spin") (loop $again (br $again)))
  (func $down (export "recurse") (call $down)))"""


@pytest.fixture(params=WAYS)
def way(request):
    """Runs a test with the accelerator and without it."""
    before = fast.accelerator()
    fast.use(before if request.param == "accelerator" else None)
    yield request.param
    fast.use(before)


@pytest.fixture
def maths(way):
    with wherever.load(MATHS) as guest:
        yield guest


def test_values_cross_unchanged(maths):
    assert maths.add(40, 2) == 42
    assert maths.nothing() is None
    assert maths.turned(-5, 1.5, 2.5, bytes(range(16))) == (bytes(range(16)), 2.5, 1.5, -5)
    assert [maths.i32(n) for n in (0, -1, 2**31 - 1, -(2**31))] == [0, -1, 2**31 - 1, -(2**31)]
    assert [maths.i64(n) for n in (0, -1, 2**63 - 1, -(2**63))] == [0, -1, 2**63 - 1, -(2**63)]
    assert maths.f64(math.pi) == math.pi
    assert maths.f32(math.pi) == struct.unpack("f", struct.pack("f", math.pi))[0]
    assert math.isnan(maths.f64(math.nan)) and maths.f32(1e300) == math.inf
    assert maths.v128(bytearray(16)) == bytes(16)


def test_whole_numbers_may_be_given_as_unsigned_and_come_back_signed(maths):
    assert (maths.i32(2**32 - 1), maths.i32(2**31)) == (-1, -(2**31))
    assert (maths.i64(2**64 - 1), maths.i64(2**63)) == (-1, -(2**63))


def test_whatever_is_an_index_or_a_float_will_do(maths):
    class Five:
        def __index__(self):
            return 5

        def __float__(self):
            return 5.5

    assert maths.add(True, Five()) == 6
    assert (maths.f64(Five()), maths.f64(3), maths.f32(True)) == (5.5, 3.0, 1.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda g: g.add(1), TypeError, "add() missing 1 required positional argument: 'right'"),
        (
            lambda g: g.add(1, 2, 3),
            TypeError,
            "add() takes 2 positional arguments but 3 were given",
        ),
        (
            lambda g: g.add(1, zzz=2),
            TypeError,
            "add() got an unexpected keyword argument 'zzz'",
        ),
        (lambda g: g.add("1", 2), TypeError, "add(): left: a str is not a whole number"),
        (lambda g: g.add(1.0, 2), TypeError, "add(): left: 1.0 is not a whole number"),
        (lambda g: g.add(1, None), TypeError, "add(): right: a NoneType is not a whole number"),
        (lambda g: g.add(2**32, 0), OverflowError, "add(): left: 4294967296 does not fit into i32"),
        (lambda g: g.i64(2**64), OverflowError, f"i64(): a0: {2**64} does not fit into i64"),
        (
            lambda g: g.i64(-(10**400)),
            OverflowError,
            "i64(): a0: a number of 1329 bits does not fit into i64",
        ),
        (lambda g: g.f64("1"), TypeError, "f64(): a0: a str is not a number"),
        (
            lambda g: g.f64(10**400),
            OverflowError,
            "f64(): a0: a number of 1329 bits does not fit into f64",
        ),
        (lambda g: g.v128(b"123"), OverflowError, "v128(): a0: 3 bytes are not the 16 of a v128"),
        (lambda g: g.v128(16), TypeError, "v128(): a0: 16 is not 16 bytes"),
        (
            lambda g: g.refer(None),
            TypeError,
            "refer() has the type (externref) -> (): references cannot cross to Python",
        ),
    ],
)
def test_what_does_not_fit_is_said(maths, call, error, words):
    with pytest.raises(error) as caught:
        call(maths)
    assert str(caught.value) == words
    assert maths.add(1, 1) == 2


def test_an_error_of_the_value_itself_is_handed_on(maths):
    class Bad:
        def __index__(self):
            raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        maths.i32(Bad())


def test_a_value_that_calls_the_same_function_while_it_is_converted(way):
    with wherever.load(MATHS) as guest:

        class Nosy:
            def __index__(self):
                assert guest.i64(7) == 7
                return 5

        assert guest.i64(Nosy()) == 5


def test_a_function_looks_like_one_of_python(maths):
    assert str(inspect.signature(maths.add)) == "(left: int, right: int) -> int"
    assert str(inspect.signature(maths.turned)) == (
        "(a0: int, a1: float, a2: float, a3: bytes) -> tuple[bytes, float, float, int]"
    )
    assert (maths.add.__name__, maths.add.__module__) == ("add", "wherever.guest")
    assert maths.add.__doc__ == "A function of the guest: (i32, i32) -> i32."
    assert maths.add(right=2, left=40) == 42
    assert "add" in repr(maths.add)


def test_a_trap_names_its_function_and_ends_the_guest(maths):
    assert maths.divide(7, 2) == 3
    with pytest.raises(wherever.Trapped) as caught:
        maths.divide(1, 0)
    assert str(caught.value) == "divide was stopped by a trap: integer divide by zero"
    assert len(caught.value.backtrace) == 1
    with pytest.raises(wherever.InputError) as refused:
        maths.add(1, 2)
    assert str(refused.value) == (
        "this guest was ended by an earlier call: divide was stopped by a trap:"
        " integer divide by zero; load it again"
    )


def test_endless_recursion_is_a_limit_of_stack(maths):
    with pytest.raises(wherever.LimitReached) as caught:
        maths.recurse()
    assert (caught.value.limit, caught.value.exit_code) == ("stack", 134)


def test_a_closed_guest_says_so(maths):
    add = maths.add
    maths.close()
    maths.close()
    with pytest.raises(wherever.InputError, match=r"^this guest was closed; load it again$"):
        add(1, 2)
    with pytest.raises(wherever.InputError, match=r"^this guest was closed; load it again$"):
        maths["divide"]


def test_functions_with_more_slots_than_most(way):
    count = 40
    params = " ".join(["i64"] * count)
    takes = " ".join(f"(local.get {n})" for n in reversed(range(count)))
    text = f'(module (func (export "turn") (param {params}) (result {params}) {takes}))'
    with wherever.load(text.encode()) as guest:
        assert guest.turn(*range(count)) == tuple(reversed(range(count)))


@pytest.mark.parametrize(
    ("limit", "value"), [("timeout", 0.1), ("cpu_time", 0.1), ("fuel", 50_000)]
)
def test_each_call_has_the_limit_for_itself(way, limit, value):
    with wherever.load(MATHS, **{limit: value}) as guest:
        for _ in range(3):
            assert guest.add(1, 2) == 3
        if limit == "timeout":
            time.sleep(0.15)
            assert guest.add(1, 2) == 3
        begun = time.monotonic()
        with pytest.raises(wherever.LimitReached) as caught:
            guest.spin()
    assert caught.value.limit == limit
    assert time.monotonic() - begun < 1


def test_two_guests_run_on_two_threads_at_once(way):
    """A guest that holds the GIL would leave no turn to the thread that counts."""
    with wherever.load(MATHS, timeout=0.4) as guest:
        ended = []

        def spin():
            with pytest.raises(wherever.LimitReached):
                guest.spin()
            ended.append(time.monotonic())

        thread = threading.Thread(target=spin)
        thread.start()
        turns = 0
        with wherever.load(MATHS) as other:
            while not ended:
                turns += other.add(1, 0)
        thread.join()
    assert turns > 1000


def test_threads_share_a_guest_by_turns(way):
    text = b"""(module (global $n (mut i64) (i64.const 0)) (func (export "count") (result i64)
      (global.set $n (i64.add (global.get $n) (i64.const 1))) (global.get $n)))"""
    seen = []
    with wherever.load(text) as guest:

        def work():
            mine = [guest.count() for _ in range(500)]
            assert mine == sorted(mine)
            seen.extend(mine)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seen) == list(range(1, 3001))


def test_closing_from_another_thread_stops_the_call(way):
    guest = wherever.load(MATHS)
    outcome = []

    def spin():
        try:
            guest.spin()
        except wherever.GuestError as error:
            outcome.append(str(error))

    thread = threading.Thread(target=spin)
    thread.start()
    time.sleep(0.1)
    guest.close()
    thread.join(5)
    assert outcome == ["spin was killed"]


def test_a_guest_that_nobody_holds_is_freed_at_once(way):
    guest = wherever.load(MATHS)
    assert guest.add(1, 2) == 3
    gate = weakref.ref(guest._guest.gate)
    add = guest.add
    del guest
    assert add(3, 4) == 7
    del add
    assert gate() is None


def test_a_thread_with_a_small_stack_is_refused(way):
    said = []
    with wherever.load(MATHS) as guest:

        def work():
            try:
                guest.add(1, 2)
            except wherever.InputError as error:
                said.append(str(error))

        before = threading.stack_size(512 << 10)
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(before)
        assert guest.add(1, 2) == 3
    assert len(said) == 1
    assert "is too small for a guest's 1024 KiB" in said[0]
    assert said[0].endswith("; call threading.stack_size(2097152) before starting the thread")


def test_at_the_end_of_the_recursion_limit_nothing_is_lost(way):
    """No room for a callback's frame would be an answer of garbage to the engine."""
    text = b"""(module (import "env" "up" (func $up (param i32) (result i32)))
      (func (export "go") (param i32) (result i32) (call $up (local.get 0))))"""
    depths = []

    def up(depth):
        depths.append(depth)
        return guest.go(depth + 1)

    guest = wherever.load(text, imports={"env": {"up": up}})
    with guest, pytest.raises((RecursionError, wherever.LimitReached)):
        guest.go(0)
    assert len(depths) > 3


SIGNALS = """
    import os, signal, sys, threading, time
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
    text = b'''(module (import "env" "tick" (func $tick (result i32)))
      (func (export "spin") (loop $again (br $again)))
      (func (export "ask") (loop $again (drop (call $tick)) (br $again))))'''
    guest = wherever.load(text, imports={{"env": {{"tick": lambda: 1}}}})
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    try:
        guest.{name}()
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - begun < 2)
    try:
        guest.spin()
    except wherever.InputError as error:
        print(error)
"""


@pytest.mark.parametrize("name", ["spin", "ask"])
@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_ends_a_guest_on_the_main_thread(way, name):
    code = textwrap.dedent(SIGNALS).format(plain=way == "ctypes", name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=15)
    assert done.stderr == ""
    assert done.stdout == (
        "interrupted True\n"
        f"KeyboardInterrupt of a host function ended this guest during {name}; load it again\n"
    )


def test_handlers_that_raise_are_never_swallowed(way):
    """A signal comes at any instruction; each must come out of the call it came into."""
    text = b"""(module (import "env" "tick" (func $tick (param i64) (result i64)))
      (func (export "ask") (param $n i32) (result i64) (local $sum i64)
        (loop $again
          (local.set $sum (i64.add (local.get $sum) (call $tick (i64.const 1))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $again (local.get $n)))
        (local.get $sum)))"""

    class Rang(Exception):
        pass

    def ring(*_):
        raise Rang

    def tick(value):
        return value

    before = signal.signal(signal.SIGALRM, ring)
    heard = 0
    # Python itself swallows what a handler raises inside of a __del__: nothing may be freed
    # while the clock runs, and the locals of an `assert` hold the last round's guest till then.
    gc.collect()
    gc.disable()
    try:
        for round_ in range(150):
            guest = wherever.load(text, imports={"env": {"tick": tick}})
            guest.ask(1)
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0005 + round_ * 3e-6)
                for _ in range(1000):
                    guest.ask(2000)
            except Rang:
                heard += 1
            guest.close()
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard == 150


def test_a_guest_in_a_forked_child(way):
    with wherever.load(MATHS, timeout=5) as guest:
        assert guest.add(1, 2) == 3
        child = os.fork()
        if child == 0:
            try:
                os._exit(guest.add(30, 9))
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 39


def test_nothing_is_left_after_many_guests(way, rss):
    def rounds(count):
        for _ in range(count):
            with wherever.load(MATHS) as guest:
                assert guest.add(1, 2) == 3
        gc.collect()

    rounds(100)
    before = rss()
    rounds(300)
    assert rss() - before < 8 << 20


def test_a_parameter_hides_no_name_that_the_wrapper_uses():
    source = calls._TEMPLATE.format(heading="", result="None", puts="pass", tuple="", takes="None")
    found = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    names = sorted(name for name in found if name[0] != "_" and name != "guest")
    assert "RuntimeError" in names
    assert calls.parameters(len(names), names) == [f"a{at}" for at in range(len(names))]
