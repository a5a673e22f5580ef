"""A small HTTP server over h11, and apps for it: enough to see what observes one."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import h11

from wherever.edge.exchange import Exchange, Gone

if TYPE_CHECKING:
    from wherever.edge.exchange import App, Headers

_ids = count(1)


class SmallExchange(Exchange):
    """One request over h11, and its answer."""

    __slots__ = ("_gone", "connection", "ended", "finished", "sent", "status", "writer")

    def __init__(self, request: Any, body: bytes, connection: Any, writer: Any) -> None:
        self.connection, self.writer = connection, writer
        self.method, self.target = request.method.decode(), bytes(request.target)
        self.headers = [(bytes(name), bytes(value)) for name, value in request.headers]
        self.authority = dict(self.headers).get(b"host", b"")
        self.scheme, self.client = "http", "127.0.0.1"
        self.body, self.trailers, self.params = body, [], {}
        self.id = f"{next(_ids):016x}"
        self.on_gone = None
        self.status = self.sent = 0
        self._gone = False
        self.ended: Callable[[], object] | None = None
        self.finished = asyncio.Event()

    async def read(self) -> bytes:
        return b""

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        self.status, self.sent = status, len(body)
        self._end()
        self.start(status, headers, len(body))
        self._send(h11.Data(data=body))
        self.finish()

    def start(self, status: int, headers: Headers, length: int | None = None) -> None:
        self.status = status
        if length is not None:
            headers = [*headers, (b"content-length", str(length).encode())]
        self._send(h11.Response(status_code=status, headers=headers))

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        if not self._gone:
            self._send(h11.Data(data=data))

    async def drain(self) -> None:
        if self._gone:
            raise Gone
        try:
            await self.writer.drain()
        except ConnectionError:
            raise Gone from None

    def finish(self, trailers: Any = ()) -> None:
        self._end()
        if not self._gone:
            self._send(h11.EndOfMessage())
        self.finished.set()

    def _end(self) -> None:
        """Tells that it is over, before the client can know."""
        if self.ended is not None:
            self.ended()
            self.ended = None

    def fail(self) -> None:
        self.leave()

    def leave(self) -> None:
        if not self._gone:
            self._gone = True
            self._end()
            self.finished.set()
            if self.on_gone is not None:
                self.on_gone()

    @property
    def started(self) -> bool:
        return bool(self.status)

    @property
    def is_gone(self) -> bool:
        return self._gone

    def _send(self, event: Any) -> None:
        if self._gone:
            return
        self.writer.write(self.connection.send(event))


class Reply:
    """An app that answers everything alike, or as a function says."""

    def __init__(self, status: int = 200, body: bytes = b"hello", then: Any = None) -> None:
        self._status, self._body, self._then = status, body, then

    def serve(self, exchange: Exchange) -> None:
        if self._then is not None:
            self._then(exchange)
        exchange.answer(self._status, [(b"content-type", b"text/plain")], self._body)


class ByPath:
    """An app of apps: the first part of the path says which."""

    def __init__(self, apps: dict[str, App]) -> None:
        self._apps = apps

    def serve(self, exchange: Exchange) -> None:
        name = exchange.target.decode().split("/")[1].partition("?")[0]
        app = self._apps.get(name)
        if app is None:
            exchange.answer(404, [], b"nothing here")
        else:
            app.serve(exchange)


def _ended(done: Any, exchange: SmallExchange, bytes_in: int, began: float) -> None:
    done(exchange, exchange.status, bytes_in, exchange.sent, time.perf_counter() - began)


async def _connected(app: App, done: Any, reader: Any, writer: Any) -> None:
    connection = h11.Connection(h11.SERVER)
    try:
        while True:
            request, body = None, b""
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await reader.read(65536))
                elif isinstance(event, h11.Request):
                    request, began = event, time.perf_counter()
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    break
                else:
                    return
            exchange = SmallExchange(request, body, connection, writer)
            if done is not None:
                exchange.ended = partial(_ended, done, exchange, len(body), began)
            app.serve(exchange)
            waiting = asyncio.ensure_future(reader.read(1))
            ending = asyncio.ensure_future(exchange.finished.wait())
            await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not exchange.finished.is_set():
                exchange.leave()
            if waiting.done():
                return
            waiting.cancel()
            await asyncio.wait({waiting})
            if exchange.is_gone or connection.our_state is not h11.DONE:
                return
            await writer.drain()
            connection.start_next_cycle()
    except (ConnectionError, h11.RemoteProtocolError):
        pass
    finally:
        writer.close()


@contextmanager
def served(app: App, done: Callable[..., object] | None = None) -> Iterator[int]:
    """Serves an app on a port of this machine, by a loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    tasks: set[Any] = set()

    async def connected(reader: Any, writer: Any) -> None:
        tasks.add(asyncio.current_task())
        try:
            await _connected(app, done, reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(asyncio.current_task())

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:

        async def end() -> None:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def ask(
    port: int, target: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, headers=headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, names, response.read().decode()
    finally:
        connection.close()


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """What a condition gives, as soon as that is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
