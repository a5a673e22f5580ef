"""What runs inside a library: checks of what the user's functions give back.

Each makes one of the tool's values of the user's, or raises `Unfit`. This file is copied into every
Python library and imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Convert = Callable[[Any], Any]


class Unfit(Exception):
    """A value that is not what its annotation says, and where in the whole it is."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.path: list[str] = []

    def __str__(self) -> str:
        place = "".join(reversed(self.path))
        return f"{place}: {self.args[0]}" if place else str(self.args[0])


def unfit(wanted: str, value: object) -> Unfit:
    """The error for a value that is none of what is wanted."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return Unfit(f"{wanted} is wanted, and this is {type(value).__name__}: {shown}")


def integer(low: int, high: int) -> Convert:
    """An int from one to another."""

    def check(value: Any) -> Any:
        if not isinstance(value, int):
            raise unfit("int", value)
        if not low <= value <= high:
            shown = value if value.bit_length() < 200 else "an int of that length"
            raise Unfit(f"{shown} is not from {low} to {high}")
        return value

    return check


def number(value: Any) -> Any:
    """A float, or an int as one."""
    if not isinstance(value, (float, int)):
        raise unfit("float", value)
    try:
        return float(value)
    except OverflowError:
        raise Unfit("an int that is too large for a float") from None


def truth(value: Any) -> Any:
    """A bool."""
    if not isinstance(value, bool):
        raise unfit("bool", value)
    return value


def text(value: Any) -> Any:
    """A text that can be written in UTF-8."""
    if not isinstance(value, str):
        raise unfit("str", value)
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        raise Unfit(f"a text with half a character: {value[:40]!a}") from None
    return value


def character(value: Any) -> Any:
    """A text of one character."""
    if len(text(value)) != 1:
        raise unfit("a single character", value)
    return value


def octets(value: Any) -> Any:
    """Bytes, in any of the forms that Python has."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise unfit("bytes", value)
    return bytes(value)


PLAIN: dict[str, Convert] = {
    "float": number,
    "bool": truth,
    "str": text,
    "char": character,
    "bytes": octets,
}


def listed(values: Any) -> Any:
    """What can be gone through, and is no text."""
    if isinstance(values, (str, bytes, dict)) or not hasattr(type(values), "__iter__"):
        raise unfit("list", values)
    return values


def items(convert: Convert) -> Convert:
    """A list, each of whose items is converted."""

    def check(values: Any) -> Any:
        done = []
        for at, value in enumerate(listed(values)):
            try:
                done.append(convert(value))
            except Unfit as error:
                error.path.append(f"[{at}]")
                raise
        return done

    return check


def row(parts: Sequence[Convert]) -> Convert:
    """A tuple of so many."""

    def check(values: Any) -> Any:
        if not isinstance(values, tuple) or len(values) != len(parts):
            raise unfit(f"a tuple of {len(parts)}", values)
        done = []
        for at, (convert, value) in enumerate(zip(parts, values, strict=True)):
            try:
                done.append(convert(value))
            except Unfit as error:
                error.path.append(f"[{at}]")
                raise
        return tuple(done)

    return check


def pairs(key: Convert, value: Convert) -> Convert:
    """A dict, as pairs."""

    def check(values: Any) -> Any:
        try:
            pairs = values.items()
        except AttributeError:
            raise unfit("dict", values) from None
        done = []
        for k, v in pairs:
            try:
                done.append((key(k), value(v)))
            except Unfit as error:
                error.path.append(f"[{str(k)[:40]!r}]")
                raise
        return done

    return check


def one_of(members: dict[Any, Any]) -> Convert:
    """One of some values, each with one of the tool's."""

    def check(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise unfit(f"one of {', '.join(map(str, members))}"[:200], value) from None

    return check


def flags(owner: Any, bits: Sequence[Any], made: Any) -> Convert:
    """Flags, each with its bit."""

    def check(value: Any) -> Any:
        if not isinstance(value, owner):
            raise unfit(owner.__name__, value)
        total = 0
        for at, bit in enumerate(bits):
            if value & bit:
                total |= 1 << at
        return made(total)

    return check


def handle(owner: Any, made: Any) -> Convert:
    """An object of a class, with a new handle."""

    def check(value: Any) -> Any:
        if not isinstance(value, owner):
            raise unfit(owner.__name__, value)
        handle = made.__new__(made)
        handle._own = value
        return handle

    return check


def case_of(cases: Sequence[tuple[Any, Any, Convert | None]]) -> Convert:
    """A value of one of some classes, each with a case of the tool's."""
    exact = {owner: (case, convert) for owner, case, convert in cases if isinstance(owner, type)}
    names = [getattr(owner, "__name__", "bytes") for owner, _, _ in cases]

    def check(value: Any) -> Any:
        chosen = exact.get(type(value))
        if chosen is None:
            for owner, case, convert in cases:
                if isinstance(value, owner):
                    chosen = case, convert
                    break
            else:
                if isinstance(value, int) and float in exact:
                    chosen = exact[float]
                else:
                    raise unfit(" or ".join(names), value)
        case, convert = chosen
        return case() if convert is None else case(convert(value))

    return check
