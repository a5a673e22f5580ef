"""A plain run is the same by the front door and without it: codes, words, streams and limits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.guests import CAT, GROWS, LOOPS, SLEEPS, exits, says
from wherever.engine import cache, front
from wherever.engine.settings import Settings
from wherever.run import plain
from wherever.run.job import Job
from wherever.run.loaded import OPEN

WASI = "wasi_snapshot_preview1"
WAYS = {"front": "1", "python": "0"}
COMMAND = [sys.executable, "-m", "wherever", "run"]

LEAVES = f"""
;; Leaves with the number that its input begins with.
(module
  (import "{WASI}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 4))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.load (i32.const 16)))))
"""

TELLS = f"""
;; Prints its arguments, and then its environment.
(module
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "args_get" (func $args (param i32 i32) (result i32)))
  (import "{WASI}" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "{WASI}" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "{WASI}" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (memory (export "memory") 32)
  (func $say (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $args_sizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 1024) (i32.const 65536)))
    (call $say (i32.const 65536) (i32.load (i32.const 20)))
    (drop (call $environ_sizes (i32.const 16) (i32.const 20)))
    (drop (call $environ (i32.const 1024) (i32.const 65536)))
    (call $say (i32.const 65536) (i32.load (i32.const 20)))))
"""

TRAPS = """
(module
  (func $inner unreachable)
  (func $middle (call $inner))
  (func (export "_start") (call $middle)))
"""

DEEP = '(module (func $deeper (export "_start") (call $deeper) (call $deeper)))'

BEGINS = '(module (func $begin BODY) (start $begin) (func (export "_start")))'

BAD_BEGINNING = '(func (export "_initialize") (param i64))'

HOST = '(module (import "env" "f" (func)) (memory (export "memory") 1) (func (export "_start")))'


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Without the front door, its tests would look at the other way twice."""
    assert front.door() is not None, "the front door was not built"


