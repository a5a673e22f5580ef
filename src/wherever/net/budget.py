"""How much of the network a guest may use, and how much it has used."""

from __future__ import annotations

from dataclasses import dataclass

from wherever.net.error import NetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Open(Protocol):
        """Something that ends with its run."""

        def close(self) -> None:
            """Ends it; a second time nothing happens."""


OPEN = 64
"""Requests of one guest that may be under way, or have answers that wait to be read: these take
memory of ours. To the network, fewer may be under way."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be used. None has no limit.

    The numbers are for one run. They let a guest fetch a model of a language, and end one that
    was made to send someone's disk away or to make a flood, within minutes.

    Attributes:
        calls: requests under way at a time.
        requests: requests in all.
        sent: bytes out, heads included.
        received: bytes in, heads included.
    """

    calls: int | None = 16
    requests: int | None = 10_000
    sent: int | None = 256 << 20
    received: int | None = 1 << 30


UNBOUNDED = Allowance(None, None, None, None)
"""For an app as a whole, which may run for years; its runs have budgets of their own."""


class Budget:
    """What one run, or one app, has used of the network. What ends it names itself.

    Args:
        allowance: what may be used.
        above: the budget of whoever this one belongs to: all that is used here is used there.

    Attributes:
        ended: the part of the allowance that was used up first, by its name, or "".
    """

    __slots__ = ("_open", "above", "allowance", "ended", "received", "requests", "sent")

    def __init__(self, allowance: Allowance, above: Budget | None = None) -> None:
        self.allowance = allowance
        self.above = above
        self.requests = self.sent = self.received = 0
        self.ended = ""
        self._open: set[Open] = set()

    @property
    def open(self) -> int:
        """How many requests are under way."""
        return len(self._open)

    def begin(self, call: Open) -> None:
        """One more request, which ends with this budget where it does not end before.

        Raises:
            NetError: there are too many, now or in all.
        """
        calls, requests = self.allowance.calls, self.allowance.requests
        if calls is not None and len(self._open) >= calls:
            raise NetError(
                "connection-limit-reached", f"{calls} requests are under way, all that may be"
            )
        if requests is not None and self.requests >= requests:
            self.ended = self.ended or "requests"
            raise NetError("HTTP-request-denied", f"{requests} requests were made, all that may be")
        if self.above is not None:
            self.above.begin(call)
        self.requests += 1
        self._open.add(call)

    def done(self, call: Open) -> None:
        """The request is no longer under way."""
        self._open.discard(call)
        if self.above is not None:
            self.above.done(call)

    def gave(self, count: int) -> None:
        """So many bytes go out.

        Raises:
            NetError: that is more than may; none of them is to be sent.
        """
        most = self.allowance.sent
        if most is not None and self.sent + count > most:
            self.ended = self.ended or "sent"
            raise NetError(
                "HTTP-request-body-size", f"{most} bytes were sent, all that may be", size=most
            )
        if self.above is not None:
            self.above.gave(count)
        self.sent += count

    def came(self, count: int) -> None:
        """So many bytes came in.

        Raises:
            NetError: that is more than may.
        """
        most = self.allowance.received
        self.received += count
        if self.above is not None:
            self.above.came(count)
        if most is not None and self.received > most:
            self.ended = self.ended or "received"
            raise NetError(
                "HTTP-response-body-size", f"{most} bytes were received, all that may be", size=most
            )

    def close(self) -> None:
        """The run is over: ends what is still under way."""
        for call in tuple(self._open):
            call.close()
