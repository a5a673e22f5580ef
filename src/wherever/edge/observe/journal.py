"""Writing the log: in batches, by a thread, and never at the expense of the requests."""

from __future__ import annotations

import os
import threading
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Sink(Protocol):
        """Where batches of whole lines go; only the journal's thread calls it."""

        def write(self, data: bytes) -> None:
            """Writes all of it, or raises OSError."""

        def close(self) -> None:
            """No more comes."""


FLUSH_S = 0.1
"""How long a line waits for others."""

BATCH = 512
"""Lines that are written without waiting any longer: about 64 KiB."""

MOST_LINES = 16384
"""Lines that wait when whoever takes them is slow; those after them are dropped, and counted."""

_MOST_AT_ONCE = 8 * BATCH


class Journal:
    """A log that many threads may add lines to, and one of its own writes.

    Args:
        sink: where the lines go.
        note: makes a line of a text; it says how many lines were dropped.
        on_drop: told how many, as soon as that is known.
    """

    def __init__(
        self,
        sink: Sink,
        note: Callable[[str], str],
        on_drop: Callable[[int], object] | None = None,
        most_lines: int = MOST_LINES,
    ) -> None:
        self._sink = sink
        self._note = note
        self._on_drop = on_drop
        self._most = most_lines
        self._lines: list[str] = []
        self._counter = count(1)
        self._dropped = 0
        self._said = self._told = 0
        self._rests = True
        self._closed = False
        self._more = threading.Event()
        self._full = threading.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def add(self, line: str) -> None:
        """Has a line, which ends with a line feed, written soon; it never waits."""
        lines = self._lines
        waiting = len(lines)
        if waiting >= self._most or self._closed:
            self._dropped = next(self._counter)
        else:
            lines.append(line)
        if self._rests:
            self._rests = False
            self._more.set()
        elif waiting == BATCH:
            self._full.set()

    def close(self, seconds: float = 2.0) -> None:
        """Writes what waits, as far as that takes no longer than this."""
        self._closed = True
        self._more.set()
        self._full.set()
        self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            self._more.wait()
            if len(self._lines) < BATCH:
                self._full.wait(FLUSH_S)
            self._full.clear()
            self._write()
            if self._lines:
                continue
            if self._closed:
                self._sink.close()
                return
            # In this order: who adds a line in between sees that it has to wake us.
            self._more.clear()
            self._rests = True
            if self._lines or self._closed:
                self._rests = False
                self._more.set()

    def _write(self) -> None:
        taken = self._lines[:_MOST_AT_ONCE]
        del self._lines[: len(taken)]
        dropped = self._dropped - self._said
        said = [self._note(_left_out(dropped))] if dropped else []
        if not taken and not said:
            return
        try:
            self._sink.write("".join(taken + said).encode())
        except OSError:
            # A full disk, or a reader who left: the server goes on, and says it when it can.
            for _ in taken:
                self._dropped = next(self._counter)
        else:
            self._said += dropped
        lost, self._told = self._dropped - self._told, self._dropped
        if lost and self._on_drop is not None:
            self._on_drop(lost)


def _left_out(count: int) -> str:
    return (
        f"{count} lines of this log were left out"
        if count > 1
        else ("a line of this log was left out")
    )


class Stream:
    """A sink that is a descriptor: a pipe, or a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """The descriptor is its owner's to close."""
