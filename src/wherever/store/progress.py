"""A bar for downloads: on a terminal, after a second, gone when done."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    Progress = Callable[[str, int, int], None]
    """Called with what is fetched, the bytes that came, and those expected (0: unknown)."""

QUIET_S = 1.0
"""How long a download may take before the bar shows, in seconds."""


def quiet(what: str, done: int, total: int) -> None:
    """A progress that shows nothing."""


class Bar:
    """Draws one line on a terminal; everywhere else it does nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._began = time.monotonic()
        self._shown = 0
        try:
            self._is_on = self._stream.isatty()
        except (AttributeError, ValueError):
            self._is_on = False
        self._plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"

    def __call__(self, what: str, done: int, total: int) -> None:
        if not self._is_on or time.monotonic() - self._began < QUIET_S:
            return
        width = _columns()
        line = _line(what, done, total, width, self._plain)
        self._write("\r" + line + " " * (self._shown - len(line)))
        self._shown = min(len(line), width)

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._is_on = False


def _columns() -> int:
    try:
        columns = os.get_terminal_size(2).columns
    except OSError:
        columns = 0
    return max(20, (columns or 80) - 1)


def _line(what: str, done: int, total: int, width: int, plain: bool) -> str:
    size = f"{done / 1e6:.1f} MB" if done else ""
    if total and not done:
        # Nothing came yet: say how much there is to come.
        return f"fetching {what} ({total / 1e6:.1f} MB)"[:width]
    if total:
        size = f"{min(done, total) / 1e6:.1f} of {total / 1e6:.1f} MB"
    head, tail = f"fetching {what} ", f" {size}"
    room = min(30, width - len(head) - len(tail))
    if not total or room < 5:
        return (head + tail.lstrip())[:width]
    full = room * min(done, total) // total
    return (
        head
        + ("#" if plain else "\u2588") * full
        + ("." if plain else "\u2591") * (room - full)
        + tail
    )
