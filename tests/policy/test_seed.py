"""Seeds, for the command and for Python."""

import doctest

import pytest

from wherever.errors import InputError
from wherever.policy import seed
from wherever.policy.seed import parse_seed


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, 0), (0, 0), (7, 7), ("7", 7), ("0x10", 16), ((1 << 64) - 1, (1 << 64) - 1)],
)
def test_what_is_a_seed(value, read):
    assert parse_seed(value) == read


@pytest.mark.parametrize("value", [-1, 1 << 64, "x", "-1", "", 1.5, None, b"1"])
def test_what_is_none(value):
    with pytest.raises(InputError) as caught:
        parse_seed(value)
    assert str(caught.value) == (
        f"deterministic: {value!r} is not a seed; write a whole number below 2 to the power of 64"
    )


def test_a_number_of_any_length_is_refused_in_few_words():
    for value in (10**4000, "9" * 10**6):
        with pytest.raises(InputError) as caught:
            parse_seed(value, "--deterministic")
        assert len(str(caught.value)) < 160


def test_the_examples_run():
    assert doctest.testmod(seed).failed == 0
