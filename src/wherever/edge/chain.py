"""Apps that stand before another: each sees the request, and answers it or passes it on.

A middleware is an app like any other. It passes a request on by asking `http://next.internal`,
with the path, headers and body that it wants the next one to see, and answers with what comes
back, changed or not. One that is written in Python may hand on the exchange itself, with
`exchange.next.serve(exchange)`, which costs nothing.
"""

from __future__ import annotations

from wherever.edge.exchange import Exchange
from wherever.edge.routing import BODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wherever.edge.exchange import App, Headers


class Chain:
    """An app with others before it.

    Args:
        before: those that see the request first, in that order.
        app: the one that they stand before.
    """

    __slots__ = ("_first", "_rest", "max_body")

    def __init__(self, before: Sequence[App], app: App) -> None:
        self._first = before[0]
        self._rest: App = Chain(before[1:], app) if before[1:] else app
        self.max_body = getattr(app, "max_body", BODY)

    def serve(self, exchange: Exchange) -> None:
        """Has the first one answer."""
        self._first.serve(Step(exchange, self._rest))


class Step(Exchange):
    """A request as a middleware sees it: the same, and who follows.

    Attributes:
        next: who answers what this one passes on.
        trail: the apps that wait for the answer.
    """

    __slots__ = ("_inner", "next", "trail")

    def __init__(self, inner: Exchange, follows: App) -> None:
        self._inner = inner
        self.next = follows
        self.trail: tuple[str, ...] = getattr(inner, "trail", ())
        self.method = inner.method
        self.target = inner.target
        self.authority = inner.authority
        self.scheme = inner.scheme
        self.client = inner.client
        self.headers = inner.headers
        self.body = inner.body
        self.id = inner.id
        self.params = inner.params

    async def read(self) -> bytes:
        return await self._inner.read()

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        self._inner.answer(status, headers, body)

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        self._inner.start(status, headers, length)

    def write(self, data: bytes) -> None:
        self._inner.write(data)

    async def drain(self) -> None:
        await self._inner.drain()

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._inner.finish(trailers)

    def fail(self) -> None:
        self._inner.fail()

    @property
    def started(self) -> bool:
        return self._inner.started

    @property
    def is_gone(self) -> bool:
        return self._inner.is_gone

    def __getattr__(self, name: str) -> object:
        # What the contract's slots do not hold here: trailers, which come later, and on_gone.
        if name in ("trailers", "on_gone"):
            return getattr(self._inner, name)
        raise AttributeError(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("trailers", "on_gone"):
            setattr(self._inner, name, value)
        else:
            super().__setattr__(name, value)
