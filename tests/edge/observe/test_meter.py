"""A server that is observed: real requests, and what its record and its log say of them."""

import json

import pytest

from tests.edge.observe.small import ByPath, Reply, ask, served, until
from wherever.edge.observe.journal import Journal
from wherever.edge.observe.layout import RESERVED
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record
from wherever.edge.observe.trace import Sampler
from wherever.home.logfile import Files


@pytest.fixture
def record(tmp_path):
    record = Record(str(tmp_path / "record"))
    yield record
    record.close()


@pytest.fixture
def numbers(tmp_path, record):
    reader = Reader(str(tmp_path / "record"))
    yield lambda name: {each.name: each for each in reader.apps()}[name]
    reader.close()


class Log:
    """A sink for records."""

    def __init__(self):
        self.records = []

    def write(self, data):
        self.records += map(json.loads, data.decode().splitlines())

    def close(self):
        pass


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def journal(log):
    journal = Journal(log, "{}".format)
    yield journal
    journal.close()


def ran(meter, name, outcome="ok", text=b""):
    """What a guest's host does for a request, before the answer."""

    def then(exchange):
        output = meter.output(name, exchange.id)
        if output is not None:
            output.write("stdout", text)
            output.close()
        meter.guest(name, outcome, 0.004, 0.002, 3 << 20, True, exchange.id)

    return then


def test_requests_of_apps_are_counted_and_logged(record, journal, log, numbers):
    meter = Meter(record, journal)
    shop = meter.observed("shop", Reply(body=b"x" * 100, then=ran(meter, "shop", text=b"hi\n")))
    blog = meter.observed("blog", Reply(500, then=ran(meter, "blog", "trapped")))
    with served(ByPath({"shop": shop, "blog": blog}), meter.done) as port:
        assert [ask(port, path)[0] for path in ("/shop?a=1", "/blog", "/none")] == [200, 500, 404]
        until(lambda: len(log.records) == 4)
    told = {each["app"]: each for each in log.records if each["kind"] == "request"}
    assert {name: each["status"] for name, each in told.items()} == {
        "shop": 200, "blog": 500, "-": 404,
    }  # fmt: skip
    assert (told["shop"]["target"], told["shop"]["out"]) == ("/shop?a=1", 100)
    assert (told["shop"]["outcome"], told["shop"]["cpu"], told["shop"]["cold"]) == (
        "ok", 0.002, True,
    )  # fmt: skip
    assert told["blog"]["outcome"] == "trapped" and "outcome" not in told["-"]
    said = [each for each in log.records if each["kind"] == "output"]
    assert [(each["app"], each["text"], each["id"]) for each in said] == [
        ("shop", "hi", told["shop"]["id"])
    ]
    shop, blog, nobody = (numbers(name) for name in ("shop", "blog", "-"))
    assert (shop.statuses, blog.statuses, nobody.statuses) == ({"2xx": 1}, {"5xx": 1}, {"4xx": 1})
    assert (shop.cold, shop.memory_peak, shop.lines) == (1, 3 << 20, 1)
    assert blog.outcomes["trapped"] == 1
    assert (shop.running, blog.running, nobody.running) == (0, 0, 0)


def test_what_is_under_way_is_seen(record, numbers):
    meter = Meter(record)
    seen = []
    app = meter.observed("shop", Reply(then=lambda _: seen.append(numbers("shop").running)))
    with served(app, meter.done) as port:
        ask(port, "/")
        ask(port, "/")
    assert seen == [1, 1]
    assert numbers("shop").running == 0


def test_an_app_that_raises_is_still_counted_when_the_server_is_done(record, numbers):
    meter = Meter(record)

    def broken(exchange):
        raise RuntimeError("no")

    class Guarded:
        def serve(self, exchange):
            try:
                app.serve(exchange)
            except RuntimeError:
                exchange.answer(500, [], b"")

    app = meter.observed("shop", Reply(then=broken))
    with served(Guarded(), meter.done) as port:
        assert ask(port, "/")[0] == 500
    assert (numbers("shop").errors, numbers("shop").running) == (1, 0)


def test_a_request_that_is_passed_on_stays_that_of_the_first(record, numbers):
    meter = Meter(record)
    inner = meter.observed("inner", Reply())
    with served(meter.observed("outer", inner), meter.done) as port:
        ask(port, "/")
    assert (numbers("outer").requests, numbers("inner").requests) == (1, 0)
    assert numbers("outer").running == numbers("inner").running == 0


