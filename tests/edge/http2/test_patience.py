"""What HTTP/2 costs us: neither a slow client nor a busy one takes more than its share."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.edge.http.serving import Recorder, Serving, hello
from tests.edge.http2.speaking import GOOD, Client, Raw, secured
from wherever.edge.exchange import Exchange
from wherever.edge.http.limits import Limits

POST = [(":method", "POST"), *GOOD[1:]]


def connection(served: Serving) -> Any:
    """The only one that there is, when its handshake is over."""
    served.until(lambda: [each.is_met for each in served.server._connections] == [True])
    return next(iter(served.server._connections))


async def counts(exchange: Exchange) -> None:
    size = 0
    while data := await exchange.read():
        size += len(data)
    exchange.answer(200, [], b"%d" % size)


@pytest.mark.parametrize("length", [[], [("content-length", "999999")]], ids=["held", "read"])
def test_a_frame_that_trickles_is_no_faster_than_a_body_that_does(length: list[Any]) -> None:
    limits = Limits(body_grace_seconds=0.2, body_idle_seconds=5)
    with secured(Recorder(counts), limits) as served, Raw(served.connect()) as client:
        client.send(client.headers(1, POST + length, ("END_HEADERS",)))
        data = DataFrame(1, bytes(16_384)).serialize()
        client.sock.sendall(data[:10])
        began = time.monotonic()
        client.sock.settimeout(0.02)
        answer = None
        while answer is None and time.monotonic() < began + 4:
            client.try_send(b"x")
            try:
                answer = client.next(HeadersFrame, 1)
            except TimeoutError:
                pass
        assert answer is not None, "a byte now and then is waited for"
        served.until(lambda: bool(served.done))
    assert [each[2] for each in served.done] == [408]


@pytest.mark.parametrize(
    "block",
    [b"\x20" * 16_000, b"\x3f\xe1\x1f" * 3, b"\x20\x3f\x00\x20"],
    ids=["many", "long", "different"],
)
def test_a_table_changes_its_size_no_more_than_twice(block: bytes) -> None:
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        two = b"\x20\x3f\xe1\x1f" + client.headers(1).data
        client.send(HeadersFrame(1, two, flags=["END_HEADERS", "END_STREAM"]))
        assert client.next(DataFrame, 1).data == b"hello"
        client.send(HeadersFrame(3, block, flags=["END_HEADERS", "END_STREAM"]))
        assert client.end() == 9


def test_long_heads_are_read_one_in_a_turn():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        turns = 0
        wait = served.server.row.wait

        def counted(step: Any) -> None:
            nonlocal turns
            turns += 1
            wait(step)

        served.server.row.wait = counted
        # Each unfolds to more than a thousand fields.
        many = client.headers(1).data + b"\x83" * 1200
        flags = ["END_HEADERS", "END_STREAM"]
        client.send(*(HeadersFrame(1 + 2 * n, many, flags=flags) for n in range(12)))
        for n in range(12):
            assert client.next(RstStreamFrame, 1 + 2 * n) is not None
        assert turns >= 10


def test_what_waits_for_its_turn_is_not_read_without_an_end():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        waiting: list[Any] = []
        served.server.row.wait = waiting.append
        client.send(*(client.headers(1 + 2 * n) for n in range(20)))
        served.until(lambda: len(waiting) == 1)
        talk = connection(served)
        piece = DataFrame(39, bytes(16_000)).serialize() * 4
        client.sock.settimeout(0.5)
        for _ in range(200):
            if not client.try_send(piece):
                break
        assert served.ask(lambda: len(talk._data)) < 1 << 20


def test_a_client_that_reads_nothing_is_not_answered_without_an_end():
    def long(exchange: Exchange) -> None:
        exchange.answer(200, [(b"x-%d" % n, b"y" * 1000) for n in range(20)])

    app = Recorder(long)
    with secured(app) as served, Raw(served.connect()) as client:
        head = [(":method", "HEAD"), *GOOD[1:]]
        data = b"".join(client.headers(1 + 2 * n, head).serialize() for n in range(3000))
        client.sock.settimeout(1)
        client.try_send(data)
        most = 0
        talk = connection(served)
        for _ in range(50):
            most = max(most, served.ask(lambda: talk.transport.get_write_buffer_size()))
            threading.Event().wait(0.02)
        assert most < 1 << 20
        client.sock.settimeout(10)
        # Who then reads is answered: all that it asked for.
        seen = 0
        for frame in client.frames():
            seen += isinstance(frame, HeadersFrame)
            if seen == 3000:
                break
        assert seen == 3000


def test_an_app_that_gives_up_reading_may_read_again():
    async def impatient(exchange: Exchange) -> None:
        size = tries = 0
        while True:
            try:
                data = await asyncio.wait_for(exchange.read(), 0.05)
            except TimeoutError:
                tries += 1
                continue
            size += len(data)
            if not data:
                break
        exchange.answer(200, [], b"%d %d" % (size, tries > 0))

    with secured(Recorder(impatient)) as served, Client(served.connect()) as client:
        more = [("content-length", "100000")]
        id = client.ask(method="POST", ends=False, more=more)
        threading.Event().wait(0.3)
        client.send(id, bytes(100_000))
        assert client.answer(id).body == b"100000 1"


def test_blanks_around_the_values_of_an_app_are_not_sent():
    def blank(exchange: Exchange) -> None:
        exchange.answer(200, [(b"x-one", b" a b\t"), (b"x-two", b" ")], b"ok")

    with secured(Recorder(blank)) as served, Client(served.connect()) as client:
        answer = client.get()
    assert (answer.headers[b"x-one"], answer.headers[b"x-two"]) == (b"a b", b"")


def test_fields_in_pieces_count_as_one_head():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        block = client.headers(1).data
        client.send(
            HeadersFrame(1, block[:3], flags=["END_STREAM"]),
            *(ContinuationFrame(1, block[n : n + 1]) for n in range(3, len(block))),
            ContinuationFrame(1, b"", flags=["END_HEADERS"]),
        )
        assert client.next(DataFrame, 1).data == b"hello"


@pytest.mark.parametrize("size", [60_000, 200_000], ids=["held", "read later"])
def test_tiny_pieces_of_a_body_are_not_kept_one_by_one(size: int) -> None:
    async def waits(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    app = Recorder(waits)
    with secured(app) as served, Raw(served.connect()) as client:
        fields = [*POST, ("content-length", str(size))]
        client.send(client.headers(1, fields, ("END_HEADERS",)))
        client.sock.sendall(DataFrame(1, b"xy").serialize() * 20_000)
        talk = connection(served)
        served.until(lambda: 1 in talk.streams)

        def kept() -> tuple[int, int]:
            stream = talk.streams[1]
            inflow = stream.exchange.inflow
            pieces = stream._pieces if inflow is None else inflow._pieces
            return sum(map(len, pieces)), len(pieces)

        served.until(lambda: kept()[0] == 40_000)
        assert served.ask(kept)[1] < 100
        for task in tuple(app.tasks):
            served.loop.call_soon_threadsafe(task.cancel)
        served.until(lambda: not app.tasks)


def test_what_a_late_body_is_answered_waits_until_there_is_room_for_it():
    with secured(Recorder(counts), Limits(body_idle_seconds=0.1)) as served:
        with Raw(served.connect()) as client:
            client.send(SettingsFrame(0, {4: 0}), client.headers(1, POST, ("END_HEADERS",)))
            assert client.next(HeadersFrame, 1) is not None
            threading.Event().wait(1.2)  # The server looks at it twice meanwhile.
            client.send(WindowUpdateFrame(1, 1000))
            assert client.next(DataFrame, 1).data.startswith(b"the body of the request took")


def test_the_last_request_that_is_looked_at_is_never_told_to_be_a_later_one():
    async def waits(exchange: Exchange) -> None:
        await go_on.wait()

    go_on = asyncio.Event()
    with secured(Recorder(waits)) as served, Raw(served.connect()) as client:
        client.send(client.headers(1), GoAwayFrame(0))
        assert client.next(GoAwayFrame).last_stream_id == 1
        client.send(client.headers(3))
        assert client.next(RstStreamFrame, 3).error_code == 7
        client.send(HeadersFrame(5, b"\xff\xff\xff", flags=["END_HEADERS"]))
        last = client.next(GoAwayFrame)
        assert (last.error_code, last.last_stream_id) == (9, 1)
        served.ask(go_on.set)
