"""The last five minutes of every app: what the status page draws."""

from __future__ import annotations

import time
from collections import deque

from wherever.edge.observe import layout
from wherever.edge.observe.buckets import TIMES, percentile
from wherever.edge.observe.reader import Numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
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

    def add(self, other: _Sums, sign: int = 1) -> None:
        self.requests += sign * other.requests
        self.errors += sign * other.errors
        self.cpu_s += sign * other.cpu_s
        self.byte_s += sign * other.byte_s
        self.invoke_s += sign * other.invoke_s
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + sign * count


class _Past:
    """What one app did in the window: all of it, and point by point, without the empty ones."""

    __slots__ = ("all", "last", "live", "mark", "points")

    def __init__(self, first: Numbers, mark: int) -> None:
        self.last = first
        self.mark = mark
        self.all = _Sums()
        self.points: deque[tuple[int, _Sums]] = deque()
        self.live: deque[tuple[int, int]] = deque()

    def add(self, second: int, now: Numbers) -> None:
        was, self.last = self.last, now
        new = _Sums()
        new.requests = now.requests - was.requests
        new.errors = now.errors - was.errors
        new.cpu_s = now.cpu_s - was.cpu_s
        new.byte_s = now.byte_seconds - was.byte_seconds
        new.invoke_s = now.invoke_s - was.invoke_s
        pairs = zip(was.request_times, now.request_times, strict=True)
        new.buckets = {
            i: after - before for i, (before, after) in enumerate(pairs) if after > before
        }
        point = second // POINT_S
        if not self.points or self.points[-1][0] != point:
            self.points.append((point, _Sums()))
        self.points[-1][1].add(new)
        self.all.add(new)
        self.live.append((second, new.requests))

    def forget(self, second: int) -> None:
        while self.points and self.points[0][0] <= second // POINT_S - POINTS:
            self.all.add(self.points.popleft()[1], -1)
            if not self.points:
                self.all = _Sums()  # and the rounding of the sums is gone too
        while self.live and self.live[0][0] <= second - LIVE_S:
            self.live.popleft()


class History:
    """Looks at the record once a second, and remembers what changed.

    Args:
        reader: of the server's record.
        clock: seconds that never go back.
    """

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._clock = clock
        self._pasts: dict[str, _Past] = {}
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
                    past.last = Numbers.none(name)  # another app has this name's entry now
                past.add(second, now)
                past.mark = mark
            past.forget(second)
        for name in self._pasts.keys() - set(names):
            del self._pasts[name]

    def apps(self) -> list[dict[str, Any]]:
        """What the page shows of every app that is mounted or was asked for anything."""
        return [
            self._told(name, past)
            for name, past in self._pasts.items()
            if name not in layout.RESERVED.values() or past.last.requests
        ]

    def _told(self, name: str, past: _Past) -> dict[str, Any]:
        last, sums = past.last, past.all
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
            "running": last.running,
            "waiting": last.waiting,
            "idle": last.idle,
            "total": last.requests,
            "outcomes": {k: v for k, v in last.outcomes.items() if v and k != "ok"},
        }


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.3g}")
