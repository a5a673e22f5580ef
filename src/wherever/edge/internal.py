"""Apps that call each other in memory: a whole exchange without a socket.

A guest asks for `http://shop.internal/cart` as for any address, and the app called `shop` answers,
whatever its routes are and where it is private too. Who called whom is kept on this side, where no
guest can forget or forge it: a call that would come back to an app that waits for it is refused
with 508, and so is one that is too deep.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass, field

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.routing import BODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from wherever.edge.exchange import App, Headers

DOMAIN = ".internal"
"""What a host's name ends in that is an app of this server."""

NEXT = "next"
"""The name under which a middleware reaches who follows it: `http://next.internal`."""

DEEPEST = 8
"""Apps that may wait for each other."""

AHEAD = 256 << 10
"""Bytes of an answer that may wait for who reads it."""

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_ids = itertools.count(int.from_bytes(os.urandom(7), "big"))


@dataclass(slots=True)
class Response:
    """An answer that is read piece by piece, or at once with `whole`.

    Attributes:
        trailers: there once the body was read to its end.
    """

    status: int
    headers: Headers
    exchange: MemoryExchange
    trailers: Headers = field(default_factory=list)

    async def read(self) -> bytes:
        """The next piece of the body, or b"" at its end.

        Raises:
            Gone: the app gave up in the middle.
        """
        piece = await self.exchange.take()
        if not piece:
            self.trailers = self.exchange.sent_trailers
        return piece

    async def whole(self) -> bytes:
        """All of the body that was not read yet.

        Raises:
            Gone: the app gave up in the middle.
        """
        pieces = []
        while piece := await self.read():
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Tells the app that nobody reads on."""
        self.exchange.leave()


class MemoryExchange(Exchange):
    """One request and its answer, both in memory.

    Attributes:
        trail: the apps that wait for this answer, the first one first.
        max_body: bytes that the body may have; None for any.
        sent_trailers: what came after the body of the answer.
    """

    __slots__ = (
        "_came",
        "_finished",
        "_gone",
        "_head",
        "_pieces",
        "_source",
        "_waiting",
        "_wakes",
        "_whole",
        "max_body",
        "sent_trailers",
        "trail",
    )

    def __init__(
        self,
        method: str,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncIterator[bytes] = b"",
        authority: bytes = b"",
        trail: tuple[str, ...] = (),
        id: str = "",
    ) -> None:
        self.method = method
        self.target = target
        self.authority = authority
        self.scheme = "http"
        self.client = "internal"
        self.headers = headers
        self.body = body if isinstance(body, bytes) else None
        self._whole = self.body or b""
        self._source = None if isinstance(body, bytes) else body
        self.trailers = []
        self.id = id or f"{next(_ids) & (1 << 64) - 1:016x}"
        self.params = {}
        self.on_gone = None
        self.trail = trail
        self.max_body: int | None = None
        self._came = 0
        self.sent_trailers: Headers = []
        self._head: asyncio.Future[tuple[int, Headers]] = asyncio.get_running_loop().create_future()
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._finished = False
        self._gone = False
        self._wakes: list[asyncio.Future[None]] = []

    # ----- the app's side

    async def read(self) -> bytes:
        if self._gone:
            raise Gone
        if self._source is not None:
            async for piece in self._source:
                self._came += len(piece)
                if self.max_body is not None and self._came > self.max_body:
                    self._refuse_body()
                    raise Gone
                if piece:
                    return piece
            self._source = None
        # Only the first time: as if it had come in one piece.
        whole, self._whole = self._whole, b""
        return whole

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        self.start(status, headers, len(body))
        self.write(body)
        self.finish()

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        if not self._head.done():
            self._head.set_result((status, list(headers)))

    def write(self, data: bytes) -> None:
        if data and not self._gone and not self._finished:
            self._pieces.append(bytes(data))
            self._waiting += len(data)
            self._wake()

    async def drain(self) -> None:
        while self._waiting > AHEAD and not self._gone:
            await self._sleep()
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.sent_trailers = list(trailers)
        self._finished = True
        self._wake()

    def fail(self) -> None:
        if not self._head.done():
            self.answer(502, [], b"")
        self._gone = True
        self._wake()

    def _refuse_body(self) -> None:
        """Answers in the app's place: the body is longer than it takes."""
        if not self._head.done():
            self.answer(413, [_PLAIN], b"the body is too long\n")
        self._gone = True
        self._wake()

    @property
    def started(self) -> bool:
        return self._head.done()

    @property
    def is_gone(self) -> bool:
        return self._gone

    # ----- the caller's side

    async def head(self) -> tuple[int, Headers]:
        """Status and headers, when the app has begun its answer."""
        return await asyncio.shield(self._head)

    async def take(self) -> bytes:
        """The next piece of the answer, or b"" at its end.

        Raises:
            Gone: the app gave up in the middle.
        """
        while not self._pieces:
            if self._finished:
                return b""
            if self._gone:
                raise Gone
            await self._sleep()
        piece = self._pieces.pop(0)
        self._waiting -= len(piece)
        self._wake()
        return piece

    def leave(self) -> None:
        """The caller goes away."""
        if self._finished or self._gone:
            return
        self._gone = True
        self._wake()
        if self.on_gone is not None:
            self.on_gone()

    async def _sleep(self) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wakes.append(wake)
        await wake

    def _wake(self) -> None:
        wakes, self._wakes = self._wakes, []
        for wake in wakes:
            if not wake.done():
                wake.set_result(None)


