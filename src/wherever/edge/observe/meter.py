"""What a worker calls while it serves: one object that counts, logs and traces."""

from __future__ import annotations

import time
from dataclasses import dataclass

from wherever.edge.observe.access import Lines
from wherever.edge.observe.output import LONGEST_LINE, Allowance, Output
from wherever.edge.observe.trace import handed_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from wherever.edge.exchange import App, Exchange
    from wherever.edge.observe.journal import Journal
    from wherever.edge.observe.record import Record, Slot
    from wherever.edge.observe.trace import Sampler, Span

    class Tracer(Protocol):
        """Where spans go; see `otel.py`."""

        sampler: Sampler

        def request(
            self, span: Span, exchange: Exchange, app: str, status: int, seconds: float
        ) -> None:
            """Takes the span of a request that has ended."""

        def guest(
            self, span: Span, app: str, outcome: str, wall_s: float, cpu_s: float, peak: int,
            cold: bool, id: str,
        ) -> None:  # fmt: skip
            """Takes what a guest did, inside of the span of its request."""


CLIENT_GONE = 499
"""The status in the log of a request whose client left before it was answered."""

MOST_OPEN = 1 << 16
"""Requests of one worker that are remembered as under way."""


@dataclass(frozen=True, slots=True)
class Direct:
    """Where an app's requests are counted and logged.

    Attributes:
        page: the numbers of the app.
        log: takes a line, or None.
        is_masked: whether queries are left out of the log.
        errors_only: whether the log has only requests that went wrong.
    """

    page: memoryview
    log: Callable[[str], object] | None
    is_masked: bool
    errors_only: bool


class _Seen:
    """A request that is under way."""

    __slots__ = ("guest", "slot", "span")

    def __init__(self, slot: Slot, span: Span | None) -> None:
        self.slot = slot
        self.span = span
        self.guest: tuple[str, float, bool] | None = None


