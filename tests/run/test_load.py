"""`wherever.load`: a guest as a Python module."""

import asyncio
import inspect
import time

import pytest

import wherever

LIBRARY = b"""(module $library
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (export "ready") (mut i32) (i32.const 0))
  (global (export "pi") f64 (f64.const 3.25))
  (table (export "table") 1 funcref)
  (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (func (export "_initialize")
    (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
  (func (export "say") (result i32)
    (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
  (func (export "quit") (param $code i32) (call $exit (local.get $code)))
  (func (export "sleep") (result i32)
    (i64.store (i32.const 88) (i64.const 60000000000))
    (i32.store (i32.const 80) (i32.const 1))
    (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 192)))
  (func (export "open") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 5) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
  (func (export "variables") (result i32)
    (drop (call $env (i32.const 240) (i32.const 244)))
    (i32.load (i32.const 240)))
  (func (export "odd-name") (param $class i32) (param $b i32) (result i32) (local.get $b))
  (func (export "close") (result i32) (i32.const 99)))"""

PURE = b"""(module (func (export "add") (param $x i32) (param $y i32) (result i32)
  (i32.add (local.get $x) (local.get $y))) (func (export "spin") (loop $again (br $again))))"""


@pytest.fixture
def guest():
    with wherever.load(LIBRARY, timeout=10) as guest:
        yield guest


def test_exports_are_attributes(guest):
    assert guest.ready == 1
    assert guest.pi == 3.25
    assert guest["odd-name"](5, 6) == 6
    assert str(inspect.signature(guest["odd-name"])) == "(a0: int, b: int) -> int"
    assert guest["close"]() == 99
    assert guest.exports["say"] == "() -> i32"
    assert {"say", "memory", "close", "exports", "pi"} <= set(dir(guest))
    assert "odd-name" not in dir(guest)
    assert repr(guest) == (
        "<guest program.wasm: memory, ready, pi, table, _initialize, say, quit, sleep, ...>"
    )


def test_a_name_that_is_not_there_is_said(guest):
    with pytest.raises(AttributeError) as caught:
        _ = guest.sayy
    assert str(caught.value) == "program.wasm exports no sayy; did you mean say?"
    with pytest.raises(KeyError):
        guest["sayy"]
    with pytest.raises(wherever.InputError) as refused:
        _ = guest.table
    assert str(refused.value).startswith("table is a table of type")
    with wherever.load(PURE) as pure, pytest.raises(AttributeError, match="exports no memory"):
        _ = pure.memory


def test_a_file_has_its_own_name_in_messages(wat):
    path = wat(PURE.decode(), "sums")
    with wherever.load(path) as guest:
        assert (guest.add(40, 2), str(inspect.signature(guest.add))) == (
            42,
            "(x: int, y: int) -> int",
        )
        assert repr(guest) == "<guest sums.wasm: add, spin>"


def test_text_in_a_file_will_do(tmp_path):
    path = tmp_path / "sums.wat"
    path.write_bytes(PURE)
    with wherever.load(path) as guest:
        assert guest.add(y=40, x=2) == 42


def test_wasi_is_there_and_grants_nothing(guest):
    assert guest.say() == 0
    assert guest.say() == 0
    assert (guest.stdout, guest.stderr) == (b"hello\nhello\n", b"")
    assert guest.open() == 8  # EBADF: there is no folder
    assert guest.variables() == 0
    with wherever.load(LIBRARY, env={"A": "1", "B": "2"}) as other:
        assert other.variables() == 2


def test_much_output_is_kept_up_to_its_limit():
    with wherever.load(LIBRARY, output=600_000) as guest:
        with pytest.raises(wherever.LimitReached) as caught:
            while True:
                guest.say()
        assert (caught.value.limit, len(guest.stdout)) == ("output", 600_000)
        assert str(caught.value).startswith("say wrote more than its 585.9 KiB of output (output)")


def test_an_exit_ends_the_guest(guest):
    with pytest.raises(wherever.GuestError) as caught:
        guest.quit(3)
    assert str(caught.value) == "quit ended the guest with exit code 3"
    with pytest.raises(wherever.InputError, match="ended by an earlier call"):
        guest.say()
    assert guest.stdout == b""


def test_a_sleeping_guest_ends_on_time():
    begun = time.monotonic()
    with wherever.load(LIBRARY, timeout=0.2) as guest:
        with pytest.raises(wherever.LimitReached) as caught:
            guest.sleep()
    assert str(caught.value) == (
        "sleep stopped after 0.20 s of its 0.2 s (timeout); give it more with timeout=2"
    )
    assert time.monotonic() - begun < 1


