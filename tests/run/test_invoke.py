"""Arguments and results of a function, as text."""

import doctest
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError, NotRunnable
from wherever.run import invoke
from wherever.run.invoke import prepare, show
from wherever.run.job import Job


def asked(kind, *words, entry="f"):
    job = Job("lib.wasm", [])
    job.name, job.entry, job.invoke = "lib.wasm", entry, list(words)
    facts = {"kind": "module", "exports": [("f", "func", f"({kind}) -> {kind}")]}
    return prepare(job, facts)


@pytest.mark.parametrize("kind", ["i32", "i64"])
@given(st.data())
def test_an_integer_comes_back_as_it_went(kind, data):
    bits = int(kind[1:])
    number = data.draw(st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1))
    assert show(asked(kind, str(number)).slots[0], kind) == str(number)
    assert show(asked(kind, hex(number)).slots[0], kind) == str(number)


@given(st.floats(allow_nan=True))
def test_a_float_comes_back_as_it_went(number):
    back = float(show(asked("f64", repr(number)).slots[0], "f64"))
    assert back == number or (math.isnan(back) and math.isnan(number))


@given(st.floats(width=32, allow_nan=False))
def test_a_single_float_is_shown_as_short_as_it_can_be(number):
    text = show(asked("f32", repr(number)).slots[0], "f32")
    assert struct.pack("<f", float(text)) == struct.pack("<f", number)
    assert len(text) <= len(repr(number)) + 2


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("i32", "1.0"),
        ("i32", ""),
        ("i32", "4294967296"),
        ("i32", "-2147483649"),
        ("i64", "18446744073709551616"),
        ("i64", "9" * 5000),
        ("f64", "x"),
        ("f32", "1e40"),
    ],
)
def test_what_does_not_fit_is_refused(kind, word):
    with pytest.raises(InputError) as caught:
        asked(kind, word)
    assert str(caught.value) == (f"{word[:80]!r} is no {kind}, which f({kind}) -> {kind} needs")


def test_floats_may_be_written_in_hexadecimal():
    assert show(asked("f64", "0x1.8p1").slots[0], "f64") == "3.0"


def test_a_component_has_no_functions_of_numbers():
    job = Job("tool.wasm", [])
    job.name, job.entry, job.invoke = "tool.wasm", "f", []
    with pytest.raises(NotRunnable, match="only functions of modules can be invoked"):
        prepare(job, {"kind": "component", "exports": []})


@pytest.mark.parametrize(
    ("exports", "hint"),
    [
        ([], "it exports no function at all"),
        ([("memory", "memory", "1")], "it exports no function at all"),
        ([("a", "func", "() -> ()"), ("b", "func", "() -> ()")], "there is: a, b"),
        ([("start", "func", "() -> ()")], "did you mean start?"),
    ],
)
def test_a_name_that_is_not_exported(exports, hint):
    job = Job("lib.wasm", [])
    job.name, job.entry, job.invoke = "lib.wasm", "statr", []
    with pytest.raises(NotRunnable) as caught:
        prepare(job, {"kind": "module", "exports": exports})
    assert (caught.value.what, caught.value.hint) == (
        "lib.wasm has no function called statr",
        hint,
    )


def test_the_examples_run():
    assert doctest.testmod(invoke).failed == 0
