"""What could end the process that runs guests, and does not: each in a process of its own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.run.guests import eventually, has_code

Guest = Callable[[str, str], Path]

BEGINNING = '''
import faulthandler, os, resource, signal, sys, threading, time
import wherever

def module(body, more=""):
    text = f'(module {more} (memory (export "memory") 1) (func $f (export "_start") {body}))'
    return text.encode()

WELL = module("")
LOOPS = module("(loop (br 0))")
RECURSES = module("(call $f) (call $f)")
OUTSIDE = module("(i32.store (i32.const 0x7fffffff) (i32.const 1))")
DIVIDES = module("(drop (i32.div_s (i32.const 1) (i32.load (i32.const 0))))")
CALLS = b"""(module (import "env" "again" (func $again (param i32) (result i32)))
  (func (export "go") (param i32) (result i32) (call $again (local.get 0))))"""
TRAPS = b"""(module (memory 1)
  (func (export "outside") (i32.store (i32.const 0x7fffffff) (i32.const 1)))
  (func $deep (export "deep") (call $deep) (call $deep)))"""

def end(what, **values):
    try:
        outcome = wherever.run(what, **values)
    except wherever.WhereverError as error:
        return type(error).__name__
    return outcome.limit or outcome.ended
'''


def run(text: str, *args: str | Path, **environment: str) -> list[str]:
    """Runs the lines of a program after BEGINNING; what it printed, if it ended by itself."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + textwrap.dedent(text), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=18,
        env={**os.environ, **environment},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.fixture
def says() -> Callable[..., list[str]]:
    """Runs a program after BEGINNING; what it prints."""
    return run


