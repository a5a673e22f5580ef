"""The component without an export of the engine's own, which nobody is to call.

componentize-qjs leaves its `init` function behind, by which it prepared the program.
"""

from __future__ import annotations

_HEADER = 8
_EXPORTS = 11
_FUNC = 1
_NAME = b"\x00\x04init"


def without_init(data: bytes) -> bytes:
    """The component whose outermost exports have no `init`; as it is where there was none.

    Functions are numbered in their order, and an exported one counts once more: those behind
    `init` move up by one.
    """
    made = bytearray(data[:_HEADER])
    at = _HEADER
    removed = -1
    while at < len(data):
        size, begin = _number(data, at + 1)
        body = data[begin : begin + size]
        # Each of the tool's sections of exports holds a single one.
        if data[at] == _EXPORTS and body[:1] == b"\x01":
            length, name = _number(body, 2)
            sort = name + length
            if body[sort] == _FUNC:
                index, rest = _number(body, sort + 1)
                if removed < 0 and body[1:sort] == _NAME:
                    removed = index
                    at = begin + size
                    continue
                if 0 <= removed < index:
                    body = body[: sort + 1] + _written(index - 1) + body[rest:]
        made += data[at : at + 1] + _written(len(body)) + body
        at = begin + size
    return bytes(made) if removed >= 0 else data


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends.

    >>> _number(b"\\xe5\\x8e\\x26", 0)
    (624485, 3)
    """
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def _written(value: int) -> bytes:
    """A number as unsigned LEB128.

    >>> _written(624485).hex()
    'e58e26'
    """
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
