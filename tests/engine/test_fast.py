"""The accelerator itself: there where it can be, absent without harm, never a crash."""

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

import wherever
from wherever.engine import fast

HAS_COMPILER = bool(shutil.which("cc") or shutil.which("gcc")) and os.path.exists(
    os.path.join(sysconfig.get_path("include"), "Python.h")
)


def python(code, **env):
    """Runs code in a new Python with all its own checks on."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=18,
        env={**os.environ, **env},
    )


def test_it_is_there_wherever_a_compiler_is():
    assert fast.accelerator() is not None or not HAS_COMPILER


ADD = """
    import wherever
    text = b'(module (func (export "add") (param i32 i32) (result i32)' \\
        b'(i32.add (local.get 0) (local.get 1))))'
    with wherever.load(text) as guest:
        print(type(guest.add).__name__, guest.add(40, 2))
"""


def test_it_is_left_unused_when_told_so():
    done = python(ADD, WHEREVER_ACCELERATOR="0")
    assert (done.stdout, done.stderr) == ("function 42\n", "")


def test_a_python_without_it_does_the_same(tmp_path):
    """As where no compiler was when it was installed."""
    source = Path(wherever.__file__).parent
    shutil.copytree(
        source, tmp_path / "wherever", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    )
    done = python(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + textwrap.dedent(ADD))
    assert (done.stdout, done.stderr) == ("function 42\n", "")


NONSENSE = """
    import gc, itertools, random, sys
    import wherever
    from wherever.engine import fast
    module = fast.accelerator()
    assert module is not None
    rng = random.Random(5)
    class Odd:
        def __index__(self): raise ValueError("odd")
        def __float__(self): raise ValueError("odd")
        def __bool__(self): raise ValueError("odd")
        def __call__(self, *args, **kwargs): raise ValueError("odd")
    lock = module.Lock(1 << 20)
    def nothing(*args): return None
    pieces = [None, True, 0, 1, -1, 2**31, 2**63, 2**64, -2**63, 2**200, 1.5, float("nan"),
        "", "i", "iIfFv", "x", "i" * 40, b"", bytes(16), bytes(24), b"x" * 1000, bytearray(16),
        memoryview(b"abc"), (), (1,), [], {}, Odd(), nothing, lock, object, module.Lock]
    made = []
    def attempt(what, *args, **kwargs):
        try:
            thing = what(*args, **kwargs)
        except BaseException as error:
            assert not isinstance(error, SystemError), (what, args)
            return None
        made.append(thing)
        return thing
    for _ in range(4000):
        count = rng.randrange(11)
        args = [rng.choice(pieces) for _ in range(count)]
        attempt(rng.choice([module.Lock, module.Function, module.Host, module.Memory]), *args)
    attempt(module.setup, 0, 0, 0, 0)
    attempt(module.setup, "x")
    # Whole ones, on a store that is not there, with callbacks of every kind.
    for params, results in itertools.product(["", "i", "IfFv", "i" * 40], repeat=2):
        for callback in (nothing, Odd(), None, lambda *a: (1,) * 40, lambda *a: a):
            function = attempt(module.Function, bytes(16), lock, params, results,
                callback, callback, callback, callback, callback)
            for _ in range(4):
                attempt(function, *[rng.choice(pieces) for _ in range(rng.randrange(5))])
                attempt(function, *[1] * len(params), odd=1)
            attempt(repr, function)
            attempt(vars, function)
            host = attempt(module.Host, callback, params, results, callback, callback)
        memory = attempt(module.Memory, bytes(24), lock, nothing)
        for _ in range(8):
            attempt(memory.read, *[rng.choice(pieces) for _ in range(rng.randrange(4))])
            attempt(memory.write, *[rng.choice(pieces) for _ in range(rng.randrange(4))])
    for thing in list(made):
        for name in ("acquire", "release", "__exit__", "context", "depth", "environment"):
            attempt(getattr, thing, name)
    for turn in range(50):
        attempt(lock.acquire, rng.choice(pieces))
        attempt(lock.release)
        attempt(lock.release)
    with lock, lock:
        assert lock.depth == 2
    assert lock.depth == 0 and attempt(lock.release) is None
    made.clear()
    gc.collect()
    print("alive")
"""


def test_nonsense_is_refused_and_crashes_nothing():
    if fast.accelerator() is None:
        assert not HAS_COMPILER
        return
    done = python(NONSENSE)
    assert (done.stdout, done.stderr[-2000:]) == ("alive\n", "")


REFERENCES = """
    import gc, sys
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
    class Number:
        def __init__(self, value): self.value = value
        def __index__(self): return self.value
    kept = Number(2**40)
    text = b'''(module
      (import "env" "f" (func $f (param i64 i64) (result i64 i64)))
      (memory (export "memory") 1)
      (func (export "go") (param i64 i64) (result i64 i64)
        (call $f (local.get 0) (local.get 1))))'''
    def back(a, b): return (kept, b)
    guest = wherever.load(text, imports={{"env": {{"f": back}}}})
    data = b"x" * 100
    big = 2**50 + 1
    def rounds(count):
        for _ in range(count):
            assert guest.go(kept, big) == (2**40, big)
            try: guest.go(kept, "no")
            except TypeError: pass
            try: guest.go(kept)
            except TypeError: pass
            guest.memory.write(5, data)
            assert guest.memory.read(5, 100) == data
            try: guest.memory.read(kept, big)
            except IndexError: pass
    rounds(200)
    gc.collect()
    def counts(): return [sys.getrefcount(x) for x in (kept, data, back, big, guest, guest.go)]
    before, blocks = counts(), sys.getallocatedblocks()
    rounds(5000)
    gc.collect()
    assert counts() == before, (counts(), before)
    assert sys.getallocatedblocks() - blocks < 200, sys.getallocatedblocks() - blocks
    print("even")
"""


@pytest.mark.parametrize("plain", [True, False])
def test_every_reference_that_is_taken_is_given_back(plain):
    done = python(REFERENCES.format(plain=plain))
    assert (done.stdout, done.stderr[-2000:]) == ("even\n", "")


THREADS = """
    import random, threading
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
    text = b'''(module
      (import "env" "f" (func $f (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "go") (param i32) (result i32) (call $f (local.get 0)))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'''
    shared = [None] * 3
    def fresh(at):
        def f(n):
            if n % 50 == 7:
                raise LookupError(str(n))
            return guest.add(n, 1)
        guest = wherever.load(text, imports={{"env": {{"f": f}}}}, timeout=15 if at else None)
        shared[at] = guest
    for at in range(3):
        fresh(at)
    wrong = []
    def work(seed):
        rng = random.Random(seed)
        for turn in range(700):
            at, n = rng.randrange(3), rng.randrange(1000)
            guest = shared[at]
            try:
                if guest.go(n) != n + 1:
                    wrong.append(n)
                guest.memory.write(n, b"abc")
                guest.memory.read(n, 3)
            except LookupError as error:
                if str(error) != str(n):
                    wrong.append((n, str(error)))
                fresh(at)
            except wherever.InputError:
                pass  # another thread's exception has ended it
    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(wrong)
"""


@pytest.mark.parametrize("plain", [True, False])
def test_threads_that_share_guests_get_their_own_results_and_exceptions(plain):
    done = python(THREADS.format(plain=plain))
    assert (done.stdout, done.stderr[-2000:]) == ("[]\n", "")
