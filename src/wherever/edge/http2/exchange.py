"""One request over HTTP/2, and the frames of its answer."""

from __future__ import annotations

from typing import ClassVar

from wherever.edge.exchange import Gone
from wherever.edge.http import answers
from wherever.edge.http.answers import BadAnswer
from wherever.edge.http.held import UNKNOWN, HeldExchange
from wherever.edge.http2.frames import INTERNAL_ERROR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.edge.exchange import Headers
    from wherever.edge.http2.stream import Stream


class Http2Exchange(HeldExchange):
    """An exchange whose answer goes out on a stream of its own.

    Attributes:
        bytes_out: of the answer up to now, with its frames.
    """

    __slots__ = ("_stream", "bytes_out")

    protocol: ClassVar[str] = "HTTP/2"

    def __init__(
        self, stream: Stream, head: tuple[str, bytes, bytes, Headers, int, int], bytes_in: int
    ) -> None:
        super().__init__(stream.connection, head, bytes_in)
        self._stream = stream
        self.bytes_out = 0

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        if self._is_late():
            return
        fields = self._fields(status, headers)
        if status == 205:
            body = b""
        if status not in (204, 304):
            fields.append((b"content-length", b"%d" % len(body)))
        if self.method == "HEAD" or status in (204, 304):
            body = b""
        self.status = status
        self.is_complete = True
        self._stream.say_head(status, fields, ends=not body)
        if body:
            self._stream.say(body)
            self._stream.end()

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        if self._is_late():
            return
        fields = self._fields(status, headers)
        self._left = UNKNOWN
        if status in (204, 304):
            self._left = 0
        elif status == 205:
            self._left = 0
            fields.append((b"content-length", b"0"))
        elif length is not None:
            self._left = length
            fields.append((b"content-length", b"%d" % length))
        self.status = status
        self._stream.say_head(status, fields, ends=False)

    def write(self, data: bytes) -> None:
        if self._is_wanted(data):
            self._stream.say(data)

    async def drain(self) -> None:
        if not self._gone and not self.is_complete:
            await self._stream.emptied()
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        if not self._may_finish():
            return
        try:
            fields = answers.trailer_pairs(trailers) if trailers else []
        except BadAnswer:
            self.fail()
            raise
        self.is_complete = True
        self._stream.end(fields)

    def fail(self) -> None:
        if self._gone or self.is_complete:
            return
        if not self.status:
            self._answer_for_the_app()
            return
        self.is_complete = True
        self._stream.cut(INTERNAL_ERROR)

    def _fields(self, status: int, headers: Headers) -> Headers:
        """The app's headers, checked, and those that are the server's to write."""
        try:
            fields = answers.pairs(status, headers)
        except BadAnswer:
            self._answer_for_the_app()
            raise
        date = self._stream.connection.server.clock.line
        fields.append((b"date", date[6:-2]))
        fields.append((b"x-request-id", self.id.encode()))
        return fields
