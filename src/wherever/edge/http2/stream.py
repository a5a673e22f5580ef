"""One stream: a request's body on its way to the app, and its answer on its way to the client."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic

from wherever.edge.http.body import Inflow, add
from wherever.edge.http.head import EXPECTS, Refused
from wherever.edge.http2.frames import (
    FLOW_CONTROL_ERROR,
    NO_ERROR,
    PAYLOAD_BYTES,
    PROTOCOL_ERROR,
    STREAM_CLOSED,
    StreamFault,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Headers
    from wherever.edge.http2.exchange import Http2Exchange
    from wherever.edge.http2.outflow import Outflow

STREAM_BYTES = 256 * 1024
"""What a client may send ahead of an app that reads a long body."""

_UNKNOWN = -1
_WAITING_BYTES = 64 * 1024


class Stream:
    """What is known of a stream while it lasts.

    Args:
        window: what the client takes of its answer before it says more.

    Attributes:
        connection: whose it is.
        id: its number.
        exchange: what the app answers; none where the stream has ended.
        window: bytes of the answer that may be sent.
        waits: bytes of the answer that wait to be sent.
        is_queued: whether the connection knows that some wait.
        has_ended: whether the client has said all of its request.
        blocked_since: when the client's window was found closed, or 0.
    """

    __slots__ = (
        "_announced",
        "_came",
        "_credit",
        "_drains",
        "_ends",
        "_expects",
        "_held",
        "_more",
        "_most",
        "_out",
        "_owed",
        "_pieces",
        "_since",
        "_trailers",
        "_waited",
        "blocked_since",
        "connection",
        "exchange",
        "has_ended",
        "id",
        "is_queued",
        "waits",
        "window",
    )

    def __init__(self, connection: Outflow, id: int, window: int) -> None:
        self.connection = connection
        self.id = id
        self.exchange: Http2Exchange
        self.window = window
        self.waits = 0
        self.is_queued = self.has_ended = False
        self.blocked_since = 0.0
        self._credit = connection.stream_window
        self._came = self._held = self._owed = self._more = 0
        self._announced = _UNKNOWN
        self._most: int | None = None
        self._expects = self._ends = False
        self._pieces: list[bytes] = []
        self._since = self._waited = 0.0
        self._out: deque[bytes | memoryview] = deque()
        self._trailers: Headers = []
        self._drains: list[asyncio.Future[None]] = []

    # The request.

    def begin(self, head: tuple[str, bytes, bytes, Headers, int, int], ended: bool) -> None:
        """The head is there.

        Args:
            head: as the parser of heads gives it.
            ended: there is no body.

        Raises:
            Refused, StreamFault: it is not served.
        """
        exchange = self.exchange
        length, flags = head[4], head[5]
        has_length = any(name == b"content-length" for name, _ in head[3])
        self._announced = length if has_length else _UNKNOWN
        self.has_ended = ended
        if ended:
            if length:
                raise StreamFault(PROTOCOL_ERROR, "the body is shorter than its length")
            self._serve()
            return
        server = self.connection.server
        try:
            self._most = server.most_body(exchange)
        except Exception as error:
            self._blame(exchange, error)
            return
        if self._most is not None and length > self._most:
            raise Refused(413, "the body is too long")
        self._expects = bool(flags & EXPECTS)
        if self._expects or length > server.limits.held_bytes:
            self._stream([])
        else:
            self._since = monotonic()

    def take(self, data: bytes, size: int, ended: bool) -> None:
        """A piece of the body.

        Args:
            size: its bytes, and those that filled its frame up.

        Raises:
            Refused, StreamFault: this is no body, or one that is not served.
        """
        if self.has_ended:
            raise StreamFault(STREAM_CLOSED, "a body goes on after its end")
        exchange = self.exchange
        exchange.bytes_in += size + 9
        self._credit -= size
        if self._credit < 0:
            raise StreamFault(FLOW_CONTROL_ERROR, "more was sent than the window had room for")
        self._held += len(data)
        self._owe(size - len(data))
        self._came += len(data)
        self._end_of(ended)
        if exchange.is_gone or exchange.is_complete:
            self._give_back()
            return
        if self._since:
            now = self._check_pace()
            # Who gathers waits on; an app that reads says when it waits again.
            self._since = now if exchange.inflow is None and not ended else 0
        if self._most is not None and self._came > self._most:
            raise Refused(413, "the body is too long")
        inflow = exchange.inflow
        pieces = [data] if data else []
        if inflow is not None:
            inflow.put(pieces, len(data), ended)
            return
        add(self._pieces, pieces)
        if not ended and self._came <= self.connection.server.limits.held_bytes:
            return
        pieces, self._pieces = self._pieces, []
        if not ended:
            self._stream(pieces)
            return
        exchange.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._give_back()
        self._serve()

    def take_trailers(self, fields: Headers) -> None:
        """What came after the body, which ends with that."""
        self.exchange.trailers = fields
        self.take(b"", 0, True)

    def touch(self, part: int) -> None:
        """So much has come of a piece that is not whole.

        Raises:
            Refused: it comes too slowly.
        """
        if self._since:
            self._since = self._check_pace(part)

    def expire(self, now: float) -> None:
        """Looks whether the client takes too long.

        Raises:
            Refused: it does, for what it sends.
            StreamFault: for what it is to take.
        """
        limits = self.connection.server.limits
        if self._since and now - self._since > limits.body_idle_seconds:
            self._since = 0
            raise Refused(408, "the body of the request took too long")
        if self.blocked_since and now - self.blocked_since > limits.write_seconds:
            raise StreamFault(NO_ERROR, "nothing was taken of the answer")

    # What the exchange calls.

    def say_head(self, status: int, fields: Headers, ends: bool) -> None:
        """The head of the answer."""
        self._expects = False
        self.connection.send_head(self, self.connection.fields.answer(status, fields), ends)

    def say(self, data: bytes) -> None:
        """A piece of the answer's body."""
        self._out.append(data)
        self.waits += len(data)
        self.connection.queue(self)

    def end(self, trailers: Headers | None = None) -> None:
        """The end of the answer."""
        self._trailers = trailers or []
        self._ends = True
        self.connection.queue(self)

    def cut(self, code: int) -> None:
        """The answer cannot be completed."""
        self.connection.cut(self, code)

    async def emptied(self) -> None:
        """Waits until most of what was said is sent, or the client gone."""
        while self.waits > _WAITING_BYTES:
            waiter = self.connection.server.loop.create_future()
            self._drains.append(waiter)
            await waiter

    # What the connection calls.

    @property
    def has_output(self) -> bool:
        """Whether something waits to be sent, be it only the end."""
        return self.waits > 0 or self._ends

    def next(self, most: int) -> tuple[bytes, bool, Headers]:
        """The next piece to be sent, whether it is the last, and what follows the last.

        Args:
            most: bytes of it.
        """
        out = self._out
        pieces = []
        left = most
        while out and left:
            piece = out.popleft()
            if len(piece) > left:
                # A view: the rest of a long piece is not copied for each frame.
                rest = memoryview(piece)
                out.appendleft(rest[left:])
                piece = rest[:left]
            left -= len(piece)
            pieces.append(piece)
        self.waits -= most - left
        self.window -= most - left
        self.blocked_since = 0
        if self.waits <= _WAITING_BYTES:
            self._wake()
        return b"".join(pieces), self._ends and not self.waits, self._trailers

    def close(self) -> None:
        """Nothing comes or goes any more."""
        self.waits, self._ends = 0, False
        self._out.clear()
        self._since = self.blocked_since = 0
        self.exchange.lose()
        self._wake()
        self._held = 0
        self.connection.spare += self._more
        self._more = 0

    # Its own.

    def _end_of(self, ended: bool) -> None:
        announced = self._announced
        if announced != _UNKNOWN and (
            self._came > announced or (ended and self._came != announced)
        ):
            raise StreamFault(PROTOCOL_ERROR, "the body is not as long as was said")
        self.has_ended = ended

    def _stream(self, pieces: list[bytes]) -> None:
        """Calls the app before it has the body."""
        exchange = self.exchange
        exchange.body = None
        exchange.inflow = Inflow(self._want, self._give_back)
        exchange.inflow.put(pieces, sum(map(len, pieces)), self.has_ended)
        self._since = 0
        more = min(STREAM_BYTES - self.connection.stream_window, self.connection.spare)
        if more > 0 and not self.has_ended:
            self._more = more
            self.connection.spare -= more
            self._credit += more
            self.connection.open_window(self.id, more)
        self._serve()

    def _want(self) -> asyncio.Future[None]:
        """The app waits for more of the body."""
        if self._expects:
            self._expects = False
            self.connection.send_continue(self)
        if not self.has_ended:
            self._since = monotonic()
        return self.connection.server.loop.create_future()

    def _give_back(self) -> None:
        """What came was taken: as much may come again."""
        held, self._held = self._held, 0
        self._owe(held)

    def _owe(self, size: int) -> None:
        if not self.has_ended and size:
            self._owed += size
            # What is gathered is not given back: its last byte must come beside what is owed.
            gathers = self.exchange.inflow is None
            most = PAYLOAD_BYTES if gathers else self.connection.stream_window
            if self._owed >= most // 2:
                self._credit += self._owed
                self.connection.open_window(self.id, self._owed)
                self._owed = 0

    def _check_pace(self, part: int = 0) -> float:
        """Something has come that was waited for: was it worth that? The time by now."""
        limits = self.connection.server.limits
        now = monotonic()
        self._waited += now - self._since
        if self._waited > limits.body_grace_seconds:
            if self._came + part < limits.body_rate * self._waited:
                raise Refused(408, "the body of the request came too slowly")
        return now

    def _serve(self) -> None:
        exchange = self.exchange
        self._since = 0 if exchange.inflow is None else self._since
        try:
            self.connection.server.app.serve(exchange)
        except Exception as error:
            self._blame(exchange, error)

    def _blame(self, exchange: Http2Exchange, error: Exception) -> None:
        self.connection.server.complain(error)
        exchange.fail()

    def _wake(self) -> None:
        drains, self._drains = self._drains, []
        for waiter in drains:
            if not waiter.done():
                waiter.set_result(None)
