"""What a connection sends: frames of its streams in turn, as far as the client has room."""

from __future__ import annotations

from collections import deque
from time import monotonic

from wherever.edge.http.flow import Flow
from wherever.edge.http2 import frames
from wherever.edge.http2.calm import FRAME
from wherever.edge.http2.fields import Writer
from wherever.edge.http2.frames import END_STREAM, NO_ERROR, PAYLOAD_BYTES, WINDOW_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.http.server import Server
    from wherever.edge.http2.calm import Calm
    from wherever.edge.http2.stream import Stream

CONNECTION_BYTES = 512 * 1024
"""What a client may send on all its streams before it hears from us again."""

FURTHER_BYTES = 512 * 1024
"""What streams that are read get together, above what each has from its beginning."""

_AT_ONCE = 64 * 1024
_CONTINUE = b"\x08\x03100"
_NO_TABLE = b"\x20"


class Outflow(Flow):
    """The half of a connection that sends.

    Attributes:
        fields: writes heads.
        spare: bytes by which windows of streams may still be opened further.
        stream_window: bytes that a client may send on a stream of which nobody has read.
    """

    __slots__ = (
        "_calm",
        "_flushes",
        "_names_table",
        "_outgoing",
        "_owed",
        "_queue",
        "_unsent",
        "_window",
        "fields",
        "spare",
        "stream_window",
        "streams",
    )

    _calm: Calm
    streams: dict[int, Stream]

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.fields = Writer()
        # One frame above what is gathered, so that the first byte too many can come.
        self.stream_window = server.limits.held_bytes + PAYLOAD_BYTES
        self._window = WINDOW_BYTES
        self.spare = FURTHER_BYTES
        self._owed = self._unsent = 0
        self._outgoing: list[bytes] = []
        self._queue: deque[Stream] = deque()
        self._flushes = self._names_table = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self._flush_soon()

    # What streams call.

    def send_head(self, stream: Stream, block: bytes, ends: bool) -> None:
        """The head of an answer."""
        data = self._fields(stream, block, END_STREAM if ends else 0)
        stream.exchange.bytes_out += len(data)
        self._send(data)
        if ends:
            self._finished(stream)

    def send_continue(self, stream: Stream) -> None:
        """The body of this request is wanted."""
        data = self._fields(stream, _CONTINUE, 0)
        stream.exchange.bytes_out += len(data)
        self._send(data)

    def queue(self, stream: Stream) -> None:
        """Something of it waits to be sent."""
        if not stream.is_queued:
            stream.is_queued = True
            self._queue.append(stream)
            self._flush_soon()

    def open_window(self, stream: int, size: int) -> None:
        """The client may send so much more on a stream."""
        self._send(frames.window(stream, size))

    def owe(self, size: int) -> None:
        """So much has come: of all streams together, as much may come again.

        What is held is bounded by the window of each stream. Were it so by that of all, those that
        wait for the rest of their bodies could keep that rest from one another, and an app that
        does not read could keep it from all others.
        """
        self._owed += size
        if self._owed >= CONNECTION_BYTES // 2:
            self._send(frames.window(0, self._owed))
            self._owed = 0

    def cut(self, stream: Stream, code: int) -> None:
        """Ends a stream at once."""
        self._send(frames.reset(stream.id, code))
        self._forget_stream(stream, cut=True)

    # Its own.

    def _fields(self, stream: Stream, block: bytes, flags: int) -> bytes:
        if self._names_table:
            # The client's table has another size: it must be told that ours is empty.
            self._names_table = False
            block = _NO_TABLE + block
        return frames.headers(stream.id, block, flags)

    def _finished(self, stream: Stream) -> None:
        """The last of an answer is on its way."""
        self._calm.earn(4)
        if stream.has_ended:
            self._forget_stream(stream)
        else:
            # Nobody reads the rest of the request.
            self.cut(stream, NO_ERROR)

    def _forget_stream(self, stream: Stream, cut: bool = False) -> None:
        raise NotImplementedError

    def _send(self, data: bytes) -> None:
        self._outgoing.append(data)
        self._unsent += len(data)
        if self._unsent > _AT_ONCE:
            self._write()
        else:
            self._flush_soon()

    def _flush_soon(self) -> None:
        """All that is said in one turn of the loop goes out together."""
        if not self._flushes:
            self._flushes = True
            # Not in the context of the app that has just answered.
            self.server.loop.call_soon(self._flush, context=self.server.context)

    def _flush(self) -> None:
        self._flushes = False
        while self._queue and not self._full:
            stream = self._queue.popleft()
            stream.is_queued = False
            if stream.has_output and self.streams.get(stream.id) is stream:
                self._send_next(stream)
        self._write()

    def _send_next(self, stream: Stream) -> None:
        room = min(stream.window, self._window, PAYLOAD_BYTES)
        if stream.waits and room <= 0:
            # It is queued again when its window opens, or that of the connection.
            stream.blocked_since = stream.blocked_since or monotonic()
            return
        piece, ends, trailers = stream.next(max(room, 0))
        self._window -= len(piece)
        closes = END_STREAM if ends and not trailers else 0
        data = frames.frame(frames.DATA, closes, stream.id, piece) if piece or closes else b""
        if ends and trailers:
            data += self._fields(stream, self.fields.block(trailers), END_STREAM)
        stream.exchange.bytes_out += len(data)
        self._calm.earn(2 * FRAME)
        if stream.has_output and not ends:
            stream.is_queued = True
            self._queue.append(stream)
        self._send(data)
        if ends:
            self._finished(stream)

    def _unblock(self) -> None:
        """The connection's window has opened: whoever waited for that alone waits anew."""
        now = monotonic()
        for stream in self.streams.values():
            if stream.blocked_since and stream.window > 0:
                stream.blocked_since = now
                self.queue(stream)

    def _write(self) -> None:
        if not self._outgoing:
            return
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        self._unsent = 0
        if self.transport.is_closing():
            return
        self.give(data)
