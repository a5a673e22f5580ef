"""What clients of HTTP/2 try: requests that can be read in two ways, floods, and doing nothing."""

from __future__ import annotations

import asyncio
import struct
import threading
from itertools import cycle
from typing import Any

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.edge.http.serving import Recorder, hello, read_all
from tests.edge.http2.speaking import GOOD, Client, Raw, secured
from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http.limits import Limits

CALM = 11


def put(*more: tuple[Any, Any], **pseudo: Any) -> list[tuple[Any, Any]]:
    """The fields of a good request, with others in place of its own and after them."""
    fields = {**dict(GOOD), **{f":{name}": value for name, value in pseudo.items()}}
    return [(name, value) for name, value in fields.items() if value is not None] + list(more)


# ----- what another server could read in another way

MALFORMED = {
    "upper case": put(("X-One", "1")),
    "connection": put(("connection", "close")),
    "keep-alive": put(("keep-alive", "1")),
    "proxy-connection": put(("proxy-connection", "close")),
    "transfer-encoding": put(("transfer-encoding", "chunked")),
    "upgrade": put(("upgrade", "h2c")),
    "te": put(("te", "gzip")),
    "line end in a value": put(("x", "a\r\ntransfer-encoding: chunked")),
    "line feed in a value": put(("x", "a\r\n\r\nGET /admin HTTP/1.1")),
    "line end in a name": put(("x: y\r\nz", "a")),
    "colon in a name": put(("x:y", "a")),
    "blank in a name": put(("x y", "a")),
    "no name": put(("", "a")),
    "blank before a value": put(("x", " a")),
    "blank after a value": put(("x", "a\t")),
    "line end in the path": put(path="/ HTTP/1.1\r\nx: y\r\nz: "),
    "line end in the method": put(method="GET / HTTP/1.1\r\nhost: y\r\nx: "),
    "line end in the authority": put(authority="a\r\nx: y"),
    "no method": put(method=None),
    "no scheme": put(scheme=None),
    "no path": put(path=None),
    "blank before the authority": put(authority=" localhost"),
    "blank after the authority": put(authority="localhost "),
    "empty path": put(path=""),
    "a whole address as path": put(path="http://other/"),
    "a star as path": put(path="*"),
    "another scheme": put(scheme="file"),
    "a status": put((":status", "200")),
    "twice a path": [*GOOD, (":path", "/admin")],
    "a pseudo-header too late": [GOOD[0], ("x", "y"), *GOOD[1:]],
    "two hosts": put(("host", "other")),
    "a host twice": put(("host", "localhost"), ("host", "localhost")),
    "an extended connect": put((":protocol", "websocket")),
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_ends_its_stream_unseen(fields: list[tuple[Any, Any]]) -> None:
    app = Recorder(hello)
    with secured(app) as served, Raw(served.connect()) as client:
        client.send(client.headers(1, fields))
        assert client.next(RstStreamFrame, 1).error_code == 1
        assert app.seen == []
        # The connection is as good as before, the table of its fields too.
        client.send(client.headers(3))
        assert client.next(DataFrame, 3).data == b"hello"
        served.until(lambda: len(served.done) == 2)
    assert [each[2] for each in served.done] == [400, 200]


REFUSED = {
    "two lengths": (put(("content-length", "0"), ("content-length", "0")), 400),
    "a length that is none": (put(("content-length", "+0")), 400),
    "a bad host": (put(authority="a@b"), 400),
    "no host": (put(authority=None), 400),
    "a nul": (put(("x", "a\x00b")), 400),
    "a line feed alone": (put(("x", "a\nb")), 400),
    "a blank in the path": (put(path="/a b"), 400),
    "a blank in the method": (put(method="GET /x"), 400),
    "a tunnel": (put(method="CONNECT"), 501),
    "another expectation": (put(("expect", "a pony")), 417),
    "too many": (put(*((f"x-{n}", "y") for n in range(120))), 431),
    "too much": (put(*((f"x-{n}", "y" * 3000) for n in range(11))), 431),
    "a long path": (put(path="/" + "a" * 9000), 414),
}


@pytest.mark.parametrize(("fields", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_served_is_answered(fields: list[tuple[Any, Any]], status: int) -> None:
    app = Recorder(hello)
    with secured(app) as served, Raw(served.connect()) as client:
        frame = client.headers(1, fields)
        data, frame.data = frame.data, frame.data[:16_000]
        rest = ContinuationFrame(1, data[16_000:], flags=["END_HEADERS"])
        if rest.data:
            frame.flags.discard("END_HEADERS")
        client.send(frame, *([rest] if rest.data else []))
        assert client.next(HeadersFrame, 1) is not None
        assert app.seen == []
        client.send(client.headers(3))
        assert client.next(DataFrame, 3).data == b"hello"
        served.until(lambda: len(served.done) == 2)
    assert [each[2] for each in served.done] == [status, 200]


@pytest.mark.parametrize(("said", "body"), [("5", b"abc"), ("2", b"abc"), ("3", None)])
def test_a_body_of_another_length_than_was_said_reaches_no_app(said: str, body: bytes | None):
    app = Recorder(hello)
    with secured(app) as served, Raw(served.connect()) as client:
        fields = put(("content-length", said), method="POST")
        if body is None:
            client.send(client.headers(1, fields))
        else:
            client.send(
                client.headers(1, fields, ("END_HEADERS",)),
                DataFrame(1, body, flags=["END_STREAM"]),
            )
        assert client.next(RstStreamFrame, 1).error_code == 1
    assert app.seen == []


# ----- floods


async def until_gone(exchange: Exchange) -> None:
    """Answers nothing, as long as there is a client."""
    gone = asyncio.Event()
    exchange.on_gone = gone.set
    if not exchange.is_gone:
        await gone.wait()


FLOODS = {
    "pings": lambda: PingFrame(0, b"12345678"),
    "settings": lambda: SettingsFrame(0, {3: 100}),
    "priorities": lambda: PriorityFrame(1, depends_on=3, stream_weight=1),
    "windows": lambda: WindowUpdateFrame(0, 1),
    "windows of a stream": lambda: WindowUpdateFrame(1, 1),
    "empty pieces": lambda: DataFrame(1),
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_frames_that_ask_for_nothing_ends_the_connection(make: Any) -> None:
    async def reads(exchange: Exchange) -> None:
        with pytest.raises(Gone):
            while await exchange.read():
                pass

    app = Recorder(reads)
    with (
        secured(app) as served,
        Client(served.connect()) as healthy,
        Raw(served.connect()) as client,
    ):
        # Long, so that the app is called and reads.
        client.send(
            client.headers(1, put(("content-length", "99999"), method="POST"), ("END_HEADERS",))
        )
        served.until(lambda: len(app.seen) == 1)
        client.try_send(make().serialize() * 5000)
        assert client.end() == CALM
        served.until(lambda: not app.tasks and served.server.connections == 1)
        app._answer = hello
        assert healthy.get().body == b"hello"


def test_a_flood_of_unknown_frames_ends_the_connection():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        client.try_send(struct.pack(">HBBBL", 0, 0, 0xBE, 0, 0) * 5000)
        assert client.end() == CALM


def flood(client: Raw, *after: Any) -> None:
    """A thousand requests, each followed by something."""
    for n in range(1000):
        id = 1 + 2 * n
        data = client.headers(id).serialize() + b"".join(each(id).serialize() for each in after)
        if not client.try_send(data):
            return


@pytest.mark.parametrize(
    "after",
    [
        [lambda id: RstStreamFrame(id, 8)],
        # Here it is the server that is made to give up.
        [lambda id: WindowUpdateFrame(id, 2**31 - 1)],
        [lambda id: PriorityFrame(id, depends_on=id)],
        [lambda id: DataFrame(id, b"x")],
    ],
    ids=["by the client", "by a window", "by a priority", "by a body too late"],
)
def test_requests_that_are_given_up_again_and_again_end_the_connection(after: list[Any]):
    app = Recorder(until_gone)
    with secured(app) as served, Raw(served.connect()) as client:
        flood(client, *after)
        assert client.end() == CALM
        served.until(lambda: not app.tasks and served.server.connections == 0)
    # Of a thousand.
    assert len(app.seen) <= 250


def test_a_hundred_requests_may_be_given_up_at_once():
    async def waits(exchange: Exchange) -> None:
        if exchange.target == b"/":
            await until_gone(exchange)
        exchange.answer(200, [], b"ok")

    app = Recorder(waits)
    with secured(app) as served, Client(served.connect()) as client:
        ids = [client.ask() for _ in range(100)]
        for id in ids:
            client.h2.reset_stream(id, 8)
        client.flush()
        assert client.get("/next").body == b"ok"
        served.until(lambda: not app.tasks)


@pytest.mark.parametrize("piece", [b"", bytes(100), bytes(16_384)], ids=len)
def test_fields_without_an_end_end_the_connection(piece: bytes) -> None:
    app = Recorder(hello)
    with secured(app) as served, Raw(served.connect()) as client:
        client.send(client.headers(1, flags=()))
        data = ContinuationFrame(1, piece).serialize()
        for _ in range(1000):
            if not client.try_send(data):
                break
        assert client.end() == CALM
    assert app.seen == []


def test_fields_that_unfold_to_much_end_the_connection():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        first = client.headers(1, put(("x-big", "y" * 3800)))
        client.send(first)
        assert client.next(DataFrame, 1).data == b"hello"
        # One byte each for what is in the table by now.
        again = HeadersFrame(3, b"\xbe" * 16_000, flags=["END_HEADERS", "END_STREAM"])
        client.send(again)
        assert client.end() == CALM


def test_fields_that_cannot_be_read_end_the_connection():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        client.send(HeadersFrame(1, b"\xff\xff\xff", flags=["END_HEADERS", "END_STREAM"]))
        assert client.end() == 9


def test_more_than_the_window_has_room_for_ends_the_stream():
    app = Recorder(until_gone)
    with secured(app) as served, Raw(served.connect()) as client:
        fields = put(("content-length", "9999999"), method="POST")
        client.send(client.headers(1, fields, ("END_HEADERS",)))
        client.send(*(DataFrame(1, bytes(16_384)) for _ in range(20)))
        assert client.next(RstStreamFrame, 1).error_code == 3
        served.until(lambda: not app.tasks)


def test_what_is_not_http_2_is_told_so():
    with secured(Recorder(hello)) as served, Raw(served.connect(), greets=False) as client:
        client.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.end() == 1


# ----- doing nothing


def test_who_does_not_shake_hands_is_cut():
    with secured(Recorder(hello), Limits(head_seconds=0.2)) as served:
        with served.connect() as silent, served.connect() as other:
            other.sendall(b"\x16\x03\x01\x02\x00\x01")
            served.until(lambda: served.server.connections == 2)
            assert read_all(silent) in (b"", b"<reset>")
            assert read_all(other) in (b"", b"<reset>")
            served.until(lambda: served.server.connections == 0)


def test_handshakes_are_the_first_to_make_room():
    app = Recorder(hello)
    with secured(app, Limits(connections=3)) as served, Client(served.connect()) as client:
        assert client.get().body == b"hello"
        silent = []
        for _ in range(20):
            silent.append(served.connect())
            served.until(lambda: served.server.connections <= 3)
        assert client.get().body == b"hello"
        with Client(served.connect()) as newcomer:
            assert newcomer.get().body == b"hello"
        for each in silent:
            each.close()


def test_plain_http_is_no_handshake():
    with secured(Recorder(hello)) as served, served.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        read_all(client)
        served.until(lambda: served.server.connections == 0)
    assert served.failures == []


@pytest.mark.parametrize(
    "begun",
    [b"", b"PRI * HTTP/2.0", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00"],
    ids=["nothing", "a part of the preface", "a part of a frame"],
)
def test_who_agrees_on_http_2_and_says_no_more_is_sent_away(begun: bytes):
    with secured(Recorder(hello), Limits(head_seconds=0.2)) as served:
        with Raw(served.connect(), greets=False) as client:
            client.sock.sendall(begun)
            assert client.end() == CALM


def test_fields_that_trickle_are_not_waited_for():
    with (
        secured(Recorder(hello), Limits(head_seconds=0.3)) as served,
        Raw(served.connect()) as client,
    ):
        client.send(client.headers(1, flags=()))
        client.sock.settimeout(0.02)
        found = None
        trickle = cycle(ContinuationFrame(1, b"").serialize())
        while found is None:
            client.try_send(bytes((next(trickle),)))
            try:
                found = client.end()
            except TimeoutError:
                pass
        assert found == CALM


def test_a_connection_that_nobody_uses_is_closed_whatever_it_pings():
    with secured(Recorder(hello), Limits(idle_seconds=0.5)) as served:
        with Client(served.connect()) as client:
            assert client.get().body == b"hello"
            while client.goaway is None:
                client.h2.ping(b"12345678")
                client.flush()
                client.receive()
                threading.Event().wait(0.02)
            assert client.goaway == 0


@pytest.mark.parametrize("size", [9, 99_999])
def test_a_body_that_stays_away_is_not_waited_for(size: int):
    async def reads(exchange: Exchange) -> None:
        try:
            while await exchange.read():
                pass
        finally:
            exchange.answer(200, [], b"nobody hears this")

    app = Recorder(reads)
    with secured(app, Limits(body_idle_seconds=0.1)) as served, Client(served.connect()) as client:
        more = [("content-length", str(size))]
        answer = client.answer(client.ask(method="POST", ends=False, more=more))
        assert answer.status == 408 and answer.body.startswith(b"the body of the request took too")
        assert client.get().status == 200
        served.until(lambda: not app.tasks)


def test_a_body_that_is_too_long_is_answered_as_soon_as_that_is_known():
    app = Recorder(hello)
    with secured(app, Limits(body_bytes=100_000)) as served, Client(served.connect()) as client:
        more = [("content-length", "100001")]
        said = client.answer(client.ask(method="POST", ends=False, more=more))
        assert (said.status, app.seen) == (413, [])
        app._answer = reads_all
        unsaid = client.answer(client.ask(method="POST", body=bytes(300_000)))
        assert unsaid.status == 413
        served.until(lambda: not app.tasks)


async def reads_all(exchange: Exchange) -> None:
    with pytest.raises(Gone):
        while await exchange.read():
            pass


def test_a_client_that_gives_no_room_is_cut_and_the_app_told():
    told = []

    async def floods(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append(exchange.target)
        exchange.start(200, [])
        while not exchange.is_gone:
            exchange.write(bytes(1 << 16))
            try:
                await exchange.drain()
            except Gone:
                return

    app = Recorder(floods)
    with secured(app, Limits(write_seconds=0.2)) as served:
        with Client(served.connect(), reads=False) as client:
            answer = client.get("/one")
            assert answer.reset == 0 and len(answer.body) == 65_535
            served.until(lambda: not app.tasks)
    assert told == [b"/one"]


def test_a_client_that_takes_nothing_is_cut_and_the_app_told():
    told = []

    async def floods(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append("gone")
        exchange.start(200, [])
        try:
            while True:
                exchange.write(bytes(1 << 20))
                await exchange.drain()
        except Gone:
            pass

    app = Recorder(floods)
    with secured(app, Limits(write_seconds=0.2)) as served, Raw(served.connect()) as client:
        # All the room that there can be, and nobody reads.
        client.send(SettingsFrame(0, {4: 2**31 - 1}), WindowUpdateFrame(0, 2**30))
        client.send(client.headers(1))
        served.until(lambda: bool(app.seen) and not app.tasks)
        served.until(lambda: served.server.connections == 0)
    assert told == ["gone"]


def test_a_frame_after_the_end_ends_the_connection():
    with secured(Recorder(hello)) as served, Raw(served.connect()) as client:
        client.send(client.headers(1))
        assert client.next(DataFrame, 1).data == b"hello"
        client.send(client.headers(1))
        assert client.next(GoAwayFrame).error_code == 5
