"""The half of a connection that receives: each frame is put where it belongs."""

from __future__ import annotations

import re
from collections import deque

from hpack import Decoder
from hpack.exceptions import HPACKError, OversizedHeaderListError

from wherever.edge.http import head
from wherever.edge.http.head import MODERN, Refused
from wherever.edge.http2 import fields, frames
from wherever.edge.http2.calm import FRAME, WASTE, Calm
from wherever.edge.http2.exchange import Http2Exchange
from wherever.edge.http2.fields import Malformed
from wherever.edge.http2.frames import (
    ACK,
    CANCEL,
    COMPRESSION_ERROR,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    HAS_PRIORITY,
    HEAD_BYTES,
    MOST_WINDOW,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    STREAM_CLOSED,
    WINDOW_BYTES,
    Fault,
    StreamFault,
)
from wherever.edge.http2.outflow import Outflow
from wherever.edge.http2.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.edge.exchange import Headers
    from wherever.edge.http.server import Server

MOST_STREAMS = 100
"""Requests of one connection that are under way at the same time."""

SPARE_BYTES = 32
"""What each field costs beside its letters, by the count of RFC 9113."""

# Bytes that a frame is about for it not to be waste: some clients read 4 KiB at a time, and give
# back as much; and pieces of a body may be on their way to who has answered by now.
_WORTH_A_FRAME = 1024
_BLOCK_FRAMES = 32
# One that has more costs a turn as much as several.
_FIELDS_OF_A_REQUEST = 50
# Changes of the table's size at the beginning of a block: two say all there is to say of it.
_TABLE_SIZES = re.compile(rb"(?:[\x20-\x3e]|\x3f[\x80-\xff]*+[\x00-\x7f]){3}")
_REMEMBERED = 256
_OF_ITSELF = 0x100
_ON_STREAMS = (frames.PRIORITY, frames.RST_STREAM)
_ON_CONNECTION = (frames.SETTINGS, frames.PING, frames.GOAWAY)
_OTHER_SIZE = "a frame has another size than it must have"


