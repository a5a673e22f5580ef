"""A server of HTTP: listening sockets in, an app called, the time of all connections kept."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import resource
import socket
import sys
from time import monotonic

from wherever.edge.http.answers import Clock
from wherever.edge.http.connection import Connection
from wherever.edge.http.ids import Ids
from wherever.edge.http.limits import Limits
from wherever.edge.http.row import Row
from wherever.edge.tls.context import H2
from wherever.edge.tls.handshake import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from wherever.edge.exchange import App, Exchange
    from wherever.edge.http.flow import Flow

    class Talk(Protocol):
        """What the server asks of a connection, from the first byte of its handshake on."""

        due: float
        write_due: float

        @property
        def is_idle(self) -> bool: ...

        @property
        def is_met(self) -> bool: ...

        def drain(self, now: float) -> None: ...

        def part(self) -> None: ...

        def abort(self) -> None: ...

        def expire(self, now: float) -> None: ...

    class Lane(Protocol):
        """A short way for ordinary requests.

        Attributes:
            answered, failed: requests that went this way, and those of them answered 5xx.
        """

        answered: int
        failed: int

        def take(self, data: bytes, client: str, /) -> bytes | tuple[Any, ...] | None:
            """The answer to a request, as bytes; or what `Exchange.begun` is then, or None."""

    Done = Callable[[Exchange, int, int, int, float], object]
    """Called with what was asked, the status, bytes in, bytes out, and seconds."""

CLIENT_GONE = 499
"""The status, in logs only, of a request whose client left before its answer began."""

_SWEEP_SECONDS = 0.5
_BACKLOG = 1024
_SPARE_DESCRIPTORS = 256
_EVICTED_AT_ONCE = 64
# From Linux's netinet/tcp.h; Python has no name for it.
_TCP_NOTSENT_LOWAT = 25
_UNSENT_BYTES = 128 * 1024


class Server:
    """Serves an app on sockets that already listen, until it is closed.

    An app says how large a body it takes by an attribute `max_body`: a number of bytes, None for
    any, or a function from an exchange whose body has not come to one of these. An app that says
    nothing gets bodies of up to `limits.body_bytes`.

    Args:
        app: what answers.
        limits: what clients may ask.
        scheme: `http`, or `https` where something in front has taken off the TLS. Where the
            server takes it off itself, it is `https`.
        done: called at the end of every exchange, for logs and figures. Of a request that was
            refused, the exchange says what could be read; the status of one whose client left
            before it was answered is `CLIENT_GONE`.
        tls: what the server shows at sockets where it speaks TLS itself.

    Attributes:
        is_closing: whether it takes leave of its clients.
        lanes: what sees requests first that come in one piece, by scheme, where there is such.
        row: connections that have more to be answered than one turn is for.
    """

    def __init__(
        self,
        app: App,
        limits: Limits | None = None,
        scheme: str = "http",
        done: Done | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.app = app
        self.limits = limits or Limits()
        self.scheme = scheme
        self.tls = tls
        self.ids = Ids()
        self.clock = Clock()
        self.is_closing = False
        self.lanes: dict[str, Lane | None] = {}
        self.loop: asyncio.AbstractEventLoop
        self.row: Row
        self.context = contextvars.copy_context()
        self._done = done
        self._most: object = getattr(app, "max_body", self.limits.body_bytes)
        self._connections: set[Talk] = set()
        self._most_connections = self.limits.connections
        self._leaving = 0
        self._is_crowded = False
        self._listeners: list[asyncio.Server | Listener] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._empty: asyncio.Future[None] | None = None

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._connections)

    async def start(
        self, sockets: Iterable[socket.socket], secured: Iterable[socket.socket] = ()
    ) -> None:
        """Begins to accept. The sockets are closed with the server, but not removed from disk.

        Args:
            secured: those where TLS is spoken; the server has a `tls` then.
        """
        self.loop = asyncio.get_running_loop()
        self.row = Row(self.loop, self.context)
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if descriptors != resource.RLIM_INFINITY:
            most = max(descriptors - _SPARE_DESCRIPTORS, descriptors // 2)
            self._most_connections = min(self.limits.connections, most)
        for listening in sockets:
            self._listeners.append(await self._listen(listening))
        for listening in secured:
            assert self.tls is not None
            _prepare(listening)
            self._listeners.append(Listener(self, listening, self.tls))
        self._sweep()

    def deafen(self) -> None:
        """Takes no more connections."""
        for listener in self._listeners:
            listener.close()

    async def close(self, seconds: float) -> int:
        """Stops accepting, lets what is under way be answered, and ends.

        Args:
            seconds: for that; what then is left is cut.

        Returns:
            How many connections were cut.
        """
        self.is_closing = True
        self.deafen()
        now = monotonic()
        for connection in tuple(self._connections):
            connection.drain(now)
        await self._emptied(seconds)
        left = tuple(self._connections)
        for connection in left:
            connection.abort()
        # An aborted connection is told of its end in the loop's next round.
        await self._emptied(1)
        if self._sweeper is not None:
            self._sweeper.cancel()
        return len(left)

    # What connections call.

    def welcome(self, connection: Talk) -> bool:
        """Adds a connection; False where there are too many already."""
        self._connections.add(connection)
        above = len(self._connections) - self._most_connections
        if above <= self._leaving:
            return True
        if above > _SPARE_DESCRIPTORS // 2:
            # Even a word to each of so many would take what the others need.
            connection.abort()
            return True
        if self._is_crowded:
            return False
        idle = [other for other in self._connections if other.is_idle and other is not connection]
        # Whoever has not even shaken hands goes first.
        idle = [other for other in idle if not other.is_met] or idle
        for other in heapq.nsmallest(_EVICTED_AT_ONCE, idle, key=lambda other: other.due):
            other.part()
            self._leaving += 1
        # Looked at once between two sweeps: a look at all of them is not for every newcomer.
        self._is_crowded = not idle
        return bool(idle)

    def forget(self, connection: Talk) -> None:
        """A connection has ended."""
        self._connections.discard(connection)
        self._leaving = max(0, self._leaving - 1)
        if not self._connections and self._empty is not None:
            # One that has shaken hands goes on as another.
            self.loop.call_soon(self._look_whether_empty)

    def most_body(self, exchange: Exchange) -> int | None:
        """How long the body of this request may be."""
        most = self._most
        if callable(most):
            most = most(exchange)
        assert most is None or isinstance(most, int)
        return most

    def report(self, exchange: Any) -> None:
        """An exchange has ended."""
        if self._done is None:
            return
        seconds = monotonic() - exchange.began
        status = exchange.status or CLIENT_GONE
        try:
            self._done(exchange, status, exchange.bytes_in, exchange.bytes_out, seconds)
        except Exception as error:
            self.complain(error)

    def call(self, function: Callable[[], object]) -> None:
        """Calls something of the app's, whose mistakes are not ours."""
        try:
            function()
        except Exception as error:
            self.complain(error)

    def complain(self, error: Exception) -> None:
        """Something of the app's has failed: the loop's handler hears of it, never the client."""
        context = {"message": "an app failed to answer a request", "exception": error}
        self.loop.call_exception_handler(context)

    def protocol(self, agreed: str) -> Flow:
        """What speaks with a client after its handshake.

        Args:
            agreed: what ALPN calls that; empty where nothing was said.
        """
        if agreed != H2:
            return Connection(self)
        # Who offers no HTTP/2 does not load it.
        from wherever.edge.http2.connection import Http2Connection

        return Http2Connection(self)

    # Its own.

    async def _listen(self, listening: socket.socket) -> asyncio.Server:
        _prepare(listening)
        if listening.family == socket.AF_UNIX:
            # Whoever made the socket removes its file: another process may go on to accept there.
            keep: dict[str, Any] = {}
            if sys.version_info >= (3, 13) and isinstance(self.loop, asyncio.BaseEventLoop):
                keep = {"cleanup_socket": False}
            return await self.loop.create_unix_server(
                self._connection, sock=listening, backlog=_BACKLOG, **keep
            )
        return await self.loop.create_server(self._connection, sock=listening, backlog=_BACKLOG)

    def _connection(self) -> Connection:
        return Connection(self)

    def _sweep(self) -> None:
        """One timer for all: a timer for each request would cost more than the request."""
        self._sweeper = self.loop.call_later(_SWEEP_SECONDS, self._sweep)
        self.clock.tick()
        self._is_crowded = False
        now = monotonic()
        for connection in tuple(self._connections):
            if 0 < connection.due <= now or 0 < connection.write_due <= now:
                connection.expire(now)

    def _look_whether_empty(self) -> None:
        if not self._connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    async def _emptied(self, seconds: float) -> None:
        if self._connections:
            self._empty = self.loop.create_future()
            await asyncio.wait((self._empty,), timeout=seconds)


def _prepare(listening: socket.socket) -> None:
    listening.setblocking(False)
    if listening.family != socket.AF_UNIX:
        # What waits in the kernel for a slow reader is memory as well, and hides that it reads.
        listening.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
