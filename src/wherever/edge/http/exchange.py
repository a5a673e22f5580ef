"""One request over HTTP/1, and the bytes of its answer."""

from __future__ import annotations

from time import monotonic

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http import answers
from wherever.edge.http.answers import BadAnswer, bad_length
from wherever.edge.http.head import KEEP, MODERN
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from wherever.edge.exchange import Headers
    from wherever.edge.http.body import Inflow
    from wherever.edge.http.connection import Connection

_UNKNOWN = -1
_BODY_BYTES_JOINED = 16 * 1024


class HttpExchange(Exchange):
    """An exchange whose answer goes out on a connection of its own, or the next ones wait for it.

    Attributes:
        status: that of the answer, or 0 while there is none.
        bytes_in: of the request, its head and the framing of its body included.
        keeps: whether the connection may be used again after the answer.
        began: `time.monotonic()` when the head was there.
        inflow: where the body comes from that is not there as a whole.
        is_complete: whether nothing more can be said.
    """

    __slots__ = (
        "_chunks",
        "_connection",
        "_gone",
        "_left",
        "_mark",
        "_modern",
        "began",
        "begun",
        "bytes_in",
        "inflow",
        "is_complete",
        "keeps",
        "status",
    )

    def __init__(
        self,
        connection: Connection,
        head: tuple[str, bytes, bytes, Headers, int, int],
        bytes_in: int,
    ) -> None:
        self.method, self.target, self.authority, self.headers, _, flags = head
        self.scheme = connection.scheme
        self.client = connection.client
        self.body: bytes | None = b""
        self.trailers = []
        self.id = connection.server.ids.next()
        self.params = {}
        self.on_gone = None
        self._connection = connection
        self._modern = flags & MODERN
        self.keeps = bool(flags & KEEP)
        self._gone = self.is_complete = False
        self._chunks = False
        self._left = _UNKNOWN
        self.status = 0
        self._mark = connection.written
        self.bytes_in = bytes_in
        self.began = monotonic()
        self.begun: tuple[Any, ...] | None = None
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
        if self.status or self._gone:
            return self._late()
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
        if self.status or self._gone:
            return self._late()
        try:
            head = answers.head(status, headers)
        except BadAnswer:
            self._answer_for_the_app()
            raise
        self._left = _UNKNOWN
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
        if self._gone or not data:
            return
        if not self.status or self.is_complete:
            raise InternalError("an answer was written to before its start or after its end")
        if self.status in (204, 205, 304) or self.method == "HEAD":
            return
        if self._chunks:
            if len(data) <= _BODY_BYTES_JOINED:
                self._send(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                self._send(b"%x\r\n" % len(data))
                self._send(data)
                self._send(b"\r\n")
            return
        if self._left != _UNKNOWN:
            if len(data) > self._left:
                self.fail()
                raise bad_length("longer")
            self._left -= len(data)
        self._send(data)

    async def drain(self) -> None:
        if not self._gone and not self.is_complete:
            await self._connection.emptied()
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        if self._gone or self.is_complete:
            return
        if not self.status:
            raise InternalError("an answer was finished before its start")
        if self._chunks:
            try:
                fields = answers.trailer(trailers) if trailers else b""
            except BadAnswer:
                self.fail()
                raise
            self._send(b"0\r\n%b\r\n" % fields)
        elif self._left > 0 and self.method != "HEAD":
            self.fail()
            raise bad_length("shorter")
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

    @property
    def started(self) -> bool:
        return bool(self.status)

    @property
    def is_gone(self) -> bool:
        return self._gone

    def refuse(self, status: int, why: str) -> None:
        """Answers in the server's own words, as the last thing on the connection."""
        body = f"{why}\n".encode()
        self.keeps = False
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
            self._connection.server.call(on_gone)

    def _abandon(self) -> None:
        self._gone = True
        if self.inflow is not None:
            self.inflow.wake()

    def _late(self) -> None:
        if not self._gone:
            raise InternalError("a request was answered twice")

    def _answer_for_the_app(self) -> None:
        # The app is not told that its client is gone: it is in the middle of its own mistake.
        self.refuse(500, "the app failed")

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
        connection = self._connection
        connection.written += len(data)
        connection.transport.write(data)

    def _complete(self) -> None:
        self.is_complete = True
        self._connection.finished(self)
