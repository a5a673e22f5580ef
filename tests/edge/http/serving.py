"""A server on real sockets, in a thread of its own, and clients that send exactly what they say."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h11
import uvloop

from wherever.edge.exchange import Exchange
from wherever.edge.http.limits import Limits
from wherever.edge.http.server import Server

SECONDS = 10


class Serving:
    """A running server.

    Attributes:
        done: method, target, status, bytes in and out of each exchange that ended.
        failures: what apps raised.
    """

    def __init__(self, app: Any, limits: Limits, unix: Path | None, **options: Any) -> None:
        self.done: list[tuple[str, bytes, int, int, int]] = []
        self.failures: list[BaseException] = []
        self.listening = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.listening.bind(str(unix) if unix else ("127.0.0.1", 0))
        self.listening.listen(100)
        self.address: Any = self.listening.getsockname()
        self.server = Server(app, limits, done=self._ended, **options)
        here = [self.listening]
        self._sockets = ([], here) if self.server.tls else (here, [])
        self._begun = threading.Event()
        self._thread = threading.Thread(target=uvloop.run, args=(self._run(),))
        self._thread.start()
        self._begun.wait(SECONDS)

    def _ended(self, exchange: Exchange, status: int, came: int, went: int, seconds: float) -> None:
        assert 0 <= seconds < SECONDS
        self.done.append((exchange.method, exchange.target, status, came, went))

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda _, told: self.failures.append(told["exception"]))
        self._over = asyncio.Event()
        await self.server.start(*self._sockets)
        self._begun.set()
        await self._over.wait()
        await self.server.close(0)

    def ask(self, function: Callable[[], Any]) -> Any:
        """Calls it on the server's thread, and awaits it there."""

        async def called() -> Any:
            result = function()
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result(SECONDS)

    def connect(self) -> socket.socket:
        client = socket.socket(self.listening.family)
        client.settimeout(SECONDS)
        try:
            client.connect(self.address)
        except OSError:
            client.close()
            raise
        return client

    def send(self, *pieces: bytes) -> bytes:
        """Sends these on one connection, closes that side, and reads to the end."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            return read_all(client)

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something that the server does in its own time."""
        for _ in range(SECONDS * 100):
            if self.ask(holds):
                return
            threading.Event().wait(0.01)
        raise AssertionError("it never came to hold")

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@contextmanager
def serving(
    app: Any, limits: Limits | None = None, unix: Path | None = None, **options: Any
) -> Iterator[Serving]:
    served = Serving(app, limits or Limits(), unix, **options)
    try:
        yield served
    finally:
        served.close()


class Recorder:
    """An app that keeps what it was asked, and answers as it is told to."""

    def __init__(self, answer: Callable[[Exchange], Any]) -> None:
        self.seen: list[Exchange] = []
        self._answer = answer
        self.tasks: set[asyncio.Task[Any]] = set()

    def serve(self, exchange: Exchange) -> None:
        self.seen.append(exchange)
        result = self._answer(exchange)
        if asyncio.iscoroutine(result):
            task = asyncio.ensure_future(result)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


def hello(exchange: Exchange) -> None:
    exchange.answer(200, [(b"content-type", b"text/plain")], b"hello")


def read_all(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    data = b""
    try:
        while piece := client.recv(1 << 16):
            data += piece
    except ConnectionResetError:
        data += b"<reset>"
    return data


def answers(data: bytes, methods: list[str]) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """What h11 reads in these bytes: status, headers and body of each answer.

    The headers that every answer has are checked and left out.
    """
    read = []
    left = data
    for method in methods:
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        client.send(h11.EndOfMessage())
        client.receive_data(left)
        client.receive_data(b"")
        body = b""
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                assert isinstance(event, h11.InformationalResponse), event
        headers = dict(head.headers)
        assert len(headers.pop(b"date")) == 29
        assert len(headers.pop(b"x-request-id")) == 16
        for name, value in event.headers:
            headers[b"trailer " + name] = value
        read.append((head.status_code, headers, body))
        left = client.trailing_data[0]
    assert left == b"", left
    return read
