"""The last five minutes of every app: what the status page draws."""

from __future__ import annotations

import time

from wherever.edge.observe import layout
from wherever.edge.observe.buckets import TIMES, percentile
from wherever.edge.observe.reader import Numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from wherever.edge.observe.reader import Reader

WINDOW_S = 300
POINT_S = 5
POINTS = WINDOW_S // POINT_S
"""A picture of the window has this many points."""

LIVE_S = 5
"""What a rate is taken over, so that it moves but does not jump."""


class _Sums:
    """What happened in a stretch of time."""

    __slots__ = ("buckets", "byte_s", "cpu_s", "errors", "invoke_s", "requests")

    def __init__(self) -> None:
        self.requests = self.errors = 0
        self.cpu_s = self.byte_s = self.invoke_s = 0.0
        self.buckets: dict[int, int] = {}

    @classmethod
    def until(cls, now: Numbers) -> _Sums:
        """All that was counted so far."""
        sums = cls()
        sums.requests, sums.errors = now.requests, now.errors
        sums.cpu_s, sums.byte_s, sums.invoke_s = now.cpu_s, now.byte_seconds, now.invoke_s
        sums.buckets = {index: count for index, count in enumerate(now.request_times) if count}
        return sums

    def add(self, other: _Sums, sign: int = 1) -> None:
        self.requests += sign * other.requests
        self.errors += sign * other.errors
        self.cpu_s += sign * other.cpu_s
        self.byte_s += sign * other.byte_s
        self.invoke_s += sign * other.invoke_s
        for index, count in other.buckets.items():
            count = self.buckets.pop(index, 0) + sign * count
            if count:
                self.buckets[index] = count


class _Past:
    """What one app did in the window: all of it, and point by point, without the empty ones.

    There is one for each app that was ever counted, so it holds little where nothing happened.
    """

    __slots__ = ("all", "idle", "last", "live", "mark", "outcomes", "points", "running", "waiting")

    def __init__(self, first: Numbers, mark: int) -> None:
        self.mark = mark
        self.all = _Sums()
        self.points: list[tuple[int, _Sums]] = []
        self.live: list[tuple[int, int]] = []
        self.note(first)

    def note(self, now: Numbers) -> None:
        self.last = _Sums.until(now)
        self.running, self.waiting, self.idle = now.running, now.waiting, now.idle
        self.outcomes = {k: v for k, v in now.outcomes.items() if v and k != "ok"}

    def add(self, second: int, now: Numbers) -> None:
        was = self.last
        self.note(now)
        new = _Sums()
        new.add(self.last)
        new.add(was, -1)
        new.buckets = {index: count for index, count in new.buckets.items() if count > 0}
        point = second // POINT_S
        if not self.points or self.points[-1][0] != point:
            self.points.append((point, _Sums()))
        self.points[-1][1].add(new)
        self.all.add(new)
        self.live.append((second, new.requests))

    def forget(self, second: int) -> None:
        while self.points and self.points[0][0] <= second // POINT_S - POINTS:
            self.all.add(self.points.pop(0)[1], -1)
            if not self.points:
                self.all = _Sums()  # and the rounding of the sums is gone too
        while self.live and self.live[0][0] <= second - LIVE_S:
            self.live.pop(0)


class History:
    """Looks at the record once a second, and remembers what changed.

    Attributes:
        shown: how many apps were told of last.

    Args:
        reader: of the server's record.
        clock: seconds that never go back.
        served: the names that requests are counted under now; None where nobody knows them.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], float] = time.monotonic,
        served: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._reader = reader
        self._served = served
        self._clock = clock
        self._pasts: dict[str, _Past] = {}
        self.shown = 0
        self.began = self.now = int(clock())
        self._is_first = True
        self.look()
        self._is_first = False

    def look(self) -> None:
        """Notes what happened since the last look."""
        self.now = second = int(self._clock())
        names = self._reader.names()
        for index, name in enumerate(names):
            past = self._pasts.get(name)
            mark = self._reader.mark(index)
            if past is None:
                # What was counted before the first look did not happen in the window.
                fresh = self._reader.app(index, name) if self._is_first else Numbers.none(name)
                past = self._pasts[name] = _Past(fresh, mark if self._is_first else -1)
            if mark != past.mark:
                now = self._reader.app(index, name)
                if now.requests < past.last.requests:
                    past.last = _Sums()  # another app has this name's entry now
                past.add(second, now)
                past.mark = mark
            past.forget(second)
        for name in self._pasts.keys() - set(names):
            del self._pasts[name]

    def apps(self) -> list[dict[str, Any]]:
        """What the page shows: every app that is served, and what else was asked for lately.

        An app that is served no more is told of as long as the window has requests of it, so that
        what is seen adds up, and nobody wonders where an app with errors went.
        """
        served = None
        if self._served is not None:
            served = {layout.clipped(name) for name in self._served()}
        told = []
        for name, past in self._pasts.items():
            is_own = name in layout.RESERVED.values()
            is_gone = not is_own and served is not None and name not in served
            if past.all.requests or past.running or not (is_own or is_gone):
                told.append(self._told(name, past, is_gone))
        self.shown = len(told)
        return told

    def _told(self, name: str, past: _Past, is_gone: bool) -> dict[str, Any]:
        sums = past.all
        points, failed = [0] * POINTS, [0] * POINTS
        for point, each in past.points:
            at = POINTS - 1 - (self.now // POINT_S - point)
            points[at], failed[at] = each.requests, each.errors
        counts = [0] * (len(TIMES) + 1)
        for index, count in sums.buckets.items():
            counts[index] = count
        span = max(1, min(WINDOW_S, self.now - self.began))
        live = sum(count for _, count in past.live)
        return {
            "name": name,
            "gone": is_gone,
            "rate": round(live / max(1, min(LIVE_S, span)), 1),
            "points": points,
            "failed": failed,
            "requests": sums.requests,
            "errors": sums.errors,
            "p50": _rounded(percentile(counts, 0.5)),
            "p95": _rounded(percentile(counts, 0.95)),
            "p99": _rounded(percentile(counts, 0.99)),
            "cpu": round(max(0.0, sums.cpu_s) / span, 4),
            "memory": int(sums.byte_s / sums.invoke_s) if sums.invoke_s > 0 else 0,
            "running": past.running,
            "waiting": past.waiting,
            "idle": past.idle,
            "total": past.last.requests,
            "outcomes": past.outcomes,
        }


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.3g}")
