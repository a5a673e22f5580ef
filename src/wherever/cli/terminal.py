"""What reaches the user's terminal: escaped, in colour only where that is wanted."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

RED, GREEN, YELLOW, DIM = "31", "32", "33", "2"
"""Styles for `paint`."""


def escape(text: str, keep: str = "") -> str:
    r"""The text with everything that a terminal could act on spelled out.

    Names, paths and messages that a guest or a stranger's file made go through here. Control
    characters, marks that turn the direction of text, and bytes that are no UTF-8 become `\x1b`,
    `\u202e` and their like.

    Args:
        text: what to show.
        keep: characters that stay as they are, such as a line's end.

    Example:
        >>> escape("red\x1b[31m")
        'red\\x1b[31m'
        >>> escape("two\nlines", keep="\n")
        'two\nlines'
    """
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable() or letter in keep
        else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in text
    )


def is_colourful(stream: TextIO) -> bool:
    """Whether colour may be written there: a terminal that knows it, and no NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a style, or as it is where `stream` (stderr) is not colourful."""
    if not is_colourful(sys.stderr if stream is None else stream):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def say(text: str, style: str = "") -> None:
    """Write one line of ours to stderr, escaped; a closed stderr is no error."""
    try:
        name = paint("wherever:", style) if style else "wherever:"
        sys.stderr.write(f"{name} {escape(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


def give_up_stdout() -> None:
    """Leave what nobody takes: the interpreter flushes stdout as it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def table(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Rows as aligned columns, each cell escaped.

    Example:
        >>> print(table([("time", "1.0 s"), ("memory", "64 MiB")]))
        time    1.0 s
        memory  64 MiB
    """
    cells = [[escape(cell) for cell in row] for row in rows]
    widths = [
        max(len(row[column]) for row in cells if column < len(row))
        for column in range(max((len(row) for row in cells), default=0))
    ]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in cells
    )
    return "\n".join((indent + line).rstrip() for line in lines)


def progress(quiet: bool = False) -> Callable[[str | None], object]:
    """A function that shows one passing line on a terminal's stderr; None takes it away.

    Elsewhere, and where `quiet`, it shows nothing.
    """
    if quiet or sys.stderr is None or not os.isatty(2):
        return _nothing

    shown = [""]

    def show(text: str | None) -> None:
        line = escape(text or "")
        if line == shown[0]:
            return
        shown[0] = line
        try:
            width = max(20, (os.get_terminal_size(2).columns or 80) - 1)
        except OSError:
            width = 79
        dumb = os.environ.get("TERM", "dumb") == "dumb"
        blank = "\r" + " " * width + "\r" if dumb else "\r\x1b[K"
        try:
            sys.stderr.write(blank + line[:width])
            sys.stderr.flush()
        except (OSError, ValueError):
            pass

    return show


def _nothing(text: str | None) -> None:
    """No line."""
