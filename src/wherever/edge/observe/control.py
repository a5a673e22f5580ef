"""The app of a server's own address: status page, metrics and usage, for those who have its key.

It listens on this machine only, but other users of the machine and any page in a browser reach
that too. So what it knows is told only to who sends the key as `Authorization: Bearer`, which no
other page can make a browser do, and only under names that are this machine's, so that a name of a
stranger that leads here gets nothing. The page itself is no secret: it takes the key from the
fragment of its address, which browsers send nobody, and keeps it for its own tab.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
import secrets

from wherever.edge.exchange import Gone
from wherever.edge.observe import prometheus
from wherever.edge.observe.page import Events, asset
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.usage import as_json, usage
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from wherever.edge.exchange import Exchange, Headers

NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What this machine calls itself."""

_SECURE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(24)


def kept_key(path: str) -> str:
    """The key in a file that only we can read, made there the first time.

    A server that keeps its key has a page and metrics that survive its restart.

    Raises:
        InputError: it cannot be kept there, or others can read it.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with open(os.open(path, flags, 0o600), "r+", encoding="ascii") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
                raise InputError(
                    f"others can read the key in {path}", "remove it, and a new one is made"
                )
            key = file.read(256).strip()
            if not key:
                # New, or left by one that was ended before it could write.
                key = new_key()
                file.write(f"{key}\n")
        if re.fullmatch(r"[\w-]{22,}", key, re.ASCII):
            return key
        raise InputError(f"{path} holds no key", "remove it, and one is made")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"cannot keep the key in {path}: {why}") from None


def address(host: str, port: int, key: str) -> str:
    """The status page's address, with its key in it, as `serve` prints it."""
    return f"http://{host}:{port}/#key={key}"


class Control:
    """The status page, `/events`, `/metrics` and `/usage` of one server.

    Args:
        record: the file that the workers count in.
        log: the newest file of the log, or empty where there is none.
        key: who has it may look.
        about: what the page says of the server: `name`, and `addresses` as a list.
        names: more names that it may be asked for under, without a port.
        served: the names that requests are counted under now; None where nobody knows them.

    Raises:
        NotFound: nobody has counted there yet: open a `Record` first.
    """

    max_body = 0

    def __init__(
        self,
        record: str,
        log: str,
        key: str,
        about: Callable[[], dict[str, Any]] = dict,
        names: tuple[str, ...] = (),
        served: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._reader = Reader(record)
        self._key = key.encode()
        self._names = frozenset((*NAMES, *names))
        self._events = Events(self._reader, log, about, served)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to remember what happens; on a running loop."""
        self._events.start()

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._events.close()
        self._reader.close()

    def serve(self, exchange: Exchange) -> None:
        path = exchange.target.partition(b"?")[0].decode("ascii", "replace").removeprefix("/")
        if _name(exchange.authority) not in self._names:
            _refuse(exchange, 421, "this address does not answer under that name")
        elif exchange.method not in ("GET", "HEAD"):
            _refuse(exchange, 405, "only GET is answered here", (b"allow", b"GET, HEAD"))
        elif (found := asset(path)) is not None:
            headers, body = found
            exchange.answer(200, [*_SECURE, *headers], body)
        elif path not in ("events", "metrics", "usage"):
            _refuse(exchange, 404, "there is nothing here")
        elif not self._knows_key(exchange):
            why = "send the key of this server as Authorization: Bearer KEY"
            _refuse(exchange, 401, why, (b"www-authenticate", b"Bearer"))
        elif exchange.method == "HEAD":
            exchange.answer(200, _SECURE)
        elif path == "events":
            self._events.serve(exchange)
        elif path == "usage":
            told = json.dumps(as_json(self._reader, usage(self._reader)), indent=2) + "\n"
            _tell(exchange, b"application/json", told.encode())
        else:
            task = asyncio.get_running_loop().create_task(self._metrics(exchange))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _knows_key(self, exchange: Exchange) -> bool:
        given = [value for name, value in exchange.headers if name == b"authorization"]
        if len(given) != 1:
            return False
        kind, _, key = given[0].partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(key.strip(), self._key)

    async def _metrics(self, exchange: Exchange) -> None:
        kind = prometheus.CONTENT_TYPE.encode()
        exchange.start(200, [*_SECURE, (b"content-type", kind), (b"cache-control", b"no-store")])
        try:
            for piece in prometheus.exposition(self._reader):
                exchange.write(piece.encode())
                await exchange.drain()
                await asyncio.sleep(0)
        except Gone:
            return
        except BaseException:
            exchange.fail()
            raise
        exchange.finish()


def _name(authority: bytes) -> str:
    text = authority.decode("ascii", "replace").lower()
    head, colon, port = text.rpartition(":")
    return head if colon and port.isdigit() else text


def _tell(exchange: Exchange, kind: bytes, body: bytes) -> None:
    headers = [*_SECURE, (b"content-type", kind), (b"cache-control", b"no-store")]
    exchange.answer(200, headers, body)


def _refuse(exchange: Exchange, status: int, why: str, *headers: tuple[bytes, bytes]) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    exchange.answer(status, [*_SECURE, kind, *headers], f"{why}\n".encode())
