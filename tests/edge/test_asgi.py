"""Our apps in another's server, which here is ours once more: over real sockets, both ways."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.edge.http.serving import Recorder, answers, serving
from wherever.edge.asgi import Asgi
from wherever.edge.exchange import Exchange, Gone
from wherever.errors import InternalError


class Host:
    """A server of ASGI applications: what uvicorn does, in forty lines.

    Args:
        application: what answers.
        scope: what it is told beside the request.
    """

    max_body = None

    def __init__(self, application: Any, **scope: Any) -> None:
        self._application = application
        self._scope = scope
        self.tasks: set[asyncio.Task[None]] = set()

    def serve(self, exchange: Exchange) -> None:
        task = asyncio.ensure_future(self._call(exchange))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _call(self, exchange: Exchange) -> None:
        raw, _, query = exchange.target.partition(b"?")
        scope = {
            "type": "http",
            "method": exchange.method,
            "path": raw.decode().replace("%20", " ").replace("%2F", "/"),
            "raw_path": raw,
            "query_string": query,
            "scheme": exchange.scheme,
            "headers": exchange.headers,
            "client": (exchange.client, 1),
            **self._scope,
        }
        gone = asyncio.Event()
        exchange.on_gone = gone.set
        ended = False
        start: dict[str, Any] = {}

        async def receive() -> dict[str, Any]:
            nonlocal ended
            if ended:
                await gone.wait()
                return {"type": "http.disconnect"}
            try:
                data = await exchange.read()
            except Gone:
                return {"type": "http.disconnect"}
            ended = not data
            return {"type": "http.request", "body": data, "more_body": not ended}

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                start.update(event)
                length = dict(event["headers"]).get(b"content-length")
                exchange.start(event["status"], event["headers"], length and int(length))
            elif event["type"] == "http.response.trailers":
                exchange.finish(event["headers"])
            else:
                exchange.write(event["body"])
                if event["more_body"]:
                    await exchange.drain()
                elif not start.get("trailers"):
                    exchange.finish()

        try:
            await self._application(scope, receive, send)
        except Gone:
            pass
        except InternalError:
            exchange.fail()


CLOSE = b"Connection: close\r\n\r\n"
CLOSED = {b"connection": b"close"}


def get(target: str, method: str = "GET", fields: bytes = b"") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n".encode() + fields + CLOSE


def hosted(answer: Any, request: bytes, method: str = "GET", most: Any = 10 << 20, **scope: Any):
    """What a client of the other server gets, and what the app saw."""
    app = Recorder(answer)
    app.max_body = most
    host = Host(Asgi(app), **scope)
    with serving(host) as served:
        data = served.send(request)
        served.until(lambda: not host.tasks and not app.tasks)
        failures = served.failures
    return answers(data, [method])[0], app.seen, failures


async def echo(exchange: Exchange) -> None:
    exchange.start(200, [(b"x-whole", b"no" if exchange.body is None else b"yes")])
    while data := await exchange.read():
        exchange.write(data)
        await exchange.drain()
    exchange.finish([(b"x-sum", b"1")])


@pytest.mark.parametrize("size", [0, 3, 65_536, 65_537, 2_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_go_both_ways(size: int, chunked: bool):
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    framing = b"Content-Length: %d\r\n" % size
    sent = body
    if chunked:
        framing = b"Transfer-Encoding: chunked\r\n"
        sent = (b"%x\r\n%b\r\n" % (size, body) if size else b"") + b"0\r\n\r\n"
    (status, headers, came), _, failures = hosted(echo, get("/", "POST", framing) + sent)
    assert (status, came == body, failures) == (200, True, [])
    assert headers[b"x-whole"] == (b"yes" if size <= 65_536 else b"no")
    assert b"trailer x-sum" not in headers


def test_trailers_go_out_where_the_server_takes_them():
    scope = {"extensions": {"http.response.trailers": {}}}
    (_, headers, _), _, _ = hosted(echo, get("/"), **scope)
    assert headers[b"trailer x-sum"] == b"1"


def test_the_app_sees_the_request():
    fields = b"X-A: 1\r\nx-a: 2\r\nX-Forwarded-Prefix: //evil\r\n"
    answer, [exchange], _ = hosted(
        lambda e: e.answer(200, [(b"X-Own", b"1"), (b"content-length", b"9")], b"ok"),
        get("/a%20b?c=d", "PUT", fields),
    )
    assert answer == (200, {b"x-own": b"1", b"content-length": b"2", **CLOSED}, b"ok")
    assert (exchange.method, exchange.target, exchange.authority) == ("PUT", b"/a%20b?c=d", b"x")
    assert exchange.headers == [(b"host", b"x"), (b"x-a", b"1"), (b"x-a", b"2")]
    assert (exchange.scheme, exchange.client, exchange.body) == ("http", "127.0.0.1", b"")


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/shop/a%20b?c", b"/a%20b?c"),
        ("/shop", b"/"),
        ("/shop/", b"/"),
        ("/shopping/a", b"/shopping/a"),
        ("/shop/a%2Fb", b"/a%2Fb"),
        ("/%73hop/a", b"/a"),
    ],
)
def test_a_mounted_app_sees_what_comes_after_its_place(asked: str, seen: bytes):
    def told(exchange: Exchange) -> None:
        exchange.answer(200, [], exchange.target)

    scope = {"root_path": "/shop"}
    if "%73" in asked:
        scope["path"] = "/shop/a"
    (_, _, body), [exchange], _ = hosted(told, get(asked), **scope)
    assert body == seen
    assert dict(exchange.headers)[b"x-forwarded-prefix"] == b"/shop"


def test_what_has_no_body_is_sent_none():
    for status, length in ((200, b"3"), (204, None), (205, b"0"), (304, None)):
        for method in ("HEAD", "GET") if status != 200 else ("HEAD",):
            (got, headers, body), _, failures = hosted(
                lambda exchange, s=status: exchange.answer(s, [], b"abc"), get("/", method), method
            )
            assert (got, headers.get(b"content-length"), body, failures) == (
                status,
                length,
                b"",
                [],
            )


def test_a_longer_body_than_the_app_takes_is_refused():
    plain = {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"21", **CLOSED}
    refused = (413, plain, b"the body is too long\n")
    for framing in (b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"):
        body = b"hello" if b"Length" in framing else b"5\r\nhello\r\n0\r\n\r\n"
        for most in (4, lambda exchange: 4):
            request = get("/", "POST", framing) + body
            answer, seen, failures = hosted(echo, request, most=most)
            assert (answer, seen, failures) == (refused, [], [])


def broken(exchange: Exchange) -> None:
    raise RuntimeError("the secret is 42")


def splits(exchange: Exchange) -> None:
    exchange.answer(200, [(b"x", b"a\r\nb: c")])


def gives_up(exchange: Exchange) -> None:
    exchange.fail()


def of_no_status(exchange: Exchange) -> None:
    exchange.start(99, [])


@pytest.mark.parametrize("app", [broken, splits, gives_up, of_no_status])
def test_an_app_that_fails_is_answered_for(app):
    (status, _, body), _, failures = hosted(app, get("/"))
    assert (status, body) == (500, b"the app failed\n")
    assert len(failures) == (0 if app is gives_up else 1)


@pytest.mark.parametrize(("length", "body"), [(2, b"abc"), (4, b"abc"), (None, b"abc")])
def test_an_answer_that_is_not_whole_is_cut(length, body: bytes):
    def wrong(exchange: Exchange) -> None:
        exchange.start(200, [], length)
        exchange.write(body)
        if length is None:
            exchange.fail()
        else:
            exchange.finish()

    host = Host(Asgi(Recorder(wrong)))
    with serving(host) as served:
        data = served.send(get("/"))
        served.until(lambda: not host.tasks)
    assert not data.endswith((b"0\r\n\r\n", b"abcd"))
    assert served.done[0][2] == 200


def test_an_app_learns_that_its_client_has_gone():
    told = []

    async def waits(exchange: Exchange) -> None:
        exchange.on_gone = lambda: told.append("on_gone")
        exchange.start(200, [])
        try:
            while True:
                exchange.write(b"x" * 100_000)
                await exchange.drain()
        except Gone:
            told.append("drain")
        exchange.write(b"more")
        exchange.finish()
        assert exchange.is_gone

    app = Recorder(waits)
    host = Host(Asgi(app))
    with serving(host) as served:
        with served.connect() as client:
            client.sendall(get("/"))
            client.recv(10)
        served.until(lambda: not app.tasks and not host.tasks)
    assert (told, served.failures) == (["on_gone", "drain"], [])


def test_the_sender_is_not_read_ahead_of_the_app():
    go_on = asyncio.Event()

    async def late(exchange: Exchange) -> None:
        await go_on.wait()
        size = 0
        while data := await exchange.read():
            size += len(data)
        exchange.answer(200, [], b"%d" % size)

    app = Recorder(late)
    app.max_body = None
    size = 64 << 20
    with serving(Host(Asgi(app))) as served, served.connect() as client:
        client.sendall(get("/", "POST", b"Content-Length: %d\r\n" % size))
        client.settimeout(0.3)
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += client.send(bytes(1 << 20))
        assert sent < size / 2
        client.settimeout(10)
        served.ask(go_on.set)
        while sent < size:
            sent += client.send(bytes(min(1 << 20, size - sent)))
        data = b""
        while not data.endswith(b"\r\n\r\n%d" % size):
            piece = client.recv(1000)
            assert piece
            data += piece


def said(scope: dict[str, Any], *messages: str) -> list[str]:
    """What the application sends on a connection on which it hears these."""
    heard = list(messages)
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": heard.pop(0)}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event["type"])

    asyncio.run(Asgi(Recorder(gives_up))(scope, receive, send))
    return sent


def test_what_is_not_http():
    assert said({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown") == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert said({"type": "websocket"}, "websocket.connect") == ["websocket.close"]
    with pytest.raises(InternalError, match="type 'mail' are not served"):
        said({"type": "mail"})
