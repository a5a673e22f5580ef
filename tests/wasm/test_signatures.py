"""Types of core functions go to text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError
from wherever.wasm import signature
from wherever.wasm.module import signature_text

VALUES = st.sampled_from(
    ["i32", "i64", "f32", "f64", "v128", "funcref", "externref", "(ref 3)", "(ref null 12)",
     "(ref null (shared any))", "(ref (exact 4))"]
)  # fmt: skip


@given(st.lists(VALUES, max_size=8), st.lists(VALUES, max_size=8))
def test_a_signature_comes_back(params, results):
    text = signature_text(("func", tuple(params), tuple(results)))
    assert signature(text) == (tuple(params), tuple(results))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("() -> ()", ((), ())),
        ("(i32) -> i32", (("i32",), ("i32",))),
        ("() -> (ref null 3)", ((), ("(ref null 3)",))),
        ("((ref 1), i32) -> (i32, (ref 2))", (("(ref 1)", "i32"), ("i32", "(ref 2)"))),
    ],
)
def test_the_texts_read_as_they_look(text, expected):
    assert signature(text) == expected


@pytest.mark.parametrize("text", ["", "func(a: u32)", "(i32", "(i32) i32", "mut i32"])
def test_what_is_no_core_signature_is_refused(text):
    with pytest.raises(InputError, match="no function type"):
        signature(text)