def test_memory_has_a_limit():
    text = b"""(module (memory (export "memory") 1)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
    with wherever.load(text, memory="8m") as guest:
        assert guest.grow(10) == 1
        with pytest.raises(wherever.LimitReached) as grown:
            guest.grow(1000)
    assert str(grown.value) == (
        "grow needed more than its 8 MiB of memory (memory); give it more with memory='32m'"
    )
    with pytest.raises(wherever.LimitReached) as caught:
        wherever.load(b"(module (memory 1000))", memory="1m")
    assert caught.value.limit == "memory"


def test_a_start_that_traps_or_loops_is_said():
    with pytest.raises(wherever.Trapped) as caught:
        wherever.load(b"(module (func $f (unreachable)) (start $f))")
    assert str(caught.value).startswith("the start of program.wasm was stopped by a trap")
    with pytest.raises(wherever.LimitReached) as limited:
        wherever.load(b"(module (func $f (loop $l (br $l))) (start $f))", timeout=0.1)
    assert limited.value.limit == "timeout"
    with pytest.raises(wherever.Trapped, match="_initialize was stopped by a trap"):
        wherever.load(b'(module (func (export "_initialize") (unreachable)))')


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            '(import "env" "now" (func (result f64))) (import "env" "log" (func (param i32 i32)))',
            wherever.NotRunnable,
            "program.wasm imports env.now () -> f64, env.log (i32, i32) -> (), which nothing here"
            " has; give it with wherever.load(..., imports={'env': {'now': function}})",
        ),
        (
            '(import "env" "memory" (memory 1))',
            wherever.NotRunnable,
            "program.wasm imports env.memory (memory 1..), and only functions can be given to it;"
            " build it so that it has memories, tables and globals of its own",
        ),
        (
            '(import "wasi_snapshot_preview1" "sock_accept"'
            " (func (param i32 i32 i32) (result i32)))",
            wherever.NotRunnable,
            "program.wasm uses WASI in a way that cannot be guarded: it needs an ordinary memory"
            ' exported as "memory", and no start function; build it as a WASI reactor, or use'
            " wherever.run",
        ),
        (
            '(import "wbg" "x" (func))',
            wherever.NotRunnable,
            "it imports wbg.x () -> (), which nothing here has; it was made by wasm-bindgen for"
            " JavaScript: build it for wasm32-wasip1",
        ),
    ],
)
def test_what_an_import_lacks_is_said(text, error, words):
    with pytest.raises(error) as caught:
        wherever.load(f"(module {text})".encode())
    assert str(caught.value) == words


def test_a_component_is_refused_in_words():
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.load(b"(component)")
    assert str(caught.value) == (
        "program.wasm is a component, whose values cannot cross to Python yet; load a module, or"
        " use wherever.run for a command"
    )


def test_things_that_are_no_modules(tmp_path):
    with pytest.raises(wherever.NotFound):
        wherever.load(tmp_path / "missing.wasm")
    for data in (b"", b"\0asm", b"\x7fELF\2\1", b"\0asm\1\0\0\0\xff", b"(module (func"):
        with pytest.raises(wherever.InputError):
            wherever.load(data)
    with pytest.raises(wherever.InputError, match="load takes no 'memry'; did you mean memory"):
        wherever.load(PURE, memry="1m")


def test_imports_and_hosts_have_a_shape():
    text = b'(module (import "env" "f" (func)))'
    for given, words in (
        ({"imports": {"env": print}}, "imports['env'] is a builtin_function_or_method"),
        ({"imports": {"env": {"f": 5}}}, "env.f is int, which cannot be called"),
        ({"host": [print]}, "host has a builtin_function_or_method in it"),
    ):
        with pytest.raises(wherever.InputError) as caught:
            wherever.load(text, **given)
        assert str(caught.value).startswith(words)


def test_two_loads_share_nothing():
    text = b"""(module (global $n (mut i32) (i32.const 0)) (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"""
    with wherever.load(text) as one, wherever.load(text) as two:
        assert [one.next(), one.next(), two.next()] == [1, 2, 1]


def test_deterministic_guests_agree():
    text = b"""(module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "random") (result i64)
        (drop (call $random (i32.const 0) (i32.const 8))) (i64.load (i32.const 0))))"""
    with wherever.load(text, deterministic=7) as one, wherever.load(text, deterministic=7) as two:
        first = [one.random(), one.random()]
        assert first == [two.random(), two.random()]
    with wherever.load(text, deterministic=8) as three:
        assert three.random() != first[0]


def test_asyncio_goes_on_while_a_guest_runs():
    async def main():
        with await wherever.aload(PURE) as guest:
            ticks = 0
            spinning = asyncio.ensure_future(guest.acall("spin"))
            for _ in range(5):
                await asyncio.sleep(0.02)
                ticks += 1
            spinning.cancel()
            with pytest.raises(asyncio.CancelledError):
                await spinning
            with pytest.raises(
                wherever.InputError, match="ended by an earlier call: spin was killed"
            ):
                guest.add(1, 2)
        with await wherever.aload(PURE) as guest:
            return ticks, await guest.acall("add", 40, 2)

    assert asyncio.run(main()) == (5, 42)
