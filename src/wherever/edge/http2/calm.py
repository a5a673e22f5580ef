"""How much a client may disturb: what costs it nothing to send, and us something to do."""

from __future__ import annotations

from time import monotonic

from wherever.edge.http2.frames import ENHANCE_YOUR_CALM, Fault

MOST = 400
"""What may come at once. A page that is left gives up some hundred requests in a moment."""

A_SECOND = 50
"""What may come again and again."""

FRAME = 1
"""What a frame costs that asks for nothing: a ping, a setting, a window, an empty piece."""

WASTE = 3
"""What a request costs that was given up, by the client or because it is none."""


class Calm:
    """What is left of a client's allowance. What it truly takes of answers is added to it."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = MOST
        self._at = monotonic()

    def spend(self, cost: int) -> None:
        """Takes some off.

        Raises:
            Fault: there is none left.
        """
        self._left -= cost
        if self._left >= 0:
            return
        now = monotonic()
        self.earn(int((now - self._at) * A_SECOND))
        self._at = now
        if self._left < 0:
            raise Fault(ENHANCE_YOUR_CALM, "too much of what asks for nothing")

    def earn(self, amount: int) -> None:
        """Adds some."""
        self._left = min(MOST, self._left + amount)
