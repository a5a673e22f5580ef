"""The function that does what one bulk instruction does, piece by piece."""

from __future__ import annotations

from typing import NamedTuple

from wherever.wasm.leb import leb


class Bulk(NamedTuple):
    """A bulk instruction, which takes where to, a value or where from, and how many.

    Attributes:
        instruction: its bytes.
        piece: how many are done at once; a power of two above 128 whose LEB128 is its own sign.
        to: whether the first number has 64 bits.
        source: whether the second has them; None where it is the value that is written.
        length: whether the third has them.
        value: the type of the second.
        overlaps: from and to may be the same bytes.
    """

    instruction: bytes
    piece: int
    to: bool
    source: bool | None
    length: bool
    value: bytes
    overlaps: bool


_TO, _FROM, _COUNT, _TO_END, _FROM_END = (bytes((0x20, index)) for index in range(5))
_SET, _TEE = 0x21, 0x22
_IF, _LOOP, _AGAIN, _RETURN, _END = b"\x04\x40", b"\x03\x40", b"\x0d\x00", b"\x0f", b"\x0b"
_OR, _EXTEND = b"\x72", b"\xad"
_CONST = b"\x41", b"\x42"
_ADD, _SUB = (b"\x6a", b"\x7c"), (b"\x6b", b"\x7d")
_LT, _GT, _LE = (b"\x49", b"\x54"), (b"\x4b", b"\x56"), (b"\x4d", b"\x58")
_TYPES = b"\x7f", b"\x7e"


def body(kind: Bulk) -> bytes:
    """The body of that function, its variables first; its parameters are those of the instruction.

    A little is done at once. Of much, an empty piece at its end comes first: it traps where any of
    it is out of bounds, before anything is written. Only what ends at the last address that there
    can be is not divided.
    """
    source = kind.source
    whole = _TO + _FROM + _COUNT + kind.instruction
    after = _TO_END + (_FROM if source is None else _FROM_END)
    steps = [
        *(_COUNT, _piece(kind, kind.length), _LE[kind.length]),
        *(_IF, whole, _RETURN, _END),
        *(_TO, _count_as(kind, kind.to), _ADD[kind.to], _tee(_TO_END), _TO, _LT[kind.to]),
    ]
    if source is not None:
        steps += [_FROM, _count_as(kind, source), _ADD[source], _tee(_FROM_END)]
        steps += [_FROM, _LT[source], _OR]
    steps += [_IF, whole, _RETURN, _END]
    steps += [after, _CONST[kind.length], b"\0", kind.instruction]
    if kind.overlaps:
        steps += [_TO, _FROM, _GT[kind.to], _IF, *_backward(kind), whole, _RETURN, _END]
    steps += [*_forward(kind), whole, _END]
    variables = [_TYPES[kind.to], *([] if source is None else [_TYPES[source]])]
    declared = leb(len(variables)) + b"".join(b"\1" + each for each in variables)
    return declared + b"".join(steps)


def _forward(kind: Bulk) -> list[bytes]:
    """Pieces from the beginning, until one or less is left."""
    moved = [_moved(_TO, kind, kind.to, _ADD)]
    if kind.source is not None:
        moved.append(_moved(_FROM, kind, kind.source, _ADD))
    piece = _TO, _FROM, _piece(kind, kind.length), kind.instruction
    return [_LOOP, *piece, *moved, *_while_more(kind)]


def _backward(kind: Bulk) -> list[bytes]:
    """Pieces from the end."""
    moved = [_moved(place, kind, kind.to, _SUB) for place in (_TO_END, _FROM_END)]
    piece = _TO_END, _FROM_END, _piece(kind, kind.length), kind.instruction
    return [_LOOP, *moved, *piece, *_while_more(kind)]


def _while_more(kind: Bulk) -> list[bytes]:
    less = _moved(_COUNT, kind, kind.length, _SUB)
    return [less, _COUNT, _piece(kind, kind.length), _GT[kind.length], _AGAIN, _END]


def _piece(kind: Bulk, wide: bool) -> bytes:
    return _CONST[wide] + leb(kind.piece)


def _count_as(kind: Bulk, wide: bool) -> bytes:
    return _COUNT + (_EXTEND if wide and not kind.length else b"")


def _moved(place: bytes, kind: Bulk, wide: bool, way: tuple[bytes, bytes]) -> bytes:
    return place + _piece(kind, wide) + way[wide] + bytes((_SET, place[1]))


def _tee(place: bytes) -> bytes:
    return bytes((_TEE, place[1]))
