"""HTTP/1.1 over one connection: one call after the other. Only this file knows h11."""

from __future__ import annotations

import asyncio
import re
from typing import cast

import h11

from wherever.net.connecting import is_cut_off, of_system
from wherever.net.error import NetError
from wherever.net.request import LARGEST_HEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from wherever.net.call import Call
    from wherever.net.request import Headers

    class Owner(Protocol):
        """Who has the connection between calls."""

        def free(self, connection: Connection, *, is_good: bool) -> None:
            """The connection's call is over; it is good for another one, or closed."""

        def gone(self, connection: Connection) -> None:
            """The connection ended while it had no call."""


EVENTS_A_TURN = 64
"""How much is read at once. A body in pieces of a byte costs 7 us a piece, and others wait."""

MOST_INFORMED = 16
"""How many answers of 100 to 199 may come before the one that counts."""

MOST_LINES = 256
"""How many headers a response has. Reading one takes 2 us, and a head is read at once."""

LARGEST_TRAILERS = 8 << 10
A_SLICE = 4 << 10
"""How much of what came is looked at before the size of trailers is: they too are read at once."""

OUT_BUFFER = 64 << 10

_EMPTY_LINE = re.compile(rb"\n\r?\n")

_OF_THE_CONNECTION = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
)


class Connection(asyncio.Protocol):
    """One connection.

    Attributes:
        key: scheme, host and port that it was made for.
        call: the call that it carries now.
        is_full: whether no more may be sent for now.
        was_used: whether it has carried a call before this one.
        is_answered: whether anything has come for the call.
    """

    def __init__(self, owner: Owner, key: tuple[str, str, int]) -> None:
        self.key = key
        self.call: Call | None = None
        self.is_full = self.was_used = self.is_answered = False
        self._owner = owner
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self._loop = asyncio.get_running_loop()
        self._informed = 0
        self._unfed = bytearray()
        self._is_chunked = self._is_eof = False
        self._is_doubtful = self._is_held = self._is_behind = False
        self._is_paused = self._is_lost = self._is_closed = False
        self._lost: Exception | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can carry a call."""
        return not (self._is_closed or self._is_lost or self._transport.is_closing())

    # ----- what a call does

    def ask(self, call: Call, headers: Headers) -> None:
        """Sends the head of a call's request.

        Raises:
            NetError: that would be more than may be sent, or the server has left already.
        """
        self.call = call
        self.is_answered = self._is_chunked = False
        if not self.is_open:
            raise NetError("connection-terminated", f"{call.request.host} hung up")
        request = call.request
        self._send(h11.Request(method=request.method, target=request.target, headers=list(headers)))

    def give(self, data: bytes) -> None:
        """Sends a piece of the body; raises as `ask`."""
        self._send(h11.Data(data=data))

    def end(self, trailers: Headers) -> None:
        """Sends the end of the body; raises as `ask`."""
        self._send(h11.EndOfMessage(headers=list(trailers)))

    def hold(self, is_held: bool) -> None:
        """Reads no more for now, or again."""
        self._is_held = is_held
        self._read_or_not()

    def drop(self) -> None:
        """Ends it at once; nothing more reaches its call."""
        had, self.call = self.call, None
        was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._transport.abort()
        if had is not None:
            self._owner.free(self, is_good=False)
        elif not was_closed:
            self._owner.gone(self)

    # ----- what the transport does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=OUT_BUFFER)

    def data_received(self, data: bytes) -> None:
        call = self.call
        if call is None:
            # Nobody asked: an answer that comes before its question is meant for another one.
            self.drop()
            return
        self.is_answered = True
        try:
            call.budget.came(len(data))
        except NetError as error:
            self._fail(error)
            return
        self._unfed += data
        self._pump()

    def eof_received(self) -> None:
        if self.call is not None and not is_cut_off(self._transport):
            self._is_eof = True
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._lost = exc
        if self.call is None:
            if not self._is_closed:
                self._is_closed = True
                self._owner.gone(self)
        else:
            self._pump()

    def pause_writing(self) -> None:
        self.is_full = True
        if self.call is not None:
            self.call.room_changed()

    def resume_writing(self) -> None:
        self.is_full = False
        if self.call is not None:
            self.call.room_changed()

    # ----- between them

    def _send(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data and self.call is not None:
            self.call.budget.gave(len(data))
            self._transport.write(data)

    def _pump(self) -> None:
        """Hands on what has come, a little at a time."""
        self._is_behind = False
        for _ in range(EVENTS_A_TURN):
            call = self.call
            if call is None:
                return
            try:
                if call.status is None:
                    self._refuse_many()
                event = self._wire.next_event()
                if isinstance(event, h11.Data):
                    call.body_came(bytes(event.data))
                elif isinstance(event, h11.Response):
                    call.head_came(event.status_code, self._headers(event))
                elif isinstance(event, h11.InformationalResponse):
                    self._inform()
                elif isinstance(event, h11.EndOfMessage):
                    self._over(call, tuple(event.headers))
                    return
                elif not self._feed(call):
                    if self._is_lost:
                        self._fail(self._cut(call))
                    else:
                        self._read_or_not()
                    return
            except h11.RemoteProtocolError as error:
                self._fail(self._reason(call, error))
                return
            except NetError as error:
                self._fail(error)
                return
        self._is_behind = True
        self._read_or_not()
        self._loop.call_soon(self._pump)

    def _feed(self, call: Call) -> bool:
        """Lets h11 see a little more, where there is more."""
        waiting, is_over = self._wire.trailing_data
        if self._is_chunked and len(waiting) > LARGEST_TRAILERS:
            raise self._large("trailer", LARGEST_TRAILERS)
        if self._unfed:
            size = A_SLICE if call.status is None or self._is_chunked else len(self._unfed)
            self._wire.receive_data(bytes(self._unfed[:size]))
            del self._unfed[:size]
            return True
        if self._is_eof and not is_over:
            self._wire.receive_data(b"")
            return True
        return False

    def _refuse_many(self) -> None:
        """Refuses a head of many lines before it is read."""
        waiting = self._wire.trailing_data[0]
        found = _EMPTY_LINE.search(waiting)
        if found and waiting.count(b"\n", 0, found.start()) > MOST_LINES:
            raise NetError(
                "HTTP-response-header-section-size",
                f"the response has more than {MOST_LINES} headers",
                size=found.end(),
            )

    def _large(self, part: str, most: int) -> NetError:
        what = f"the response's {part}s are longer than {most} bytes"
        return NetError(f"HTTP-response-{part}-section-size", what, size=most)

    def _headers(self, event: h11.Response) -> Headers:
        pairs = list(event.headers)
        size = sum(len(name) + len(value) + 4 for name, value in pairs)
        if size > LARGEST_HEAD:
            raise self._large("header", LARGEST_HEAD)
        names = {name for name, _ in pairs}
        # Two lengths: whoever stands in between may have taken the other one.
        self._is_chunked = b"transfer-encoding" in names
        self._is_doubtful = {b"content-length", b"transfer-encoding"} <= names
        return tuple(
            (bytes(name), bytes(value)) for name, value in pairs if name not in _OF_THE_CONNECTION
        )

    def _inform(self) -> None:
        self._informed += 1
        if self._informed > MOST_INFORMED:
            raise NetError("HTTP-protocol-error", "the server announces an answer again and again")

    def _over(self, call: Call, trailers: Headers) -> None:
        wire = self._wire
        is_good = (
            wire.our_state is h11.DONE
            and wire.their_state is h11.DONE
            and wire.trailing_data == (b"", False)
            and not (
                self._unfed or self._is_doubtful or self._is_lost or self._transport.is_closing()
            )
        )
        self.call = None
        if is_good:
            wire.start_next_cycle()
            self._informed = 0
            self._is_held = False
            self.was_used = True
            self._read_or_not()
        else:
            self._is_closed = True
            self._transport.abort()
        self._owner.free(self, is_good=is_good)
        call.ended(trailers)

    def _fail(self, error: NetError) -> None:
        call = self.call
        self.drop()
        if call is not None:
            call.lost(error, is_stale=self.was_used and not self.is_answered)

    def _cut(self, call: Call) -> NetError:
        host = call.request.host
        if self.is_answered:
            return NetError("HTTP-response-incomplete", f"{host} hung up in the middle")
        if isinstance(self._lost, OSError):
            return of_system(self._lost, host)
        return NetError("connection-terminated", f"{host} hung up")

    def _reason(self, call: Call, error: h11.RemoteProtocolError) -> NetError:
        what = f"what {call.request.host} says is not HTTP: {error}"
        if error.error_status_hint == 431:
            return self._large("header" if call.status is None else "trailer", LARGEST_HEAD)
        if error.error_status_hint == 501:
            return NetError("HTTP-response-transfer-coding", what)
        if self._wire.trailing_data[1]:
            return self._cut(call)
        return NetError("HTTP-protocol-error", what)

    def _read_or_not(self) -> None:
        pause = self._is_held or self._is_behind
        if pause != self._is_paused and self.is_open:
            self._is_paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()
