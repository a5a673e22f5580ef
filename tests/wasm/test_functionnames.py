"""Names that explode where the engine spells them out."""

from __future__ import annotations

import time

import pytest

import wherever
from tests.wasm.test_lines import custom, leb, section
from wherever.wasm.functionnames import calm
from wherever.wasm.lines import tamed


def bomb(doublings: int) -> str:
    """A name of C++ each of whose arguments is twice as long as the one before."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [f"S{digits[n // 36] if n > 35 else ''}{digits[n % 36]}_" for n in range(doublings)]
    return "_Z1f1AIiiE" + "".join(f"S_I{name}{name}E" for name in names)


def names(*functions: str) -> bytes:
    entries = b"".join(
        leb(index) + leb(len(name)) + name.encode() for index, name in enumerate(functions)
    )
    return section(1, leb(len(functions)) + entries)


def told(name: str) -> str:
    module = (
        b"\0asm\1\0\0\0"
        + section(1, b"\1\x60\0\0")
        + section(3, b"\1\0")
        + section(5, b"\1\0\1")
        + section(7, b"\2\6_start\0\0\6memory\2\0")
        + section(10, b"\1\3\0\0\x0b")
        # A length that takes a byte more than it needs.
        + section(0, b"\x84\0name" + names(name))
    )
    (frame,) = wherever.run(module, timeout=2).backtrace
    return frame


def test_a_name_that_doubles_sixty_times_is_told_as_it_is_written() -> None:
    began = time.monotonic()
    assert told(bomb(60)).startswith("_Z1f1AIiiES_IS0_S0_E")
    assert time.monotonic() - began < 5


def test_an_honest_name_is_told_as_in_its_source() -> None:
    assert (
        told("_ZN3geo6divideERKNS_5PointES2_")
        == "geo::divide(geo::Point const&, geo::Point const&)"
    )


def test_only_names_that_explode_are_changed() -> None:
    assert calm(names("main", bomb(3))) == names("main", bomb(3))
    assert calm(names("main", bomb(60))) == names("main", " " + bomb(60))


@pytest.mark.parametrize("content", [b"\1", b"\1\5\0", b"\1\2\x01\0", b"\1\4\1\0\7a"])
def test_names_that_cannot_be_read_are_left_out(content: bytes) -> None:
    assert calm(content) is None
    assert tamed(b"\0asm\1\0\0\0" + custom("name", content)) == b"\0asm\1\0\0\0"
