"""What a browser sees of a server: the status page, and the events that move it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import defaultdict
from urllib.parse import parse_qsl

from wherever.edge.exchange import Gone
from wherever.edge.observe.follow import Filter, Tail, last
from wherever.edge.observe.history import POINT_S, WINDOW_S, History
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from wherever.edge.exchange import Exchange, Headers
    from wherever.edge.observe.reader import Reader

ASSETS = {
    "": ("index.html", b"text/html; charset=utf-8"),
    "style.css": ("style.css", b"text/css; charset=utf-8"),
    "page.js": ("page.js", b"text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", b"image/svg+xml"),
}

POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    b" base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    b" require-trusted-types-for 'script'; trusted-types 'none'"
)

MOST_VIEWERS = 32
"""Pages that may be open at once."""

MOST_LINES = 100
"""Lines that one page is sent in a second; what is left out is counted and said."""

FIRST_LINES = 100
"""Lines from the past that a page begins with."""

_LOOKS = 4
"""Looks at the log in a second."""

_MANY = 200
"""Apps above which all of them are sent every five seconds only."""

_STREAM: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def asset(name: str) -> tuple[Headers, bytes] | None:
    """Headers and content of a file of the page, or None where it has no such file."""
    if name not in ASSETS:
        return None
    file, kind = ASSETS[name]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets", file)
    with open(path, "rb") as content:
        body = content.read()
    headers = [
        (b"content-type", kind),
        (b"content-security-policy", POLICY),
        (b"cache-control", b"no-cache"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    return headers, body


class Events:
    """Sends every open page what happened.

    Args:
        reader: of the server's record.
        log: the newest file of its log, or empty where it has none.
        about: what the page says of the server: `name`, `addresses` and the like.
        served: the names that requests are counted under now; None where nobody knows them.
    """

    def __init__(
        self,
        reader: Reader,
        log: str,
        about: Callable[[], dict[str, Any]],
        served: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._reader = reader
        self._log = log
        self._about = about
        self._history = History(reader, served=served)
        self._tasks: set[asyncio.Task[None]] = set()
        self._clock: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to remember what happens; on a running loop."""
        self._clock = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Sends the pages away."""
        tasks = [*self._tasks, *([self._clock] if self._clock is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def serve(self, exchange: Exchange) -> None:
        """Answers with a stream of events, about the lines that the query asks for."""
        if len(self._tasks) >= MOST_VIEWERS:
            body = f"{MOST_VIEWERS} pages are open already; close some\n".encode()
            exchange.answer(503, [(b"retry-after", b"5")], body)
            return
        query = exchange.target.partition(b"?")[2].decode("ascii", "replace")
        try:
            given = defaultdict(str, parse_qsl(query, max_num_fields=20))
            wanted = Filter(
                app=given["app"],
                status=given["status"],
                method=given["method"],
                client=given["client"],
                text=given["text"],
                kind=given["kind"],
                id=given["id"],
            )
        except (InputError, ValueError) as error:
            exchange.answer(400, [(b"content-type", b"text/plain")], f"{error}\n".encode())
            return
        task = asyncio.get_running_loop().create_task(self._send(exchange, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._history.look()

    async def _send(self, exchange: Exchange, wanted: Filter) -> None:
        tail = Tail(self._log) if self._log else None
        try:
            exchange.start(200, _STREAM)
            self._say(exchange, "server", self._server())
            self._history.look()
            self._say(exchange, "apps", self._apps())
            past: list[dict[str, Any]] = []
            if tail is not None:
                # Off the loop: a filter that fits little looks through megabytes.
                past = await asyncio.to_thread(
                    last, self._log, wanted, FIRST_LINES, before=tail.position
                )
            self._say(exchange, "lines", {"lines": past, "skipped": 0, "past": True})
            look = room = 0
            while not exchange.is_gone:
                await exchange.drain()
                await asyncio.sleep(1 / _LOOKS)
                look += 1
                if look % _LOOKS == 0:
                    room = 0
                    apps = self._apps(look // _LOOKS)
                    self._say(exchange, "apps", apps)
                if tail is not None:
                    room += self._tell(exchange, tail, wanted, MOST_LINES - room)
        except Gone:
            pass
        except asyncio.CancelledError:
            exchange.fail()
            raise
        finally:
            if tail is not None:
                tail.close()

    def _tell(self, exchange: Exchange, tail: Tail, wanted: Filter, room: int) -> int:
        found = [record for record in tail.read() if wanted.matches(record)]
        sent = found[-room:] if room > 0 else []
        if found or tail.skipped:
            said = {
                "lines": sent,
                "skipped": len(found) - len(sent),
                "behind": tail.skipped,
                "past": False,
            }
            tail.skipped = 0
            self._say(exchange, "lines", said)
        return len(sent)

    def _server(self) -> dict[str, Any]:
        return {
            "since": self._reader.since,
            "window": WINDOW_S,
            "point": POINT_S,
            "log": bool(self._log),
            **self._about(),
        }

    def _apps(self, second: int = 0) -> dict[str, Any]:
        apps: list[dict[str, Any]] | None = None
        if second % 5 == 0 or self._history.shown <= _MANY:
            apps = self._history.apps()
        return {
            "time": round(time.time(), 3),
            "workers": len(self._reader.workers()),
            "dropped": self._reader.log_dropped(),
            "apps": apps,
        }

    def _say(self, exchange: Exchange, event: str, data: dict[str, Any]) -> None:
        exchange.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
