"""Traces and metrics, as a collector on a real socket gets them."""

import gzip
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.edge.observe.small import Reply, ask, served, until
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.otel import Metrics, Sender, Tracer
from wherever.edge.observe.otelsettings import Settings, Target, settings
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record
from wherever.errors import InputError

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    """Keeps what is posted; answers as it is told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.got = []
        self.answers = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.got.append((self.path, dict(self.headers), json.loads(body)))
        status, headers, said = (self.server.answers or [(200, {}, b"{}")]).pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever, args=(0.05,))
    thread.start()
    yield collector
    collector.shutdown()
    thread.join()
    collector.server_close()


@pytest.fixture
def record(tmp_path):
    record = Record(str(tmp_path / "record"))
    yield record
    record.close()


@pytest.fixture
def asked(collector):
    return replace(
        settings({
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret",
            "OTEL_SERVICE_NAME": "shop",
        }),
        delay_s=0.05,
        interval_s=0.1,
    )  # fmt: skip


def values(attributes):
    """Names and values of attributes, each with its kind."""
    return {each["key"]: next(iter(each["value"].items())) for each in attributes}


def spans_of(payload):
    [resource] = payload["resourceSpans"]
    [scope] = resource["scopeSpans"]
    assert scope["scope"]["name"] == "wherever"
    return scope["spans"]


def test_a_request_and_its_guest_become_spans_of_its_senders_trace(collector, asked, record):
    dropped = []
    tracer = Tracer(asked, dropped.append)
    meter = Meter(record, tracer=tracer)

    def then(exchange):
        meter.guest("shop", "trapped", 0.001, 0.0005, 1 << 20, True, exchange.id)

    app = meter.observed("shop", Reply(500, then=then))
    with served(app, meter.done) as port:
        ask(port, "/cart?item=1", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    tracer.close()
    [(path, headers, payload)] = collector.got
    assert (path, headers["Content-Type"]) == ("/v1/traces", "application/json")
    assert headers["x-key"] == "secret"
    resource = payload["resourceSpans"][0]["resource"]["attributes"]
    assert values(resource)["service.name"] == ("stringValue", "shop")
    guest, request = spans_of(payload)
    assert (request["traceId"], request["parentSpanId"]) == (TRACE, PARENT)
    assert (guest["traceId"], guest["parentSpanId"]) == (TRACE, request["spanId"])
    assert len({guest["spanId"], request["spanId"], PARENT}) == 3
    assert (request["name"], request["kind"], request["status"]) == ("GET", 2, {"code": 2})
    assert (guest["name"], guest["kind"], guest["status"]) == ("invoke shop", 1, {"code": 2})
    told = values(request["attributes"])
    assert told == {
        "http.request.method": ("stringValue", "GET"),
        "url.path": ("stringValue", "/cart"),
        "url.query": ("stringValue", "item=1"),
        "url.scheme": ("stringValue", "http"),
        "server.address": ("stringValue", f"127.0.0.1:{port}"),
        "client.address": ("stringValue", "127.0.0.1"),
        "faas.name": ("stringValue", "shop"),
        "http.response.status_code": ("intValue", "500"),
        "error.type": ("stringValue", "500"),
    }
    told = values(guest["attributes"])
    assert len(told.pop("faas.invocation_id")[1]) == 16
    assert told == {
        "faas.name": ("stringValue", "shop"),
        "faas.trigger": ("stringValue", "http"),
        "faas.coldstart": ("boolValue", True),
        "wherever.outcome": ("stringValue", "trapped"),
        "wherever.cpu_s": ("doubleValue", 0.0005),
        "wherever.memory_peak": ("intValue", str(1 << 20)),
        "error.type": ("stringValue", "trapped"),
    }
    begin, end = (int(request[f"{which}TimeUnixNano"]) for which in ("start", "end"))
    assert begin <= int(guest["startTimeUnixNano"]) and begin <= end
    assert dropped == []


def test_what_is_not_sampled_is_not_sent_but_handed_on(collector, asked, record):
    tracer = Tracer(replace(asked, ratio=0.0), print)
    meter, given = Meter(record, tracer=tracer), []
    app = meter.observed("shop", Reply(then=lambda e: given.append(meter.traceparent(e.id))))
    with served(app, meter.done) as port:
        ask(port, "/")
        ask(port, "/", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    tracer.close()
    assert [each[-2:] for each in given] == [b"00", b"01"]
    assert [span["traceId"] for _, _, told in collector.got for span in spans_of(told)] == [TRACE]


def test_masked_queries_and_strange_methods(collector, asked, record):
    tracer = Tracer(asked, print, masked=True)
    meter = Meter(record, tracer=tracer)
    with served(meter.observed("shop", Reply()), meter.done) as port:
        ask(port, "/a?token=secret", method="BREW")
    tracer.close()
    [(_, _, payload)] = collector.got
    assert "token" not in json.dumps(payload)
    [span] = spans_of(payload)
    assert span["name"] == "HTTP"
    assert values(span["attributes"])["http.request.method"] == ("stringValue", "_OTHER")


class Sent:
    method, target, authority, scheme, client = "GET", b"/", b"x", "http", "127.0.0.1"


def sent(tracer, count):
    for _ in range(count):
        tracer.request(tracer.sampler.span([], 0), Sent, "shop", 200, 0.001)


def test_many_spans_go_in_batches_over_one_connection(collector, asked):
    tracer = Tracer(replace(asked, batch=100, delay_s=5.0), print)
    sent(tracer, 1000)
    tracer.close()
    sizes = [len(spans_of(payload)) for _, _, payload in collector.got]
    assert sum(sizes) == 1000 and max(sizes) == 100


def test_what_finds_no_room_is_counted(asked, collector):
    dropped = []
    tracer = Tracer(replace(asked, queue=10, delay_s=0.2), dropped.append)
    sent(tracer, 25)
    until(lambda: dropped)
    tracer.close()
    assert sum(dropped) == 15
    assert sum(len(spans_of(payload)) for _, _, payload in collector.got) == 10


def test_a_collector_that_is_busy_is_asked_again(collector, asked, monkeypatch):
    collector.answers = [(503, {"Retry-After": "0"}, b"busy"), (429, {}, b""), (200, {}, b"{}")]
    waits, dropped = [], []
    tracer = Tracer(asked, dropped.append)
    monkeypatch.setattr(tracer._sender._stop, "wait", lambda s: waits.append(s))
    sent(tracer, 1)
    until(lambda: len(collector.got) == 3)
    assert waits == [2.0, 4.0]
    tracer.close()
    assert dropped == []


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        ((400, {}, b"no"), 3),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), 3),
        ((200, {}, b'{"partialSuccess":{"rejectedSpans":"2"}}'), 2),
        ((200, {}, b'{"partialSuccess":{"rejectedSpans":"many"}}'), 0),
        ((200, {}, b"[" * 5000), 0),
        ((200, {}, b'{"partialSuccess":3}'), 0),
    ],
)
def test_what_a_collector_does_not_take_is_counted(collector, asked, answer, lost):
    collector.answers = [answer]
    dropped = []
    tracer = Tracer(replace(asked, delay_s=0.2), dropped.append)
    sent(tracer, 3)
    until(lambda: collector.got)
    tracer.close()
    assert (sum(dropped), len(collector.got)) == (lost, 1)


def test_a_collector_that_is_not_there_holds_nobody_up():
    dropped = []
    target = Target("http://127.0.0.1:9/v1/traces", timeout_s=1)
    tracer = Tracer(Settings(target, None, (), delay_s=0.05), dropped.append)
    sent(tracer, 5)
    until(lambda: not tracer._spans)
    tracer.close()
    assert dropped == [5]
    assert not tracer._thread.is_alive()


def test_metrics_of_the_whole_server_again_and_again(collector, asked, record, tmp_path):
    shop = record.slot("shop")
    for seconds in (0.001, 0.003, 0.3, 100.0):
        shop.request(200, 10, 100, seconds)
    shop.guest("ok", 0.002, 0.001, 1 << 20, True)
    shop.begin()
    metrics = Metrics(asked, Reader(str(tmp_path / "record")))
    until(lambda: len(collector.got) >= 2)
    shop.request(500, 0, 0, 0.001)
    metrics.close()
    path, _, payload = collector.got[-1]
    assert path == "/v1/metrics"
    [resource] = payload["resourceMetrics"]
    told = {each["name"]: each for each in resource["scopeMetrics"][0]["metrics"]}
    [point] = told["http.server.request.duration"]["histogram"]["dataPoints"]
    assert values(point["attributes"]) == {"faas.name": ("stringValue", "shop")}
    assert (point["count"], point["sum"]) == ("5", pytest.approx(100.305))
    bounds, counts = point["explicitBounds"], list(map(int, point["bucketCounts"]))
    assert len(counts) == len(bounds) + 1 and sum(counts) == 5
    held = {bound: count for bound, count in zip([*bounds, None], counts, strict=True) if count}
    assert held == {0.001: 2, 0.005: 1, 0.5: 1, None: 1}
    [errors] = told["wherever.requests.errors"]["sum"]["dataPoints"]
    assert errors["asInt"] == "1"
    assert told["faas.coldstarts"]["sum"]["isMonotonic"] is True
    [active] = told["http.server.active_requests"]["gauge"]["dataPoints"]
    assert active["asInt"] == "1"
    assert int(point["startTimeUnixNano"]) < int(point["timeUnixNano"])


def test_it_is_compressed_where_that_was_asked(collector):
    sender = Sender(Target(f"{collector.url}/own?a=b", compressed=True))
    assert sender.post({"a": "b" * 1000}) == {}
    sender.close()
    [(path, headers, payload)] = collector.got
    assert (path, headers["Content-Encoding"]) == ("/own?a=b", "gzip")
    assert payload == {"a": "b" * 1000}


def test_certificates_that_are_not_there():
    with pytest.raises(InputError, match="cannot use the certificates in /none: No such file"):
        Sender(Target("https://127.0.0.1:9/", certificate="/none"))
