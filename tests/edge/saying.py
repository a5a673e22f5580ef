"""An app that says who it is, and a request that keeps what it was answered."""

from __future__ import annotations

from collections.abc import Iterable

from wherever.edge.exchange import Exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Headers


class Says:
    """Answers with its name and the parameters of the route."""

    def __init__(self, name: str) -> None:
        self.name = name

    def serve(self, exchange: Exchange) -> None:
        found = "".join(f" {name}={value}" for name, value in exchange.params.items())
        exchange.answer(200, [(b"content-type", b"text/plain")], (self.name + found).encode())


class Asked(Exchange):
    """A request with its whole body, and its answer."""

    __slots__ = ("answered", "status")

    def __init__(
        self, method: str, target: bytes, authority: bytes = b"", headers: Headers | None = None
    ) -> None:
        self.method, self.target, self.authority = method, target, authority
        self.scheme, self.client, self.id = "http", "127.0.0.1", "0123456789abcdef"
        self.headers = headers or []
        self.trailers = []
        self.params = {}
        self.on_gone = None
        self.body = b""
        self.status = 0
        self.answered: dict[str, str] = {}

    async def read(self) -> bytes:
        return b""

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        assert self.status == 0
        self.status, self.body = status, body
        self.answered = {name.decode(): value.decode() for name, value in headers}

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        self.answer(status, headers)

    def write(self, data: bytes) -> None:
        assert self.body is not None
        self.body += data

    async def drain(self) -> None:
        pass

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        pass

    def fail(self) -> None:
        pass

    @property
    def started(self) -> bool:
        return self.status > 0

    @property
    def is_gone(self) -> bool:
        return False
