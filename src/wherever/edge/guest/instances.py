"""Instances of one app: a fresh one for each request, or some that are used again."""

from __future__ import annotations

import ctypes
from collections import deque

from wherever.edge.guest.shim import Shim
from wherever.engine.instance import Failed
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.guest.loading import Loaded
    from wherever.engine.assembly import Assembled


class Instance:
    """One instance of a handler.

    Attributes:
        assembled: its parts.
        address: where the shim's memory lies in this process.
        size: bytes of the shim's memory that may be looked at.
        place: where the shim's buffers lie.
        numbers: the shim's struct.
        uses: requests that it has answered.
    """

    __slots__ = ("address", "assembled", "numbers", "place", "uses")

    def __init__(self, assembled: Assembled, at: int, place: Shim) -> None:
        self.assembled = assembled
        self.address = assembled.address
        self.place = place
        self.numbers = Shim.from_address(self.address + at)
        self.uses = 0

    @property
    def size(self) -> int:
        """Bytes of the shim's memory."""
        return self.assembled.size()

    def close(self) -> None:
        """Frees it."""
        self.assembled.close()


class Instances:
    """Where an app's instances come from.

    Args:
        loaded: the handler.
        reuse: requests that one instance may answer; 1 for a fresh one each.
        idle: how many may wait for a request.
    """

    def __init__(self, loaded: Loaded, reuse: int, idle: int) -> None:
        self._loaded = loaded
        self._reuse = reuse
        self._most = idle
        self._idle: deque[Instance] = deque()
        self._at = 0
        self._place = Shim()
        self._look()

    def _look(self) -> None:
        """Asks the shim once where its struct is; it is there in every instance."""
        assembled = self._loaded.shimmed.assembly.open(self._loaded.budget)
        try:
            self._at = assembled.number(b"shim")
            self._place = Shim.from_buffer_copy(
                ctypes.string_at(assembled.address + self._at, ctypes.sizeof(Shim))
            )
        except Failed as failed:
            raise InternalError(f"our shim does not begin: {failed.ending.message}") from None
        finally:
            assembled.close()

    def take(self) -> Instance:
        """An instance for one request.

        Raises:
            Failed: it did not come through its start.
        """
        if self._idle:
            return self._idle.pop()
        assembled = self._loaded.shimmed.assembly.open(self._loaded.budget)
        return Instance(assembled, self._at, self._place)

    def give(self, instance: Instance, well: bool) -> None:
        """Takes an instance back; one that did not end well is never used again."""
        instance.uses += 1
        if well and instance.uses < self._reuse and len(self._idle) < self._most:
            self._idle.append(instance)
        else:
            instance.close()

    def close(self) -> None:
        """Frees what waits."""
        while self._idle:
            self._idle.pop().close()

    def __len__(self) -> int:
        """How many wait for a request."""
        return len(self._idle)
