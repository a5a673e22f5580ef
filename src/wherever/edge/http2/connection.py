"""A connection of HTTP/2 from its first byte to its last, and its time kept."""

from __future__ import annotations

import asyncio
from time import monotonic

from wherever.edge.http2 import frames
from wherever.edge.http2.frames import (
    ENHANCE_YOUR_CALM,
    FRAME_SIZE_ERROR,
    HEAD_BYTES,
    MOST_ID,
    NO_ERROR,
    PAYLOAD_BYTES,
    PREFACE,
    PROTOCOL_ERROR,
    WINDOW_BYTES,
    Fault,
)
from wherever.edge.http2.inflow import MOST_STREAMS, SPARE_BYTES, Inflow
from wherever.edge.http2.outflow import CONNECTION_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.http.server import Server
    from wherever.edge.http2.stream import Stream

_REQUESTS_AT_ONCE = 16
_FRAMES_AT_ONCE = 256
_WAITING_BYTES = 64 * 1024
_UNSENT_BYTES = 256 * 1024
_AT_EVERY_SWEEP = 1e-9


class Http2Connection(Inflow):
    """Requests are answered at the same time, each on a stream of its own."""

    __slots__ = (
        "_data",
        "_frames",
        "_idle_due",
        "_is_over",
        "_is_prefaced",
        "_is_told",
        "_last",
        "_scheduled",
    )

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._data = b""
        self._frames = 0
        self._idle_due = 0.0
        self._last = MOST_ID
        self._is_over = self._is_prefaced = False
        self._is_told = self._scheduled = False

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._meet(transport)
        limits = self.server.limits
        now = monotonic()
        self._since = now
        self._idle_due = now + limits.idle_seconds
        self._send(
            frames.settings(
                {
                    frames.MOST_STREAMS: MOST_STREAMS,
                    frames.INITIAL_WINDOW: self.stream_window,
                    frames.MAX_HEADERS: limits.head_bytes + SPARE_BYTES * limits.headers,
                }
            )
        )
        self._send(frames.window(0, CONNECTION_BYTES - WINDOW_BYTES))
        if not self.server.welcome(self):
            self._end_with(ENHANCE_YOUR_CALM, "this server has too many connections")
        elif self.server.is_closing:
            self.drain(now)
        self._set_due()

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            self._forget(len(data))
            return
        self._data = self._data + data if self._data else data
        if not self._scheduled:
            self._advance()
        elif len(self._data) > _WAITING_BYTES:
            self._pause()

    def eof_received(self) -> bool:
        return False  # Over TLS there is no half of a connection.

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over, self._data, self._block = True, b"", None
        for stream in tuple(self.streams.values()):
            self._forget_stream(stream)
        self._full = False
        self._wake()
        self.server.forget(self)

    # What the server calls.

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self.streams and self._block is None

    def drain(self, now: float) -> None:
        """Ends soon after what is under way is answered; soon where nothing is."""
        if not self._parting_due and not self._is_over:
            self._parting_due = now + self.server.limits.parting_seconds
            self._set_due()

    def part(self) -> None:
        """Closes the connection when what was written is sent."""
        self._end_with(NO_ERROR, "")

    def expire(self, now: float) -> None:
        """Something was due: somebody has taken too long, or may have."""
        if self._has_stalled(now):
            self.transport.abort()
            return
        if self._is_over:
            if self.due and self.due <= now:
                self._expire_end(now)
            return
        if self._since and now - self._since > self.server.limits.head_seconds:
            self._end_with(ENHANCE_YOUR_CALM, "a frame took too long")
            return
        try:
            for stream in tuple(self.streams.values()):
                self._try(stream, stream.expire, now)
        except Fault as fault:
            self._end_with(fault.code, fault.why)
        if self._parting_due and self._parting_due <= now and not self._is_leaving:
            self._part_from(now)
        elif not self.streams and self._idle_due <= now:
            self.part()

    # Reading.

    def _advance(self) -> None:
        """Does what can be done with what has come, some of it at a time."""
        self._frames, self._requests = _FRAMES_AT_ONCE, _REQUESTS_AT_ONCE
        # What is said meanwhile goes out at the end of this.
        self._flushes = True
        data, at = self._data, 0
        try:
            if not self._is_prefaced:
                at = self._preface(data)
            while self._is_prefaced and self._frames and self._requests > 0 and not self._is_over:
                if self._is_stuffed:
                    break
                if len(data) - at < HEAD_BYTES:
                    break
                size, kind, flags, id = frames.head_of(data, at)
                if size > PAYLOAD_BYTES:
                    raise Fault(FRAME_SIZE_ERROR, "a frame is too long")
                end = at + HEAD_BYTES + size
                if len(data) < end:
                    if kind == frames.DATA and id in self.streams:
                        stream = self.streams[id]
                        self._try(stream, stream.touch, len(data) - at - HEAD_BYTES)
                    break
                self._frames -= 1
                payload = data[at + HEAD_BYTES : end]
                at = end
                self._take(kind, flags, id, payload)
        except Fault as fault:
            self._end_with(fault.code, fault.why)
        self._flush()
        if self._is_over:
            self._data = b""
            return
        self._data = data[at:] if at else data
        stuffed = self._is_stuffed
        more = not stuffed and not (self._frames and self._requests > 0)
        if more:
            self._wait_for_turn()
        self._look_at_rest(more, stuffed)
        self._set_due()

    @property
    def _is_stuffed(self) -> bool:
        """Whether the client has asked for so much more than it takes that it must take some."""
        return self._full and self.transport.get_write_buffer_size() > _UNSENT_BYTES

    def _wait_for_turn(self) -> None:
        self._scheduled = True
        self.server.row.wait(self._go_on)

    def _go_on(self) -> None:
        self._scheduled = False
        if not self._is_over:
            self._advance()

    def _look_at_rest(self, more: bool, stuffed: bool) -> None:
        """Keeps the time of a frame that is not whole, and reads on or does not."""
        waits = len(self._data)
        if stuffed or (more and waits > _WAITING_BYTES):
            self._pause()
        else:
            self._resume()
        partial = bool(waits) and not (more or stuffed)
        if partial and waits >= HEAD_BYTES and self._is_prefaced:
            _, kind, _, id = frames.head_of(self._data, 0)
            # The pace of a piece is that of its body.
            partial = kind != frames.DATA or id not in self.streams
        if not (partial or self._block or not self._is_greeted):
            self._since = 0
        elif not self._since:
            self._since = monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._is_over:
            self._resume()
            if self._data and not self._scheduled:
                self._wait_for_turn()

    def _preface(self, data: bytes) -> int:
        """Reads what each connection begins with; where it ends."""
        if not PREFACE.startswith(data[: len(PREFACE)]):
            raise Fault(PROTOCOL_ERROR, "this is not HTTP/2")
        if len(data) < len(PREFACE):
            return 0
        self._is_prefaced = True
        return len(PREFACE)

    # Ends.

    def _forget_stream(self, stream: Stream, cut: bool = False) -> None:
        super()._forget_stream(stream, cut)
        if not self.streams and not self._is_over:
            now = monotonic()
            self._idle_due = now + self.server.limits.idle_seconds
            if self._is_leaving:
                self.part()
            elif self._parting_due and not self._is_told:
                # Together with the last answer, as over HTTP/1.1: whoever reads one reads both.
                self._tell(now)
        self._set_due()

    def _part_from(self, now: float) -> None:
        """The time to part has come."""
        if not self.streams or self._is_told:
            self._leave()
            return
        self._tell(now)

    def _tell(self, now: float) -> None:
        """Says that the end is near. What the client sends before it hears of that is answered."""
        self._is_told = True
        self._send(frames.goaway(MOST_ID, NO_ERROR))
        self._parting_due = now + self.server.limits.parting_seconds

    def _leave(self) -> None:
        """Takes no more requests, and ends when those that there are have been answered."""
        if self._is_leaving:
            return
        if not self.streams:
            self.part()
            return
        self._is_leaving = True
        self._last = self._highest
        self._send(frames.goaway(self._last, NO_ERROR))

    def _end_with(self, code: int, why: str) -> None:
        """Ends the connection, and what there is on it; the client is told why."""
        if self._is_over:
            return
        self._is_over = True
        self._data, self._block = b"", None
        if not self._is_leaving or code:
            self._send(frames.goaway(min(self._last, self._highest), code, why.encode()))
        for stream in tuple(self.streams.values()):
            self._forget_stream(stream)
        self._write()
        self._since = 0
        self._end(lingers=False)

    def _set_due(self) -> None:
        if self._is_over:
            return
        busy = self.streams or self._since or self._parting_due
        self.due = _AT_EVERY_SWEEP if busy else self._idle_due
