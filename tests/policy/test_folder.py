"""Folders to grant, as people write them."""

import doctest

import pytest

from wherever.errors import InputError
from wherever.policy import folder
from wherever.policy.folder import parse_folder


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("d", ("d", "d", False)),
        ("d:/in", ("d", "/in", False)),
        ("d:/in:rw", ("d", "/in", False)),
        ("d:/in:ro", ("d", "/in", True)),
        ("d::ro", ("d", "d", True)),
        ("d:/ro", ("d", "/ro", False)),
        ("d:ro:ro", ("d", "ro", True)),
        ("d:rw:rw", ("d", "rw", False)),
    ],
)
def test_what_can_be_written(text, read):
    assert parse_folder(text) == read


@pytest.mark.parametrize("mode", ["ro", "rw", "ro:"])
def test_a_mode_without_a_guest_path_is_not_taken_for_one(mode):
    """`--dir d:ro` is meant for reading only, and must never grant writing."""
    with pytest.raises(InputError) as caught:
        parse_folder(f"d:{mode}")
    assert str(caught.value) == (
        f"'d:{mode}' could mean two things; "
        f"write d::{mode[:2]}, or d:/{mode[:2]} for a folder of that name"
    )


def test_the_examples_run():
    assert doctest.testmod(folder).failed == 0
