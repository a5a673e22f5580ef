"""Core values between Python and guests: what fits into which type, and in whose words it does not.

A value lies in a slot of 16 bytes. The letters of the kinds: `i` i32, `I` i64, `f` f32, `F` f64,
`v` v128.
"""

from __future__ import annotations

import ctypes
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

KINDS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F", "v128": "v"}
"""The letter of each type whose values can cross."""

NAMES = {letter: name for name, letter in KINDS.items()}

PYTHON = {"i": "int", "I": "int", "f": "float", "F": "float", "v": "bytes"}
"""How Python spells the values of each kind."""

SLOT = 16

_BITS = {"i": 32, "I": 64}
_FORMATS: dict[str, Any] = {"i": "i", "I": "q", "f": "f", "F": "d", "v": "B"}


def kinds(types: Sequence[str]) -> str | None:
    """The letters of these types, or None where a value of one of them cannot cross."""
    letters = [KINDS.get(name, "") for name in types]
    return "".join(letters) if all(letters) else None


def encode(kind: str, value: Any) -> bytes:
    """The 16 bytes of a slot that hold `value`.

    Whole numbers may be given as signed or as unsigned, floats as anything that converts to
    float; a float that does not fit into f32 becomes infinite, as in other languages.

    Raises:
        TypeError: it is not a value of that kind.
        OverflowError: it is, but it does not fit.

    Example:
        >>> encode("i", -1) == encode("i", 2**32 - 1)
        True
    """
    bits = _BITS.get(kind)
    if bits is not None:
        if not hasattr(type(value), "__index__"):
            raise TypeError(f"{_said(value)} is not {_expected(kind)}")
        number = value.__index__()
        if not -(1 << bits - 1) <= number < 1 << bits:
            raise OverflowError(f"{_said(number)} does not fit into {NAMES[kind]}")
        return int(number & (1 << bits) - 1).to_bytes(SLOT, "little")
    if kind == "v":
        try:
            data = bytes(memoryview(value))
        except TypeError:
            raise TypeError(f"{_said(value)} is not {_expected(kind)}") from None
        if len(data) != SLOT:
            raise OverflowError(f"{len(data)} bytes are not the 16 of a v128")
        return data
    if not isinstance(value, (int, float)) and not (
        hasattr(type(value), "__float__") or hasattr(type(value), "__index__")
    ):
        raise TypeError(f"{_said(value)} is not {_expected(kind)}")
    try:
        number = float(value)
    except OverflowError:
        raise OverflowError(f"{_said(value)} does not fit into {NAMES[kind]}") from None
    if kind == "F":
        return struct.pack("<d8x", number)
    return bytes(ctypes.c_float(number)) + bytes(12)


def refuse(where: str, kind: str, value: Any) -> NoReturn:
    """Raises why `value` is none of that kind, with the place it was meant for."""
    try:
        encode(kind, value)
    except (TypeError, OverflowError) as error:
        raise type(error)(f"{where}: {error}") from None
    raise TypeError(f"{where}: {_said(value)} changed while it was looked at")


class Slots:
    """Views of a row of slots, one for each format of number.

    Args:
        raw: anything with a writable buffer of `16 * count` bytes.
    """

    __slots__ = ("data", "views")

    def __init__(self, raw: Any) -> None:
        self.data: Any = memoryview(raw).cast("B")
        self.views: dict[str, Any] = {
            letter: self.data.cast(form) for letter, form in _FORMATS.items()
        }

    def put(self, index: int, kind: str, value: Any) -> None:
        """Writes `value`; raises as `encode` does."""
        self.data[SLOT * index : SLOT * index + SLOT] = encode(kind, value)


def place(kind: str, index: int) -> str:
    """The expression that is slot `index` of views that are named by their letter.

    Example:
        >>> place("i", 1)
        'i[4]'
    """
    if kind == "v":
        return f"v[{SLOT * index}:{SLOT * index + SLOT}]"
    return f"{kind}[{SLOT * index // struct.calcsize(_FORMATS[kind])}]"


def taken(kind: str, index: int, before: str = "") -> str:
    """The expression that reads it; `before` comes in front of each view's name."""
    name = before + place(kind, index)
    return f"bytes({name})" if kind == "v" else name


def _expected(kind: str) -> str:
    return {"i": "a whole number", "I": "a whole number", "v": "16 bytes"}.get(kind, "a number")


def _said(value: Any) -> str:
    """The value and its type, short and on one line."""
    if isinstance(value, int) and not -(1 << 200) < value < 1 << 200:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, (int, float)):
        return repr(value)
    return f"a {type(value).__name__}"
