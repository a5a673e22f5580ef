"""A request as ASGI has it, on a loop that has neither sockets nor threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.build.http.asked import request
from wherever.build.http.asgi import Server
from wherever.build.http.loop import Stuck

START = {"type": "http.response.start", "status": 200}
BODY = "http.response.body"


@contextmanager
def server(app: Any) -> Iterator[Server]:
    """A server whose loop is closed, which in a sandbox nobody does."""
    made = Server(app)
    yield made
    if made._loop is not None:
        for task in asyncio.all_tasks(made._loop):
            task.cancel()
        made._loop.run(asyncio.sleep(0))
        made._loop.close()


def bare(app: Any) -> Any:
    """An app without a lifespan."""

    async def both(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await app(scope, receive, send)

    return both


def test_the_scope_is_whole() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, await receive()))
        await send({**START, "headers": [(b"X-Name", b"\xe9"), [b"a", bytearray(b"b")]]})
        await send({"type": BODY, "body": b"done"})

    asked = request("POST", "/a%20b/%C3%A9?x=%20", b"xy", (("x-a", "\xe9"),), "h:81", id="7")
    with server(bare(app)) as made:
        assert made.serve(asked) == (200, [("x-name", "\xe9"), ("a", "b")], b"done")
    assert seen == [
        (
            {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.4"},
                "http_version": "1.1",
                "method": "POST",
                "scheme": "https",
                "path": "/a b/é",
                "raw_path": b"/a%20b/%C3%A9",
                "query_string": b"x=%20",
                "root_path": "",
                "headers": [(b"host", b"h:81"), (b"x-a", b"\xe9")],
                "client": ("192.0.2.1", 0),
                "server": ("h", 81),
                "state": {},
                "wherever.params": {"id": "7"},
            },
            {"type": "http.request", "body": b"xy", "more_body": False},
        )
    ]


def test_a_lifespan_begins_once_and_its_state_is_given_to_each_request() -> None:
    begun = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            assert await receive() == {"type": "lifespan.startup"}
            scope["state"]["pool"] = ["one"]
            begun.append("begun")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            begun.append("ended")
        else:
            scope["state"]["own"] = True
            await send(START)
            await send({"type": BODY, "body": repr(sorted(scope["state"])).encode()})

    with server(app) as made:
        for _ in range(2):
            assert made.serve(request())[2] == b"['own', 'pool']"
        assert begun == ["begun"]


def test_a_start_that_fails_fails_each_request_with_its_reason() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with server(app) as made:
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"^the app's start failed: no database$"):
                made.serve(request())
        assert made._loop is None


def test_pieces_are_joined_and_others_run_meanwhile() -> None:
    order = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def count() -> None:
            for number in range(3):
                order.append(number)
                await asyncio.sleep(0.001)

        other = asyncio.create_task(count())
        await send(START)
        for piece in (b"a", b"b"):
            await send({"type": BODY, "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await other
        threaded = await asyncio.to_thread(lambda: b"c")
        await send({"type": BODY, "body": threaded})
        await send({"type": BODY, "body": b"too late"})

    with server(bare(app)) as made:
        assert made.serve(request())[2] == b"abc"
    assert order == [0, 1, 2]


def test_a_visitor_goes_away_when_the_answer_is_whole_and_not_before() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def watch() -> None:
            seen.append((await receive())["type"])
            seen.append((await receive())["type"])

        watching = asyncio.create_task(watch())
        await send(START)
        await asyncio.sleep(0.001)
        seen.append("sent")
        await send({"type": BODY})
        await watching

    with server(bare(app)) as made:
        assert made.serve(request()) == (200, [], b"")
    assert seen == ["http.request", "sent", "http.disconnect"]


def test_what_never_comes_is_an_error_and_the_next_request_is_served() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/wait":
            await asyncio.Event().wait()
        if scope["path"] == "/half":
            return await send(START)
        if scope["path"] == "/odd":
            await send({"type": "websocket.accept"})
        if scope["path"] == "/early":
            await send({"type": BODY})
        if scope["path"] == "/fail":
            raise KeyError("own")
        await send(START)
        await send({"type": BODY, "body": b"well"})

    with server(bare(app)) as made:
        for path, kind, words in (
            ("/wait", Stuck, "the app awaits what nothing in the sandbox will ever bring"),
            ("/half", RuntimeError, "the app ended before its answer did"),
            ("/odd", RuntimeError, "websocket.accept was sent where it has no place"),
            ("/early", RuntimeError, "http.response.body was sent where it has no place"),
            ("/fail", KeyError, "'own'"),
        ):
            with pytest.raises(kind) as caught:
                made.serve(request(target=path))
            assert (caught.type, str(caught.value)) == (kind, words)
            assert made.serve(request()) == (200, [], b"well")
