"""One request that another server has read, and the ASGI events of its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from urllib.parse import quote, unquote

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http import answers
from wherever.edge.http.answers import BadAnswer
from wherever.edge.http.body import Inflow
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from typing import Any

    from wherever.edge.exchange import Headers

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

PREFIX = b"x-forwarded-prefix"
"""The header that tells an app which part was taken off its paths."""

_OF_THE_CONNECTION = frozenset(
    (
        b"connection",
        b"expect",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        PREFIX,
    )
)
_WAITING_BYTES = 64 * 1024


class AsgiExchange(Exchange):
    """What an app is given: its answer goes into a queue of events, which `deliver` hands on."""

    __slots__ = (
        "_drains",
        "_events",
        "_failed",
        "_gone",
        "_is_complete",
        "_is_read",
        "_left",
        "_ready",
        "_status",
        "_trailers",
        "_unsent",
        "inflow",
    )

    inflow: Inflow

    def __init__(self, scope: Message, id: str) -> None:
        prefix = scope.get("root_path", "").rstrip("/")
        self.method = scope["method"]
        self.target = _target(scope, prefix)
        self.headers: Headers = [
            (bytes(name), bytes(value))
            for name, value in scope["headers"]
            if name not in _OF_THE_CONNECTION
        ]
        self.authority = dict(self.headers).get(b"host", b"")
        if prefix:
            self.headers.append((PREFIX, quote(prefix).encode()))
        self.scheme = scope.get("scheme", "http")
        client = scope.get("client")
        self.client = client[0] if client else "unix"
        self.body: bytes | None = b""
        self.trailers = []
        self.id = id
        self.params = {}
        self.on_gone = None
        self._trailers = "http.response.trailers" in (scope.get("extensions") or {})
        self._events: deque[Message] = deque()
        self._ready = asyncio.Event()
        self._drains: list[asyncio.Future[None]] = []
        self._unsent = self._status = 0
        self._left: int | None = None
        self._gone = self._failed = self._is_complete = self._is_read = False

    # What the app calls.

    async def read(self) -> bytes:
        if self.body is not None:
            if self._gone:
                raise Gone
            body = b"" if self._is_read else self.body
            self._is_read = True
            return body
        while True:
            if self._gone:
                raise Gone
            data = self.inflow.take()
            if data or self.inflow.ended:
                return data
            await self.inflow.more()

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        if self._is_late():
            return
        self._begin(status, headers, 0 if status == 205 else len(body), False)
        self._say(b"" if self._is_bodiless else body, False)
        self._complete()

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        if self._is_late():
            return
        self._left = length
        self._begin(status, headers, 0 if status == 205 else length, self._trailers)

    def write(self, data: bytes) -> None:
        if self._gone or not data:
            return
        if not self._status or self._is_complete:
            raise InternalError("an answer was written to before its start or after its end")
        if self._is_bodiless:
            return
        if self._left is not None:
            if len(data) > self._left:
                self.fail()
                raise answers.bad_length("longer")
            self._left -= len(data)
        self._say(data, True)

    async def drain(self) -> None:
        while self._unsent > _WAITING_BYTES and not self._gone:
            waiter = asyncio.get_running_loop().create_future()
            self._drains.append(waiter)
            await waiter
        if self._gone:
            raise Gone

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        if self._gone or self._is_complete:
            return
        if not self._status:
            raise InternalError("an answer was finished before its start")
        if self._left and not self._is_bodiless:
            self.fail()
            raise answers.bad_length("shorter")
        try:
            fields = answers.trailer_pairs(trailers)
        except BadAnswer:
            self.fail()
            raise
        self._say(b"", False)
        if self._trailers:
            self._put({"type": "http.response.trailers", "headers": fields, "more_trailers": False})
        self._complete()

    def fail(self) -> None:
        if self._gone or self._is_complete:
            return
        if self._status:
            self._failed = True
            self._complete()
        else:
            self.refuse(500, "the app failed")

    @property
    def started(self) -> bool:
        return bool(self._status)

    @property
    def is_gone(self) -> bool:
        return self._gone

    # What the application calls.

    def begin_stream(self) -> None:
        """The body has to be read."""
        loop = asyncio.get_running_loop()
        self.body = None
        self.inflow = Inflow(loop.create_future, self._wake)

    async def put(self, piece: bytes, more: bool, held: int) -> None:
        """Adds a piece of the body, and waits while enough is there that nobody has read."""
        self.inflow.put([piece] if piece else [], len(piece), not more)
        while self.inflow.size > held and not self._is_complete and not self._gone:
            waiter = asyncio.get_running_loop().create_future()
            self._drains.append(waiter)
            await waiter

    def refuse(self, status: int, why: str) -> None:
        """Answers in our own words, whatever the app does then."""
        if not self._status and not self._gone:
            plain = [(b"content-type", b"text/plain; charset=utf-8")]
            self.answer(status, plain, f"{why}\n".encode())
        elif not self._is_complete:
            self.fail()
        self._abandon()

    def lose(self) -> None:
        """The client has gone, or its server waits no longer."""
        if self._gone or self._is_complete:
            return
        self._abandon()
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            try:
                on_gone()
            except Exception as error:
                complain(error)

    async def deliver(self, send: Send) -> None:
        """Hands the answer to the server as it comes."""
        while True:
            while self._events:
                event = self._events.popleft()
                try:
                    await send(event)
                except OSError:
                    self.lose()
                    return
                self._unsent -= len(event.get("body", b""))
                if self._unsent <= _WAITING_BYTES:
                    self._wake()
            if self._failed:
                # The only way in which ASGI can tell a client that an answer is not whole.
                raise InternalError("the answer could not be completed")
            if self._is_complete or self._gone:
                return
            self._ready.clear()
            await self._ready.wait()

    @property
    def _is_bodiless(self) -> bool:
        return self.method == "HEAD" or self._status in (204, 205, 304)

    def _is_late(self) -> bool:
        if self._status and not self._gone:
            raise InternalError("a request was answered twice")
        return self._gone

    def _begin(self, status: int, headers: Headers, length: int | None, trailers: bool) -> None:
        try:
            fields = answers.pairs(status, headers)
        except BadAnswer:
            self.refuse(500, "the app failed")
            raise
        if length is not None and status not in (204, 304):
            fields.append((b"content-length", b"%d" % length))
        fields.append((b"x-request-id", self.id.encode()))
        self._status = status
        self._put(
            {
                "type": "http.response.start",
                "status": status,
                "headers": fields,
                **({"trailers": True} if trailers else {}),
            }
        )

    def _say(self, data: bytes, more: bool) -> None:
        self._unsent += len(data)
        self._put({"type": "http.response.body", "body": data, "more_body": more})

    def _put(self, event: Message) -> None:
        self._events.append(event)
        self._ready.set()

    def _complete(self) -> None:
        self._is_complete = True
        self._ready.set()
        self._wake()

    def _abandon(self) -> None:
        self._gone = True
        if self.body is None:
            self.inflow.wake()
        self._ready.set()
        self._wake()

    def _wake(self) -> None:
        drains, self._drains = self._drains, []
        for waiter in drains:
            if not waiter.done():
                waiter.set_result(None)


def complain(error: Exception) -> None:
    """Something of the app's has failed: the loop's handler hears of it, never the client."""
    context = {"message": "an app failed to answer a request", "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)


def _target(scope: Message, prefix: str) -> bytes:
    """Path and query in origin form, without what the application is mounted under."""
    path = scope["path"]
    raw = (scope.get("raw_path") or quote(path).encode()).partition(b"?")[0]
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        parts = raw.split(b"/")
        words = prefix.count("/") + 1
        if unquote(b"/".join(parts[:words]).decode("latin-1")) == prefix:
            raw = b"/".join((b"", *parts[words:]))
        else:
            raw = quote(path.removeprefix(prefix)).encode()
    query = scope.get("query_string") or b""
    return b"%b?%b" % (raw or b"/", query) if query else raw or b"/"
