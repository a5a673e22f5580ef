"""Whose turn it is: guests that use their whole slice wait in a row, behind all that is short.

Every poll of a guest ends within a tick. Those that were cut off by it go on one slice at a time,
and between two slices the loop serves whatever has come meanwhile. So it does not matter to others
how many guests spin, nor for how long each of them is allowed to.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from wherever.engine import slices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any, Protocol

    class Guest(Protocol):
        """A guest that answers."""

        deadline: float

        def turn(self) -> None:
            """Runs it for a slice."""

        def expire(self) -> None:
            """Its wall time is over."""


SLICE_S = 0.002
"""Seconds that a guest runs before somebody else does."""

HOG_S = 0.01
"""Seconds of a turn after which an app's guests take theirs on another thread for a while: there
are single instructions that no tick cuts off, such as one that fills all memory."""

APART_S = 60.0
"""For how long they do."""

SWEEP_S = 0.05
"""Seconds between two looks at the clock for all that is under way."""

_IDLE_S = 1.0
"""Seconds without a guest after which the clock stops."""


class Turns:
    """The guests of one loop.

    Attributes:
        is_ticking: whether the clock is on that cuts guests off.
        has_served: set by who has run a guest and did not say so by `begin`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._active: dict[Guest, None] = {}
        self._row: deque[Guest] = deque()
        self.is_ticking = self.has_served = False
        self._idle_since = 0.0
        self._apart: ThreadPoolExecutor | None = None

    def watch(self, engine: int) -> None:
        """Lets the time pass in an engine too."""
        slices.watch(engine, SLICE_S)

    def begin(self, guest: Guest) -> None:
        """A guest begins to answer."""
        self._active[guest] = None
        if not self.is_ticking:
            self.is_ticking = True
            slices.start(self)
            self._loop.call_later(SWEEP_S, self._sweep)

    def end(self, guest: Guest) -> None:
        """It has answered, or was ended."""
        self._active.pop(guest, None)

    def again(self, guest: Guest) -> None:
        """It was cut off, and would go on."""
        if not self._row:
            self._loop.call_soon(self._next)
        self._row.append(guest)

    def apart(self, step: Callable[[], Any], done: Callable[[Future[Any]], object]) -> None:
        """Takes a guest's turn on another thread, and tells the loop how it went.

        Args:
            step: the turn.
            done: called on the loop's thread with what came of it.
        """
        future = self.aside(step)
        future.add_done_callback(lambda ended: self._loop.call_soon_threadsafe(done, ended))

    def aside(self, step: Callable[[], Any]) -> Future[Any]:
        """Does on another thread what keeps one for long, and needs nothing of the loop."""
        if self._apart is None:
            self._apart = ThreadPoolExecutor(1, "wherever-apart")
        return self._apart.submit(step)

    def _next(self) -> None:
        guest = self._row.popleft()
        if self._row:
            self._loop.call_soon(self._next)
        if guest in self._active:
            guest.turn()

    def _sweep(self) -> None:
        now = time.monotonic()
        if self._active or self.has_served:
            self._idle_since = now
            self.has_served = False
        if now - self._idle_since < _IDLE_S:
            # Before all else: whatever comes of one guest's end, the others have theirs.
            self._loop.call_later(SWEEP_S, self._sweep)
        else:
            self.is_ticking = False
            slices.stop(self)
        for guest in [each for each in self._active if each.deadline <= now]:
            self._loop.call_soon(guest.expire)
