"""Host functions from annotated Python."""

import functools
import inspect
import time
from typing import Any

import pytest

import wherever
from wherever.run.host import Prepared


def text_for(signature: str, name: str = "f") -> bytes:
    params, _, results = signature.partition("->")
    kind = "".join(f"(param {p}) " for p in params.split())
    kind += "".join(f"(result {r}) " for r in results.split())
    passed = "".join(f"(local.get {n})" for n in range(len(params.split())))
    return f"""(module (import "env" "{name}" (func $f {kind})) (memory (export "memory") 1)
      (data (i32.const 8) "hello")
      (func (export "go") {kind} {passed} (call $f)))""".encode()


def test_a_marked_function_is_still_that_function():
    @wherever.host
    def half(number: float) -> float:
        """Half of it."""
        return number / 2

    assert half(5) == 2.5
    assert (half.module, half.name, half.__doc__) == ("env", "half", "Half of it.")
    assert str(inspect.signature(half)) == "(number: float) -> float"
    assert repr(half) == "<host function env.half>"
    with wherever.load(text_for("f64 -> f64", "half"), host=[half]) as guest:
        assert guest.go(5) == 2.5


def test_a_function_may_be_known_by_another_name():
    @wherever.host(module="clock", name="time-of-day")
    def now() -> int:
        return 12

    text = b"""(module (import "clock" "time-of-day" (func $now (result i64)))
      (func (export "go") (result i64) (call $now)))"""
    with wherever.load(text, host=[now]) as guest:
        assert guest.go() == 12


def test_the_memory_of_the_guest_that_calls():
    said = []

    @wherever.host
    def log(memory: wherever.Memory, at: wherever.u32, size: int) -> None:
        said.append(memory.read(at, size))
        memory.write(at, b"HELLO")

    with wherever.load(text_for("i32 i32 ->", "log"), host=[log]) as guest:
        guest.go(8, 5)
        assert (said, guest.memory.read(8, 5)) == ([b"hello"], b"HELLO")


def test_memory_may_stand_anywhere_among_the_parameters():
    def log(at: int, memory: wherever.Memory, size: wherever.u32) -> int:
        return memory.read(at, size)[0]

    with wherever.load(text_for("i32 i32 -> i32"), imports={"env": {"f": log}}) as guest:
        assert guest.go(8, 5) == ord("h")


def test_annotations_decide_how_numbers_are_read():
    seen: list[Any] = []

    def f(a: bool, b: wherever.u32, c: wherever.u64, d: wherever.i32, e: wherever.f32) -> bool:
        seen.extend([a, b, c, d, e])
        return True

    with wherever.load(text_for("i32 i32 i64 i32 f32 -> i32"), imports={"env": {"f": f}}) as guest:
        assert guest.go(2, -1, -1, -1, 0.5) == 1
    assert seen == [True, 2**32 - 1, 2**64 - 1, -1, 0.5]


@pytest.mark.parametrize(
    "function",
    [
        lambda value: value,
        lambda *values: values[0],
        lambda value, more=5: value,
        functools.partial(lambda extra, value: value, 1),
        abs,
        float,
    ],
)
def test_functions_that_say_little_will_do(function):
    with wherever.load(text_for("f64 -> f64"), imports={"env": {"f": function}}) as guest:
        assert guest.go(2.5) == 2.5


def test_builtins_will_do():
    with wherever.load(text_for("-> f64"), imports={"env": {"f": time.monotonic}}) as guest:
        before = time.monotonic()
        assert before <= guest.go() <= time.monotonic()


def one(a: int) -> int:
    return a


def text(a: str) -> int:
    return 0


def silent(a: int) -> None:
    return None


def floating(a: int) -> float:
    return 0.5


async def waiting(a: int) -> int:
    return a


def named(a: int, *, flag: bool) -> int:
    return a


@pytest.mark.parametrize(
    ("function", "params", "results", "words"),
    [
        (
            one,
            ("i32", "i32"),
            ("i32",),
            "env.f takes 1 values, but the guest imports it as (i32, i32) -> i32; give it a"
            " function of as many parameters",
        ),
        (
            one,
            ("f64",),
            ("i32",),
            "env.f takes int, but the guest imports it as (f64) -> i32; change the annotation,"
            " or the guest",
        ),
        (
            silent,
            ("i32",),
            ("i32",),
            "env.f gives nothing, but the guest imports it as (i32) -> i32; return a value, or"
            " change the annotation",
        ),
        (
            floating,
            ("i32",),
            ("i32",),
            "env.f gives float, but the guest imports it as (i32) -> i32; change the annotation,"
            " or the guest",
        ),
        (
            text,
            ("i32",),
            ("i32",),
            "env.f: a is annotated with str, which no guest has; use int, float, bool, bytes,"
            " Memory, or i32, i64, u32, u64, f32, f64 of wherever",
        ),
        (
            waiting,
            ("i32",),
            ("i32",),
            "env.f is an async function, and a guest cannot wait for one; give it a plain"
            " function; asyncio.run_coroutine_threadsafe can bridge the two",
        ),
        (
            named,
            ("i32",),
            ("i32",),
            "env.f needs flag by name, and guests give no names",
        ),
    ],
)
def test_what_does_not_fit_the_import_is_said(function, params, results, words):
    with pytest.raises(wherever.InputError) as caught:
        Prepared(function, "env.f", params, results)
    assert str(caught.value) == words


def test_an_annotation_that_means_nothing_is_said_at_the_decorator():
    with pytest.raises(wherever.InputError, match="annotated with str, which no guest has"):
        wherever.host(text)
