"""The requests that a guest makes while it answers one: to the outside, or to apps beside it."""

from __future__ import annotations

from itertools import count

from wherever.edge.guest.neighbour import NeighbourCall
from wherever.edge.internal import neighbour
from wherever.net.budget import OPEN
from wherever.net.call import BODY, HEAD
from wherever.net.error import NetError
from wherever.wasi.asked import asked, block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from wherever.edge.exchange import Exchange
    from wherever.edge.guest.outside import Outside
    from wherever.edge.internal import Response
    from wherever.net.budget import Budget
    from wherever.net.call import Call
    from wherever.net.request import Request

    AnyCall = Call | NeighbourCall


class Fetching:
    """The calls of one request's guest, each known to it by a number.

    Args:
        outside: what its app may reach.
        exchange: the request that it answers.
        on_change: called when something of a call has become ready.
    """

    def __init__(
        self, outside: Outside, exchange: Exchange, on_change: Callable[[], object]
    ) -> None:
        self._outside = outside
        self._exchange = exchange
        self._on_change = on_change
        self._budget: Budget | None = None
        self._calls: dict[int, AnyCall] = {}
        self._answered: set[int] = set()
        self._open: dict[int, AnyCall] = {}
        self._numbers = count(1)

    def start(self, told: bytes) -> int:
        """Begins a call; its number.

        Args:
            told: as `asked` reads it.

        Raises:
            NetError: it is not granted, or cannot be sent as it is.
        """
        request, has_body, timeouts = asked(told)
        authority = told.split(b"\n", 3)[2]
        self._open = {number: call for number, call in self._open.items() if not call.is_over}
        if len(self._open) >= OPEN:
            raise NetError(
                "connection-limit-reached",
                f"{OPEN} requests are under way or have unread answers, all that may",
            )
        number = next(self._numbers)
        if neighbour(authority) is not None:
            call: AnyCall = self._beside(request, authority, has_body)
        else:
            if self._budget is None:
                self._budget = self._outside.client.run()
            call = self._outside.client.start(
                request,
                None if has_body else b"",
                timeouts=timeouts,
                budget=self._budget,
                on_change=self._on_change,
            )
        self._calls[number] = self._open[number] = call
        return number

    def _beside(self, request: Request, authority: bytes, has_body: bool) -> NeighbourCall:
        outside, exchange = self._outside, self._exchange

        def begin(body: bytes | AsyncIterator[bytes]) -> Awaitable[Response]:
            return outside.neighbours.call(
                outside.name,
                exchange,
                authority,
                request.method,
                request.target.encode("latin-1"),
                list(request.headers),
                body,
            )

        return NeighbourCall(begin, has_body, self._on_change)

    def head(self, number: int) -> bytes | None:
        """The head of a response as lines, "status" first; None while it is not there.

        Raises:
            NetError: the call failed.
        """
        call = self._calls[number]
        if not call.is_ready(HEAD):
            return None
        if call.status is None:
            assert call.error is not None
            raise call.error
        self._answered.add(number)
        return block([(b"status", b"%d" % call.status), *call.headers])

    def is_ready(self, number: int) -> bool:
        """Whether what comes next of a response is there: its head, then its body."""
        call = self._calls.get(number)
        return call is None or call.is_ready(BODY if number in self._answered else HEAD)

    def call(self, number: int) -> AnyCall | None:
        """The call of that number, where it was not closed."""
        return self._calls.get(number)

    def end(self, number: int) -> None:
        """Nobody wants the rest of a call."""
        call = self._calls.pop(number, None)
        if call is not None:
            call.close()
            self._open.pop(number, None)

    def close(self) -> None:
        """Ends all of them."""
        for call in self._calls.values():
            call.close()
        self._calls.clear()
        if self._budget is not None:
            self._budget.close()
