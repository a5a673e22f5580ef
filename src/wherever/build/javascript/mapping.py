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
    """The map as JSON: `{"sources": [...], "rows": [[[column, source, line, column], ...], ...]}`.

    A row stands for a line of the bundle. A step that stays in the line of the step before it is
    left out, and what comes from files without a name has the source -1.

    Args:
        source_map: as esbuild writes it.
        rename: a source's name for people, "" for what they need not know.
    """
    read = json.loads(source_map)
    names = [rename(source) for source in read["sources"]]
    shown = sorted({name for name in names if name})
    index = [shown.index(name) if name else -1 for name in names]
    rows: list[list[list[int]]] = []
    source = line = column = 0
    for text in read["mappings"].split(";"):
        row: list[list[int]] = []
        at = 0
        last: tuple[int, int] | None = None
        for segment in text.split(",") if text else ():
            numbers = list(_numbers(segment))
            at += numbers[0]
            if len(numbers) < 4:
                continue
            source += numbers[1]
            line += numbers[2]
            column += numbers[3]
            here = (index[source], line if index[source] >= 0 else 0)
            if here != last:
                known = index[source] >= 0
                row.append([at, index[source], *((line + 1, column + 1) if known else (0, 0))])
                last = here
        rows.append(row if any(step[1] >= 0 for step in row) else [])
    while rows and not rows[-1]:
        rows.pop()
    return json.dumps({"sources": shown, "rows": rows}, separators=(",", ":"))


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
