"""Programs that answer as CGI: the request in their environment and on stdin, the answer on stdout.

Any program with a `main` can do that, in any language: WAGI and WCGI are the same. Each request is
a run of its own, in a thread, as `wherever.run` does it. https://www.rfc-editor.org/rfc/rfc3875
"""

from __future__ import annotations

import asyncio
import copy
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_to_bytes

from wherever.edge.exchange import Gone
from wherever.engine.ticker import Watch
from wherever.errors import WhereverError
from wherever.run.api import execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.edge.config import Serving
    from wherever.edge.exchange import Exchange, Headers
    from wherever.edge.observe.meter import Meter
    from wherever.policy.outcome import Outcome
    from wherever.run.job import Job

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_STATUS = re.compile(rb"([1-9][0-9][0-9])(?: .*)?")
_PREFIX = b"x-forwarded-prefix"

_NEVER = frozenset((b"authorization", b"content-length", b"content-type", b"proxy", b"host"))
"""Headers that are not handed on as they are: `Proxy` would be taken for the variable that names a
proxy, and a password is nobody's but the server's."""

_BEGIN = "begin the answer with Content-Type: text/plain and an empty line, as CGI has it"


class Malformed(Exception):
    """What a program wrote is no answer."""


class CgiApp:
    """A program whose runs are answers.

    Args:
        name: the app's.
        job: what each run is, but for its environment and stdin.
        serving: how many runs there may be, nothing left open.
        meter: what is told how the runs went, or None.
        clear: frees what belongs to the program.

    Attributes:
        max_body: bytes that a request's body may have.
    """

    def __init__(
        self,
        name: str,
        job: Job,
        serving: Serving,
        meter: Meter | None,
        clear: Callable[[], object],
    ) -> None:
        self.name = name
        self.max_body = serving.body
        self._job = job
        self._meter = meter
        self._clear = clear
        room = serving.concurrency or 1
        # Those whose bodies are still on their way count as well: each takes memory of ours.
        self._most = room + (serving.queue or 0)
        self._free = asyncio.Semaphore(room)
        self._threads = ThreadPoolExecutor(room, "wherever-cgi")
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, exchange: Exchange) -> None:
        """Answers a request by a run, when there is room for one."""
        if len(self._tasks) >= self._most:
            if self._meter is not None:
                self._meter.guest(self.name, "queue_full", 0.0, 0.0, 0, False, exchange.id)
            exchange.answer(503, [(b"retry-after", b"1"), *_TEXT], b"The app is busy.\n")
            return
        task = asyncio.get_running_loop().create_task(self._serve(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Frees the program."""
        self._threads.shutdown(wait=False)
        self._clear()

    async def _serve(self, exchange: Exchange) -> None:
        try:
            body = exchange.body if exchange.body is not None else await _whole(exchange)
        except Gone:
            return
        async with self._free:
            if not exchange.is_gone:
                await self._run(exchange, body)

    async def _run(self, exchange: Exchange, body: bytes) -> None:
        job = copy.copy(self._job)
        job.env = [*job.env, *variables(exchange, len(body))]
        job.stdin = body
        watch = Watch()
        exchange.on_gone = lambda: setattr(watch, "killed", True)
        loop = asyncio.get_running_loop()
        try:
            outcome = await loop.run_in_executor(self._threads, execute, job, None, watch)
        except WhereverError as error:
            self._fail(exchange, 500, error.what)
            return
        except Exception as error:
            # Whatever it is, such as a system without descriptors: the client is not left waiting.
            self._fail(exchange, 500, f"{type(error).__name__}: {error}")
            return
        ended = outcome.limit or ("ok" if outcome.ended == "exited" else outcome.ended)
        if ended in ("timeout", "cpu_time", "fuel"):
            self._tell(exchange, outcome, ended)
            self._fail(exchange, 504, f"it reached its limit of {ended}")
            return
        try:
            status, headers, content = answer(outcome.stdout or b"")
        except Malformed as error:
            why = outcome.message or f"it exited with code {outcome.exit_code}"
            # Whatever became of the program, there is no answer: that did not go well.
            self._tell(exchange, outcome, "error" if ended == "ok" else ended)
            self._fail(exchange, 500, str(error) if outcome.ok else why)
            return
        self._tell(exchange, outcome, ended)
        if not exchange.is_gone:
            exchange.answer(status, headers, content)

    def _tell(self, exchange: Exchange, outcome: Outcome, ended: str) -> None:
        if self._meter is None:
            return
        self._meter.guest(
            self.name,
            ended,
            outcome.usage.wall_s,
            outcome.usage.cpu_s,
            outcome.usage.memory or 0,
            True,
            exchange.id,
        )
        output = self._meter.output(self.name, exchange.id)
        if output is not None and outcome.stderr:
            output.write("stderr", outcome.stderr)
            output.close()

    def _fail(self, exchange: Exchange, status: int, why: str) -> None:
        if self._meter is not None:
            # Without its query, which may be secret; the line of the request may have it.
            path = exchange.target.partition(b"?")[0].decode("latin-1")
            self._meter.note(f"{exchange.method} {path}: {why}", self.name)
        if not exchange.is_gone:
            words = b"The app took too long.\n" if status == 504 else b"The app failed.\n"
            exchange.answer(status, _TEXT, words)


async def _whole(exchange: Exchange) -> bytes:
    pieces = []
    while piece := await exchange.read():
        pieces.append(piece)
    return b"".join(pieces)


def variables(exchange: Exchange, size: int) -> list[tuple[bytes, bytes]]:
    """The request as variables of the program's environment, by RFC 3875, section 4.1."""
    path, _, query = exchange.target.partition(b"?")
    host, _, port = exchange.authority.rpartition(b":")
    if not port.isdigit():
        host, port = exchange.authority, b"443" if exchange.scheme == "https" else b"80"
    client = exchange.client.encode("latin-1", "replace")
    found = {
        b"GATEWAY_INTERFACE": b"CGI/1.1",
        b"SERVER_PROTOCOL": b"HTTP/1.1",
        b"SERVER_SOFTWARE": b"wherever",
        b"SERVER_NAME": host,
        b"SERVER_PORT": port,
        b"REQUEST_METHOD": exchange.method.encode("latin-1"),
        b"REQUEST_URI": exchange.target,
        b"SCRIPT_NAME": b"",
        b"PATH_INFO": unquote_to_bytes(path).replace(b"\0", b"%00"),
        b"QUERY_STRING": query,
        b"REMOTE_ADDR": client,
        b"REMOTE_HOST": client,
        b"HTTP_HOST": exchange.authority,
        b"X_FULL_URL": b"%b://%b%b"
        % (exchange.scheme.encode("latin-1"), exchange.authority, exchange.target),
    }
    if size:
        found[b"CONTENT_LENGTH"] = b"%d" % size
    for name, value in exchange.headers:
        if name == b"content-type":
            found[b"CONTENT_TYPE"] = value
        elif name == _PREFIX:
            found[b"SCRIPT_NAME"] = value
        # With an underscore it would be taken for the one with a hyphen, which others may trust.
        if name not in _NEVER and b"_" not in name:
            key = b"HTTP_" + name.upper().replace(b"-", b"_")
            joint = b"; " if name == b"cookie" else b", "
            found[key] = found[key] + joint + value if key in found else value
    return list(found.items())


def answer(written: bytes) -> tuple[int, Headers, bytes]:
    r"""The answer in what a program wrote, by RFC 3875, section 6.

    Raises:
        Malformed: it is none.

    Example:
        >>> answer(b"Status: 404 Not Found\nContent-Type: text/plain\n\nno")
        (404, [(b'content-type', b'text/plain')], b'no')
    """
    head, body = _divided(written)
    status, headers = 200, []
    for line in head.split(b"\n"):
        name, colon, value = line.removesuffix(b"\r").partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Malformed(f"what it wrote does not begin with a header; {_BEGIN}")
        if name == b"status":
            found = _STATUS.fullmatch(value)
            if found is None or not 200 <= int(found[1]) < 600:
                raise Malformed(
                    "it wrote a status that is none; write it like Status: 404 Not Found"
                )
            status = int(found[1])
        else:
            if name == b"location" and status == 200:
                status = 302
            headers.append((name, value))
    if not headers and status == 200:
        raise Malformed(f"it wrote no header; {_BEGIN}")
    return status, headers, body


def _divided(written: bytes) -> tuple[bytes, bytes]:
    ends = [(at, len(end)) for end in (b"\n\n", b"\n\r\n") if (at := written.find(end)) >= 0]
    if not ends:
        raise Malformed(f"it wrote no header with an empty line after it; {_BEGIN}")
    at, size = min(ends)
    return written[:at], written[at + size :]
