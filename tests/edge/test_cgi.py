"""Programs as CGI: what they are told, what they may answer, and how many are let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from wherever.edge import cgi
from wherever.edge.cgi import CgiApp, Malformed, answer, variables
from wherever.edge.config import Serving
from wherever.edge.internal import MemoryExchange
from wherever.errors import NotFound
from wherever.policy.outcome import Outcome


def asked(body: bytes | AsyncIterator[bytes] = b"", **headers: str) -> MemoryExchange:
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    return MemoryExchange("POST", b"/a%2Fb?c=%64", given, body, b"shop.test:8080")


def app(**serving: Any) -> CgiApp:
    job: Any = SimpleNamespace(env=[(b"OWN", b"1")], stdin=b"")
    return CgiApp("shop", job, Serving(**{"body": 100, **serving}), None, lambda: None)


def test_a_request_becomes_variables_and_no_header_becomes_another_ones() -> None:
    async def story() -> dict[bytes, bytes]:
        request = asked(b"", cookie="a=1", proxy="http://evil", x_real_ip="forged", host="evil")
        request.headers += [
            (b"cookie", b"b=2"),
            (b"authorization", b"Bearer secret"),
            (b"content-type", b"text/plain"),
        ]
        return dict(variables(request, 3))

    assert asyncio.run(story()) == {
        b"GATEWAY_INTERFACE": b"CGI/1.1",
        b"SERVER_PROTOCOL": b"HTTP/1.1",
        b"SERVER_SOFTWARE": b"wherever",
        b"SERVER_NAME": b"shop.test",
        b"SERVER_PORT": b"8080",
        b"REQUEST_METHOD": b"POST",
        b"REQUEST_URI": b"/a%2Fb?c=%64",
        b"SCRIPT_NAME": b"",
        b"PATH_INFO": b"/a/b",
        b"QUERY_STRING": b"c=%64",
        b"REMOTE_ADDR": b"internal",
        b"REMOTE_HOST": b"internal",
        b"HTTP_HOST": b"shop.test:8080",
        b"X_FULL_URL": b"http://shop.test:8080/a%2Fb?c=%64",
        b"CONTENT_LENGTH": b"3",
        b"CONTENT_TYPE": b"text/plain",
        b"HTTP_COOKIE": b"a=1; b=2",
    }


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"content-type: a/b\n\nbody", (200, [(b"content-type", b"a/b")], b"body")),
        (b"Status: 404 Not here\r\n\r\n", (404, [], b"")),
        (b"location: /x\r\n\r\n", (302, [(b"location", b"/x")], b"")),
    ],
)
def test_what_a_program_writes_is_an_answer(written: bytes, found: object) -> None:
    assert answer(written) == found


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"no header\n\n",
        b"content-type: a/b",
        b"Status: 199\n\n",
        b"Status: 600\n\n",
        b"Status: 20\n\n",
        b"a: b\rc: d\n\n",
        b"a: b\0\n\n",
        b"a b: c\n\n",
    ],
)
def test_what_is_no_answer_is_refused(written: bytes) -> None:
    with pytest.raises(Malformed):
        answer(written)


def test_a_program_that_knows_nothing_of_cgi_is_told_how_an_answer_begins() -> None:
    with pytest.raises(Malformed) as caught:
        answer(b"hello\n")
    assert str(caught.value) == (
        "it wrote no header with an empty line after it; begin the answer with Content-Type:"
        " text/plain and an empty line, as CGI has it"
    )


def test_bodies_on_their_way_have_no_more_room_than_requests_that_wait() -> None:
    """Ten thousand clients that never end their bodies fill no memory."""

    async def story() -> list[tuple[int, bytes]]:
        async def endless() -> AsyncIterator[bytes]:
            yield b"some"
            await asyncio.Event().wait()

        served = app(concurrency=1, queue=2)
        asking = [asked(endless()) for _ in range(5)]
        for exchange in asking:
            served.serve(exchange)
        refused = [exchange for exchange in asking if exchange.started]
        told = [((await each.head())[0], await each.take()) for each in refused]
        for task in served._tasks:
            task.cancel()
        served.close()
        return told

    assert asyncio.run(story()) == [(503, b"The app is busy.\n")] * 2


@pytest.mark.parametrize(
    ("written", "status", "outcome"),
    [
        (b"content-type: a/b\n\nbody", 200, "ok"),
        (b"two words: a\n\nbody", 500, "error"),
        (b"content-type: a\x01b\n\nbody", 500, "error"),
        (b"no header", 500, "error"),
    ],
)
def test_a_run_has_one_outcome(
    monkeypatch: pytest.MonkeyPatch, written: bytes, status: int, outcome: str
) -> None:
    outcomes: list[str] = []
    meter: Any = SimpleNamespace(
        guest=lambda app, outcome, *_: outcomes.append(outcome),
        output=lambda *_: None,
        note=lambda *_: None,
    )
    ended = Outcome(0, "exited", stdout=written)
    monkeypatch.setattr(cgi, "execute", lambda *_: ended)

    async def story() -> int:
        job: Any = SimpleNamespace(env=[], stdin=b"")
        served = CgiApp("shop", job, Serving(body=100), meter, lambda: None)
        exchange = asked(b"body")
        served.serve(exchange)
        answered, _ = await asyncio.wait_for(exchange.head(), 5)
        served.close()
        return answered

    assert asyncio.run(story()) == status
    assert outcomes == [outcome]


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), NotFound("gone", "look")])
def test_a_run_that_cannot_begin_is_answered(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    async def story() -> tuple[int, bytes]:
        served = app()
        exchange = asked(b"body")
        served.serve(exchange)
        status, _ = await asyncio.wait_for(exchange.head(), 5)
        served.close()
        return status, await exchange.take()

    monkeypatch.setattr(cgi, "execute", fail)
    assert asyncio.run(story()) == (500, b"The app failed.\n")
