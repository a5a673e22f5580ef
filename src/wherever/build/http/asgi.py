"""What runs inside a site in Python: a request as ASGI 3 has it, and its answer.

This file is copied into every site in Python and imports nothing of ours but what is copied too.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from wherever.build.http.loop import Loop, prepare
from wherever.build.http.wsgi import Answer, address

_VERSIONS = {"version": "3.0", "spec_version": "2.4"}


class Server:
    """Calls an application of ASGI, each request on the same loop.

    Its lifespan begins before the first request, and has no end: an instance is only dropped.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._loop: Loop | None = None
        self._state: dict[str, Any] = {}
        prepare()

    def serve(self, request: Any) -> Answer:
        """Call the application and wait for all that it answers, and for its end.

        Raises:
            RuntimeError: it does not keep to ASGI, or awaits what never comes.
        """
        if self._loop is None:
            loop = Loop()
            try:
                loop.run(self._start())
            except BaseException:
                loop.close()
                raise
            self._loop = loop
        exchange = _Exchange(request)
        self._loop.run(self._call(exchange, {**_scope(request), "state": dict(self._state)}))
        if exchange.status is None or not exchange.is_whole:
            raise RuntimeError("the app ended before its answer did")
        return exchange.status, exchange.headers, b"".join(exchange.pieces)

    async def _call(self, exchange: _Exchange, scope: dict[str, Any]) -> None:
        await self._app(scope, exchange.receive, exchange.send)

    async def _start(self) -> None:
        lifespan = _Lifespan()
        scope = {"type": "lifespan", "asgi": _VERSIONS, "state": self._state}
        self._task = asyncio.ensure_future(self._app(scope, lifespan.receive, lifespan.send))
        self._task.add_done_callback(lifespan.end)
        failure = await lifespan.said
        if failure:
            await asyncio.wait([self._task], timeout=1)
            raise RuntimeError(f"the app's start failed: {failure}")


class _Lifespan:
    """The start of an application that has one; an exception says that it has none."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.said: asyncio.Future[str] = loop.create_future()
        self._never: asyncio.Future[dict[str, str]] = loop.create_future()
        self._asked = False

    async def receive(self) -> dict[str, str]:
        if self._asked:
            return await self._never
        self._asked = True
        return {"type": "lifespan.startup"}

    async def send(self, message: dict[str, Any]) -> None:
        if not self.said.done():
            failed = message["type"] == "lifespan.startup.failed"
            self.said.set_result((message.get("message") or "it gave no reason") if failed else "")

    def end(self, task: asyncio.Task[None]) -> None:
        """After its start, an exception is of its own; before, it has no lifespan."""
        error = None if task.cancelled() else task.exception()
        if not self.said.done():
            self.said.set_result("")
        elif error is not None:
            traceback.print_exception(error, file=sys.stderr)


class _Exchange:
    """One request and what is answered to it."""

    def __init__(self, request: Any) -> None:
        self._body: bytes | None = request.body
        self._over: asyncio.Future[None] | None = None
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.pieces: list[bytes] = []
        self.is_whole = False

    async def receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self.is_whole:  # nobody goes away before that
            if self._over is None:
                self._over = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._over)
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self.status is None:
            self.status = message["status"]
            self.headers = [
                (bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1"))
                for name, value in message.get("headers", ())
            ]
        elif kind == "http.response.body" and self.status is not None:
            if self.is_whole:
                return
            self.pieces.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self.is_whole = True
                if self._over is not None and not self._over.done():
                    self._over.set_result(None)
        else:
            raise RuntimeError(f"{kind[:60]} was sent where it has no place")


def _scope(request: Any) -> dict[str, Any]:
    """A request as an application expects it.

    What the route's parameters matched stands in `wherever.params`.
    """
    path, _, query = request.target.partition("?")
    raw = path.encode("latin-1")
    host, port = address(request)
    return {
        "type": "http",
        "asgi": _VERSIONS,
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"),
        "raw_path": raw,
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers
        ],
        "client": (request.client, 0),
        "server": (host, int(port)),
        "wherever.params": dict(request.params),
    }
