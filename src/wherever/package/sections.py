"""The outermost sections of a module or component, walked without looking into them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from wherever.errors import InputError
from wherever.wasm import sniff
from wherever.wasm.leb import leb

MAX_SECTIONS = 100_000
LONGEST = 64
"""Bytes of a name that is told."""


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section lies in its file.

    Attributes:
        name: of a custom section, where it has a short one; else empty.
        begin: of the whole section.
        content: where what it holds begins, after its name.
        end: of the section.
    """

    name: bytes
    begin: int
    content: int
    end: int


def walk(stream: BinaryIO, where: str) -> Iterator[Section]:
    """Each section, in order.

    Args:
        stream: the file, which may be moved between two sections.
        where: what to call it in messages.

    Raises:
        InputError: it is not WebAssembly, is cut off, or has more than `MAX_SECTIONS`.
    """
    stream.seek(0)
    if sniff(stream.read(8)) not in ("module", "component"):
        raise InputError(f"{where} is not a WebAssembly module or component")
    size = stream.seek(0, os.SEEK_END)
    at = 8
    for _ in range(MAX_SECTIONS):
        if at == size:
            return
        stream.seek(at)
        head = stream.read(7 + LONGEST)
        length, begin = _number(head, 1)
        end = at + begin + length
        if begin == 0 or end > size:
            raise InputError(f"{where} is cut off, or not WebAssembly, at byte {at}")
        name = b""
        if head[0] == 0 and length:
            longest = min(head[begin], LONGEST, length - 1)
            name = head[begin + 1 : begin + 1 + longest] if longest == head[begin] else b""
        yield Section(name, at, at + begin + (len(name) + 1 if name else 0), end)
        at = end
    raise InputError(f"{where} has more than {MAX_SECTIONS} sections")


def replaced(
    wasm: bytes, customs: Mapping[bytes, bytes] | Mapping[bytes, bytes | None], where: str
) -> bytes:
    """The same file with these custom sections last, in place of any of these names.

    Args:
        wasm: a module or component.
        customs: names of at most `LONGEST` bytes, and what each is to hold; None for no such
            section.
        where: what to call the file in messages.

    Raises:
        InputError: as `walk`.
    """
    kept = [each for each in walk(io.BytesIO(wasm), where) if each.name not in customs]
    parts = [wasm[:8], *(wasm[each.begin : each.end] for each in kept)]
    for name, content in customs.items():
        if content is not None:
            named = bytes([len(name)]) + name
            parts += [b"\0", leb(len(named) + len(content)), named, content]
    return b"".join(parts)


def _number(head: bytes, at: int) -> tuple[int, int]:
    """A number of 32 bits and where it ends; that is 0 where there is none."""
    value = 0
    for index, byte in enumerate(head[at : at + 5]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    return 0, 0
