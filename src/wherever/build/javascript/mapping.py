"""From a source map to what a program needs to name the lines of its own files."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DIGITS = {
    digit: value
    for value, digit in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}


def compact(source_map: str, rename: Callable[[str], str]) -> str:
    """The map as text: names of sources, each with a line's end, then a line for each row.

    A row stands for a line of the bundle, as steps of four numbers in base 36, each what is to be
    added to the one before: column, source, line and column there. A step in a package that stays
    in the line of the step before it is left out; what has no name for people has the source 0.

    Args:
        source_map: as esbuild writes it.
        rename: a source's name for people, "" for what they need not know.
    """
    read = json.loads(source_map)
    names = [rename(source) for source in read["sources"]]
    shown = sorted({name for name in names if name})
    index = [shown.index(name) + 1 if name else 0 for name in names]
    rows: list[str] = []
    source = line = column = 0
    before = (0, 0, 0)
    for text in read["mappings"].split(";"):
        row: list[str] = []
        at = said = 0
        last: tuple[int, ...] | None = None
        for segment in text.split(",") if text else ():
            numbers = list(_numbers(segment))
            at += numbers[0]
            if len(numbers) < 4:
                continue
            source += numbers[1]
            line += numbers[2]
            column += numbers[3]
            place = (index[source], line, column) if index[source] else (0, 0, 0)
            is_own = not names[source].startswith("node_modules/")
            if (place if is_own else place[:2]) != last:
                steps = (at - said, *(new - old for new, old in zip(place, before, strict=True)))
                row.append(",".join(_written(step) for step in steps))
                last = place if is_own else place[:2]
                said, before = at, place
        rows.append(" ".join(row))
    return "\n".join([*shown, "", *rows]).rstrip("\n")


def _written(number: int) -> str:
    """A number in base 36, as JavaScript's parseInt reads it; nothing for 0.

    >>> _written(-37), _written(0)
    ('-11', '')
    """
    if number < 0:
        return "-" + _written(-number)
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _numbers(segment: str) -> Iterator[int]:
    """The variable-length numbers of a segment, in base 64.

    >>> list(_numbers("AAgBC"))
    [0, 0, 16, 1]
    """
    value = shift = 0
    for digit in segment:
        bits = _DIGITS[digit]
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
