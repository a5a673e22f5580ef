"""Sizes, times and counts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError
from wherever.policy.quantity import format_bytes, parse_bytes, parse_count, parse_seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1b", 1),
        ("64k", 65536),
        ("64KB", 65536),
        ("64KiB", 65536),
        ("1.5 MiB", 1572864),
        (" 2g ", 2 << 30),
        ("1t", 1 << 40),
        (10, 10),
        (1.5, 1),
    ],
)
def test_sizes(text: str | float, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("0.25", 0.25), ("500ms", 0.5), ("3us", 3e-6), ("2m", 120), ("1h", 3600), (7, 7)],
)
def test_times(text: str | float, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "count"), [("1000", 1000), ("1_000", 1000), ("10k", 10_000), ("1.5m", 1_500_000)]
)
def test_counts(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize("parse", [parse_bytes, parse_seconds, parse_count])
@pytest.mark.parametrize(
    "text",
    ["", "x", "1x", "1 2", "nan", "inf", "1e9", "9" * 400, "٣", True, 1 << 2000],
)
def test_nonsense_is_refused_in_words(parse: object, text: object) -> None:
    assert callable(parse)
    with pytest.raises(InputError, match="is not a"):
        parse(text, "--limit")


@pytest.mark.parametrize("parse", [parse_bytes, parse_seconds, parse_count])
@pytest.mark.parametrize("number", ["-1", "0", -3, 0])
def test_what_is_not_more_than_nothing_is_refused_in_words(parse: object, number: object) -> None:
    assert callable(parse)
    with pytest.raises(InputError, match=f"^limit must be more than 0, and {number!r} is not; "):
        parse(number, "limit")


@given(st.text(max_size=20))
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    for parse in (parse_bytes, parse_seconds, parse_count):
        try:
            assert parse(text) >= 0
        except InputError as error:
            assert error.hint


@given(st.integers(1, 1 << 62))
def test_whole_numbers_are_themselves(number: int) -> None:
    assert parse_bytes(number) == parse_bytes(str(number)) == parse_count(number) == number


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (1 << 26, "64 MiB"),
        (1 << 60, "1048576 TiB"),
    ],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert format_bytes(count) == text
