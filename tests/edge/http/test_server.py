"""The server as a whole: apps that fail, clients that dawdle, too many of them, and its end."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.edge.http.serving import Recorder, answers, hello, read_all, serving
from wherever.edge.exchange import Exchange
from wherever.edge.http.answers import BadAnswer
from wherever.edge.http.limits import Limits

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
PLAIN = {b"content-type": b"text/plain; charset=utf-8", b"connection": b"close"}
FAILED = (500, {**PLAIN, b"content-length": b"15"}, b"the app failed\n")


def refused(status: int, why: str) -> tuple[int, dict[bytes, bytes], bytes]:
    return status, {**PLAIN, b"content-length": b"%d" % (len(why) + 1)}, f"{why}\n".encode()


# ----- apps that fail


def broken(exchange: Exchange) -> None:
    raise RuntimeError("the secret is 42")


def both(exchange: Exchange) -> None:
    exchange.answer(200, [], b"ok")
    raise RuntimeError("too late")


@pytest.mark.parametrize(
    ("app", "expected"),
    [(broken, FAILED), (both, (200, {b"content-length": b"2"}, b"ok"))],
)
def test_an_exception_of_the_app_is_no_business_of_the_client(app, expected):
    with serving(Recorder(app)) as served:
        data = served.send(GET)
    assert answers(data, ["GET"]) == [expected]
    assert [type(error) for error in served.failures] == [RuntimeError]


def test_an_exception_after_the_beginning_cuts_the_answer():
    def breaks(exchange: Exchange) -> None:
        exchange.start(200, [])
        exchange.write(b"abc")
        raise RuntimeError

    with serving(Recorder(breaks)) as served:
        data = served.send(GET)
    assert not data.endswith(b"0\r\n\r\n")
    assert served.done[0][:3] == ("GET", b"/", 200)


def test_an_answer_that_is_given_up_before_its_beginning_is_an_error():
    with serving(Recorder(lambda exchange: exchange.fail())) as served:
        data = served.send(GET)
    assert answers(data, ["GET"]) == [FAILED]


SPLIT = [
    (b"x\r\nset-cookie", b"a"),
    (b"x: y", b"a"),
    (b"", b"a"),
    (b"x y", b"a"),
    (b"x\x00", b"a"),
    (b"x", b"a\r\nset-cookie: b"),
    (b"x", b"a\nb"),
    (b"x", b"a\rb"),
    (b"x", b"a\x00b"),
    (b"x", b"a\x1b[2J"),
    (b"content-type", b"a\r\n\r\n<script>"),
    ("x", b"a"),
    (b"x", "a"),
    (b"x", 1),
]


@pytest.mark.parametrize("header", SPLIT, ids=repr)
@pytest.mark.parametrize("how", ["answer", "start", "trailer"])
def test_no_app_can_write_more_than_its_headers(header, how: str):
    def splits(exchange: Exchange) -> None:
        if how == "answer":
            exchange.answer(200, [header], b"ok")
        elif how == "start":
            exchange.start(200, [header])
        else:
            exchange.start(200, [])
            exchange.finish([header])

    with serving(Recorder(splits)) as served:
        data = served.send(GET)
    assert [type(error) for error in served.failures] == [BadAnswer]
    if how == "trailer":
        assert b"set-cookie" not in data and not data.endswith(b"\r\n0\r\n\r\n")
    else:
        assert answers(data, ["GET"]) == [FAILED]


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000, -1, "200", None, True])
def test_a_status_that_is_none_is_the_apps_error(status):
    with serving(Recorder(lambda exchange: exchange.answer(status, []))) as served:
        data = served.send(GET)
    assert answers(data, ["GET"]) == [FAILED]


def test_what_frames_the_answer_is_the_servers_to_write():
    theirs = [
        (b"Content-Length", b"7"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"upgrade"),
        (b"keep-alive", b"timeout=5"),
        (b"upgrade", b"websocket"),
        (b"Date", b"never"),
        (b"x-request-id", b"1"),
        (b"X-Own", b"1"),
        (b"x-own", b"2"),
    ]
    with serving(Recorder(lambda exchange: exchange.answer(200, theirs, b"ok"))) as served:
        data = served.send(GET)
    assert data.count(b"x-own: ") == 2
    assert answers(data, ["GET"]) == [(200, {b"x-own": b"2", b"content-length": b"2"}, b"ok")]


@pytest.mark.parametrize(("length", "body"), [(2, b"abc"), (4, b"abc")])
def test_an_answer_of_another_length_than_was_said_is_cut(length: int, body: bytes):
    def wrong(exchange: Exchange) -> None:
        exchange.start(200, [], length)
        exchange.write(body)
        exchange.finish()

    with serving(Recorder(wrong)) as served:
        data = served.send(GET * 2)
    assert [type(error) for error in served.failures] == [BadAnswer]
    assert len(served.done) == 1 and not data.endswith(b"abc" * 2)


# ----- clients that dawdle


def test_a_head_that_trickles_is_answered_in_the_end():
    app = Recorder(hello)
    with serving(app, Limits(head_seconds=0.3)) as served, served.connect() as client:
        client.settimeout(0.02)
        sent = 0
        came = b""
        while not came:
            try:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n"[:1] if not sent else b"a")
                sent += 1
                came = client.recv(1000)
            except TimeoutError:
                pass
        client.settimeout(5)
        came += read_all(client)
    assert answers(came.removesuffix(b"<reset>"), ["GET"]) == [
        refused(408, "the head of the request took too long")
    ]
    assert app.seen == []


def test_a_body_that_does_not_come_is_answered_and_no_app_called():
    app = Recorder(hello)
    with serving(app, Limits(body_idle_seconds=0.1)) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 9\r\n\r\nabc")
        came = read_all(client)
    assert answers(came, ["POST"]) == [refused(408, "the body of the request took too long")]
    assert app.seen == []


def test_a_body_that_trickles_is_answered():
    limits = Limits(body_rate=1000, body_grace_seconds=0.1)
    app = Recorder(hello)
    with serving(app, limits) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 9999\r\n\r\n")
        client.settimeout(0.02)
        came = b""
        while not came:
            try:
                client.sendall(b"a")
                came = client.recv(1000)
            except TimeoutError:
                pass
        client.settimeout(5)
        came += read_all(client)
    assert answers(came.removesuffix(b"<reset>"), ["POST"]) == [
        refused(408, "the body of the request came too slowly")
    ]
    assert app.seen == []


def test_an_app_that_reads_a_body_that_stays_away_learns_of_it():
    seen = []

    async def reads(exchange: Exchange) -> None:
        exchange.on_gone = lambda: seen.append("gone")
        try:
            while True:
                seen.append(await exchange.read())
        finally:
            exchange.answer(200, [], b"nobody hears this")

    app = Recorder(reads)
    with serving(app, Limits(body_idle_seconds=0.1)) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 99999\r\n\r\nabc")
        came = read_all(client)
        served.until(lambda: not app.tasks)
    assert answers(came, ["POST"]) == [refused(408, "the body of the request took too long")]
    assert seen == [b"abc", "gone"]


def test_an_app_that_takes_its_time_is_not_the_clients_fault():
    async def reads(exchange: Exchange) -> None:
        await asyncio.sleep(1.2)
        size = 0
        while data := await exchange.read():
            size += len(data)
        exchange.answer(200, [], b"%d" % size)

    limits = Limits(body_idle_seconds=0.1, head_seconds=0.1, write_seconds=0.1, idle_seconds=0.1)
    with serving(Recorder(reads), limits) as served, served.connect() as client:
        client.sendall(POST + b"Content-Length: 99999\r\n\r\n" + bytes(99_999))
        assert answers(read_all(client), ["POST"]) == [(200, {b"content-length": b"5"}, b"99999")]


def test_a_connection_that_nobody_uses_is_closed():
    with serving(Recorder(hello), Limits(idle_seconds=0.5)) as served:
        with served.connect() as unused, served.connect() as used:
            used.sendall(GET)
            assert used.recv(1000).endswith(b"hello")
            assert (read_all(unused), read_all(used)) == (b"", b"")


def test_a_client_that_does_not_read_is_cut_and_the_app_told():
    told = []

    async def floods(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append("gone")
        exchange.start(200, [])
        while not exchange.is_gone:
            exchange.write(bytes(1 << 20))
            await exchange.drain()

    app = Recorder(floods)
    with serving(app, Limits(write_seconds=0.1)) as served, served.connect() as client:
        client.sendall(GET)
        served.until(lambda: bool(app.seen) and not app.tasks)
        assert served.ask(lambda: served.server.connections) == 0
    assert told == ["gone"]


def test_a_client_that_stops_reading_near_the_end_is_cut(tmp_path: Path):
    size = 1 << 20
    app = Recorder(lambda exchange: exchange.answer(200, [], bytes(size)))
    with serving(app, Limits(write_seconds=0.3), unix=tmp_path / "edge") as served:

        def waiting() -> int:
            found = [each.transport.get_write_buffer_size() for each in served.server._connections]
            return sum(found)

        def read_until(most: int) -> int:
            """Reads until so little waits in the server; what waited before that."""
            client.sendall(GET[:-2] + b"Connection: close\r\n\r\n")
            served.until(lambda: waiting() > 0)
            before = 0
            while (now := served.ask(waiting)) > most:
                before = now
                client.recv(4 << 10)
            return before

        # The kernel takes an answer in lumps: this one is so long that 8 KiB are left of one.
        with served.connect() as client:
            size -= read_until(0) - (8 << 10)
            served.until(lambda: served.server.connections == 0)
        with served.connect() as client:
            read_until(8 << 10)
            assert served.ask(waiting) == 8 << 10
            served.until(lambda: served.server.connections == 0)


def test_a_client_that_reads_nothing_of_many_answers_is_cut():
    body = bytes(1 << 20)
    app = Recorder(lambda exchange: exchange.answer(200, [], body))
    with serving(app, Limits(write_seconds=0.1)) as served, served.connect() as client:
        client.sendall(GET * 1000)
        served.until(lambda: bool(app.seen) and served.server.connections == 0)
    # What it asked for while it read nothing was not worked on.
    assert len(app.seen) < 20


def test_a_client_that_reads_slowly_is_served():
    body = os.urandom(1 << 20)

    async def long(exchange: Exchange) -> None:
        exchange.start(200, [], 4 << 20)
        for _ in range(4):
            exchange.write(body)
            await exchange.drain()
        exchange.finish()

    app = Recorder(long)
    with serving(app, Limits(write_seconds=1.2)) as served, served.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.sendall(GET[:-2] + b"Connection: close\r\n\r\n")
        data = b""
        for _ in range(10):
            asked = len(data) + (300 << 10)
            while len(data) < asked:
                data += client.recv(1 << 16)
            served.ask(lambda: asyncio.sleep(0.2))
        data += read_all(client)
    [(status, _, came)] = answers(data, ["GET"])
    assert (status, came == body * 4) == (200, True)


# ----- many of them


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_what_bad_clients_took_is_given_back():
    async def echo(exchange: Exchange) -> None:
        exchange.start(200, [])
        while data := await exchange.read():
            exchange.write(data)
            await exchange.drain()
        exchange.finish()

    app = Recorder(echo)
    app.max_body = None
    limits = Limits(
        head_seconds=0.2,
        idle_seconds=0.2,
        body_idle_seconds=0.2,
        write_seconds=0.2,
        linger_seconds=0.2,
    )
    bad = [
        b"G",
        GET[:-2],
        GET * 200,
        POST + b"Content-Length: 5\r\n\r\n",
        POST + b"Content-Length: %d\r\n\r\n" % (10 << 30) + bytes(300_000),
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 20_000,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000,
        b"GET /" + b"a" * 100_000,
    ]

    def rush() -> None:
        clients = []
        for data in bad * 4:
            client = served.connect()
            client.setblocking(False)
            try:
                client.send(data)
            except OSError:
                pass
            clients.append(client)
        served.until(lambda: served.server.connections == 0 and not app.tasks)
        for client in clients:
            client.close()
        app.seen.clear()

    with serving(app, limits) as served:
        rush()
        before = descriptors(), memory()
        rush()
        rush()
        after = descriptors(), memory()
        assert answers(served.send(GET), ["GET"])[0][0] == 200
    assert after[0] == before[0]
    assert after[1] < before[1] + (24 << 20)


def test_above_the_most_connections_the_idle_make_room():
    with serving(Recorder(hello), Limits(connections=3)) as served:
        clients = [served.connect() for _ in range(3)]
        for client in (clients[2], clients[0]):
            client.sendall(GET)
            assert client.recv(1000).endswith(b"hello")
        with served.connect() as newcomer:
            newcomer.sendall(GET)
            assert newcomer.recv(1000).endswith(b"hello")
            assert served.ask(lambda: served.server.connections) <= 3
        for client in clients:
            client.close()


def test_a_newcomer_is_sent_away_where_all_are_busy():
    async def waits(exchange: Exchange) -> None:
        await exchange.read()
        await go_on.wait()
        exchange.answer(200, [])

    go_on = asyncio.Event()
    app = Recorder(waits)
    with serving(app, Limits(connections=2)) as served:
        clients = [served.connect() for _ in range(2)]
        for client in clients:
            client.sendall(GET)
        served.until(lambda: len(app.seen) == 2)
        with served.connect() as newcomer:
            newcomer.sendall(GET)
            came = read_all(newcomer)
        served.ask(go_on.set)
        for client in clients:
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            client.close()
    assert answers(came, ["GET"]) == [refused(503, "this server has too many connections")]
    assert len(app.seen) == 2


def test_a_flood_of_newcomers_takes_no_more_than_is_to_spare():
    app = Recorder(waits_for_ever)
    with serving(app, Limits(connections=2)) as served:
        busy = [served.connect() for _ in range(2)]
        for client in busy:
            client.sendall(GET)
        served.until(lambda: len(app.seen) == 2)
        crowd = [served.connect() for _ in range(300)]
        served.until(lambda: served.server.connections <= 2 + 128)
        came = [read_all(client) for client in crowd]
        for client in (*busy, *crowd):
            client.close()
        for task in tuple(app.tasks):
            served.loop.call_soon_threadsafe(task.cancel)
        served.until(lambda: not app.tasks)
    assert len(app.seen) == 2
    # How a connection that was cut ends is the kernel's to choose.
    assert {data[:13] for data in came} - {b"<reset>", b""} == {b"HTTP/1.1 503 "}
    assert sum(data.startswith(b"HTTP") for data in came) <= 128


async def waits_for_ever(exchange: Exchange) -> None:
    await asyncio.Event().wait()


# ----- its end


def test_going_down_it_answers_what_is_under_way_and_what_was_just_sent():
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        if exchange.target == b"/wait":
            await go_on.wait()
        exchange.answer(200, [], exchange.target)

    app = Recorder(waits)
    limits = Limits(parting_seconds=1)
    with serving(app, limits) as served:
        busy, used, half, unused = (served.connect() for _ in range(4))
        busy.sendall(GET.replace(b"/ ", b"/wait "))
        used.sendall(GET)
        assert used.recv(1000).endswith(b"/")
        half.sendall(GET[:10])
        served.until(lambda: len(app.seen) == 2 and served.server.connections == 4)
        closing = asyncio.run_coroutine_threadsafe(served.server.close(5), served.loop)
        served.until(lambda: served.server.is_closing)
        used.sendall(GET)
        half.sendall(GET[10:])
        close = (200, {b"connection": b"close", b"content-length": b"1"}, b"/")
        assert answers(read_all(used), ["GET"]) == [close]
        assert answers(read_all(half), ["GET"]) == [close]
        assert read_all(unused) == b""
        with pytest.raises(ConnectionRefusedError):
            served.connect()
        assert not closing.done()
        served.ask(go_on.set)
        assert closing.result(5) == 0
        assert read_all(busy).endswith(b"connection: close\r\ncontent-length: 5\r\n\r\n/wait")
        for client in (busy, used, half, unused):
            client.close()


def test_what_does_not_end_in_time_is_cut():
    async def never(exchange: Exchange) -> None:
        exchange.start(200, [])
        while True:
            exchange.write(b"x")
            await exchange.drain()
            await asyncio.sleep(0.01)

    app = Recorder(never)
    with serving(app) as served, served.connect() as client:
        client.sendall(GET)
        assert client.recv(10) == b"HTTP/1.1 2"
        assert served.ask(lambda: served.server.close(0.05)) == 1
        read_all(client)
        served.until(lambda: not app.tasks)


# ----- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run([*command.split(), *subject, *files], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def test_it_speaks_tls(certificate: Path):
    async def echo(exchange: Exchange) -> None:
        exchange.start(200, [(b"x-scheme", exchange.scheme.encode())])
        while data := await exchange.read():
            exchange.write(data)
            await exchange.drain()
        exchange.finish()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trusts = ssl.create_default_context(cafile=certificate)
    body = os.urandom(300_000)
    with serving(Recorder(echo), tls=context) as served:
        with trusts.wrap_socket(served.connect(), server_hostname="localhost") as client:
            client.sendall(POST + b"Content-Length: 300000\r\n\r\n" + body)
            client.sendall(GET[:-2] + b"Connection: close\r\n\r\n")
            data = read_all(client)
        with served.connect() as plain:
            plain.sendall(GET)
            read_all(plain)
    scheme = {b"x-scheme": b"https", b"transfer-encoding": b"chunked"}
    assert answers(data, ["POST", "GET"]) == [
        (200, scheme, body),
        (200, {**scheme, b"connection": b"close"}, b""),
    ]
    assert len(served.done) == 2
