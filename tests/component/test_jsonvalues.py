"""Values as JSON: every value of a component can be written, and is read back as it was."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.component.jsonvalues import example, from_json, from_text, to_json
from wherever.wit.model import Type

U8, TEXT = Type("u8"), Type("string")
BYTES = Type("list", (("", U8),))
MAYBE = Type("option", (("none", None), ("some", TEXT)))
NESTED = Type("option", (("none", None), ("some", MAYBE)))
POINT = Type("record", (("x", Type("f64")), ("tag", MAYBE)), "point")
KIND = Type("enum", (("red", None), ("dark-green", None)), "kind")
RIGHTS = Type("flags", (("read", None), ("write", None)), "rights")
SHAPE = Type("variant", (("dot", None), ("at", POINT)), "shape")
DONE = Type("result", (("ok", None), ("err", TEXT)))

PAIRS = [
    (U8, 7, "7"),
    (Type("s64"), -(1 << 63), str(-(1 << 63))),
    (Type("bool"), True, "true"),
    (Type("char"), "ü", '"ü"'),
    (BYTES, b"\0a", "[0, 97]"),
    (Type("f32"), math.inf, '"inf"'),
    (NESTED, (0, None), "null"),
    (NESTED, (1, (0, None)), '{"some": null}'),
    (NESTED, (1, (1, "a")), '{"some": "a"}'),
    (POINT, (1.5, (0, None)), '{"x": 1.5, "tag": null}'),
    (KIND, 1, '"dark-green"'),
    (RIGHTS, 3, '["read", "write"]'),
    (SHAPE, (0, None), '"dot"'),
    (SHAPE, (1, (0.5, (1, "t"))), '{"at": {"x": 0.5, "tag": "t"}}'),
    (DONE, (1, "no"), '{"err": "no"}'),
    (DONE, (0, None), '{"ok": null}'),
    (Type("tuple", (("f0", U8), ("f1", TEXT))), (1, "b"), '[1, "b"]'),
    (Type("list", (("", KIND),)), [0, 1], '["red", "dark-green"]'),
]


@pytest.mark.parametrize(("kind", "value", "text"), PAIRS)
def test_a_value_is_written_and_read_back(kind, value, text):
    assert json.dumps(to_json(kind, value), ensure_ascii=False) == text
    assert from_json(kind, json.loads(text)) == value


@given(st.recursive(st.sampled_from([kind for kind, _, _ in PAIRS]), lambda inner: inner.map(
    lambda kind: Type("list", (("", kind),))
)))  # fmt: skip
def test_the_example_of_a_type_is_a_value_of_it(kind):
    value = from_json(kind, example(kind))
    assert from_json(kind, to_json(kind, value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (TEXT, "plain words", "plain words"),
        (TEXT, '"quoted"', "quoted"),
        (TEXT, "5", "5"),
        (KIND, "red", 0),
        (SHAPE, "dot", (0, None)),
        (BYTES, "text", b"text"),
        (BYTES, '{"base64": "AGE="}', b"\0a"),
        (MAYBE, "words", (1, "words")),
        (MAYBE, "null", (0, None)),
    ],
)
def test_bare_text_is_taken_where_it_can_mean_one_thing_only(kind, text, value):
    assert from_text(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (U8, "x", "'x' is no JSON; u8 is written like 1"),
        (U8, "true", "true will not do; u8 is written like 1"),
        (KIND, "blue", '"blue" will not do; kind is written like "red"'),
        (POINT, "{}", "the field 'x' is missing; point is written like"
         ' {"x": 1.5, "tag": "text"}'),
        (POINT, '{"x": 1, "z": 2}', "there is no field 'z'; point is written like"
         ' {"x": 1.5, "tag": "text"}'),
        (NESTED, '"a"', '"a" will not do; option is written like {"some": "text"}'),
        (RIGHTS, '["exec"]', '["exec"] will not do; rights is written like ["read", "write"]'),
        (Type("own", (("", Type("resource", (), "blob")),)), "1",
         "a handle cannot be written as JSON: call it from a program"),
    ],
)  # fmt: skip
def test_what_is_none_of_a_type_is_refused_with_an_example(kind, text, said):
    with pytest.raises(ValueError) as caught:
        from_text(kind, text)
    assert str(caught.value) == said
