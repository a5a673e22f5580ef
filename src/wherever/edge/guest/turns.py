"""Whose turn it is: guests that use their whole slice wait in a row, behind all that is short.

Every poll of a guest ends within a tick. Those that were cut off by it go on one slice at a time,
and between two slices the loop serves whatever has come meanwhile. So it does not matter to others
how many guests spin, nor for how long each of them is allowed to.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque

from wherever.engine.library import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Guest(Protocol):
        """A guest that answers."""

        deadline: float

        def turn(self) -> None:
            """Runs it for a slice."""

        def expire(self) -> None:
            """Its wall time is over."""


SLICE_S = 0.002
"""Seconds that a guest runs before somebody else does."""

SWEEP_S = 0.05
"""Seconds between two looks at the clock for all that is under way."""

_IDLE_TICKS = 500


class Turns:
    """The guests of one loop.

    Args:
        engines: addresses of the engines whose code they run; more may be added.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._engines: tuple[int, ...] = ()
        self._active: dict[Guest, None] = {}
        self._row: deque[Guest] = deque()
        self._is_sweeping = False
        self._lock = threading.Condition()
        self._is_ticking = False
        self._is_closed = False

    def watch(self, engine: int) -> None:
        """Lets the time pass in an engine too."""
        if engine not in self._engines:
            self._engines = (*self._engines, engine)

    def begin(self, guest: Guest) -> None:
        """A guest begins to answer."""
        self._active[guest] = None
        if not self._is_ticking:
            self._tick()
        if not self._is_sweeping:
            self._is_sweeping = True
            self._loop.call_later(SWEEP_S, self._sweep)

    def end(self, guest: Guest) -> None:
        """It has answered, or was ended."""
        self._active.pop(guest, None)

    def again(self, guest: Guest) -> None:
        """It was cut off, and would go on."""
        if not self._row:
            self._loop.call_soon(self._next)
        self._row.append(guest)

    def close(self) -> None:
        """Stops the clock."""
        with self._lock:
            self._is_closed = True
            self._lock.notify()

    def _next(self) -> None:
        guest = self._row.popleft()
        if self._row:
            self._loop.call_soon(self._next)
        if guest in self._active:
            guest.turn()

    def _sweep(self) -> None:
        now = time.monotonic()
        for guest in [each for each in self._active if each.deadline <= now]:
            guest.expire()
        if self._active:
            self._loop.call_later(SWEEP_S, self._sweep)
        else:
            self._is_sweeping = False

    # ----- the clock, a thread of its own

    def _tick(self) -> None:
        with self._lock:
            if self._is_ticking or self._is_closed:
                return
            self._is_ticking = True
            threading.Thread(target=self._ticks, name="wherever-slices", daemon=True).start()

    def _ticks(self) -> None:
        idle = 0
        while True:
            time.sleep(SLICE_S)
            for engine in self._engines:
                lib.wasmtime_engine_increment_epoch(engine)
            idle = 0 if self._active else idle + 1
            if idle > _IDLE_TICKS or self._is_closed:
                with self._lock:
                    if not self._active or self._is_closed:
                        self._is_ticking = False
                        return
