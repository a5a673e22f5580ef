"""Modules and components taken apart, for those who put them together otherwise."""

from __future__ import annotations

from typing import NamedTuple

from wherever.wasm.cursor import Cursor, Work, open_bytes

HEADER = 8
"""Bytes before the first section."""


class Section(NamedTuple):
    """A section: its number, and what is in it."""

    kind: int
    body: bytes


def sections(data: bytes) -> list[Section]:
    """The sections of a module or a component, in their order."""
    cursor = reader(data)
    cursor.skip(HEADER)
    found = []
    while cursor.pos < cursor.end:
        kind = cursor.u8()
        size = cursor.u32()
        begin = cursor.skip(size)
        found.append(Section(kind, data[begin : begin + size]))
    return found


def reader(data: bytes) -> Cursor:
    """Reads bytes of which nothing has to be bounded: jco has taken them."""
    return Cursor(open_bytes(data), 0, len(data), Work(1 << 60))
