"""Spans and metrics as OTLP has them in JSON."""

from __future__ import annotations

import time

from wherever.edge.observe.buckets import CPU_TIMES, SIZES, TIMES
from wherever.edge.observe.prometheus import BOUNDS
from wherever.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from wherever.edge.observe.reader import Numbers, Reader
    from wherever.edge.observe.trace import Span

    Value = str | bool | int | float
    Resource = tuple[tuple[str, str], ...]

METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY")
)

_SCOPE = {"name": "wherever", "version": __version__}
_INTERNAL, _SERVER = 1, 2
_ERROR = {"code": 2}
_CUMULATIVE = 2


def attributes(pairs: Iterable[tuple[str, Value]]) -> list[dict[str, Any]]:
    """Names and values, each value with its type; whole numbers are text in this JSON."""
    return [{"key": name, "value": _value(value)} for name, value in pairs]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value}


def request_span(
    span: Span, app: str, method: str, target: bytes, authority: bytes, scheme: str, client: str,
    status: int, seconds: float, masked: bool,
) -> dict[str, Any]:  # fmt: skip
    """The span of a request; `masked` leaves its query out."""
    path, _, query = target.decode("utf-8", "replace").partition("?")
    known = method in METHODS
    pairs: list[tuple[str, Value]] = [
        ("http.request.method", method if known else "_OTHER"),
        ("url.path", path[:2048]),
        ("url.scheme", scheme),
        ("server.address", authority.decode("utf-8", "replace")[:256]),
        ("client.address", client[:256]),
        ("faas.name", app),
    ]
    if query and not masked:
        pairs.append(("url.query", query[:2048]))
    if status:
        pairs.append(("http.response.status_code", status))
    failed = status >= 500 or not status
    if failed:
        pairs.append(("error.type", str(status) if status else "disconnected"))
    return {
        **_span(span.trace, span.id, span.parent, span.start_ns, seconds),
        "name": method if known else "HTTP",
        "kind": _SERVER,
        "attributes": attributes(pairs),
        "status": _ERROR if failed else {},
    }


def guest_span(
    span: Span, id: str, app: str, outcome: str, wall_s: float, cpu_s: float, peak: int,
    cold: bool, request: str, end_ns: int,
) -> dict[str, Any]:  # fmt: skip
    """The span of a guest, inside of that of its request."""
    pairs: list[tuple[str, Value]] = [
        ("faas.name", app),
        ("faas.trigger", "http"),
        ("faas.coldstart", cold),
        ("faas.invocation_id", request),
        ("wherever.outcome", outcome),
        ("wherever.cpu_s", float(cpu_s)),
        ("wherever.memory_peak", peak),
    ]
    if outcome != "ok":
        pairs.append(("error.type", outcome))
    start = max(span.start_ns, end_ns - int(wall_s * 1e9))
    return {
        **_span(span.trace, id, span.id, start, wall_s),
        "name": f"invoke {app}",
        "kind": _INTERNAL,
        "attributes": attributes(pairs),
        "status": {} if outcome == "ok" else _ERROR,
    }


def _span(trace: str, id: str, parent: str, start_ns: int, seconds: float) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": id,
        **({"parentSpanId": parent} if parent else {}),
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + int(seconds * 1e9)),
    }


def traces(resource: Resource, spans: list[dict[str, Any]]) -> dict[str, Any]:
    """What is posted to `/v1/traces`."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": _SCOPE, "spans": spans}],
            }
        ]
    }


_SUMS: tuple[tuple[str, str, Callable[[Numbers], int]], ...] = (
    ("faas.coldstarts", "{coldstart}", lambda n: n.cold),
    ("faas.timeouts", "{timeout}", lambda n: n.outcomes["timeout"] + n.outcomes["cpu_time"]),
    (
        "faas.errors",
        "{error}",
        lambda n: sum(n.outcomes.values()) - n.outcomes["ok"] - n.outcomes["disconnected"],
    ),
    ("faas.invocations", "{invocation}", lambda n: n.invocations),
    ("wherever.requests.errors", "{request}", lambda n: n.errors),
    ("wherever.request.bytes", "By", lambda n: n.bytes_in),
    ("wherever.response.bytes", "By", lambda n: n.bytes_out),
)
_GAUGES: tuple[tuple[str, str, Callable[[Numbers], int]], ...] = (
    ("http.server.active_requests", "{request}", lambda n: n.running),
    ("wherever.requests.queued", "{request}", lambda n: n.waiting),
    ("wherever.guests.idle", "{guest}", lambda n: n.idle),
)
_HISTOGRAMS: tuple[
    tuple[str, str, Sequence[float], Sequence[float], Callable[[Numbers], tuple[list[int], float]]],
    ...,
] = (
    (
        "http.server.request.duration", "s", TIMES, BOUNDS,
        lambda n: (n.request_times, n.request_s),
    ),
    ("faas.invoke_duration", "s", TIMES, BOUNDS, lambda n: (n.invoke_times, n.invoke_s)),
    ("faas.cpu_usage", "s", CPU_TIMES, CPU_TIMES, lambda n: (n.cpu_times, n.cpu_s)),
    ("faas.mem_usage", "By", SIZES, SIZES, lambda n: (n.memory_sizes, float(n.memory_sum))),
)  # fmt: skip


def metrics(resource: Resource, reader: Reader) -> dict[str, Any]:
    """What is posted to `/v1/metrics`: all that was counted since counting began."""
    times = {
        "startTimeUnixNano": str(int(reader.since * 1e9)),
        "timeUnixNano": str(time.time_ns()),
    }
    apps = [
        ({"attributes": attributes([("faas.name", each.name)]), **times}, each)
        for each in reader.apps()
        if each.requests or each.running or any(each.outcomes.values())
    ]
    told: list[dict[str, Any]] = []
    for name, unit, value in _SUMS:
        points = [{**about, "asInt": str(value(each))} for about, each in apps]
        total = {"aggregationTemporality": _CUMULATIVE, "isMonotonic": True, "dataPoints": points}
        told.append({"name": name, "unit": unit, "sum": total})
    for name, unit, value in _GAUGES:
        points = [{**about, "asInt": str(value(each))} for about, each in apps]
        told.append({"name": name, "unit": unit, "gauge": {"dataPoints": points}})
    for name, unit, edges, bounds, counted in _HISTOGRAMS:
        cuts = [0, *(edges.index(bound) + 1 for bound in bounds)]
        whole = [{**about, **_histogram(bounds, cuts, *counted(each))} for about, each in apps]
        kind = {"aggregationTemporality": _CUMULATIVE, "dataPoints": whole}
        told.append({"name": name, "unit": unit, "histogram": kind})
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeMetrics": [{"scope": _SCOPE, "metrics": told}],
            }
        ]
    }


def _histogram(
    bounds: Sequence[float], cuts: list[int], counts: list[int], total: float
) -> dict[str, Any]:
    ends = [*cuts[1:], len(counts)]
    return {
        "count": str(sum(counts)),
        "sum": total,
        "bucketCounts": [
            str(sum(counts[start:end])) for start, end in zip(cuts, ends, strict=True)
        ],
        "explicitBounds": list(bounds),
    }