def test_only_errors_where_that_was_asked(record, journal, log):
    meter = Meter(record, journal, errors_only=True)
    apps = {
        "good": meter.observed("good", Reply(then=ran(meter, "good"))),
        "bad": meter.observed("bad", Reply(502)),
        "cut": meter.observed("cut", Reply(then=ran(meter, "cut", "output"))),
    }
    with served(ByPath(apps), meter.done) as port:
        for name in ("good", "bad", "none", "cut"):
            ask(port, f"/{name}")
    journal.close()
    assert [each["app"] for each in log.records] == ["bad", "cut"]


def test_the_attributes_of_an_app_are_its_own(record):
    app = Reply()
    app.max_body = None
    assert Meter(record).observed("shop", app).max_body is None
    with pytest.raises(AttributeError):
        _ = Meter(record).observed("shop", Reply()).max_body


class Traced:
    """Takes spans."""

    def __init__(self):
        self.sampler = Sampler()
        self.spans = []

    def request(self, span, exchange, app, status, seconds):
        self.spans.append(("request", span, app, status))

    def guest(self, span, app, outcome, wall_s, cpu_s, peak, cold, id):
        self.spans.append(("guest", span, app, outcome))


def test_a_guest_gets_the_trace_and_its_spans_are_told(record):
    tracer, given = Traced(), []
    meter = Meter(record, tracer=tracer)

    def then(exchange):
        given.append((dict(exchange.headers)[b"traceparent"], meter.traceparent(exchange.id)))
        meter.guest("shop", "ok", 0.1, 0.1, 1, False, exchange.id)

    asked = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    with served(meter.observed("shop", Reply(then=then)), meter.done) as port:
        ask(port, "/", headers=asked)
        ask(port, "/", headers={"traceparent": asked["traceparent"][:-1] + "0"})
    assert all(header == known for header, known in given)
    assert [header.split(b"-")[1] for header, _ in given] == [
        b"4bf92f3577b34da6a3ce929d0e0e4736"
    ] * 2
    guest, request = tracer.spans
    assert (guest[0], guest[2:]) == ("guest", ("shop", "ok"))
    assert (request[0], request[2:]) == ("request", ("shop", 200))
    assert guest[1] is request[1] and request[1].parent == "00f067aa0ba902b7"
    assert meter.traceparent("unknown") == b""


def test_requests_that_nobody_ends_do_not_pile_up(record, numbers, monkeypatch):
    monkeypatch.setattr("wherever.edge.observe.meter.MOST_OPEN", 10)
    meter = Meter(record)
    app = meter.observed("shop", Reply())
    for number in range(100):

        class Unended:
            id = str(number)
            headers = ()

            def answer(self, *_):
                pass

        app.serve(Unended())
    assert numbers("shop").running == 10


def test_a_refused_request_needs_few_attributes(record, journal, log, numbers):
    class Refused:
        id, method, target, authority, client = "", "", b"", b"", "10.0.0.1"

    Meter(record, journal).done(Refused(), 400, 0, 0, 0.0)
    journal.close()
    assert (log.records[0]["status"], log.records[0]["app"]) == (400, RESERVED[0])
    assert numbers("-").statuses == {"4xx": 1}


def test_a_log_in_a_file(record, tmp_path):
    meter = Meter(record, Journal(Files(str(tmp_path / "log")), str))
    meter.note("begun")
    until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text())
    assert json.loads((tmp_path / "log").read_text())["text"] == "begun"
    assert meter.output("shop") is not None
    assert Meter(record).output("shop") is None


def test_a_client_that_left_is_no_answer(record, journal, log, numbers):
    class Left:
        id, method, target, authority, client = "1", "GET", b"/", b"x", "10.0.0.1"

    Meter(record, journal, errors_only=True).done(Left(), 499, 0, 0, 0.5)
    journal.close()
    assert log.records[0]["status"] == 499
    assert numbers("-").statuses == {"none": 1}


def test_notes_about_an_app_cannot_flood_the_log(record, journal, log, numbers):
    meter = Meter(record, journal)
    for _ in range(15_000):
        meter.note("it failed", "shop")
    meter.note("reloaded")
    journal.close()
    failed = [each for each in log.records if each["text"] == "it failed"]
    assert len(failed) + numbers("shop").lines_dropped == 15_000
    assert len(failed) < 10_000
    assert log.records[-1]["text"] == "reloaded"