@pytest.fixture(params=["1", "0"], ids=["accelerated", "by-ctypes"])
def says_both(request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """The same, once with the accelerator and once without."""
    return lambda *words: run(*words, WHEREVER_ACCELERATOR=request.param)


def test_no_size_of_stack_ends_the_host(says: Callable[..., list[str]]) -> None:
    assert says("""
        for size in "7", "1k", "64k", "2m", "8m", "64m", "256m", "300m", "1t":
            print(size, end(RECURSES, stack=size))
        """) == [
        "7 InputError",
        "1k InputError",
        "64k stack",
        "2m stack",
        "8m stack",
        "64m stack",
        "256m stack",
        "300m InputError",
        "1t InputError",
    ]


def test_no_value_of_another_limit_ends_the_host(says: Callable[..., list[str]]) -> None:
    assert says("""
        for limits in (
            {"memory": "1k"}, {"memory": "4t"}, {"memory": 1 << 61}, {"memory": 1 << 80},
            {"timeout": 1e-9}, {"timeout": 1e17}, {"cpu_time": 1e17}, {"fuel": 1 << 61},
            {"fuel": 1}, {"open_files": 1 << 61}, {"output": 1 << 61}, {"disk": 1 << 61},
            {"host_calls": 1 << 61}, {"timeout": float("nan")}, {"timeout": float("inf")},
        ):
            print(end(WELL, **limits))
        """) == [
        "memory",
        *["exited"] * 2,
        "InputError",
        *["exited"] * 4,
        "fuel",
        *["exited"] * 4,
        *["InputError"] * 2,
    ]


def test_a_thread_with_a_small_stack_runs_guests_elsewhere(
    says_both: Callable[..., list[str]],
) -> None:
    assert says_both("""
        def run():
            print(end(WELL), end(RECURSES))
            try:
                wherever.load(TRAPS).deep()
            except wherever.InputError as error:
                print(str(error).partition(" of ")[0])

        print(end(WELL))
        for size in 64 << 10, 256 << 10, 1 << 20:
            threading.stack_size(size)
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        """) == ["exited", *["exited stack", "this thread's stack"] * 3]


def test_a_stack_that_was_large_enough_once_is_not_taken_for_any(
    says_both: Callable[..., list[str]],
) -> None:
    assert says_both("""
        print(end(WELL))
        for size in "1m", "4m", "64m":
            try:
                wherever.load(TRAPS, stack=size).deep()
            except wherever.WhereverError as error:
                print(type(error).__name__)
        """) == ["exited", "LimitReached", "LimitReached", "InputError"]


def test_guests_and_host_functions_call_each_other_as_deep_as_there_is_room(
    says_both: Callable[..., list[str]],
) -> None:
    assert says_both("""
        deepest = 0
        def again(n: int) -> int:
            global deepest
            deepest = n
            return guest.go(n + 1)

        guest = wherever.load(CALLS, imports={"env": {"again": again}})
        try:
            guest.go(0)
        except (wherever.LimitReached, RecursionError):
            print("ended", deepest > 10)

        guests = []
        def another(n: int) -> int:
            guests.append(wherever.load(CALLS, imports={"env": {"again": another}}))
            return guests[-1].go(n + 1)

        try:
            another(0)
        except (wherever.LimitReached, RecursionError):
            print("ended", len(guests) > 10)
        print(end(WELL), end(RECURSES))
        """) == ["ended True", "ended True", "exited stack"]


def test_a_run_inside_of_a_host_function_has_a_stack_of_its_own(
    says_both: Callable[..., list[str]],
) -> None:
    assert says_both("""
        ends = set()
        def again(n: int) -> int:
            ends.add((end(WELL), end(RECURSES)))
            return guest.go(n + 1) if n < 60 else n

        guest = wherever.load(CALLS, imports={"env": {"again": again}})
        print(guest.go(0), ends)
        """) == ["60 {('exited', 'stack')}"]


def test_faulthandler_may_be_enabled_before(says: Callable[..., list[str]]) -> None:
    assert says("""
        faulthandler.enable()
        print(*map(end, (OUTSIDE, DIVIDES, RECURSES, WELL)))
        """) == ["trapped trapped stack exited"]


@pytest.mark.parametrize(
    "change",
    [
        "faulthandler.enable()",
        "faulthandler.enable(); end(WELL); faulthandler.disable(); faulthandler.enable()",
        "signal.signal(signal.SIGSEGV, lambda *_: None)",
    ],
)
def test_traps_are_not_taken_for_faults_of_the_host(
    change: str, says: Callable[..., list[str]]
) -> None:
    """Guests that another process can run are run there; a library is refused."""
    assert says(f"""
        print(*map(end, (OUTSIDE, DIVIDES, RECURSES, WELL)))
        {change}
        print(*map(end, (OUTSIDE, DIVIDES, RECURSES, WELL)))
        try:
            wherever.load(TRAPS).outside()
        except wherever.InputError as error:
            print(str(error).partition(", so")[0])
        """) == [
        "trapped trapped stack exited",
        "trapped trapped stack exited",
        "something has replaced the engine's handler of faults",
    ]


def test_faulthandler_that_was_switched_off_leaves_no_handler(
    says: Callable[..., list[str]],
) -> None:
    assert says("""
        faulthandler.enable()
        print(end(OUTSIDE))
        faulthandler.disable()
        print(end(OUTSIDE), end(WELL))
        """) == ["trapped", "trapped exited"]


def test_a_host_without_descriptors_says_so_and_goes_on(
    says: Callable[..., list[str]], guest: Guest
) -> None:
    """With a limit of 64: some are refused, in words, and nothing is lost."""
    assert says(
        """
        component = sys.argv[1]
        print(end(WELL), end(component))
        import wherever.run.load
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        for room in 0, 1, 2, 4, 8:
            held = []
            try:
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                for handle in held[:room]:
                    os.close(handle)
            new = module("", f'(func (export "new{room}"))')
            ends = {end(new), end(component), end(WELL, dirs=["/tmp:/tmp"])}
            print(end(WELL), ends <= {"InputError", "InternalError", "exited"})
            for handle in held[room:]:
                os.close(handle)
        print(end(WELL), end(component))
        """,
        guest("healthy", "component"),
    ) == ["exited exited", *["exited True"] * 5, "exited exited"]


def test_more_guests_than_descriptors_wait_or_are_refused(
    says: Callable[..., list[str]], guest: Guest
) -> None:
    assert says(
        """
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        ends = []
        def run():
            for _ in range(2):
                ends.append(end(sys.argv[1], timeout=0.2))

        threads = [threading.Thread(target=run) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(ends), set(ends) <= {"timeout", "InputError"}, "timeout" in ends)
        print(end(WELL))
        """,
        guest("sleeps", "component"),
    ) == ["32 True True", "exited"]


def test_a_fork_after_running_can_run_on_both_sides(
    says_both: Callable[..., list[str]], guest: Guest
) -> None:
    assert says_both(
        """
        def all_of_it():
            new = module("", f'(func (export "new{os.getpid()}"))')
            return [end(WELL), end(LOOPS, timeout=0.1), end(sys.argv[1]),
                    end(sys.argv[2], timeout=0.1), end(new), guest.go(4)]

        guest = wherever.load(CALLS, imports={"env": {"again": lambda n: n + 1}})
        print(*all_of_it())
        # Python warns of every fork beside other threads, from 3.12 on.
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if not child:
            print(*all_of_it(), flush=True)
            os._exit(7)
        ours = all_of_it()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(*ours)
        print(*all_of_it())
        """,
        guest("healthy", "component"),
        guest("sleeps", "component"),
    ) == [
        "exited timeout exited timeout exited 5",
        "exited timeout exited timeout exited 5",
        "7",
        "exited timeout exited timeout exited 5",
        "exited timeout exited timeout exited 5",
    ]


def test_ctrl_c_reaches_whoever_runs_a_guest(
    says_both: Callable[..., list[str]], guest: Guest
) -> None:
    assert says_both(
        """
        def interrupted(call):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            began = time.monotonic()
            try:
                return "swallowed", call()
            except KeyboardInterrupt:
                return "interrupted" if time.monotonic() - began < 2 else "late"

        end(WELL), wherever.load  # so that no import is what is interrupted
        for program in LOOPS, *sys.argv[1:]:
            print(interrupted(lambda: wherever.run(program, timeout=5)))
        spinning = b'''(module (import "env" "f" (func $f))
          (func (export "calls") (loop (call $f) (br 0))) (func (export "spins") (loop (br 0))))'''
        for name in "calls", "spins":
            guest = wherever.load(spinning, imports={"env": {"f": lambda: None}}, timeout=5)
            print(interrupted(guest[name]))
        print(end(WELL), end(sys.argv[1], timeout=0.1))
        """,
        guest("sleeps", "preview1"),
        guest("sleeps", "component"),
        guest("waits", "preview1"),
    ) == [*["interrupted"] * 6, "exited timeout"]


@pytest.mark.parametrize("kind", ["preview1", "component"])
@pytest.mark.parametrize("name", ["loops", "sleeps", "waits", "recurses"])
def test_ctrl_c_ends_the_command(name: str, kind: str, guest: Guest) -> None:
    stack = ["--stack", "64m"] if name == "recurses" else []
    path = guest("loops" if stack else name, kind)
    with subprocess.Popen(
        [sys.executable, "-m", "wherever", "run", *stack, str(path)],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert eventually(lambda: has_code(process.pid), 15)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("kind", ["preview1", "component"])
def test_the_command_has_a_stack_for_what_it_is_told(
    kind: str, guest: Guest, wherever: Callable[..., Any]
) -> None:
    for size, code in (("1k", 125), ("4m", 134), ("64m", 134), ("256m", 134), ("1g", 125)):
        ran = wherever("run", "--stack", size, guest("recurses", kind))
        assert (size, ran.exit_code) == (size, code)
        assert ran.stderr.startswith("wherever: ")
        assert ran.stderr.count("\n") == 1


def test_the_command_runs_where_stacks_are_small(guest: Guest) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))

    done = subprocess.run(
        [sys.executable, "-m", "wherever", "run", str(guest("recurses", "preview1"))],
        capture_output=True,
        text=True,
        preexec_fn=small,
    )
    assert done.returncode == 134
    assert done.stderr.startswith("wherever: recurses.wasm: called too deep")


def test_code_that_one_thread_lets_go_is_not_used_by_another(
    says: Callable[..., list[str]],
) -> None:
    assert says("""
        from wherever.run import loaded
        loaded._MOST_KEPT = 8
        programs = [module(f"(drop (i32.const {n}))") for n in range(12)]  # more than are kept
        ends = []
        def many(step):
            ends.extend({end(programs[n * step % 12]) for n in range(250)})
        threads = [threading.Thread(target=many, args=(step,)) for step in (1, 5, 7, 11)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(ends)
        """) == ["['exited', 'exited', 'exited', 'exited']"]


def test_a_forked_child_does_not_end_what_its_parent_runs(says: Callable[..., list[str]]) -> None:
    assert says("""
        session = wherever.spawn(module("(loop (br 0))"), timeout=1)
        child = os.fork()
        if child == 0:
            session.kill()
            del session
            os._exit(0)
        os.waitpid(child, 0)
        outcome = session.wait()
        print(outcome.ended, outcome.limit)
        """) == ["limit timeout"]
