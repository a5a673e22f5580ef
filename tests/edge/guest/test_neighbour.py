"""Requests of a guest to the apps beside it, in memory: bounded, and never left waiting."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from wherever.edge.config import AppSpec
from wherever.edge.exchange import Exchange
from wherever.edge.guest.fetching import Fetching
from wherever.edge.guest.neighbour import AHEAD, NeighbourCall
from wherever.edge.guest.outside import Outside
from wherever.edge.internal import MemoryExchange, Neighbours
from wherever.net.budget import OPEN
from wherever.net.error import NetError
from wherever.run.job import Job

GET = b"GET\nhttp\nshop.internal\n/\n\n\n\n\n"
POST = GET.replace(b"GET", b"POST").removesuffix(b"\n") + b"body\n"


class Shop:
    """Answers at once, without a look at the request's body."""

    max_body = None

    def serve(self, exchange: Exchange) -> None:
        exchange.answer(404, [], b"sold out")


def calling(changed: asyncio.Event, *network: str) -> Fetching:
    job = Job("asks.wasm", [b"asks"])
    outside = Outside(
        AppSpec("asks", "asks.wasm", network=network), Neighbours({"shop": Shop()}), job
    )
    return Fetching(outside, MemoryExchange("GET", b"/", []), changed.set)


def call_of(calls: Fetching, number: int) -> NeighbourCall:
    call = calls.call(number)
    assert isinstance(call, NeighbourCall)
    return call


class Unread(BaseHTTPRequestHandler):
    """A server with something for everyone."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1024

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "6")
        self.end_headers()
        self.wfile.write(b"unread")

    def log_message(self, format: str, *args: object) -> None:
        pass


async def ended(call: NeighbourCall, changed: asyncio.Event) -> None:
    while not call._has_ended:
        changed.clear()
        await asyncio.wait_for(changed.wait(), 5)


def test_a_body_that_nobody_reads_is_taken_once_the_answer_is_there() -> None:
    async def story() -> list[int]:
        calls = calling(changed := asyncio.Event())
        call = call_of(calls, calls.start(POST))
        taken = [call.write(bytes(AHEAD)), call.write(b"more")]
        await ended(call, changed)
        taken.append(call.write(b"and more"))
        assert call.is_ready("room")
        call.finish()
        calls.close()
        return taken

    assert asyncio.run(story()) == [AHEAD, 0, 8]


def test_answers_that_are_not_read_are_bounded() -> None:
    async def story() -> None:
        calls = calling(changed := asyncio.Event())
        numbers = [calls.start(GET) for _ in range(OPEN)]
        await ended(call_of(calls, numbers[-1]), changed)
        with pytest.raises(NetError) as refused:
            calls.start(GET)
        assert refused.value.code == "connection-limit-reached"
        # One that is read makes room, and so does one that nobody wants.
        assert call_of(calls, numbers[0]).read(100) == b"sold out"
        calls.end(numbers[1])
        for _ in range(2):
            calls.start(GET)
        with pytest.raises(NetError):
            calls.start(GET)
        calls.close()

    asyncio.run(story())


def test_answers_of_the_network_that_are_not_read_are_bounded_as_well() -> None:
    """A guest could fill our memory with them, beyond its own limit, each within its budget."""

    async def story(place: str) -> None:
        changed = asyncio.Event()
        calls = calling(changed, place)
        asked = GET.replace(b"shop.internal", place.encode())
        for _ in range(OPEN):
            call = calls.call(calls.start(asked))
            while call is not None and not call.is_ready("end"):
                changed.clear()
                await asyncio.wait_for(changed.wait(), 5)
        with pytest.raises(NetError) as refused:
            calls.start(asked)
        assert refused.value.code == "connection-limit-reached"
        calls.close()
        calls._outside.close()

    with ThreadingHTTPServer(("127.0.0.1", 0), Unread) as server:
        Thread(target=server.serve_forever).start()
        try:
            asyncio.run(story(f"127.0.0.1:{server.server_port}"))
        finally:
            server.shutdown()
