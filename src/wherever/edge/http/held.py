"""What a request is to a server of ours, by whichever version of HTTP it came."""

from __future__ import annotations

from time import monotonic

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http.answers import bad_length
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.exchange import Headers
    from wherever.edge.http.body import Inflow
    from wherever.edge.http.flow import Flow

UNKNOWN = -1
"""The length of a body that nobody has told."""


class HeldExchange(Exchange):
    """An exchange with a client of ours: what is known of it, and the end of it.

    Args:
        connection: on which it came.
        head: method, target, authority and headers come first in it.
        bytes_in: of the request, up to now.

    Attributes:
        status: that of the answer, or 0 while there is none.
        bytes_in: of the request, its head and the framing of its body included.
        began: `time.monotonic()` when the head was there.
        inflow: where the body comes from that is not there as a whole.
        is_complete: whether nothing more can be said.
    """

    __slots__ = (
        "_connection",
        "_gone",
        "_left",
        "began",
        "begun",
        "bytes_in",
        "inflow",
        "is_complete",
        "status",
    )

    def __init__(
        self, connection: Flow, head: tuple[str, bytes, bytes, Headers, int, int], bytes_in: int
    ) -> None:
        self.method, self.target, self.authority, self.headers, _, _ = head
        self.scheme = connection.scheme
        self.client = connection.client
        self.body: bytes | None = b""
        self.trailers = []
        self.id = connection.server.ids.next()
        self.params = {}
        self.on_gone = None
        self._connection = connection
        self._gone = self.is_complete = False
        self._left = UNKNOWN
        self.status = 0
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

    @property
    def started(self) -> bool:
        return bool(self.status)

    @property
    def is_gone(self) -> bool:
        return self._gone

    def refuse(self, status: int, why: str) -> None:
        """Answers in the server's own words, whatever the app does then."""
        self.answer(status, [(b"content-type", b"text/plain; charset=utf-8")], f"{why}\n".encode())
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

    def _is_late(self) -> bool:
        """Whether nobody waits for an answer any more."""
        if self.status and not self._gone:
            raise InternalError("a request was answered twice")
        return self._gone

    def _is_wanted(self, data: bytes) -> bool:
        """Whether a piece of the body goes out."""
        if self._gone or not data:
            return False
        if not self.status or self.is_complete:
            raise InternalError("an answer was written to before its start or after its end")
        if self.status in (204, 205, 304) or self.method == "HEAD":
            return False
        if self._left != UNKNOWN:
            if len(data) > self._left:
                self.fail()
                raise bad_length("longer")
            self._left -= len(data)
        return True

    def _may_finish(self) -> bool:
        """Whether the body may come to its end here."""
        if self._gone or self.is_complete:
            return False
        if not self.status:
            raise InternalError("an answer was finished before its start")
        if self._left > 0 and self.method != "HEAD":
            self.fail()
            raise bad_length("shorter")
        return True

    def _answer_for_the_app(self) -> None:
        # The app is not told that its client is gone: it is in the middle of its own mistake.
        self.refuse(500, "the app failed")
