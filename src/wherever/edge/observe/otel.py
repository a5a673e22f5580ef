"""Sends spans and metrics to a collector, from threads that no request waits for.

It speaks OTLP's JSON over HTTP itself, for a quarter of the processor time that OpenTelemetry's own
packages take for a span, and without the fifteen packages that these bring along (docs/observe.md).
"""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import threading
import time
from collections import deque
from urllib.parse import urlsplit

from wherever.edge.observe import otlp
from wherever.edge.observe.trace import new_id
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.exchange import Exchange
    from wherever.edge.observe.otelsettings import Settings, Target
    from wherever.edge.observe.reader import Reader
    from wherever.edge.observe.trace import Span

ATTEMPTS = 4
_AGAIN = frozenset((429, 502, 503, 504))
_LONGEST_WAIT_S = 30.0
_MOST_READ = 1 << 16


class Sender:
    """Posts JSON to one address, over a connection that is kept.

    Args:
        target: where to.

    Raises:
        InputError: its certificates cannot be read.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._parts = urlsplit(target.url)
        self._connection: http.client.HTTPConnection | None = None
        self._stop = threading.Event()
        self._context: ssl.SSLContext | None = None
        if self._parts.scheme == "https":
            try:
                self._context = ssl.create_default_context(cafile=target.certificate or None)
            except OSError as error:
                raise InputError(
                    f"cannot use the certificates in {target.certificate}: {error.strerror}"
                ) from None

    def post(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        """What the collector answered, or None where it did not take it."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **dict(self._target.headers)}
        if self._target.compressed:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        wait = 1.0
        for attempt in range(ATTEMPTS):
            if attempt and self._stop.wait(min(wait, _LONGEST_WAIT_S)):
                return None
            status, asked, answer = self._try(body, headers)
            if 200 <= status < 300:
                return answer
            if status and status not in _AGAIN:
                return None
            wait = asked or wait * 2
        return None

    def stop(self) -> None:
        """What is under way is tried once, and no more."""
        self._stop.set()

    def close(self) -> None:
        """Leaves the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, body: bytes, headers: dict[str, str]) -> tuple[int, float, dict[str, Any]]:
        """Status (0 for none), seconds that the collector asked to wait, and its answer."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            path = self._parts.path or "/"
            query = f"?{self._parts.query}" if self._parts.query else ""
            self._connection.request("POST", f"{path}{query}", body, headers)
            response = self._connection.getresponse()
            said = response.read(_MOST_READ)
            if not response.isclosed():
                self.close()
            wait = response.getheader("Retry-After", "")
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, 0.0, {}
        try:
            answer = json.loads(said) if said else {}
        except (ValueError, RecursionError):
            answer = {}
        seconds = float(wait) if wait.isascii() and wait.isdigit() else 0.0
        return response.status, seconds, answer if isinstance(answer, dict) else {}

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        seconds = self._target.timeout_s or None
        if self._context is not None:
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=seconds)


class Tracer:
    """Takes the spans of a worker, and sends them in batches.

    Args:
        settings: with a target for traces.
        on_drop: told how many spans were dropped: there was no room, or nobody took them.
        masked: whether queries are left out.
    """

    def __init__(
        self, settings: Settings, on_drop: Callable[[int], object], masked: bool = False
    ) -> None:
        assert settings.traces is not None
        self.sampler = settings.sampler()
        self._settings = settings
        self._on_drop = on_drop
        self._masked = masked
        self._spans: deque[tuple[Any, ...]] = deque()
        self._lost = self._told = 0
        self._closed = False
        self._full = threading.Event()
        self._sender = Sender(settings.traces)
        self._thread = threading.Thread(target=self._work, name="otel traces", daemon=True)
        self._thread.start()

    def request(
        self, span: Span, exchange: Exchange, app: str, status: int, seconds: float
    ) -> None:
        """Takes the span of a request that has ended."""
        self._add(
            otlp.request_span, span, app, exchange.method, exchange.target, exchange.authority,
            exchange.scheme, exchange.client, status, seconds, self._masked,
        )  # fmt: skip

    def guest(
        self, span: Span, app: str, outcome: str, wall_s: float, cpu_s: float, peak: int,
        cold: bool, id: str,
    ) -> None:  # fmt: skip
        """Takes what a guest did."""
        self._add(
            otlp.guest_span, span, new_id(), app, outcome, wall_s, cpu_s, peak, cold, id,
            time.time_ns(),
        )  # fmt: skip

    def close(self, seconds: float = 2.0) -> None:
        """Sends what waits, as far as that takes no longer than this."""
        self._closed = True
        self._sender.stop()
        self._full.set()
        self._thread.join(seconds)

    def _add(self, *made: Any) -> None:
        waiting = len(self._spans)
        if waiting >= self._settings.queue or self._closed:
            self._lost += 1
            return
        self._spans.append(made)
        if waiting == self._settings.batch:
            self._full.set()

    def _work(self) -> None:
        while not (self._closed and not self._spans):
            if len(self._spans) < self._settings.batch:
                self._full.wait(self._settings.delay_s)
            self._full.clear()
            self._send()
        self._sender.close()

    def _send(self) -> None:
        count = min(len(self._spans), self._settings.batch)
        taken = [self._spans.popleft() for _ in range(count)]
        dropped, self._told = self._lost - self._told, self._lost
        if taken:
            spans = [make(*about) for make, *about in taken]
            answer = self._sender.post(otlp.traces(self._settings.resource, spans))
            dropped += len(spans) if answer is None else _rejected(answer, "rejectedSpans")
        if dropped:
            self._on_drop(dropped)


class Metrics:
    """Reports what all workers of a server counted, again and again: one of them for a server.

    Args:
        settings: with a target for metrics.
        reader: of the server's record, for nobody else.
    """

    def __init__(self, settings: Settings, reader: Reader) -> None:
        assert settings.metrics is not None
        self._settings = settings
        self._reader = reader
        self._over = threading.Event()
        self._sender = Sender(settings.metrics)
        self._thread = threading.Thread(target=self._work, name="otel metrics", daemon=True)
        self._thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """Reports once more, as far as that takes no longer than this."""
        self._sender.stop()
        self._over.set()
        self._thread.join(seconds)

    def _work(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._over.wait(self._settings.interval_s)
            self._sender.post(otlp.metrics(self._settings.resource, self._reader))
        self._sender.close()
        self._reader.close()


def _rejected(answer: dict[str, Any], name: str) -> int:
    partial = answer.get("partialSuccess")
    count = partial.get(name, 0) if isinstance(partial, dict) else 0
    return int(count) if str(count).isascii() and str(count).isdigit() else 0
