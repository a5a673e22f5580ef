"""What was counted, as Prometheus reads it: the text of `/metrics`."""

from __future__ import annotations

from itertools import accumulate

from wherever.edge.observe.buckets import CPU_TIMES, SIZES, TIMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wherever.edge.observe.reader import Numbers, Reader

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BOUNDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 7.5, 10.0, 30.0,
)  # fmt: skip
"""Upper edges of what is told, in seconds: OpenTelemetry's for HTTP, and smaller ones before
them, as a sandbox answers in less. Each is an edge of what is counted too, so each is exact."""

_COUNTERS: tuple[tuple[str, str, Callable[[Numbers], float]], ...] = (
    (
        "http_server_request_bytes_total",
        "Bytes of requests, with their heads.",
        lambda n: n.bytes_in,
    ),
    (
        "http_server_response_bytes_total",
        "Bytes of answers, with their heads.",
        lambda n: n.bytes_out,
    ),
    ("faas_coldstarts_total", "Guests that started for their request.", lambda n: n.cold),
    (
        "faas_timeouts_total",
        "Guests that reached a limit of time or processor time.",
        lambda n: n.outcomes["timeout"] + n.outcomes["cpu_time"],
    ),
    (
        "faas_errors_total",
        "Guests that did not end well.",
        lambda n: sum(n.outcomes.values()) - n.outcomes["ok"] - n.outcomes["disconnected"],
    ),
    (
        "wherever_memory_byte_seconds_total",
        "Memory of guests times how long they had it.",
        lambda n: n.byte_seconds,
    ),
    ("wherever_output_lines_total", "Lines of guests' output that were logged.", lambda n: n.lines),
    (
        "wherever_output_lines_dropped_total",
        "Lines of guests' output that were left out of the log.",
        lambda n: n.lines_dropped,
    ),
)
_GAUGES: tuple[tuple[str, str, Callable[[Numbers], float]], ...] = (
    ("http_server_active_requests", "Requests under way.", lambda n: n.running),
    ("wherever_queued_requests", "Requests that wait for a guest.", lambda n: n.waiting),
    ("wherever_idle_guests", "Guests that wait for a request.", lambda n: n.idle),
    ("wherever_memory_peak_bytes", "The most memory of a guest so far.", lambda n: n.memory_peak),
)
_HISTOGRAMS: tuple[
    tuple[str, str, Sequence[float], Sequence[float], Callable[[Numbers], tuple[list[int], float]]],
    ...,
] = (
    (
        "http_server_request_duration_seconds",
        "From the head of a request to the end of its answer.",
        TIMES,
        BOUNDS,
        lambda n: (n.request_times, n.request_s),
    ),
    (
        "faas_invoke_duration_seconds",
        "Time that a guest took for a request.",
        TIMES,
        BOUNDS,
        lambda n: (n.invoke_times, n.invoke_s),
    ),
    (
        "faas_cpu_usage_seconds",
        "Processor time that a guest took for a request.",
        CPU_TIMES,
        CPU_TIMES,
        lambda n: (n.cpu_times, n.cpu_s),
    ),
    (
        "faas_mem_usage_bytes",
        "The most memory that a guest had during a request.",
        SIZES,
        SIZES,
        lambda n: (n.memory_sizes, n.memory_sum),
    ),
)


def exposition(reader: Reader) -> Iterator[str]:
    """The text, piece by piece: a piece for each family, so that a loop may do more in between.

    Apps that nobody asked anything yet are left out.
    """
    apps = [
        (f'app="{escaped(each.name)}"', each)
        for each in reader.apps()
        if each.requests or each.running or any(each.outcomes.values())
    ]
    yield _family(
        "http_server_requests_total",
        "counter",
        "Requests by the class of their status; none: the client left before the answer.",
        (
            f'{{{label},status="{status}"}} {count}'
            for label, numbers in apps
            for status, count in numbers.statuses.items()
        ),
    )
    yield _family(
        "faas_invocations_total",
        "counter",
        "Guests that ran, by how they ended; queue_full: the queue had no room.",
        (
            f'{{{label},outcome="{outcome}"}} {count}'
            for label, numbers in apps
            for outcome, count in numbers.outcomes.items()
            if count
        ),
    )
    for kind, families in (("counter", _COUNTERS), ("gauge", _GAUGES)):
        for name, about, value in families:
            lines = (f"{{{label}}} {_number(value(numbers))}" for label, numbers in apps)
            yield _family(name, kind, about, lines)
    for name, about, edges, bounds, counted in _HISTOGRAMS:
        picked = [edges.index(bound) for bound in bounds]
        yield _family(
            name,
            "histogram",
            about,
            (
                line
                for label, numbers in apps
                for line in _histogram(label, bounds, picked, *counted(numbers))
            ),
        )
    for name, kind, about, number in (
        ("wherever_workers", "gauge", "Worker processes.", len(reader.workers())),
        ("wherever_log_lines_dropped_total", "counter", "Lines that did not get into the log.",
         reader.log_dropped()),
        ("wherever_spans_dropped_total", "counter", "Spans that did not get to the collector.",
         reader.spans_dropped()),
        ("wherever_counting_since_seconds", "gauge", "When counting began.", reader.since),
    ):  # fmt: skip
        yield _family(name, kind, about, [f" {_number(number)}"])


def _family(name: str, kind: str, about: str, lines: Iterator[str] | list[str]) -> str:
    # The lines of a histogram bring the ends of their names along.
    said = "".join(f"{name}{line}\n" for line in lines)
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n{said}"


def _histogram(
    label: str, bounds: Sequence[float], picked: list[int], counts: list[int], total: float
) -> Iterator[str]:
    reached = list(accumulate(counts))
    for bound, index in zip(bounds, picked, strict=True):
        yield f'_bucket{{{label},le="{_number(bound)}"}} {reached[index]}'
    yield f'_bucket{{{label},le="+Inf"}} {reached[-1]}'
    yield f"_sum{{{label}}} {_number(total)}"
    yield f"_count{{{label}}} {reached[-1]}"


def _number(value: float) -> str:
    return repr(value) if value != int(value) else str(int(value))


def escaped(value: str) -> str:
    r"""A value of a label.

    Example:
        >>> escaped('a"b\\c')
        'a\\"b\\\\c'
    """
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
