"""Function bodies, instruction by instruction, as far as those who rewrite them must know them.

Most instructions are stepped over by one regular expression, many at a time: to look at each in
Python would take longer than to compile it. What it does not know ends the walk.
https://webassembly.github.io/spec/core/binary/instructions.html
"""

from __future__ import annotations

import re

from wherever.wasm.leb import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Found = tuple[int, int, int, tuple[int, ...]]
    """Where it begins and ends, which it is, and its operands."""

MEMORY_INIT, MEMORY_COPY, MEMORY_FILL = 8, 10, 11
TABLE_INIT, TABLE_COPY, TABLE_FILL = 12, 14, 17
"""Instructions behind the prefix 0xFC whose time grows with a number on the stack."""

_OPERANDS = {
    MEMORY_INIT: 2, MEMORY_COPY: 2, MEMORY_FILL: 1, TABLE_INIT: 2, TABLE_COPY: 2, TABLE_FILL: 1,
}  # fmt: skip
_FC_OPERANDS = {**dict.fromkeys((*range(8), *range(19, 23)), 0), 9: 1, 13: 1, 15: 1, 16: 1}
_PREFIX, _BR_TABLE, _SELECT, _TRY_TABLE = 0xFC, 0x0E, 0x1C, 0x1F


class Unknown(Exception):
    """An instruction that is not known here, or no instruction at all."""


_LEB = rb"(?:[\x80-\xff]{0,9}[\x00-\x7f])"
# 0x62 to 0x65 begin types that go on, and two of them belong to proposals.
_HEAP = rb"(?:(?![\x62-\x65])%b)" % _LEB
_BLOCK = rb"(?:[\x63\x64]%b|%b)" % (_HEAP, _HEAP)
_PLACE = rb"(?:[\x00-\x3f]%b|[\x40-\x7f]%b%b)" % (_LEB, _LEB, _LEB)
_SMALL = rb"(?:[\x00-\x3f]|[\x80-\xff][\x00-\x3f])"
_PLAIN = re.compile(
    b"(?:"
    + b"|".join(
        pattern.replace(b"HEAP", _HEAP)
        .replace(b"BLOCK", _BLOCK)
        .replace(b"PLACE", _PLACE)
        .replace(b"SMALL", _SMALL)
        .replace(b"LEB", _LEB)
        for pattern in (
            rb"[\x20-\x26]LEB",
            # A small number just before it: there is nothing to divide.
            rb"[\x41\x42]SMALL\xfc(?:[\x08\x0a\x0c\x0e]LEBLEB|[\x0b\x11]LEB)",
            rb"[\x41\x42]LEB",
            rb"[\x00\x01\x05\x0a\x0b\x0f\x1a\x1b\x45-\xc4\xd1\xd3\xd4]",
            rb"[\x28-\x3e]PLACE",
            rb"[\x08\x0c\x0d\x10\x12\x14\x15\x3f\x40\xd2\xd5\xd6]LEB",
            rb"[\x02-\x04]BLOCK",
            rb"[\x11\x13]LEBLEB",
            rb"\x43.{4}|\x44.{8}",
            rb"\xd0HEAP",
            rb"\xfc(?:[\x00-\x07\x13-\x16]|[\x09\x0d\x0f\x10]LEB)",
            rb"\xfd(?:[\x0e-\x14\x23-\x53\x5e-\x7f]|[\x80-\xff]\x01|[\x80-\x93]\x02"
            rb"|[\x00-\x0b\x5c\x5d]PLACE|[\x54-\x5b]PLACE.|[\x15-\x22].|[\x0c\x0d].{16})",
            rb"\xfe(?:\x03.|[\x00-\x02\x10-\x4e]PLACE)",
            rb"\xfb(?:[\x0f\x1a-\x1e]|[\x00\x01\x06\x07\x0b-\x0e\x10]LEB|[\x14-\x17]HEAP"
            rb"|[\x02-\x05\x08-\x0a\x11-\x13]LEBLEB|[\x18\x19].LEBHEAPHEAP)",
        )
    )
    # It keeps notes of each round until it is done; so they are bounded.
    + b"){0,1000}",
    re.DOTALL,
)
_TYPE = re.compile(rb"[\x68-\x75\x7b-\x7f]|[\x63\x64]" + _HEAP, re.DOTALL)
_BULK = re.compile(rb"\xfc[\x08\x0a-\x0c\x0e\x11\x88\x8a-\x8c\x8e\x91]")


def may_have_bulk(data: bytes, at: int, end: int) -> bool:
    """Whether anything there looks like an instruction that `bulk` finds.

    >>> may_have_bulk(b"\\xfc\\x0b\\x00", 0, 3)
    True
    """
    return _BULK.search(data, at, end) is not None


def bulk(data: bytes, at: int, end: int) -> Iterator[Found]:
    """The instructions of a body that take a length, but those with a small constant as length.

    Args:
        data: of the module.
        at: where the body begins, its variables first.
        end: where it ends.

    Raises:
        Unknown: it has something that is not known here.
    """
    try:
        at = _behind_locals(data, at, end)
        while at < end:
            begin = at
            at = _match(_PLAIN, data, at, end)
            if at > begin:
                continue
            kind = data[at]
            if kind == _PREFIX:
                sub, at = number(data, at + 1)
                count = _OPERANDS.get(sub)
                operands = []
                for _ in range(_FC_OPERANDS.get(sub, -1) if count is None else count):
                    operand, at = number(data, at)
                    operands.append(operand)
                if count is not None and at <= end:
                    yield begin, at, sub, tuple(operands)
                elif sub not in _FC_OPERANDS:
                    raise Unknown
            elif kind == _BR_TABLE:
                at = _list(data, at + 1, end, 1)
                _, at = number(data, at)
            elif kind == _SELECT:
                count, at = number(data, at + 1)
                if count != 1:
                    raise Unknown
                at = _match(_TYPE, data, at, end)
            elif kind == _TRY_TABLE:
                at = _match(_BLOCK_TYPE, data, at + 1, end)
                at = _catches(data, at, end)
            else:
                raise Unknown
            if at > end:
                raise Unknown
    except IndexError:
        raise Unknown from None


_BLOCK_TYPE = re.compile(_BLOCK)


def _match(pattern: re.Pattern[bytes], data: bytes, at: int, end: int) -> int:
    found = pattern.match(data, at, end)
    if found is None:
        raise Unknown
    return found.end()


def _list(data: bytes, at: int, end: int, each: int) -> int:
    count, at = number(data, at)
    if count > end - at:
        raise Unknown
    for _ in range(count * each):
        _, at = number(data, at)
    return at


def _catches(data: bytes, at: int, end: int) -> int:
    count, at = number(data, at)
    if count > end - at:
        raise Unknown
    for _ in range(count):
        kind = data[at]
        if kind > 3:
            raise Unknown
        _, at = number(data, at + 1)
        if kind < 2:
            _, at = number(data, at)
    return at


def _behind_locals(data: bytes, at: int, end: int) -> int:
    count, at = number(data, at)
    if count > end - at:
        raise Unknown
    for _ in range(count):
        _, at = number(data, at)
        at = _match(_TYPE, data, at, end)
    return at
