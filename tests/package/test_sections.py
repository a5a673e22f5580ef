"""The outermost sections of a file, walked and replaced."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.package.making import COMPONENT, MODULE, section
from wherever.errors import InputError
from wherever.package import sections

pieces = st.lists(
    st.tuples(st.binary(min_size=1, max_size=64), st.binary(max_size=300)), max_size=5
)


@given(pieces)
def test_custom_sections_are_found_where_they_lie(customs: list[tuple[bytes, bytes]]) -> None:
    for wasm in (MODULE, COMPONENT):
        whole = wasm + b"".join(section(content, name) for name, content in customs)
        found = [each for each in sections.walk(io.BytesIO(whole), "it") if each.name]
        assert [(each.name, whole[each.content : each.end]) for each in found] == customs


@given(pieces)
def test_replaced_sections_come_last_and_once(customs: list[tuple[bytes, bytes]]) -> None:
    whole = MODULE + b"".join(section(content, name) for name, content in customs)
    again = sections.replaced(whole, dict(customs), "it")
    assert sections.replaced(again, dict(customs), "it") == again
    found = [each for each in sections.walk(io.BytesIO(again), "it") if each.name]
    assert {each.name: again[each.content : each.end] for each in found} == dict(customs)
    assert sections.replaced(again, dict.fromkeys(dict(customs)), "it") == MODULE


def test_a_section_with_a_long_name_or_none_is_passed_over() -> None:
    whole = MODULE + section(b"", b"x" * 65) + b"\0\0" + b"\0\1\0" + b"\0\1\5"
    assert [each.name for each in sections.walk(io.BytesIO(whole), "it")] == [b""] * 5
    assert sections.replaced(whole, {b"x": b"y"}, "it") == whole + section(b"y", b"x")


@given(st.binary(max_size=30))
def test_any_bytes_are_walked_or_refused(data: bytes) -> None:
    for start in (b"", MODULE):
        try:
            for each in sections.walk(io.BytesIO(start + data), "it"):
                assert 8 <= each.begin < each.end <= len(start + data)
        except InputError as error:
            assert error.what.startswith("it is ")


def test_more_sections_than_are_read_are_refused() -> None:
    with pytest.raises(InputError, match="it has more than 100000 sections"):
        sections.replaced(MODULE + b"\0\1\0" * 100_001, {}, "it")
