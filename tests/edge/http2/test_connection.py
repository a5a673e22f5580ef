"""Requests over HTTP/2: what an app sees, and what its client gets."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import ssl
import subprocess
from collections import deque

import pytest
from hyperframe.frame import GoAwayFrame, HeadersFrame, RstStreamFrame

from tests.edge.http.serving import Recorder, answers, hello, read_all
from tests.edge.http2.speaking import Client, Raw, localhost, secured, wrap
from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http.answers import BadAnswer
from wherever.edge.http.limits import Limits


async def echo(exchange: Exchange) -> None:
    exchange.start(200, [(b"x-was", exchange.method.encode())])
    while data := await exchange.read():
        exchange.write(data)
        await exchange.drain()
    exchange.finish(exchange.trailers)


def test_a_request_is_answered_as_over_http_1():
    app = Recorder(hello)
    with secured(app) as served, Client(served.connect()) as client:
        more = [("cookie", "a=1"), ("x-one", "1"), ("cookie", "b=2"), ("x-one", "2"),
                ("te", "trailers")]  # fmt: skip
        answer = client.get("/a%20b?c=d", more=more)
        [exchange] = app.seen
        served.until(lambda: bool(served.done))
    assert (answer.status, answer.body) == (200, b"hello")
    assert len(answer.headers.pop(b"date")) == 29
    assert answer.headers == {
        b"content-type": b"text/plain",
        b"x-request-id": exchange.id.encode(),
        b"content-length": b"5",
    }
    assert (exchange.method, exchange.target, exchange.authority, exchange.scheme) == (
        "GET", b"/a%20b?c=d", b"localhost", "https",
    )  # fmt: skip
    assert (exchange.client, exchange.body, exchange.protocol) == ("127.0.0.1", b"", "HTTP/2")
    assert exchange.headers == [
        (b"host", b"localhost"), (b"x-one", b"1"), (b"x-one", b"2"), (b"cookie", b"a=1; b=2"),
    ]  # fmt: skip
    [(method, target, status, came, went)] = served.done
    assert (method, target, status) == ("GET", b"/a%20b?c=d", 200)
    assert came > 9 and went > 9 + 9 + 5


def test_who_agrees_on_nothing_speaks_http_1():
    app = Recorder(hello)
    with secured(app) as served:
        for protocols in ([], ["http/1.1"], ["h3", "http/1.1"]):
            with wrap(served.connect(), *protocols) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                [(status, _, body)] = answers(read_all(client), ["GET"])
            assert (status, body) == (200, b"hello")
    assert [each.scheme for each in app.seen] == ["https"] * 3
    assert {each.protocol for each in app.seen} == {"HTTP/1.1"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_is_answered():
    with secured(Recorder(echo)) as served:
        port = served.address[1]
        command = ["curl", "-sS", "--cacert", localhost()[0], "--http2", "-d", "abc"]
        command += ["-w", " %{http_code}", f"https://localhost:{port}/"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=15)
    assert (said.stdout, said.stderr) == ("abc 200", "")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_bodies_go_both_ways_whatever_their_length(size: int):
    body = os.urandom(size)
    app = Recorder(echo)
    with secured(app, Limits(body_bytes=None)) as served, Client(served.connect()) as client:
        # The whole must be read while it is sent: no side keeps more than its window.
        answer = client.answer(client.ask(method="POST", body=body))
    assert answer.status == 200 and answer.body == body
    assert (app.seen[0].body is not None) == (size <= 65_536)


def test_a_hundred_streams_are_answered_at_the_same_time():
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        await go_on.wait()
        exchange.answer(200, [], exchange.target * 1000)

    app = Recorder(waits)
    with secured(app) as served, Client(served.connect()) as client:
        ids = {client.ask(f"/{n}"): b"/%d" % n for n in range(100)}
        served.until(lambda: len(app.seen) == 100)
        served.ask(go_on.set)
        for id, target in ids.items():
            assert client.answer(id).body == target * 1000
    assert len(app.seen) == 100


def test_one_more_is_refused_unseen():
    async def waits(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    app = Recorder(waits)
    with secured(app) as served, Raw(served.connect()) as client:
        client.send(*(client.headers(1 + 2 * n) for n in range(101)))
        refused = client.next(RstStreamFrame)
        assert (refused.stream_id, refused.error_code) == (201, 7)
        served.until(lambda: len(app.seen) == 100)
        for task in tuple(app.tasks):
            served.loop.call_soon_threadsafe(task.cancel)
        served.until(lambda: not app.tasks)
    assert len(app.seen) == 100


def test_an_app_that_answers_slowly_keeps_nobody_waiting():
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        if exchange.target == b"/slow":
            await go_on.wait()
        exchange.answer(200, [], exchange.target)

    with secured(Recorder(waits)) as served, Client(served.connect()) as client:
        slow = client.ask("/slow")
        assert client.get("/quick").body == b"/quick"
        served.ask(go_on.set)
        assert client.answer(slow).body == b"/slow"


def test_trailers_go_both_ways():
    with secured(Recorder(echo)) as served, Client(served.connect()) as client:
        id = client.ask(method="POST", body=b"abc", ends=False)
        client.h2.send_headers(id, [("x-sum", "6")], end_stream=True)
        client.flush()
        answer = client.answer(id)
    assert (answer.body, answer.trailers) == (b"abc", [(b"x-sum", b"6")])


def test_what_has_no_body_is_sent_none():
    def plain(exchange: Exchange) -> None:
        exchange.answer(int(exchange.target[1:]), [], b"body")

    with secured(Recorder(plain)) as served, Client(served.connect()) as client:
        found = {status: client.get(f"/{status}") for status in (200, 204, 205, 304, 404)}
        head = client.get("/200", method="HEAD")
    lengths = {status: each.headers.get(b"content-length") for status, each in found.items()}
    assert lengths == {200: b"4", 204: None, 205: b"0", 304: None, 404: b"4"}
    assert [each.body for each in found.values()] == [b"body", b"", b"", b"", b"body"]
    assert (head.headers[b"content-length"], head.body) == (b"4", b"")


def test_a_long_head_of_an_answer_takes_more_frames():
    def long(exchange: Exchange) -> None:
        exchange.answer(200, [(b"x-%d" % n, bytes([97 + n % 26]) * 900) for n in range(50)], b"ok")

    with secured(Recorder(long)) as served, Client(served.connect()) as client:
        answer = client.get()
    assert answer.headers[b"x-49"] == b"x" * 900 and answer.body == b"ok"


def test_the_sender_is_not_read_ahead_of_the_app():
    go_on = asyncio.Event()

    async def reads_late(exchange: Exchange) -> None:
        await go_on.wait()
        size = 0
        while data := await exchange.read():
            size += len(data)
        exchange.answer(200, [], b"%d" % size)

    app = Recorder(reads_late)
    with secured(app) as served, Client(served.connect()) as client:
        id = client.ask(method="POST", ends=False)
        sent = 0
        client.sock.settimeout(0.5)
        try:
            while True:
                while room := min(client.h2.local_flow_control_window(id), 16_384):
                    client.h2.send_data(id, bytes(room))
                    sent += room
                client.flush()
                client.receive()
        except TimeoutError:
            pass
        client.sock.settimeout(10)
        assert sent == 256 * 1024
        served.ask(go_on.set)
        client.send(id, bytes(1_000_000))
        assert client.answer(id).body == b"%d" % (sent + 1_000_000)


def test_a_client_that_asks_first_is_told_to_send_when_the_app_reads():
    with secured(Recorder(echo)) as served, Client(served.connect()) as client:
        id = client.ask(method="POST", ends=False, more=[("expect", "100-continue")])
        client.send(id, b"abc")
        assert client.answer(id).body == b"abc"


def test_an_app_learns_that_its_client_gave_up_or_left():
    told: list[str] = []

    async def waits(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append(exchange.target.decode())
        exchange.start(200, [])
        try:
            while True:
                exchange.write(bytes(1 << 16))
                await exchange.drain()
        except Gone:
            assert exchange.is_gone

    app = Recorder(waits)
    with secured(app) as served, Client(served.connect()) as client:
        first = client.ask("/gave-up")
        client.ask("/left")
        client.until(lambda: all(each.body for each in client.answers.values()))
        client.h2.reset_stream(first, 8)
        client.flush()
        served.until(lambda: told == ["/gave-up"])
        client.sock.close()
        served.until(lambda: not app.tasks and served.server.connections == 0)
    assert told == ["/gave-up", "/left"]
    assert [each[:3] for each in served.done] == [("GET", b"/gave-up", 200), ("GET", b"/left", 200)]


def test_an_answer_before_the_body_was_read_ends_the_stream():
    app = Recorder(hello)
    app.max_body = None
    with secured(app) as served, Client(served.connect()) as client:
        id = client.ask(method="POST", ends=False, more=[("content-length", "1000000")])
        answer = client.answer(id)
        client.until(lambda: answer.reset is not None)
        assert (answer.status, answer.body, answer.reset) == (200, b"hello", 0)
        # And the others go on.
        assert client.get().body == b"hello"


def test_mistakes_of_an_app_are_its_own():
    def bad(exchange: Exchange) -> None:
        if exchange.target == b"/raises":
            raise RuntimeError("the secret is 42")
        if exchange.target == b"/splits":
            exchange.answer(200, [(b"x", b"a\r\nset-cookie: b")], b"ok")
        if exchange.target == b"/breaks":
            exchange.start(200, [])
            exchange.write(b"abc")
            exchange.fail()
        if exchange.target == b"/short":
            exchange.start(200, [], 5)
            exchange.write(b"abc")
            exchange.finish()
        if exchange.target == b"/fine":
            exchange.answer(200, [(b"connection", b"close"), (b"x-own", b"1")], b"ok")

    with secured(Recorder(bad)) as served, Client(served.connect()) as client:
        for path in ("/raises", "/splits"):
            assert (client.get(path).status, client.get(path).body) == (500, b"the app failed\n")
        for path in ("/breaks", "/short"):
            assert client.get(path).reset == 2
        fine = client.get("/fine")
    assert fine.body == b"ok" and b"connection" not in fine.headers
    kinds = [type(error) for error in served.failures]
    assert kinds == [RuntimeError] * 2 + [BadAnswer] * 3


def test_going_down_it_answers_what_is_under_way_and_what_was_just_sent():
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        await go_on.wait()
        exchange.answer(200, [], exchange.target)

    app = Recorder(waits)
    with secured(app) as served, Client(served.connect()) as busy, Client(served.connect()) as idle:
        idle.h2.ping(b"12345678")
        idle.flush()
        idle.until(lambda: idle.pings == 1)
        first = busy.ask("/first")
        served.until(lambda: len(app.seen) == 1)
        closing = asyncio.run_coroutine_threadsafe(served.server.close(8), served.loop)
        # This one was sent before its client could hear of the end.
        second = busy.ask("/second")
        served.until(lambda: len(app.seen) == 2)
        served.ask(go_on.set)
        assert [busy.answer(id).body for id in (first, second)] == [b"/first", b"/second"]
        # It is told with the last answer, or after a moment where nothing was under way.
        assert (busy.end(), idle.end()) == (0, 0)
        assert closing.result(10) == 0


def test_going_down_it_ends_what_always_asks():
    async def waits(exchange: Exchange) -> None:
        await go_on.wait()
        exchange.answer(200, [], exchange.target)

    go_on = asyncio.Event()
    app = Recorder(waits)
    limits = Limits(parting_seconds=0.6)
    with secured(app, limits) as served, Raw(served.connect()) as client:
        client.send(client.headers(1))
        served.until(lambda: len(app.seen) == 1)
        closing = asyncio.run_coroutine_threadsafe(served.server.close(8), served.loop)
        # It hears of the end before it is there, and what it sends until then is answered.
        warned = client.next(GoAwayFrame)
        assert (warned.last_stream_id, warned.error_code) == (2**31 - 1, 0)
        client.send(client.headers(3))
        final = client.next(GoAwayFrame)
        assert (final.last_stream_id, final.error_code) == (3, 0)
        client.send(client.headers(5))
        refused = client.next(RstStreamFrame)
        assert (refused.stream_id, refused.error_code) == (5, 7)
        served.ask(go_on.set)
        assert {client.next(HeadersFrame).stream_id for _ in range(2)} == {1, 3}
        assert closing.result(10) == 0
    assert len(app.seen) == 2


def test_nothing_of_a_connection_waits_for_the_collector():
    with secured(Recorder(hello)) as served:
        served.server.app.seen = deque(maxlen=0)

        def talk() -> None:
            with Client(served.connect()) as client:
                assert client.get().body == b"hello"
                client.get(method="POST", body=bytes(100_000))
            served.until(lambda: served.server.connections == 0)

        talk()
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for _ in range(3):
                talk()
            gc.collect()
            found = {type(each).__qualname__ for each in gc.garbage if is_ours(each)}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert found == set()


def is_ours(found: object) -> bool:
    return type(found).__module__.startswith("wherever.") or isinstance(found, ssl.SSLObject)
