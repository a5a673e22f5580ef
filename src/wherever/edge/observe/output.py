"""What guests write to stdout and stderr, as lines of the log: bounded, and fair among apps."""

from __future__ import annotations

import json
import time
from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from wherever.edge.observe.access import Lines
    from wherever.edge.observe.record import Slot

LONGEST_LINE = 8192
"""Bytes of a line; longer ones are cut into pieces of this size."""

MOST_NESTED = 200
"""Objects and lists in a line that is read as JSON; others are text."""

LINES_PER_SECOND, LINES_AT_ONCE = 1000.0, 2000.0
BYTES_PER_SECOND, BYTES_AT_ONCE = float(256 << 10), float(1 << 20)
"""What one app may log in one worker, steadily and at once; the rest is left out and counted."""


class Allowance:
    """What an app may still log.

    Args:
        slot: where its lines are counted.
        note: writes a note of ours about the app to the log.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        slot: Slot,
        note: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot = slot
        self._note = note
        self._clock = clock
        self._lines, self._bytes = LINES_AT_ONCE, BYTES_AT_ONCE
        self._filled = self._spoke = clock()
        self._dropped = 0

    def take(self, size: int) -> bool:
        """Whether a line of this size may be logged; it is counted either way."""
        now = self._clock()
        passed = now - self._filled
        self._filled = now
        self._lines = min(LINES_AT_ONCE, self._lines + passed * LINES_PER_SECOND)
        self._bytes = min(BYTES_AT_ONCE, self._bytes + passed * BYTES_PER_SECOND)
        taken = self._lines >= 1 and self._bytes >= size
        if taken:
            self._lines -= 1
            self._bytes -= size
            self._slot.lines(1, 0)
        else:
            self._dropped += 1
            self._slot.lines(0, 1)
        self.say()
        return taken

    def say(self) -> None:
        """Says how many lines were left out, once a second at most."""
        if self._dropped and self._clock() - self._spoke >= 1:
            self._spoke = self._clock()
            lines = "line" if self._dropped == 1 else "lines"
            self._note(
                f"{self._dropped} {lines} of output left out: more than"
                f" {LINES_PER_SECOND:.0f} lines or {int(BYTES_PER_SECOND) >> 10} KiB a second"
            )
            self._dropped = 0


class Output:
    """The output of one guest while it answers one request.

    Args:
        app, id: whose, and for which request.
        lines: makes the lines of the log.
        allowance: what the app may log.
        add: takes a line.
    """

    def __init__(
        self, app: str, id: str, lines: Lines, allowance: Allowance, add: Callable[[str], object]
    ) -> None:
        self._app = app
        self._id = id
        self._lines = lines
        self._allowance = allowance
        self._add = add
        self._rest: dict[str, bytes] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Takes what the guest wrote to `stdout` or `stderr`, cut anywhere."""
        *whole, rest = (self._rest.get(stream, b"") + data).split(b"\n")
        for line in whole:
            self._log(stream, line.removesuffix(b"\r"))
        while len(rest) >= LONGEST_LINE:
            self._log(stream, rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE:]
        self._rest[stream] = rest

    def close(self) -> None:
        """The guest has ended: logs what is left without a line's end."""
        for stream, rest in self._rest.items():
            if rest:
                self._log(stream, rest)
        self._rest.clear()
        self._allowance.say()

    def _log(self, stream: str, line: bytes) -> None:
        while True:
            piece, line = line[:LONGEST_LINE], line[LONGEST_LINE:]
            if self._allowance.take(len(piece)):
                self._add(self._lines.output(self._app, self._id, stream, said(piece)))
            if not line:
                return


def said(line: bytes) -> str:
    r"""A guest's line as a part of a record: the fields of a JSON object, or text.

    Example:
        >>> said(b'{"level": "info"}'), said(b"hello")
        ('"fields":{"level":"info"}', '"text":"hello"')
    """
    if line.startswith(b"{") and line.count(b"{") + line.count(b"[") <= MOST_NESTED:
        try:
            fields = json.loads(line, parse_constant=_refuse)
            return f'"fields":{json.dumps(fields, separators=(",", ":"), allow_nan=False)}'
        except (ValueError, RecursionError):
            pass
    return f'"text":{quoted(line.decode("utf-8", "replace"))}'


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
