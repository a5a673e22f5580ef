"""One request and the way to answer it: what every app is given, whoever it came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    Headers = list[tuple[bytes, bytes]]
    """Names in lower case and values, in the order in which they were sent."""

    class App(Protocol):
        """What answers requests."""

        def serve(self, exchange: Exchange) -> None:
            """Answers, at once or later: on the loop's thread, and without blocking it.

            An exception that comes out of it is answered as an error of the app.
            """


class Gone(Exception):
    """The client went away before everything was read or written."""


class Exchange(ABC):
    """One request and its answer.

    A server makes it when the head of a request is there and good. The app that serves it calls
    `answer` once, or `start`, `write` any number of times and `finish`; or `fail` where an answer
    that was begun cannot be completed.

    Attributes:
        method: as sent, such as `GET`.
        target: path and query as sent, in origin form: it begins with a slash (or is `*`).
        authority: the host and port that were asked for, as sent; may be empty.
        scheme: `http` or `https`.
        client: the address of who asks, such as `127.0.0.1` or `unix`.
        headers: those of the request, without those that belong to the connection
            (`connection`, `keep-alive`, `proxy-connection`, `te`, `trailer`,
            `transfer-encoding`, `upgrade`); `host` is among them.
        body: the whole body where it was there when the app was called, as it is where it is
            short; None where it has to be read.
        trailers: what came after a body that was read to its end.
        protocol: `HTTP/1.1`, which stands for 1.0 as well, or `HTTP/2`.
        id: 16 letters and digits that name this request in every log.
        params: what the route's parameters matched, by name.
        on_gone: called once where the client goes away before the answer is complete.
    """

    begun: tuple[Any, ...] | None = None
    """What a guest was given of it already, for the app that it belongs to."""

    __slots__ = (
        "authority",
        "body",
        "client",
        "headers",
        "id",
        "method",
        "on_gone",
        "params",
        "scheme",
        "target",
        "trailers",
    )

    protocol: ClassVar[str] = "HTTP/1.1"

    method: str
    target: bytes
    authority: bytes
    scheme: str
    client: str
    headers: Headers
    body: bytes | None
    trailers: Headers
    id: str
    params: dict[str, str]
    on_gone: Callable[[], object] | None

    @abstractmethod
    async def read(self) -> bytes:
        """The next piece of the body, or b"" at its end. The sender is not read ahead of this.

        Raises:
            Gone: the client went away.
        """

    @abstractmethod
    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        """The whole answer at once.

        Args:
            status: 200 to 599.
            headers: names in lower case. `content-length`, `transfer-encoding`, `connection` and
                `date` are the server's to write; where they are given they are left out.
            body: left out where the method or the status has none.
        """

    @abstractmethod
    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        """Begins an answer whose body follows.

        Args:
            status, headers: as for `answer`.
            length: bytes that will be written, where that is known.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """A piece of the body; nothing happens where the client has gone."""

    @abstractmethod
    async def drain(self) -> None:
        """Waits until the client has taken enough of what was written.

        Raises:
            Gone: the client went away.
        """

    @abstractmethod
    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """The end of the body, and of the exchange."""

    @abstractmethod
    def fail(self) -> None:
        """Lets the client see that the answer is not complete: the connection ends, or a stream."""

    @property
    @abstractmethod
    def started(self) -> bool:
        """Whether an answer has begun."""

    @property
    @abstractmethod
    def is_gone(self) -> bool:
        """Whether the client has gone away."""
