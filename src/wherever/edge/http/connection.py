"""A connection: heads and bodies read off it one by one, and its time kept."""

from __future__ import annotations

import asyncio
from time import monotonic

from wherever.edge.http.body import Chunked, Inflow, Sized
from wherever.edge.http.ends import Ends
from wherever.edge.http.exchange import HttpExchange
from wherever.edge.http.head import CHUNKED, EXPECTS, MODERN, Refused, check_beginning, known, parse
from wherever.edge.http.phases import DISCARD, ENDED, GATHER, HEAD, LINGER, STREAM, WAIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.http.server import Server

_REQUESTS_AT_ONCE = 16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(Ends):
    """Requests are answered in their order, and the app sees the next when the last is answered."""

    __slots__ = (
        "_advancing",
        "_begun",
        "_body",
        "_expects",
        "_most",
        "_pieces",
        "_scheduled",
        "_searched",
    )

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._begun: tuple[Any, ...] | None = None
        self._searched = 0
        self._body: Sized | Chunked | None = None
        self._pieces: list[bytes] = []
        self._most: int | None = None
        self._expects = self._advancing = self._scheduled = False

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._meet(transport)
        self.due = monotonic() + self.server.limits.idle_seconds
        if not self.server.welcome(self):
            self._refuse(503, "this server has too many connections")
        elif self.server.is_closing:
            self.drain(monotonic())

    def data_received(self, data: bytes) -> None:
        if self._phase >= LINGER:
            self._forget(len(data))
            return
        if self._at >= len(self._data) and not self._scheduled and self._is_served(data):
            return
        left = self._data[self._at :]
        self._searched = self._searched - self._at if left else 0
        self._data = left + data if left else data
        self._at = 0
        if self._scheduled:
            self._hold_back(len(self._data))
        else:
            self._advance()

    def eof_received(self) -> bool:
        self._half_closed = True
        # What came before is still read.
        if self._phase != WAIT and not self._scheduled and not (self._phase == HEAD and self._full):
            return False
        if self._exchange is not None and not self._exchange.started:
            self.due = monotonic() + self.server.limits.half_closed_seconds
        return not self._secured  # Over TLS there is no half of a connection.

    def connection_lost(self, error: Exception | None) -> None:
        self._phase, self._data, self._at = ENDED, b"", 0
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.lose()
            self.server.report(exchange)
        self._full = False
        self._wake()
        self.server.forget(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._phase == HEAD and (self._at < len(self._data) or self._half_closed):
            self._schedule()

    # What exchanges call.

    def is_last(self, whole: bool) -> bool:
        """Whether the connection ends after an answer, whatever the client wants.

        Args:
            whole: as of now there is nobody who would read the rest of a body.
        """
        unread = whole and self._phase != WAIT and self._is_long_to_discard()
        return unread or self.server.is_closing

    def finished(self, exchange: HttpExchange) -> None:
        """Its answer is complete."""
        self._exchange = None
        self.server.report(exchange)
        if not exchange.keeps:
            self.part(lingers=self._phase != WAIT or self._at < len(self._data))
        elif self._phase == WAIT:
            self._await_request()
            if self._at < len(self._data) or self._half_closed:
                self._schedule()
        elif not self._is_long_to_discard():
            self._phase = DISCARD
            self._came = 0
            self._await_body()
            self._resume()
            self._schedule()
        else:
            self.part(lingers=True)

    def cut(self, exchange: HttpExchange) -> None:
        """Its answer cannot be completed."""
        self._exchange = None
        self.server.report(exchange)
        self.transport.abort()

    # Reading.

    def _is_served(self, data: bytes) -> bool:
        """Whether the short way has answered this; it may also have begun to."""
        server = self.server
        lane = server.lanes.get(self.scheme)
        if lane is None or self._phase != HEAD or self._full or server.is_closing:
            return False
        taken = lane.take(data, self.client)
        if not isinstance(taken, bytes):
            self._begun = taken
            return False
        self.due = monotonic() + server.limits.idle_seconds
        self.give(taken)
        return True

    def _schedule(self) -> None:
        if not self._advancing and not self._scheduled:
            self._scheduled = True
            # Not in the context of the app that has just answered.
            self.server.loop.call_soon(self._go_on, context=self.server.context)

    def _go_on(self) -> None:
        self._scheduled = False
        self._advance()

    def _advance(self) -> None:
        """Does what can be done with what has come, some requests at a time."""
        self._advancing = True
        turns = _REQUESTS_AT_ONCE
        going = True
        try:
            while going and turns:
                turns -= 1
                if self._phase == HEAD:
                    going = not self._full and self._read_head()
                elif self._phase < WAIT or self._phase == DISCARD:
                    going = self._read_body()
                else:
                    break
                if self._at >= len(self._data):
                    going = False
        except Refused as refused:
            self._refuse(refused.status, refused.why)
        finally:
            self._advancing = False
        waits = len(self._data) - self._at
        if going and waits and not turns:
            self._scheduled = True
            self.server.row.wait(self._go_on)
        elif self._half_closed:
            self._end_of_input()
        if waits or self._phase == STREAM:
            self._hold_back(waits)
        elif self._paused:
            self._resume()

    def _hold_back(self, waits: int) -> None:
        """Reads no further while enough is there that nobody has taken."""
        limits = self.server.limits
        if self._phase == STREAM:
            exchange = self._exchange
            waits = exchange.inflow.size if exchange is not None and exchange.inflow else 0
        elif self._phase not in (HEAD, WAIT):
            waits = 0
        if waits > max(limits.held_bytes, limits.head_bytes):
            self._pause()
        elif self._paused:
            self._resume()

    def _end_of_input(self) -> None:
        # No more will come, and what came is read as far as it can be.
        if self._phase == HEAD and not self._full:
            self.part()
        elif self._phase < WAIT or self._phase == DISCARD:
            self.transport.close()

    def _read_head(self) -> bool:
        data, at, limits = self._data, self._at, self.server.limits
        # RFC 9112 asks to forgive an empty line before a request.
        start = at + 2 if data.startswith(b"\r\n", at) else at
        searched = self._searched
        end = data.find(b"\r\n\r\n", searched if searched > start else start)
        if end < 0:
            self._look_at_beginning(start)
            return False
        end += 4
        if end - start > limits.head_bytes:
            raise self._too_long(start)
        head = parse(data[start:end], limits.headers, limits.target_bytes)
        exchange = self._exchange = HttpExchange(self, head, end - at)
        exchange.begun, self._begun = self._begun, None
        self._at = end
        self._since = self.due = 0
        if head[4]:
            self._begin_body(exchange, head[4], head[5])
        else:
            self._phase = WAIT
            self._serve(exchange)
        return True

    def _look_at_beginning(self, start: int) -> None:
        data, limits = self._data, self.server.limits
        if start >= len(data):
            return
        if len(data) - start > limits.head_bytes:
            raise self._too_long(start)
        check_beginning(data, max(start, self._searched))
        self._searched = max(start, len(data) - 3)
        if not self._since:
            self._since = monotonic()
            self.due = self._since + limits.head_seconds

    def _too_long(self, start: int) -> Refused:
        if 0 <= self._data.find(b"\r\n", start) <= start + self.server.limits.target_bytes:
            return Refused(431, "the head of the request is too long")
        return Refused(414, "the target is too long")

    def _begin_body(self, exchange: HttpExchange, length: int, flags: int) -> None:
        self._phase = GATHER
        try:
            self._most = self.server.most_body(exchange)
        except Exception as error:
            self._blame(exchange, error)
            return
        if self._most is not None and length > self._most:
            raise Refused(413, "the body is too long")
        limits = self.server.limits
        self._body = Chunked(limits.headers) if length == CHUNKED else Sized(length)
        self._came = 0
        self._waited = 0.0
        # Whoever has begun to send it waits for nothing.
        self._expects = bool(flags & EXPECTS) and self._at == len(self._data)
        if self._expects or length > limits.held_bytes:
            self._stream(exchange, [], 0)
        else:
            self._await_body()

    def _stream(self, exchange: HttpExchange, pieces: list[bytes], size: int) -> None:
        """Calls the app before it has the body."""
        exchange.body = None
        exchange.inflow = Inflow(self._want, self._resume)
        exchange.inflow.put(pieces, size, self._phase == WAIT)
        if self._phase != WAIT:
            self._phase = STREAM
            self._since = self.due = 0
        self._serve(exchange)

    def _want(self) -> asyncio.Future[None]:
        """The app waits for more of the body."""
        if self._expects:
            self._expects = False
            if self._exchange is not None and not self._exchange.started:
                self.give(_CONTINUE)
        self._await_body()
        return self.server.loop.create_future()

    def _read_body(self) -> bool:
        pieces: list[bytes] = []
        body, exchange = self._body, self._exchange
        assert body is not None
        at = body.take(self._data, self._at, pieces)
        moved, self._at = at - self._at, at
        if not moved:
            return False
        # In one: thousands of tiny chunks would be kept as thousands of objects.
        whole = b"".join(pieces)
        size, pieces = len(whole), [whole] if whole else []
        self._came += size
        self._check_pace(waits_on=self._phase != STREAM)
        held = self.server.limits.held_bytes
        if exchange is None:
            if body.ended:
                self._await_request()
            elif self._came > held:
                self.part(lingers=True)
            return True
        exchange.bytes_in += moved
        # A chunk says how long it is before it has come.
        if self._most is not None and self._came + body.left > self._most:
            raise Refused(413, "the body is too long")
        inflow = exchange.inflow
        if body.ended:
            exchange.trailers = body.trailers
            self._phase = WAIT
            self._since = self.due = 0
        if inflow is not None:
            inflow.put(pieces, size, body.ended)
            return True
        self._pieces += pieces
        if not body.ended and self._came <= held:
            return True
        pieces, self._pieces = self._pieces, []
        if self._came > held:
            self._stream(exchange, pieces, self._came)
        else:
            exchange.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._serve(exchange)
        return True

    def _serve(self, exchange: HttpExchange) -> None:
        try:
            self.server.app.serve(exchange)
        except Exception as error:
            self._blame(exchange, error)

    def _blame(self, exchange: HttpExchange, error: Exception) -> None:
        self.server.complain(error)
        exchange.fail()

    def _refuse(self, status: int, why: str) -> None:
        """The server answers itself, and the connection ends."""
        if self._phase == DISCARD:
            # What is wrong is in the body of a request that was answered.
            self.transport.abort()
            return
        exchange = self._exchange
        if exchange is None:
            exchange = HttpExchange(self, (*known(self._data[self._at :]), b"", [], 0, MODERN), 0)
        if exchange.started:
            exchange.lose()
            self.cut(exchange)
        else:
            exchange.refuse(status, why)
            exchange.tell_gone()

    def _is_long_to_discard(self) -> bool:
        body = self._body
        return self._expects or body is None or not 0 < body.left <= self.server.limits.held_bytes

    def _await_request(self) -> None:
        self._phase = HEAD
        self._since = 0
        self.due = monotonic() + self.server.limits.idle_seconds