class Inflow(Outflow):
    """What a client says, frame by frame.

    Attributes:
        streams: those that last, by number.
    """

    __slots__ = (
        "_block",
        "_cut",
        "_decoder",
        "_done",
        "_first_window",
        "_highest",
        "_is_greeted",
        "_is_leaving",
        "_parting_due",
        "_requests",
    )

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.streams: dict[int, Stream] = {}
        self._calm = Calm()
        self._decoder = Decoder()
        limits = server.limits
        # What is a little too long is answered; this is what ends the connection.
        self._decoder.max_header_list_size = 2 * limits.head_bytes + SPARE_BYTES * limits.headers
        self._block: tuple[int, int, list[bytes], int] | None = None
        self._cut: deque[int] = deque(maxlen=_REMEMBERED)
        self._done: deque[int] = deque(maxlen=_REMEMBERED)
        self._first_window = WINDOW_BYTES
        self._highest = self._requests = 0
        self._parting_due = 0.0
        self._is_greeted = self._is_leaving = False

    def _leave(self) -> None:
        raise NotImplementedError

    def _take(self, kind: int, flags: int, id: int, payload: bytes) -> None:
        if self._block is not None:
            self._continue(kind, flags, id, payload)
        elif not self._is_greeted and (kind != frames.SETTINGS or flags & ACK):
            raise Fault(PROTOCOL_ERROR, "the first frame is not the settings")
        elif kind == frames.DATA:
            self._take_data(flags, id, payload)
        elif kind == frames.HEADERS:
            self._take_headers(flags, id, payload)
        elif kind in _ON_STREAMS:
            if not id or (id > self._highest and kind != frames.PRIORITY):
                raise Fault(PROTOCOL_ERROR, "a frame belongs to a stream that is none")
            self._take_on_stream(kind, id, payload)
        elif kind == frames.WINDOW_UPDATE:
            self._take_window(id, payload)
        elif kind in _ON_CONNECTION:
            if id:
                raise Fault(PROTOCOL_ERROR, "a frame belongs to no stream, and names one")
            self._take_on_connection(kind, flags, payload)
        elif kind in (frames.PUSH_PROMISE, frames.CONTINUATION):
            raise Fault(PROTOCOL_ERROR, "a frame has no place here")
        else:
            self._calm.spend(FRAME)

    def _take_data(self, flags: int, id: int, payload: bytes) -> None:
        size = len(payload)
        self.owe(size)
        data = frames.unpadded(payload, flags)
        ended = bool(flags & END_STREAM)
        stream = self.streams.get(id)
        if stream is None:
            self._check_past(id)
            if size < _WORTH_A_FRAME:
                self._calm.spend(FRAME)
            return
        if not data and not ended:
            self._calm.spend(FRAME)
        self._try(stream, stream.take, data, size, ended)

    def _take_headers(self, flags: int, id: int, payload: bytes) -> None:
        if not id:
            raise Fault(PROTOCOL_ERROR, "a request has no stream")
        block = frames.unpadded(payload, flags)
        if flags & HAS_PRIORITY:
            if len(block) < 5:
                raise Fault(FRAME_SIZE_ERROR, "a frame is too short")
            if frames.number(block) == id:
                # Its block must be read all the same, or no later one could be.
                flags |= _OF_ITSELF
            block = block[5:]
        self._block = (id, flags, [block], len(block))
        if flags & END_HEADERS:
            self._end_of_block()

    def _continue(self, kind: int, flags: int, id: int, payload: bytes) -> None:
        assert self._block is not None
        first, first_flags, pieces, size = self._block
        if kind != frames.CONTINUATION or id != first:
            raise Fault(PROTOCOL_ERROR, "fields are not followed by the rest of them")
        size += len(payload)
        if size > self.server.limits.head_bytes or len(pieces) >= _BLOCK_FRAMES:
            raise Fault(ENHANCE_YOUR_CALM, "there are too many fields")
        pieces.append(payload)
        self._block = (first, first_flags, pieces, size)
        if flags & END_HEADERS:
            self._end_of_block()

    def _end_of_block(self) -> None:
        assert self._block is not None
        (id, flags, pieces, size), self._block = self._block, None
        block = b"".join(pieces)
        if _TABLE_SIZES.match(block):
            raise Fault(COMPRESSION_ERROR, "the size of a table changes too often")
        try:
            found = self._decoder.decode(block, raw=True)
        except OversizedHeaderListError:
            raise Fault(ENHANCE_YOUR_CALM, "there are too many fields") from None
        except (HPACKError, ValueError, IndexError, TypeError):
            raise Fault(COMPRESSION_ERROR, "fields cannot be read") from None
        headers: Headers = [(bytes(field[0]), bytes(field[1])) for field in found]
        self._requests -= 1 + len(headers) // _FIELDS_OF_A_REQUEST + size // frames.PAYLOAD_BYTES
        stream = self.streams.get(id)
        if stream is not None:
            self._try(stream, self._take_trailers, stream, headers, flags)
        elif id <= self._highest:
            self._check_past(id)
            self._calm.spend(FRAME)
        elif not id % 2:
            raise Fault(PROTOCOL_ERROR, "a client's streams have odd numbers")
        else:
            self._begin(id, flags, headers, size + HEAD_BYTES * len(pieces))

    def _begin(self, id: int, flags: int, headers: Headers, size: int) -> None:
        self._highest = id
        if len(self.streams) >= MOST_STREAMS or self._is_leaving:
            self._calm.spend(WASTE)
            self._send(frames.reset(id, REFUSED_STREAM))
            self._cut.append(id)
            return
        limits = self.server.limits
        stream = Stream(self, id, self._first_window)
        self.streams[id] = stream
        ended = bool(flags & END_STREAM)
        try:
            if flags & _OF_ITSELF:
                raise Malformed("a stream depends on itself")
            found = fields.request(headers, limits.headers, limits.target_bytes, limits.head_bytes)
        except (Refused, Malformed) as error:
            stream.exchange = Http2Exchange(stream, _known(headers), size)
            stream.has_ended = ended
            self._try(stream, _again, error)
            return
        stream.exchange = Http2Exchange(stream, found, size)
        self._try(stream, stream.begin, found, ended)

    def _take_trailers(self, stream: Stream, headers: Headers, flags: int) -> None:
        if stream.has_ended:
            raise StreamFault(STREAM_CLOSED, "a request goes on after its end")
        if not flags & END_STREAM:
            raise StreamFault(PROTOCOL_ERROR, "fields stand in the midst of a body")
        stream.take_trailers(fields.trailers(headers, self.server.limits.headers))

    def _take_on_stream(self, kind: int, id: int, payload: bytes) -> None:
        self._calm.spend(FRAME)
        stream = self.streams.get(id)
        if kind == frames.PRIORITY:
            if len(payload) == 5 and frames.number(payload) != id:
                return
            code = PROTOCOL_ERROR if len(payload) == 5 else FRAME_SIZE_ERROR
            if stream is None:
                raise Fault(code, "a priority is none")
            self._try(stream, _again, StreamFault(code, "a priority is none"))
        elif len(payload) != 4:
            raise Fault(FRAME_SIZE_ERROR, _OTHER_SIZE)
        elif stream is not None:
            # Whoever gives up what it asked for has had somebody work for nothing.
            self._forget_stream(stream)
            self._calm.spend(WASTE)

    def _take_window(self, id: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise Fault(FRAME_SIZE_ERROR, _OTHER_SIZE)
        more = frames.number(payload)
        if more < _WORTH_A_FRAME:
            self._calm.spend(FRAME)
        if not id:
            if not more or self._window + more > MOST_WINDOW:
                code = FLOW_CONTROL_ERROR if more else PROTOCOL_ERROR
                raise Fault(code, "a window opens by nothing, or too far")
            self._window += more
            self._unblock()
            return
        if id > self._highest:
            raise Fault(PROTOCOL_ERROR, "a frame belongs to a stream that is none")
        stream = self.streams.get(id)
        if stream is not None:
            self._try(stream, self._open, stream, more)

    def _open(self, stream: Stream, more: int) -> None:
        if not more:
            raise StreamFault(PROTOCOL_ERROR, "a window opens by nothing")
        if stream.window + more > MOST_WINDOW:
            raise StreamFault(FLOW_CONTROL_ERROR, "a window opens too far")
        stream.window += more
        if stream.has_output:
            self.queue(stream)

    def _take_on_connection(self, kind: int, flags: int, payload: bytes) -> None:
        self._calm.spend(FRAME)
        if kind == frames.SETTINGS:
            if flags & ACK and payload:
                raise Fault(FRAME_SIZE_ERROR, _OTHER_SIZE)
            if not flags & ACK:
                self._is_greeted = True
                self._obey(frames.settings_of(payload))
        elif kind == frames.PING:
            if len(payload) != 8:
                raise Fault(FRAME_SIZE_ERROR, _OTHER_SIZE)
            if not flags & ACK:
                self._send(frames.frame(frames.PING, ACK, 0, payload))
        else:
            if len(payload) < 8:
                raise Fault(FRAME_SIZE_ERROR, "a frame is too short")
            # It asks for nothing more, and still wants its answers.
            self._leave()

    def _obey(self, settings: dict[int, int]) -> None:
        if frames.TABLE_BYTES in settings:
            self._names_table = True
        window = settings.get(frames.INITIAL_WINDOW)
        if window is not None:
            more = window - self._first_window
            self._first_window = window
            for stream in self.streams.values():
                if stream.window + more > MOST_WINDOW:
                    raise Fault(FLOW_CONTROL_ERROR, "a window opens too far")
                stream.window += more
                if more > 0 and stream.has_output:
                    self.queue(stream)
        self._send(frames.frame(frames.SETTINGS, ACK, 0))

    # Streams that end.

    def _try(self, stream: Stream, function: Callable[..., object], *given: object) -> None:
        """Does something for a stream, which ends where that is refused.

        Raises:
            Fault: that was so once too often.
        """
        exchange = stream.exchange
        try:
            function(*given)
        except Refused as refused:
            if exchange.started:
                self.cut(stream, CANCEL)
            else:
                exchange.refuse(refused.status, refused.why)
                exchange.tell_gone()
            self._calm.spend(WASTE)
        except (StreamFault, Malformed) as fault:
            exchange.lose()
            exchange.status = exchange.status or 400
            self.cut(stream, fault.code if isinstance(fault, StreamFault) else PROTOCOL_ERROR)
            self._calm.spend(WASTE)

    def _forget_stream(self, stream: Stream, cut: bool = False) -> None:
        if self.streams.pop(stream.id, None) is None:
            return
        (self._cut if cut else self._done).append(stream.id)
        stream.close()
        self.server.report(stream.exchange)
        # Each knows the other, and nobody would find that out for a long time.
        del stream.exchange

    def _check_past(self, id: int) -> None:
        """Looks whether something may still come on a stream that we ended.

        Raises:
            Fault: it may not.
        """
        if id in self._cut:
            return
        if id in self._done:
            raise Fault(STREAM_CLOSED, "a stream goes on after its end")
        raise Fault(PROTOCOL_ERROR, "a frame belongs to a stream that is none")


def _again(error: Exception) -> None:
    raise error


def _known(headers: Headers) -> tuple[str, bytes, bytes, Headers, int, int]:
    """What can be told of a request that is none, for the log."""
    found = dict(headers)
    line = b"%b %b HTTP/2" % (found.get(b":method", b""), found.get(b":path", b""))
    method, target = head.known(line)
    return method, target, b"", [], 0, MODERN
