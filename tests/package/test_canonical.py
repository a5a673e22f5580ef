"""JSON that is written in one way, and read in none that is twofold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherever.errors import InputError
from wherever.package import canonical

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_was_written_is_read_the_same(value: dict[str, object]) -> None:
    data = canonical.dump(value)
    assert canonical.load(data, "it") == value
    assert canonical.dump(canonical.load(data, "it")) == data


def test_the_order_of_keys_makes_no_difference() -> None:
    assert canonical.dump({"b": 1, "a": {"d": 2, "c": 3}}) == b'{"a":{"c":3,"d":2},"b":1}'
    assert canonical.dump({"a": {"c": 3, "d": 2}, "b": 1}) == b'{"a":{"c":3,"d":2},"b":1}'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"3", "it is not a JSON object"),
        (b'{"a": {"b": 1, "b": 2}}', "it has the key 'b' twice"),
        (b'{"a\\u0062": 1, "ab": 2}', "it has the key 'ab' twice"),
        (b'{"a": -Infinity}', "it is not JSON: -Infinity is no number"),
        (b'{"a": 1e999}', "it is not JSON: 1e999 is too large or too long a number"),
        (b'{"a": %s}' % (b"1" * 41), "it is not JSON: a number of 41 digits"),
        (b"[" * 100_000, "it is nested too deep"),
        (b" " * ((4 << 20) + 1), "it has 4194305 bytes, and 4 MiB are read at most"),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, says: str) -> None:
    with pytest.raises(InputError) as refused:
        canonical.load(data, "it")
    assert str(refused.value) == says


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        assert isinstance(canonical.load(data, "it"), dict)
    except InputError as error:
        assert error.what.startswith("it ")
