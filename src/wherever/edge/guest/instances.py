"""Instances of one app: a fresh one for each request, or some that are used again."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from wherever.edge.guest import shim
from wherever.engine.instance import Failed
from wherever.errors import InternalError
from wherever.wasi.shimming import SHIM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.edge.guest.loading import Loaded
    from wherever.engine.assembly import Assembled
    from wherever.wasi.filesystem.files import Files


MUCH = 2 << 20
LONG_S = 0.002
"""Bytes that an instance took, or seconds that it ran, from which on it is freed aside."""

IDLE_S = 60.0
"""Seconds without a request after which an instance is freed."""

MOST_FAILURES = 3
"""Used instances that may fail one after the other before no more are used again."""


class Instance:
    """One instance of a handler.

    Attributes:
        assembled: its parts.
        shim: where the shim's struct lies in its memory.
        places: where the host writes: a small request, a large head, a large body.
        starts: the entries to be called before its first request.
        uses: requests that it has answered.
        since: `time.monotonic()` at which it became idle.
        files: what it has open, from the first time that it asks for a file.
    """

    __slots__ = ("assembled", "files", "places", "shim", "since", "starts", "uses")

    def __init__(
        self, assembled: Assembled, shim: int, places: tuple[int, ...], starts: tuple[int, ...]
    ) -> None:
        self.assembled = assembled
        self.shim = shim
        self.places = places
        self.starts = starts
        self.uses = 0
        self.since = 0.0
        self.files: Files | None = None

    @property
    def is_worn(self) -> bool:
        """Whether it has left open so much that it should answer no more."""
        return self.files is not None and self.files.is_worn

    def argument(self) -> int:
        """The number that comes with what its guest asks."""
        low, high = self.assembled.words(self.shim + shim.ARG, 2)
        return (low | high << 32) - (high >> 31 << 64)

    def tell(self, result: int) -> None:
        """What came of that."""
        self.assembled.put(self.shim + shim.RESULT, result & 0xFFFFFFFF, result >> 32 & 0xFFFFFFFF)
        self.assembled.put(self.shim + shim.OP, 0)

    def close(self) -> None:
        """Frees it, and closes what it has open."""
        self.assembled.close()
        if self.files is not None:
            self.files.close()


class Instances:
    """Where an app's instances come from.

    Args:
        loaded: the handler.
        reuse: requests that one instance may answer; 1 for a fresh one each.
        idle: how many may wait for a request.
        dispose: frees one that has answered.

    Attributes:
        loaded, reuse: the same; where used ones fail again and again, `reuse` becomes 1.
        shim, places: those of every instance.
        memory: bytes of the memories of a new one.
    """

    def __init__(
        self, loaded: Loaded, reuse: int, idle: int, dispose: Callable[[Instance], object]
    ) -> None:
        self._dispose = dispose
        self.loaded = loaded
        self.reuse = reuse
        self._most = idle
        self._failures = 0
        self._timer: asyncio.TimerHandle | None = None
        self._idle: deque[Instance] = deque()
        assembled = loaded.assembly.open(loaded.budget)
        try:
            # The same in every instance: data of our own module.
            self.shim = assembled.number(SHIM)
            self.places = assembled.words(self.shim, 3)
            self.memory = assembled.memory()
        except Failed as failed:
            raise InternalError(f"our shim does not begin: {failed.ending.message}") from None
        finally:
            assembled.close()

    def take_fresh(self) -> Instance:
        """An instance that has answered nothing yet.

        Raises:
            Failed: it did not come through its start.
        """
        return self.adopt(self.loaded.assembly.open(self.loaded.budget))

    def adopt(self, assembled: Assembled) -> Instance:
        """An instance out of parts that were just made."""
        return Instance(assembled, self.shim, self.places, self.loaded.starts)

    def distrust(self) -> bool:
        """A used instance failed at what a fresh one could do; whether none is used again now.

        There are guests that answer one request only, and say so by failing at the next.
        """
        self._failures += 1
        if self._failures < MOST_FAILURES or self.reuse == 1:
            return False
        self.reuse = 1
        self.close()
        return True

    def take(self) -> Instance:
        """An instance for one request.

        Raises:
            Failed: it did not come through its start.
        """
        if self._idle:
            return self._idle.pop()
        return self.take_fresh()

    def give(self, instance: Instance, well: bool) -> None:
        """Takes an instance back; one that did not end well is never used again."""
        instance.uses += 1
        if well and instance.uses > 1:
            self._failures = 0
        if well and instance.uses < self.reuse and len(self._idle) < self._most:
            instance.since = time.monotonic()
            self._idle.append(instance)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._age)
        else:
            self._dispose(instance)

    def _age(self) -> None:
        """Frees what nobody has used for long; the rest is looked at again later."""
        self._timer = None
        before = time.monotonic() - IDLE_S
        while self._idle and self._idle[0].since <= before:
            self._idle.popleft().close()
        if self._idle:
            self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._age)

    def close(self) -> None:
        """Frees what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._idle:
            self._idle.pop().close()

    def __len__(self) -> int:
        """How many wait for a request."""
        return len(self._idle)