async def call(
    app: App,
    method: str,
    target: bytes,
    headers: Headers,
    body: bytes | AsyncIterator[bytes] = b"",
    *,
    authority: bytes = b"",
    trail: tuple[str, ...] = (),
    id: str = "",
) -> Response:
    """The answer of an app, as soon as it has begun; 413 where the body is longer than it takes.

    Args:
        authority: the host that is asked for.
        trail: the apps that wait for this answer.
        id: of the request that this one is made for, so that logs can tell.
    """
    given = [each for each in headers if each[0] != b"host"]
    exchange = MemoryExchange(
        method, target, [(b"host", authority), *given], body, authority, trail, id
    )
    try:
        most = getattr(app, "max_body", BODY)
        exchange.max_body = most(exchange) if callable(most) else most
        app.serve(exchange)
    except Exception:
        if exchange.started:
            exchange.fail()
        else:
            exchange.answer(500, [])
        report_broken(app)
    try:
        status, answered = await exchange.head()
    except asyncio.CancelledError:
        exchange.leave()
        raise
    return Response(status, answered, exchange)


def report_broken(app: App) -> None:
    """Has the loop say what an app raised, as it does of a callback."""
    import sys

    asyncio.get_running_loop().call_exception_handler(
        {"message": f"{type(app).__name__} raised in a call", "exception": sys.exc_info()[1]}
    )


class Neighbours:
    """The apps of one server as they reach each other.

    Args:
        apps: by name. The mapping may still be filled after this was made.
    """

    __slots__ = ("_apps",)

    def __init__(self, apps: Mapping[str, App]) -> None:
        self._apps = apps

    async def call(
        self,
        caller: str,
        waiting: Exchange,
        authority: bytes,
        method: str,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncIterator[bytes] = b"",
    ) -> Response:
        """What a neighbour answers, or what we answer in its place.

        Args:
            caller: the name of the app that calls.
            waiting: the request that it answers meanwhile.
            authority: `NAME.internal`; a port is no matter.
        """
        trail = (*trail_of(waiting), caller)
        name = neighbour(authority)
        app: App | None
        if name == NEXT:
            app = getattr(waiting, "next", None)
        else:
            app = self._apps.get(name) if name is not None else None
        if app is None:
            app = _Refusal(502, b"there is no app of that name on this server\n")
        elif name in trail:
            app = _Refusal(508, b"this app waits for the answer itself\n")
        elif len(trail) >= DEEPEST:
            app = _Refusal(508, b"too many apps wait for each other\n")
        return await call(
            app, method, target, headers, body, authority=authority, trail=trail, id=waiting.id
        )


def trail_of(exchange: Exchange) -> tuple[str, ...]:
    """The apps that wait for the answer to a request."""
    return getattr(exchange, "trail", ())


def neighbour(authority: bytes) -> str | None:
    """The app's name in `NAME.internal`, or None where that is another host.

    Example:
        >>> neighbour(b"shop.internal:80"), neighbour(b"internal.example.com")
        ('shop', None)
    """
    host = authority.partition(b":")[0].decode("latin-1").lower().removesuffix(".")
    return host.removesuffix(DOMAIN) if host.endswith(DOMAIN) and host != DOMAIN else None


class _Refusal:
    def __init__(self, status: int, words: bytes) -> None:
        self.status = status
        self.words = words

    def serve(self, exchange: Exchange) -> None:
        exchange.answer(self.status, [_PLAIN], self.words)
