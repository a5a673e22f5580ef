"""One request over HTTP/2, and the frames of its answer."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http import answers
from wherever.edge.http.answers import BadAnswer, bad_length
from wherever.edge.http2.frames import INTERNAL_ERROR
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.edge.exchange import Headers
    from wherever.edge.http.body import Inflow
    from wherever.edge.http2.stream import Stream

_UNKNOWN = -1


class Http2Exchange(Exchange):
    """An exchange whose answer goes out on a stream of its own.

    Attributes:
        status: that of the answer, or 0 while there is none.
        bytes_in, bytes_out: of the request and its answer up to now, with their frames.
        began: `time.monotonic()` when the head was there.
        inflow: where the body comes from that is not there as a whole.
        is_complete: whether nothing more can be said.
    """

    __slots__ = (
        "_gone",
        "_left",
        "_stream",
        "began",
        "bytes_in",
        "bytes_out",
        "inflow",
        "is_complete",
        "status",
    )

    protocol: ClassVar[str] = "HTTP/2"

    def __init__(
        self, stream: Stream, head: tuple[str, bytes, bytes, Headers, int, int], bytes_in: int
    ) -> None:
        self.method, self.target, self.authority, self.headers, _, _ = head
        connection = stream.connection
        self.scheme = connection.scheme
        self.client = connection.client
        self.body: bytes | None = b""
        self.trailers = []
        self.id = connection.server.ids.next()
        self.params = {}
        self.on_gone = None
        self._stream = stream
        self._gone = self.is_complete = False
        self._left = _UNKNOWN
        self.status = 0
        self.bytes_in = bytes_in
        self.bytes_out = 0
        self.began = monotonic()
        self.inflow: Inflow | None = None

    async def read(self) -> bytes:
        inflow = self.inflow
        if inflow is None:
            if self._gone:
                raise Gone
            # Only the first time: as if it had come in one piece.
            body, self.body = self.body, b""
            return body or b""
        while True:
            if self._gone:
                raise Gone
            data = inflow.take()
            if data or inflow.ended:
                return data
            await inflow.more()

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
        self._left = _UNKNOWN
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
        if self._gone or not data:
            return
        if not self.status or self.is_complete:
            raise InternalError("an answer was written to before its start or after its end")
        if self.status in (204, 205, 304) or self.method == "HEAD":
            return
        if self._left != _UNKNOWN:
            if len(data) > self._left:
                self.fail()
                raise bad_length("longer")
            self._left -= len(data)
        self._stream.say(data)

    async def drain(self) -> None:
        if not self._gone and not self.is_complete:
            await self._stream.emptied()
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        if self._gone or self.is_complete:
            return
        if not self.status:
            raise InternalError("an answer was finished before its start")
        if self._left > 0 and self.method != "HEAD":
            self.fail()
            raise bad_length("shorter")
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

    @property
    def started(self) -> bool:
        return bool(self.status)

    @property
    def is_gone(self) -> bool:
        return self._gone

    def refuse(self, status: int, why: str) -> None:
        """Answers in the server's own words, whatever the app does then."""
        body = f"{why}\n".encode()
        self.answer(status, [(b"content-type", b"text/plain; charset=utf-8")], body)
        self._abandon()

    def lose(self) -> None:
        """Nothing that the app does from now on reaches the client."""
        if not self._gone and not self.is_complete:
            self._abandon()
            self.tell_gone()

    def tell_gone(self) -> None:
        """Calls `on_gone`, once."""
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            self._stream.connection.server.call(on_gone)

    def _abandon(self) -> None:
        self._gone = True
        if self.inflow is not None:
            self.inflow.wake()

    def _is_late(self) -> bool:
        if self.status and not self._gone:
            raise InternalError("a request was answered twice")
        return self._gone

    def _answer_for_the_app(self) -> None:
        # The app is not told that its client is gone: it is in the middle of its own mistake.
        self.refuse(500, "the app failed")

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
