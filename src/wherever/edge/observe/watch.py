"""All that observes one worker, put together: what it counts, logs and traces."""

from __future__ import annotations

import os

from wherever.edge.observe.access import Lines
from wherever.edge.observe.journal import Journal
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.record import Record
from wherever.home.logfile import Files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wherever.edge.observe.otel import Tracer


class Watch:
    """What a worker opens when it begins, and closes when it has answered its last request.

    Args:
        record: the file that all workers of the server count in.
        log: the file that they log to, or empty for none.
        masked: whether queries are left out of the log and of traces.
        errors_only: whether the log has only requests that went wrong.
        environ: OpenTelemetry's variables, see `otelsettings.py`.

    Attributes:
        meter: what the worker tells what it does.

    Raises:
        InputError: the record cannot be used, or one of the variables.
    """

    def __init__(
        self,
        record: str,
        log: str = "",
        *,
        masked: bool = False,
        errors_only: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._record = Record(record)
        self._journal: Journal | None = None
        self._tracer: Tracer | None = None
        if log:
            self._journal = Journal(Files(log), Lines().note, self._lost_lines)
        if any(name.startswith("OTEL_") for name in environ):
            try:
                self._trace(environ, masked)
            except BaseException:
                self.close()
                raise
        self.meter = Meter(
            self._record, self._journal, self._tracer, masked=masked, errors_only=errors_only
        )

    def close(self, seconds: float = 2.0) -> None:
        """Writes and sends what waits, as far as that takes no longer than this, each."""
        if self._tracer is not None:
            self._tracer.close(seconds)
        if self._journal is not None:
            self._journal.close(seconds)
        self._record.close()

    def _trace(self, environ: Mapping[str, str], masked: bool) -> None:
        # Who has no collector does not load what speaks to one.
        from wherever.edge.observe.otelsettings import settings

        asked = settings(environ)
        if asked is not None and asked.traces is not None:
            from wherever.edge.observe.otel import Tracer

            self._tracer = Tracer(asked, self._lost_spans, masked)

    def _lost_lines(self, count: int) -> None:
        self._record.dropped(lines=count)

    def _lost_spans(self, count: int) -> None:
        self._record.dropped(spans=count)
