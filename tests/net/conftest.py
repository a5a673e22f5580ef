"""What the tests of the network stand on: both loops, and servers on this machine."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11
import pytest
import uvloop

from wherever.net.call import Call
from wherever.net.client import Client
from wherever.net.error import NetError
from wherever.net.request import Request, Timeouts
from wherever.net.rules import Rules

CERTIFICATES = Path(__file__).with_name("certificates")

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a story on each of the two loops; what the loop itself has to say fails it."""

    def run(story: Coroutine[Any, Any, Any]) -> Any:
        said: list[object] = []

        async def listened() -> Any:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _loop, context: said.append(context))
            return await asyncio.wait_for(story, 15)

        result = request.param(listened())
        assert said == []
        return result

    return run


@asynccontextmanager
async def raw(
    talk: Talk, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """A server that does to each connection what `talk` does; the port is given."""
    tasks = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        except (ConnectionError, ssl.SSLError, EOFError, h11.RemoteProtocolError):
            pass  # the client left
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


@dataclass
class Seen:
    """A request as a server saw it."""

    method: str = ""
    target: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass
class Reply:
    """What a server answers."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=lambda: [b"hello"])
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass
class Site:
    """A server that speaks by h11, and all that it has seen."""

    reply: Callable[[Seen], Reply | Awaitable[Reply]] = lambda seen: Reply()
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    at_a_time: int = 0
    most_at_a_time: int = 0
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_a_time += 1
        self.most_at_a_time = max(self.at_a_time, self.most_at_a_time)
        wire = h11.Connection(h11.SERVER)
        try:
            while (seen := await self._request(wire, reader)) is not None:
                self.seen.append(seen)
                reply = self.reply(seen)
                answer = reply if isinstance(reply, Reply) else await reply
                response = h11.Response(status_code=answer.status, headers=answer.headers)
                writer.write(wire.send(response))
                for piece in answer.body:
                    writer.write(wire.send(h11.Data(data=piece)))
                    await writer.drain()
                writer.write(wire.send(h11.EndOfMessage(headers=answer.trailers)))
                if wire.our_state is not h11.DONE or wire.their_state is not h11.DONE:
                    return
                wire.start_next_cycle()
        finally:
            self.at_a_time -= 1

    async def _request(self, wire: h11.Connection, reader: asyncio.StreamReader) -> Seen | None:
        seen = Seen()
        while True:
            event = wire.next_event()
            if event is h11.NEED_DATA:
                wire.receive_data(await reader.read(1 << 16))
            elif isinstance(event, h11.Request):
                seen.method, seen.target = event.method.decode(), event.target.decode()
                seen.headers = [(bytes(name), bytes(value)) for name, value in event.headers]
            elif isinstance(event, h11.Data):
                seen.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                seen.trailers = [(bytes(name), bytes(value)) for name, value in event.headers]
                return seen
            else:
                return None


@asynccontextmanager
async def served(
    reply: Callable[[Seen], Reply | Awaitable[Reply]] = lambda seen: Reply(),
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Site]:
    """A site on this machine."""
    site = Site(reply)
    async with raw(site.talk, context) as site.port:
        yield site


def client(port: int, **given: Any) -> Client:
    """A client that may reach a server on this machine, by any of its names."""
    names = (f"localhost:{port}", f"127.0.0.0/8:{port}", f"*.test:{port}", "[::1]:*")
    return Client(Rules.of(names), **given)


def get(port: int, target: str = "/", host: str = "127.0.0.1", method: str = "GET") -> Request:
    return Request.of(method, "http", f"{host}:{port}", target)


async def whole(call: Call) -> tuple[int, bytes]:
    """The status and the whole body of a response."""
    status = await call.response()
    body = bytearray()
    while piece := await call.receive():
        body += piece
    return status, bytes(body)


async def fails(call: Call) -> str:
    """Why a call fails, sooner or later."""
    try:
        await whole(call)
    except NetError as error:
        return error.code
    return "nothing"


def quick(*names: str, seconds: float = 0.05) -> Timeouts:
    """Timeouts of which those that are named are short."""
    return Timeouts(**dict.fromkeys(names, seconds))


async def until(holds: Callable[[], bool]) -> None:
    """Waits for something that comes sooner or later."""
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come")


def trusting() -> ssl.SSLContext:
    """A client's context that trusts the tests' authority."""
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "authority.pem"))
    context.set_alpn_protocols(["http/1.1"])
    return context


def proving(name: str) -> ssl.SSLContext:
    """A server's context with one of the tests' certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


async def quiet() -> None:
    """Lets the loop do what closing things left to it."""
    for _ in range(5):
        await asyncio.sleep(0.01)
