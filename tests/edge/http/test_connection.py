"""One connection: requests in a row, bodies however they come, clients that leave."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from tests.edge.http.serving import Recorder, answers, hello, read_all, serving
from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http.limits import Limits

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSE = b"Connection: close\r\n\r\n"
TEXT = {b"content-type": b"text/plain"}


def test_a_request_is_answered():
    app = Recorder(hello)
    with serving(app) as served:
        data = served.send(
            b"GET /a%20b?c=d HTTP/1.1\r\nHost: example.com:80\r\nX-One: 1\r\nx-one:2 \t\r\n"
            b"Connection: close, X-One\r\nTE: trailers\r\nUpgrade: h2c\r\n\r\n"
        )
        [exchange] = app.seen
    id = exchange.id
    assert len(id) == 16 and id.isalnum()
    assert data.startswith(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: "
    ) and data.endswith(
        b" GMT\r\nx-request-id: %b\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"
        % id.encode()
    )
    assert (exchange.method, exchange.target, exchange.authority, exchange.scheme) == (
        "GET",
        b"/a%20b?c=d",
        b"example.com:80",
        "http",
    )
    assert (exchange.client, exchange.body, exchange.params) == ("127.0.0.1", b"", {})
    assert exchange.headers == [(b"host", b"example.com:80"), (b"x-one", b"1"), (b"x-one", b"2")]
    assert served.done == [("GET", b"/a%20b?c=d", 200, 124, len(data))]


def test_a_unix_socket_serves_and_its_file_stays_for_the_next(tmp_path: Path):
    path = tmp_path / "edge"
    app = Recorder(hello)
    with serving(app, unix=path) as served:
        [answer] = answers(served.send(GET[:-2] + CLOSE), ["GET"])
    assert answer == (200, {**TEXT, b"connection": b"close", b"content-length": b"5"}, b"hello")
    assert app.seen[0].client == "unix"
    assert path.exists()


def test_requests_in_a_row_are_answered_in_their_order_and_one_at_a_time():
    at_work = []

    async def slowly(exchange: Exchange) -> None:
        at_work.append(exchange.target)
        assert len(at_work) == 1
        await asyncio.sleep(0.02 if exchange.target == b"/1" else 0)
        at_work.clear()
        exchange.answer(200, [], exchange.target)

    requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(1, 60)]
    with serving(Recorder(slowly)) as served:
        data = served.send(b"".join(requests), GET[:-2] + CLOSE)
    assert [body for _, _, body in answers(data, ["GET"] * 60)] == [
        *(b"/%d" % n for n in range(1, 60)),
        b"/",
    ]


def test_the_old_protocol_closes_unless_it_asks_to_keep():
    with serving(Recorder(hello)) as served:
        once = served.send(b"GET / HTTP/1.0\r\n\r\n" * 2)
        kept = served.send(
            b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n"
        )
    sized = {**TEXT, b"content-length": b"5"}
    closed = (200, {**sized, b"connection": b"close"}, b"hello")
    assert answers(once, ["GET"]) == [closed]
    assert answers(kept, ["GET", "GET"]) == [
        (200, {**sized, b"connection": b"keep-alive"}, b"hello"),
        closed,
    ]


def test_a_long_answer_of_unknown_length_comes_in_chunks_or_until_the_end():
    async def long(exchange: Exchange) -> None:
        exchange.start(200, [])
        for at in range(50):
            exchange.write(b"%d" % at * 40_000)
            await exchange.drain()
        exchange.finish([(b"x-sum", b"42")] if exchange.target == b"/t" else ())

    body = b"".join(b"%d" % at * 40_000 for at in range(50))
    with serving(Recorder(long)) as served:
        new = served.send(b"GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        old = served.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    close = {b"connection": b"close"}
    assert answers(new, ["GET"]) == [
        (200, {**close, b"transfer-encoding": b"chunked", b"trailer x-sum": b"42"}, body)
    ]
    assert answers(old, ["GET"]) == [(200, close, body)]


def test_what_has_no_body_is_sent_none():
    def bodies(exchange: Exchange) -> None:
        status = int(exchange.target[1:4])
        if exchange.target.endswith(b"whole"):
            exchange.answer(status, [], b"abc")
        else:
            exchange.start(status, [], 3 if exchange.target.endswith(b"sized") else None)
            exchange.write(b"abc")
            exchange.finish()

    asked = [
        (method, b"/%d%b" % (status, how))
        for method in ("GET", "HEAD")
        for status in (200, 204, 205, 304)
        for how in (b"whole", b"sized", b"chunked")
    ]
    with serving(Recorder(bodies)) as served:
        sent = [b"%b %b HTTP/1.1\r\nHost: x\r\n\r\n" % (m.encode(), t) for m, t in asked]
        data = served.send(*sent, GET[:-2].replace(b"/ ", b"/200whole ") + CLOSE)
    three, none, chunks = ({b"content-length": b"3"}, {}, {b"transfer-encoding": b"chunked"})
    zero = {b"content-length": b"0"}
    assert answers(data, [m for m, _ in asked] + ["GET"]) == [
        (200, three, b"abc"),
        (200, three, b"abc"),
        (200, chunks, b"abc"),
        *[(204, none, b"")] * 3,
        *[(205, zero, b"")] * 3,
        *[(304, none, b"")] * 3,
        (200, three, b""),
        (200, three, b""),
        (200, none, b""),
        *[(204, none, b"")] * 3,
        *[(205, zero, b"")] * 3,
        *[(304, none, b"")] * 3,
        (200, {**three, b"connection": b"close"}, b"abc"),
    ]


# ----- bodies


async def echo(exchange: Exchange) -> None:
    exchange.start(200, [(b"x-whole", b"no" if exchange.body is None else b"yes")])
    while data := await exchange.read():
        exchange.write(data)
        await exchange.drain()
    exchange.finish(exchange.trailers)


def chunked(body: bytes, size: int, trailers: bytes = b"") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + trailers + b"\r\n"


POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("size", [1, 65_536, 65_537, 1_000_000])
def test_bodies_come_whole_where_they_are_short_and_as_a_stream_where_not(size: int):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    sent = [
        POST + b"Content-Length: %d\r\n\r\n%b" % (size, body),
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, 50_000, b"X-Sum: 1\r\n"),
        GET[:-2] + CLOSE,
    ]
    with serving(Recorder(echo)) as served:
        data = served.send(*sent)
    whole = {b"x-whole": b"yes" if size <= 65_536 else b"no", b"transfer-encoding": b"chunked"}
    assert answers(data, ["POST", "POST", "GET"]) == [
        (200, whole, body),
        (200, {**whole, b"trailer x-sum": b"1"}, body),
        (200, {b"x-whole": b"yes", b"transfer-encoding": b"chunked", b"connection": b"close"}, b""),
    ]
    assert [line[3] for line in served.done] == [len(piece) for piece in sent]


def test_no_app_is_called_before_a_short_body_is_there():
    app = Recorder(hello)
    with serving(app) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 3\r\n\r\nab")
        served.until(lambda: served.server.connections == 1)
        assert app.seen == []
        client.sendall(b"c")
        assert client.recv(1000).endswith(b"hello")
    assert app.seen[0].body == b"abc"


def test_the_sender_is_not_read_ahead_of_the_app():
    go_on = asyncio.Event()
    came = 0

    async def late(exchange: Exchange) -> None:
        nonlocal came
        await go_on.wait()
        while data := await exchange.read():
            came += len(data)
        exchange.answer(200, [], b"%d" % came)

    size = 64 << 20
    app = Recorder(late)
    app.max_body = None
    with serving(app) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % size)
        client.settimeout(0.3)
        sent = 0
        block = bytes(1 << 20)
        with pytest.raises(TimeoutError):
            while True:
                sent += client.send(block)
        assert sent < size / 2
        client.settimeout(10)
        served.ask(lambda: go_on.set())
        while sent < size:
            sent += client.send(block[: size - sent])
        assert client.recv(1000).endswith(b"\r\n\r\n%d" % size)


def test_a_client_that_asks_first_is_told_to_send_when_the_app_reads():
    app = Recorder(echo)
    with serving(app) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
        # The echo begins its answer before it reads: then there is nothing left to tell.
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")

    async def first_reads(exchange: Exchange) -> None:
        exchange.answer(200, [], await exchange.read())

    with serving(Recorder(first_reads)) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert client.recv(1000).endswith(b"content-length: 3\r\n\r\nabc")
        client.sendall(POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_asks_first_and_is_answered_instead_is_not_waited_for():
    with serving(Recorder(hello)) as served:
        data = served.send(POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert answers(data, ["POST"]) == [
        (200, {**TEXT, b"content-length": b"5", b"connection": b"close"}, b"hello")
    ]


@pytest.mark.parametrize("left", [1000, 60_000])
def test_a_little_that_the_app_left_of_a_body_is_passed_over(left: int):
    async def reads_once(exchange: Exchange) -> None:
        await exchange.read()
        exchange.answer(200, [])

    with serving(Recorder(reads_once)) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 100000\r\n\r\n" + bytes(100_000 - left))
        assert b"close" not in client.recv(1000)
        client.sendall(bytes(left) + GET[:-2] + CLOSE)
        assert answers(read_all(client), ["GET"])[0][0] == 200


def test_an_answer_before_a_long_body_is_read_arrives_though_the_body_is_still_sent():
    app = Recorder(hello)
    app.max_body = None
    with serving(app) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % (10 << 30))
        for _ in range(8):
            client.sendall(bytes(100_000))
        data = read_all(client)
    assert answers(data, ["POST"]) == [
        (200, {**TEXT, b"content-length": b"5", b"connection": b"close"}, b"hello")
    ]
    assert len(app.seen) == 1


# ----- clients that go


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_an_app_learns_that_its_client_has_gone():
    told = []

    async def waits(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append("on_gone")
        for wait in (exchange.read, exchange.drain):
            try:
                while True:
                    await wait()
                    await asyncio.sleep(0.01)
            except Gone:
                told.append(wait.__name__)
        exchange.answer(200, [], b"to nobody")
        exchange.write(b"more")
        exchange.finish()
        exchange.fail()
        assert exchange.is_gone and not exchange.started

    app = Recorder(waits)
    with serving(app) as served:
        client = served.connect()
        client.sendall(POST + b"Content-Length: 100000\r\n\r\nabc")
        served.until(lambda: len(app.seen) == 1)
        reset(client)
        served.until(lambda: not app.tasks and served.server.connections == 0)
        assert (told, served.failures) == (["on_gone", "read", "drain"], [])
    assert served.done == [("POST", b"/", 499, 55, 0)]


def test_a_client_that_closes_its_side_is_still_answered():
    async def slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.05)
        exchange.answer(200, [], exchange.target)

    with serving(Recorder(slowly)) as served, served.connect() as client:
        client.sendall(GET + GET.replace(b"/ ", b"/2 "))
        client.shutdown(socket.SHUT_WR)
        data = read_all(client)
    assert [body for _, _, body in answers(data, ["GET", "GET"])] == [b"/", b"/2"]


def test_a_client_that_closes_its_side_is_not_waited_on_for_ever():
    async def never(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    app = Recorder(never)
    with serving(app, Limits(half_closed_seconds=0.1)) as served, served.connect() as client:
        client.sendall(GET)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) in (b"", b"<reset>")
        served.until(lambda: app.seen[0].is_gone)
        for task in tuple(app.tasks):
            served.loop.call_soon_threadsafe(task.cancel)
        served.until(lambda: not app.tasks)


def test_tiny_chunks_are_kept_as_what_came_together():
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    with serving(Recorder(hello)) as served, served.connect() as client:
        client.sendall(POST + chunked + b"2\r\nab\r\n" * 5000)
        served.until(lambda: [each._came for each in served.server._connections] == [10_000])
        (connection,) = served.server._connections
        assert len(served.ask(lambda: connection._pieces)) < 500
        client.sendall(b"0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert answers(read_all(client), ["POST"])[0][0] == 200


def test_an_answer_that_has_begun_is_not_cut_since_its_client_has_closed_its_side():
    async def slowly(exchange):
        await beginning.wait()
        exchange.start(200, [])
        exchange.write(b"begun, ")
        await ending.wait()
        exchange.write(b"and ended")
        exchange.finish()

    beginning, ending = asyncio.Event(), asyncio.Event()
    with serving(Recorder(slowly), Limits(half_closed_seconds=0.3)) as served:
        with served.connect() as client:
            client.sendall(GET)
            client.shutdown(socket.SHUT_WR)
            served.until(lambda: any(each._half_closed for each in served.server._connections))
            served.loop.call_soon_threadsafe(beginning.set)
            # Until the server has looked at the clock when the time to begin was over.
            served.until(lambda: all(not each.due for each in served.server._connections))
            served.loop.call_soon_threadsafe(ending.set)
            ((status, _, body),) = answers(read_all(client), ["GET"])
    assert (status, body) == (200, b"begun, and ended")


def test_a_body_that_was_cut_reaches_no_app():
    app = Recorder(hello)
    with serving(app) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 3\r\n\r\nab")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
        served.until(lambda: served.server.connections == 0)
    assert app.seen == []
    assert served.done == [("POST", b"/", 499, 49, 0)]
