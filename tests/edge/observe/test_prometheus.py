"""`/metrics`, read back by Prometheus' own parser."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wherever.edge.observe.prometheus import BOUNDS, exposition
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record


@pytest.fixture
def record(tmp_path):
    record = Record(str(tmp_path / "record"))
    yield record
    record.close()


@pytest.fixture
def families(record, tmp_path):
    def read():
        reader = Reader(str(tmp_path / "record"))
        try:
            text = "".join(exposition(reader))
        finally:
            reader.close()
        return {family.name: family for family in text_string_to_metric_families(text)}

    return read


def samples(family, **labels):
    return {
        (each.name, *(v for k, v in each.labels.items() if k not in labels)): each.value
        for each in family.samples
        if labels.items() <= each.labels.items()
    }


def test_what_was_counted_is_told(record, families):
    shop = record.slot("shop")
    shop.request(200, 100, 1000, 0.0005)
    shop.request(200, 100, 1000, 0.005)
    shop.request(503, 0, 9, 0.00501)
    shop.begin()
    shop.pool(4, 5)
    shop.guest("ok", 0.002, 0.001, 1 << 20, True)
    shop.guest("cpu_time", 6.0, 5.0, 1 << 27, False)
    shop.lines(3, 2)
    record.dropped(lines=7, spans=8)
    record.slot("idle")
    told = families()
    assert told["http_server_requests"].type == "counter"
    assert samples(told["http_server_requests"], app="shop") == {
        ("http_server_requests_total", "2xx"): 2,
        ("http_server_requests_total", "5xx"): 1,
    }
    assert samples(told["faas_invocations"], app="shop") == {
        ("faas_invocations_total", "ok"): 1,
        ("faas_invocations_total", "cpu_time"): 1,
    }
    singles = {
        name: next(iter(samples(told[name], app="shop").values()))
        for name in (
            "http_server_request_bytes", "http_server_response_bytes", "faas_coldstarts",
            "faas_timeouts", "faas_errors", "wherever_memory_byte_seconds",
            "wherever_output_lines", "wherever_output_lines_dropped",
            "http_server_active_requests", "wherever_queued_requests", "wherever_idle_guests",
            "wherever_memory_peak_bytes",
        )
    }  # fmt: skip
    assert singles == {
        "http_server_request_bytes": 200,
        "http_server_response_bytes": 2009,
        "faas_coldstarts": 1,
        "faas_timeouts": 1,
        "faas_errors": 1,
        "wherever_memory_byte_seconds": pytest.approx(0.002 * (1 << 20) + 6 * (1 << 27)),
        "wherever_output_lines": 3,
        "wherever_output_lines_dropped": 2,
        "http_server_active_requests": 1,
        "wherever_queued_requests": 4,
        "wherever_idle_guests": 5,
        "wherever_memory_peak_bytes": 1 << 27,
    }
    assert samples(told["wherever_workers"]) == {("wherever_workers",): 1}
    assert samples(told["wherever_log_lines_dropped"]) == {("wherever_log_lines_dropped_total",): 7}
    assert samples(told["wherever_spans_dropped"]) == {("wherever_spans_dropped_total",): 8}
    assert not any(each.labels.get("app") == "idle" for f in told.values() for each in f.samples)


def test_bounds_are_exact(record, families):
    shop = record.slot("shop")
    for bound in BOUNDS:
        shop.request(200, 0, 0, bound)
        shop.request(200, 0, 0, math.nextafter(bound, math.inf))
    family = families()["http_server_request_duration_seconds"]
    assert family.type == "histogram"
    told = samples(family, app="shop")
    name = "http_server_request_duration_seconds"
    reached = [count for (kind, *rest), count in told.items() if kind == f"{name}_bucket" and rest]
    assert reached == [*range(1, 2 * len(BOUNDS), 2), 2 * len(BOUNDS)]
    assert told[(f"{name}_count",)] == 2 * len(BOUNDS)
    assert told[(f"{name}_sum",)] == pytest.approx(2 * sum(BOUNDS))


def test_every_histogram_adds_up(record, families):
    for size in (0, 1, 1 << 16, (1 << 16) + 1, 1 << 30, 1 << 40):
        record.slot("shop").guest("ok", 0.001, 0.0001, size, False)
    told = samples(families()["faas_mem_usage_bytes"], app="shop")
    reached = {
        float(rest[0]): count for (kind, *rest), count in told.items() if kind.endswith("_bucket")
    }
    wanted = {1 << 16: 2, 1 << 17: 3, 1 << 30: 4, 1 << 34: 4, math.inf: 5}
    assert {size: reached[size] for size in wanted} == wanted
    cpu = samples(families()["faas_cpu_usage_seconds"], app="shop")
    assert cpu[("faas_cpu_usage_seconds_bucket", "0.0001")] == 6


def test_names_that_would_break_the_text(record, families):
    name = 'a"b\\c\nd{}="\u2028é'
    record.slot(name).request(200, 0, 0, 0.001)
    labels = {each.labels["app"] for each in families()["http_server_requests"].samples}
    assert labels == {name}


def test_a_server_that_did_nothing_yet(families):
    told = families()
    assert told["http_server_requests"].samples == []
    assert samples(told["wherever_workers"]) == {("wherever_workers",): 1}