class Meter:
    """Counts, logs and traces what one worker does; all of it on the thread of its loop.

    Args:
        record: where it counts.
        journal: the log, or None for none.
        tracer: the traces, or None for none.
        masked: whether queries are left out of the log.
        errors_only: whether the log has only requests that went wrong.
    """

    def __init__(
        self,
        record: Record,
        journal: Journal | None = None,
        tracer: Tracer | None = None,
        *,
        masked: bool = False,
        errors_only: bool = False,
    ) -> None:
        self._record = record
        self._journal = journal
        self._tracer = tracer
        self._errors_only = errors_only
        self._lines = Lines(masked)
        self._open: dict[str, _Seen] = {}
        self._allowances: dict[str, Allowance] = {}

    def observed(self, name: str, app: App) -> App:
        """The app, so that its requests are known as its own: mount this one in its place."""
        return _Observed(self, self._record.slot(name), app)

    def begin(self, slot: Slot, exchange: Exchange) -> None:
        """An app is about to get a request; `done` must follow.

        Where it passes the request on to another under the same id, it stays that of the first.
        """
        if exchange.id in self._open:
            return
        span = None
        if self._tracer is not None:
            span = self._tracer.sampler.span(exchange.headers, time.time_ns())
            exchange.headers = handed_on(exchange.headers, span)
        if len(self._open) >= MOST_OPEN:
            self._open.pop(next(iter(self._open))).slot.end()
        self._open[exchange.id] = _Seen(slot, span)
        slot.begin()

    def done(
        self, exchange: Exchange, status: int, bytes_in: int, bytes_out: int, seconds: float
    ) -> None:
        """An exchange has ended: the server's `done`.

        Args:
            exchange: the exchange, or what is known of one that was refused: `id`, `method`,
                `target`, `authority` and `client`.
            status: what was answered; 499 or 0 where the client left before that.
            bytes_in, bytes_out: of the request and the answer, as the server counts them.
            seconds: from the first byte of the head to the last of the answer.
        """
        seen = self._open.pop(exchange.id, None)
        guest = None
        counted = status if status != CLIENT_GONE else 0
        if seen is None:
            slot = self._record.nobody
        else:
            slot, guest = seen.slot, seen.guest
            slot.end()
            if seen.span is not None and seen.span.sampled and self._tracer is not None:
                self._tracer.request(seen.span, exchange, slot.name, counted, seconds)
        slot.request(counted, bytes_in, bytes_out, seconds)
        if self._journal is not None and (
            not self._errors_only
            or counted >= 500
            or not counted
            or (guest is not None and guest[0] != "ok")
        ):
            self._journal.add(
                self._lines.request(
                    exchange, slot.name, status, bytes_in, bytes_out, seconds, guest
                )
            )

    def guest(
        self, app: str, outcome: str, wall_s: float, cpu_s: float, memory_peak: int, cold: bool,
        id: str = "",
    ) -> None:  # fmt: skip
        """A guest has ended, well or not.

        Args:
            app: whose.
            outcome: one of `layout.OUTCOMES`; any other counts as `error`.
            wall_s, cpu_s: its time, and its processor time.
            memory_peak: bytes of memory at most.
            cold: whether it started for this request.
            id: of the request, so that the log and the trace have this too. Call this before the
                answer's last byte is written.
        """
        self._record.slot(app).guest(outcome, wall_s, cpu_s, memory_peak, cold)
        seen = self._open.get(id)
        if seen is not None:
            seen.guest = outcome, cpu_s, cold
            if seen.span is not None and seen.span.sampled and self._tracer is not None:
                self._tracer.guest(
                    seen.span, app, outcome, wall_s, cpu_s, memory_peak, cold, id
                )  # fmt: skip

    def direct(self, app: str) -> Direct | None:
        """Where what is counted and logged of an app goes, for who does it without this object.

        None where requests are traced.
        """
        if self._tracer is not None:
            return None
        journal = self._journal
        return Direct(
            self._record.slot(app).words,
            None if journal is None else journal.add,
            self._lines.masked,
            self._errors_only,
        )

    def pool(self, app: str, waiting: int, idle: int) -> None:
        """How many requests of an app wait for a guest, and how many guests for a request."""
        self._record.slot(app).pool(waiting, idle)

    def traceparent(self, id: str) -> bytes:
        """What a guest's own calls carry as `traceparent`; empty where nothing is traced."""
        seen = self._open.get(id)
        return seen.span.header if seen is not None and seen.span is not None else b""

    def output(self, app: str, id: str = "") -> Output | None:
        """Where a guest's stdout and stderr go while it answers a request; None without a log."""
        journal = self._journal
        if journal is None:
            return None
        return Output(app, id, self._lines, self._allowance(app, journal), journal.add)

    def note(self, text: str, app: str = "-") -> None:
        """Writes a line of the server's own into the log; those about an app count as its own."""
        journal = self._journal
        if journal is None:
            return
        text = text[:LONGEST_LINE]
        if app == "-" or self._allowance(app, journal).take(len(text)):
            journal.add(self._lines.note(text, app))

    def _allowance(self, app: str, journal: Journal) -> Allowance:
        found = self._allowances.get(app)
        if found is None:
            found = self._allowances[app] = Allowance(
                self._record.slot(app), lambda text: journal.add(self._lines.note(text, app))
            )
        return found


class _Observed:
    """An app whose requests are known as its own."""

    __slots__ = ("_app", "_meter", "_slot")

    def __init__(self, meter: Meter, slot: Slot, app: App) -> None:
        self._meter = meter
        self._slot = slot
        self._app = app

    def serve(self, exchange: Exchange) -> None:
        self._meter.begin(self._slot, exchange)
        self._app.serve(exchange)

    def __getattr__(self, name: str) -> object:
        # `max_body` and its like are the app's own.
        return getattr(self._app, name)
