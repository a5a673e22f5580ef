"""One request over HTTP/1, and the bytes of its answer."""

from __future__ import annotations

from wherever.edge.exchange import Gone
from wherever.edge.http import answers
from wherever.edge.http.answers import BadAnswer
from wherever.edge.http.head import KEEP, MODERN
from wherever.edge.http.held import UNKNOWN, HeldExchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.edge.exchange import Headers
    from wherever.edge.http.connection import Connection

_BODY_BYTES_JOINED = 16 * 1024


class HttpExchange(HeldExchange):
    """An exchange whose answer goes out on a connection of its own, or the next ones wait for it.

    Attributes:
        keeps: whether the connection may be used again after the answer.
    """

    __slots__ = ("_chunks", "_mark", "_modern", "keeps")

    _connection: Connection

    def __init__(
        self,
        connection: Connection,
        head: tuple[str, bytes, bytes, Headers, int, int],
        bytes_in: int,
    ) -> None:
        super().__init__(connection, head, bytes_in)
        flags = head[5]
        self._modern = flags & MODERN
        self.keeps = bool(flags & KEEP)
        self._chunks = False
        self._mark = connection.written

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        if self._is_late():
            return
        try:
            head = answers.head(status, headers)
        except BadAnswer:
            self._answer_for_the_app()
            raise
        if status == 204 or status == 304:
            out = b"%b%b\r\n" % (head, self._ending(True))
        else:
            if status == 205:
                body = b""
            size = len(body)
            if self.method == "HEAD":
                body = b""
            out = b"%b%bcontent-length: %d\r\n\r\n" % (head, self._ending(True), size)
            if len(body) <= _BODY_BYTES_JOINED:
                out += body
            else:
                self._send(out)
                out = body
        self.status = status
        self._send(out)
        self._complete()

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        if self._is_late():
            return
        try:
            head = answers.head(status, headers)
        except BadAnswer:
            self._answer_for_the_app()
            raise
        self._left = UNKNOWN
        framing = b""
        if status in (204, 304):
            self._left = 0
        elif status == 205:
            self._left, framing = 0, b"content-length: 0\r\n"
        elif length is not None:
            self._left, framing = length, b"content-length: %d\r\n" % length
        elif self.method == "HEAD":
            pass
        elif self._modern:
            self._chunks = True
            framing = b"transfer-encoding: chunked\r\n"
        else:
            self.keeps = False
        self.status = status
        self._send(head + self._ending(False) + framing + b"\r\n")

    def write(self, data: bytes) -> None:
        if not self._is_wanted(data):
            return
        if self._chunks:
            if len(data) <= _BODY_BYTES_JOINED:
                self._send(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                self._send(b"%x\r\n" % len(data))
                self._send(data)
                self._send(b"\r\n")
            return
        self._send(data)

    async def drain(self) -> None:
        if not self._gone and not self.is_complete:
            await self._connection.emptied()
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        if not self._may_finish():
            return
        if self._chunks:
            try:
                fields = answers.trailer(trailers) if trailers else b""
            except BadAnswer:
                self.fail()
                raise
            self._send(b"0\r\n%b\r\n" % fields)
        self._complete()

    def fail(self) -> None:
        if self._gone or self.is_complete:
            return
        if not self.status:
            self._answer_for_the_app()
            return
        self.keeps = False
        self.is_complete = True
        self._connection.cut(self)

    @property
    def bytes_out(self) -> int:
        """Bytes of the answer up to now, its head and the framing of its body included."""
        return self._connection.written - self._mark

    def refuse(self, status: int, why: str) -> None:
        """Answers in the server's own words, as the last thing on the connection."""
        self.keeps = False
        super().refuse(status, why)

    def _ending(self, whole: bool) -> bytes:
        """The headers that are the server's to write, but for those that frame the body.

        Args:
            whole: the answer is, so that no more of the request will be read.
        """
        connection = self._connection
        date = connection.server.clock.line
        if not self.keeps or connection.is_last(whole):
            self.keeps = False
            return b"%bx-request-id: %b\r\nconnection: close\r\n" % (date, self.id.encode())
        if self._modern:
            return b"%bx-request-id: %b\r\n" % (date, self.id.encode())
        return b"%bx-request-id: %b\r\nconnection: keep-alive\r\n" % (date, self.id.encode())

    def _send(self, data: bytes) -> None:
        self._connection.give(data)

    def _complete(self) -> None:
        self.is_complete = True
        self._connection.finished(self)