@pytest.fixture
def ready(wat: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Turns text into a module that was compiled before, and that nobody is in doubt about."""

    def make(text: str) -> Path:
        path = wat(text)
        monkeypatch.setattr(cache, "RACY_NS", -1)
        if cache.cached(str(path), Settings(), tiers=False) is None:
            cache.artifact(str(path), Settings(), tiers=False)
            assert cache.cached(str(path), Settings(), tiers=False) is not None
        return path

    return make


@pytest.fixture(params=WAYS)
def env(request: pytest.FixtureRequest) -> dict[str, str]:
    """Runs a test with the front door and without it."""
    return {"WHEREVER_ACCELERATOR": WAYS[request.param]}


Run = Callable[..., "object"]


def in_order(text: str) -> str:
    """A text without the times in it, which differ from run to run."""
    return re.sub(r"\d+\.\d+ (?=m?s\b)", "TIME ", text)


def both(wherever: Callable[..., object], *words: object, **given: object) -> tuple[int, str, str]:
    """What the command does with these words, which is the same both ways."""
    seen = []
    for way in WAYS.values():
        ran = wherever(*words, **{**given, "env": {"WHEREVER_ACCELERATOR": way}})
        seen.append((ran.exit_code, ran.stdout, in_order(ran.stderr)))
    assert seen[0] == seen[1]
    return seen[0]


# ----- which way is taken


MODULES = """
import os, sys
sys.path += PLACES
real = os._exit
def leave(code):
    os.write(2, ("modules: " + " ".join(sys.modules)).encode())
    real(code)
os._exit = leave
from wherever.cli.main import main
leave(main(["run", *sys.argv[1:]]))
""".replace("PLACES", repr([place for place in sys.path if place]))


def imports(env: dict[str, str], *words: str | Path) -> set[str]:
    """The modules that Python has at the end of a run."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MODULES, *map(str, words)],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return set(done.stderr.partition("modules: ")[2].split())


ODD = {
    "an import that nobody has": ((), HOST),
    "a library": ((), "(module)"),
    "parameters": ((), '(module (func (export "_start") (param i64)))'),
    "a reactor": ((), '(module (func (export "_initialize")) (func (export "_start")))'),
    "results": ((), '(module (func (export "_start") (result i32) (i32.const 1)))'),
    "no function": ((), '(module (memory (export "_start") 1))'),
    "files": (
        (),
        f'(module (import "{WASI}" "{OPEN}"'
        " (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
        ' (memory (export "memory") 1) (func (export "_start")))',
    ),
    "another entry": (("--entrypoint", "_start"), LOOPS.replace("(loop (br 0))", "")),
    "fuel": (("--fuel", "1000"), LOOPS.replace("(loop (br 0))", "")),
    "counted output": (("--max-output", "1k"), LOOPS.replace("(loop (br 0))", "")),
    "a large stack": (("--stack", "200m"), LOOPS.replace("(loop (br 0))", "")),
}


def test_a_plain_run_goes_by_the_front_door_without_ctypes(ready: Callable[..., Path]) -> None:
    limits = ("--memory", "64m", "--timeout", "0.3", "--cpu-time", "5", "--env", "A=1", "--stats")
    texts = (TELLS, CAT, LEAVES, TRAPS, GROWS, DEEP, SLEEPS, BEGINS.replace("BODY", "unreachable"))
    for text in texts:
        loaded = imports({}, *limits, ready(text), "word")
        assert "wherever.engine._front" in loaded
        assert not {"ctypes", "wherever.run.direct"} & loaded


def test_the_front_door_can_be_left_closed(ready: Callable[..., Path]) -> None:
    loaded = imports({"WHEREVER_ACCELERATOR": "0"}, "--stats", ready(TELLS))
    assert "wherever.engine._front" not in loaded
    assert "wherever.run.direct" in loaded


@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_plain_goes_the_other_way(
    odd: str, ready: Callable[..., Path], wherever: Run
) -> None:
    words, text = ODD[odd]
    guest = ready(text)
    assert "wherever.run.direct" in imports({}, *words, guest)
    assert both(wherever, "run", *words, guest)[0] in (0, 126)


@pytest.mark.parametrize("export", ['(memory (export "_initialize") 1)', BAD_BEGINNING])
def test_what_is_only_called_like_a_reactors_function_is_left_alone(
    export: str, ready: Callable[..., Path], wherever: Run
) -> None:
    guest = ready(f'(module {export} (func (export "_start")) (func (export "f")))')
    assert both(wherever, "run", guest) == (0, "", "")
    assert both(wherever, "run", "--invoke", "f", guest) == (0, "", "")


def test_a_job_that_asks_for_more_is_not_plain() -> None:
    def job() -> Job:
        found = Job("guest.wasm", [b"guest"])
        found.stdin = "inherit"
        return found

    assert plain.is_plain(job())
    for name, value in {
        "wasm": b"",
        "stdin": b"",
        "stdout": "capture",
        "stderr": "null",
        "provide": "a.wat",
        "starter": "a.wat",
        "mounts": [(b"/a", b"/a", True)],
        "entry": "main",
        "invoke": [],
        "fuel": 1,
        "output": 1,
        "host_calls": 1,
        "deterministic": True,
        "trace": True,
    }.items():
        asking = job()
        setattr(asking, name, value)
        assert not plain.is_plain(asking), name


# ----- how it ends


@pytest.mark.parametrize("number", [0, 1, 2, 124, 125, 126, 127, 128, 134, 255, 256, -1])
def test_a_guests_own_code(number: int, ready: Callable[..., Path], wherever: Run) -> None:
    given = number.to_bytes(4, "little", signed=True)
    ended = both(wherever, "run", ready(LEAVES), stdin=given)
    assert ended == (number & 0xFF, "", "")


def test_a_trap(ready: Callable[..., Path], wherever: Run) -> None:
    assert both(wherever, "run", ready(TRAPS)) == (
        134,
        "",
        "wherever: guest.wasm: stopped by a trap: `unreachable` instruction executed\n"
        "  in inner\n  in middle\n  in <wasm function 2>\n",
    )


def test_a_trap_of_a_start_function(ready: Callable[..., Path], wherever: Run) -> None:
    code, out, err = both(wherever, "run", ready(BEGINS.replace("BODY", "unreachable")))
    assert (code, out) == (134, "")
    assert "stopped by a trap: `unreachable`" in err


def test_too_deep(ready: Callable[..., Path], wherever: Run) -> None:
    code, _, err = both(wherever, "run", "--stack", "128k", ready(DEEP))
    assert code == 134
    assert "called too deep for its 128 KiB of stack (--stack)" in err


@pytest.mark.parametrize("limit", ["1m", "64m"])
def test_too_much_memory(limit: str, ready: Callable[..., Path], wherever: Run) -> None:
    code, _, err = both(wherever, "run", "--memory", limit, ready(GROWS))
    assert code == 137
    assert f"needed more than its {limit[:-1]} MiB of memory (--memory)" in err


def test_a_guest_that_bounds_itself_is_refused_by_its_own_maximum(
    ready: Callable[..., Path], wherever: Run
) -> None:
    small = GROWS.replace('"memory") 1)', '"memory") 1 20)')
    assert both(wherever, "run", ready(small))[0] == 134


def test_too_much_memory_from_the_start(ready: Callable[..., Path], wherever: Run) -> None:
    text = '(module (memory (export "memory") 32) (func (export "_start")))'
    code, _, err = both(wherever, "run", "--memory", "1m", ready(text))
    assert code == 137
    assert "needs 2 MiB of memory to start, more than its 1 MiB (--memory)" in err


@pytest.mark.parametrize("text", [LOOPS, SLEEPS], ids=["loops", "sleeps"])
def test_too_long(text: str, ready: Callable[..., Path], wherever: Run) -> None:
    assert both(wherever, "run", "--timeout", "0.2", ready(text)) == (
        124,
        "",
        "wherever: guest.wasm: stopped after TIME s of its TIME s (--timeout);"
        " give it more with --timeout 2\n",
    )


def test_too_much_processor_time(ready: Callable[..., Path], wherever: Run) -> None:
    assert both(wherever, "run", "--cpu-time", "0.2", ready(LOOPS)) == (
        124,
        "",
        "wherever: guest.wasm: stopped after TIME s of its TIME s of processor time (--cpu-time);"
        " give it more with --cpu-time 2\n",
    )


def test_what_it_used(ready: Callable[..., Path], wherever: Run) -> None:
    words = ("--stats", "--memory", "64m", "--timeout", "5", ready(says("x")))
    code, out, err = both(wherever, "run", *words)
    assert (code, out) == (0, "x")
    assert [line.split("  ")[1] for line in err.splitlines()[1:]] == [
        "wall time",
        "processor time",
        "memory",
    ]


# ----- what it is given


def test_arguments_and_variables(ready: Callable[..., Path], wherever: Run) -> None:
    words = ("--env", "A=1", "--env", "B=é=2", ready(TELLS), "--one", "", "ü")
    assert both(wherever, "run", *words) == (
        0,
        "guest.wasm\0--one\0\0ü\0A=1\0B=é=2\0",
        "",
    )


def test_arguments_that_no_guest_can_be_given(ready: Callable[..., Path], wherever: Run) -> None:
    guest = ready(TELLS)
    code, _, err = both(wherever, "run", guest, "\udcff")
    assert (code, "an argument is not UTF-8 text" in err) == (125, True)
    code, _, err = both(wherever, "run", guest, *["x" * 100_000] * 11)
    assert (code, "arguments and variables are over 1048576 bytes" in err) == (125, True)
    code, out, _ = both(wherever, "run", guest, *["x" * 100_000] * 10)
    assert (code, len(out)) == (0, 10 * 100_001 + 11)


def test_its_streams_are_the_commands(ready: Callable[..., Path], wherever: Run) -> None:
    data = bytes(range(256)) * 4000
    guest = ready(CAT)
    assert both(wherever, "run", guest, stdin=data)[1].encode("utf-8", "surrogateescape") == data
    assert both(wherever, "run", ready(says("no line", stream=2))) == (0, "", "no line")


@pytest.mark.parametrize("closed", ["0<&-", ">&-", "2>&-", "0<&- >&- 2>&-"])
def test_closed_streams(closed: str, ready: Callable[..., Path]) -> None:
    guest = ready(CAT)
    seen = []
    for way in WAYS.values():
        done = subprocess.run(
            [
                "sh",
                "-c",
                f'exec "$@" {closed}',
                "sh",
                sys.executable,
                "-m",
                "wherever",
                "run",
                guest,
            ],
            env={**os.environ, "WHEREVER_ACCELERATOR": way},
            input=b"text",
            capture_output=True,
        )
        seen.append((done.returncode, done.stdout, done.stderr))
    assert seen[0] == seen[1]


def test_a_reader_that_leaves_early(ready: Callable[..., Path]) -> None:
    guest = ready(says("a line of thirty characters...", times=100_000))
    seen = []
    for way in WAYS.values():
        with subprocess.Popen(
            [*COMMAND, guest],
            env={**os.environ, "WHEREVER_ACCELERATOR": way},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            assert process.stdout.read(6) == b"a line"
            process.stdout.close()
            seen.append((process.wait(timeout=10), process.stderr.read()))
    assert seen[0] == seen[1]


# ----- interrupts


@pytest.mark.parametrize("text", [LOOPS, SLEEPS], ids=["loops", "sleeps"])
def test_an_interrupt_ends_it_at_once(
    text: str, env: dict[str, str], ready: Callable[..., Path], wherever: Run
) -> None:
    guest = ready(text)
    process = subprocess.Popen(
        [*COMMAND, guest],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and ".cwasm" not in maps.read_text():
        time.sleep(0.05)  # Python itself is still starting
    time.sleep(1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert time.monotonic() - began < 2


def test_who_ignores_interrupts_goes_on_ignoring_them(
    env: dict[str, str], ready: Callable[..., Path], wherever: Run
) -> None:
    guest = ready(LOOPS)
    script = "trap '' INT; exec \"$@\""
    command = [*COMMAND, "--timeout", "1.5", guest]
    process = subprocess.Popen(
        ["sh", "-c", script, "sh", *map(str, command)],
        env={**os.environ, **env},
        stderr=subprocess.PIPE,
    )
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 124


# ----- what lies in the cache


def test_damaged_code_is_made_anew(
    env: dict[str, str], ready: Callable[..., Path], wherever: Run, fresh_home: Path
) -> None:
    guest = ready(says("still well"))
    for damage in ("gone", "cut", "other"):
        assert wherever("run", guest, env=env).stdout == "still well"
        found = Path(cache.artifact(str(guest), Settings(), tiers=False).path)
        if damage == "gone":
            found.unlink()
        elif damage == "cut":
            os.truncate(found, 100)
        else:
            data = found.read_bytes()
            found.write_bytes(data[:3000] + bytes(500) + data[3500:])
        ran = wherever("run", guest, env=env)
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "still well", "")


def test_code_that_the_engine_refuses_is_made_anew(
    env: dict[str, str], ready: Callable[..., Path], wherever: Run, fresh_home: Path
) -> None:
    guest = ready(says("well again"))
    artifact = cache.artifact(str(guest), Settings(), tiers=False)
    path = Path(artifact.path)
    seen = path.stat()
    # The same to whoever looks from outside: what the engine would find is another matter.
    data = bytearray(path.read_bytes())
    at = data.index(b"50.0.1") if b"50.0.1" in data else 0
    data[at : at + 6] = b"49.0.0"
    with open(path, "r+b") as file:
        file.write(data)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    ran = wherever("run", guest, env=env)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "well again", "")


def test_the_users_own_word_about_backtraces_is_left_alone(
    ready: Callable[..., Path], wherever: Run
) -> None:
    guest = ready(TRAPS)
    script = (
        "import os, sys, ctypes\n"
        "from wherever.engine import cache, front\n"
        "from wherever.engine.budget import divide\n"
        "from wherever.engine.settings import Settings\n"
        "found = cache.artifact(sys.argv[1], Settings(), tiers=False)\n"
        "budget = divide(1 << 30, [found.facts])\n"
        "assert front.load(found, 1 << 20, budget, [b'a'], [])\n"
        "get = ctypes.CDLL(None).getenv\n"
        "get.restype = ctypes.c_char_p\n"
        "print(get(b'WASMTIME_BACKTRACE_DETAILS'))\n"
    )
    name = "WASMTIME_BACKTRACE_DETAILS"
    without = {key: value for key, value in os.environ.items() if key != name}
    for value, seen in ({}, "None\n"), ({name: "0"}, "b'0'\n"):
        done = subprocess.run(
            [sys.executable, "-c", script, guest],
            env={**without, **value},
            capture_output=True,
            text=True,
        )
        assert (done.stdout, done.stderr) == (seen, "")


def test_a_code_of_its_own_from_a_start_function(ready: Callable[..., Path], wherever: Run) -> None:
    text = exits(7).replace('(func (export "_start")', '(start 2) (func (export "_start"))(func')
    assert both(wherever, "run", ready(text)) == (7, "", "")
