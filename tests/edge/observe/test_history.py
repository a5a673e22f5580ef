"""The last five minutes, looked at once a second by a clock that the test moves on."""

import time
import tracemalloc

import pytest

from wherever.edge.observe.history import POINTS, History
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def record(tmp_path):
    record = Record(str(tmp_path / "record"))
    yield record
    record.close()


@pytest.fixture
def reader(record, tmp_path):
    reader = Reader(str(tmp_path / "record"))
    yield reader
    reader.close()


def of(history, name):
    return {each["name"]: each for each in history.apps()}[name]


def test_only_what_happened_since_is_in_the_window(record, reader, clock):
    shop = record.slot("shop")
    for _ in range(1000):
        shop.request(200, 0, 0, 0.001)
    history = History(reader, clock)
    assert (of(history, "shop")["requests"], of(history, "shop")["total"]) == (0, 1000)
    for second in range(10):
        clock.now += 1
        for _ in range(second):
            shop.request(200, 0, 0, 0.002)
        shop.request(500, 0, 0, 0.5)
        shop.guest("ok", 0.5, 0.25, 4 << 20, False)
        history.look()
    seen = of(history, "shop")
    assert (seen["requests"], seen["errors"], seen["total"]) == (55, 10, 1055)
    assert seen["rate"] == (6 + 7 + 8 + 9 + 10) / 5
    assert sum(seen["points"]) == 55 and sum(seen["failed"]) == 10
    assert len(seen["points"]) == len(seen["failed"]) == POINTS
    assert seen["p50"] == pytest.approx(0.002, rel=0.14)
    assert seen["p99"] == pytest.approx(0.5, rel=0.14)
    assert seen["cpu"] == pytest.approx(0.25)
    assert seen["memory"] == 4 << 20


def test_a_system_whose_time_is_set_back_has_no_points_in_the_future(record, reader):
    history = History(reader)
    assert 0 <= time.monotonic() - history.now < 60


def test_what_is_long_ago_is_forgotten(record, reader, clock):
    history = History(reader, clock)
    shop = record.slot("shop")
    for _ in range(7):
        shop.request(500, 0, 0, 0.5)
    clock.now += 1
    history.look()
    assert of(history, "shop")["requests"] == 7
    for _ in range(298):
        clock.now += 1
        history.look()
    shop.request(200, 0, 0, 0.001)
    clock.now += 1
    history.look()
    assert of(history, "shop")["requests"] in (1, 8)  # five seconds are one point
    clock.now += 5
    history.look()
    seen = of(history, "shop")
    assert (seen["requests"], seen["errors"], seen["rate"]) == (1, 0, 0.0)
    assert seen["p99"] == pytest.approx(0.001, rel=0.14)
    clock.now += 400
    history.look()
    seen = of(history, "shop")
    assert (seen["requests"], seen["p99"], seen["points"]) == (0, 0.0, [0] * POINTS)


def test_gauges_and_how_guests_ended(record, reader, clock):
    history = History(reader, clock)
    shop = record.slot("shop")
    shop.begin()
    shop.pool(2, 3)
    shop.guest("trapped", 0.1, 0.1, 1, False)
    shop.guest("ok", 0.1, 0.1, 1, False)
    history.look()
    seen = of(history, "shop")
    assert (seen["running"], seen["waiting"], seen["idle"]) == (1, 2, 3)
    assert seen["outcomes"] == {"trapped": 1}


def test_apps_without_requests_are_shown_but_not_our_own_entries(record, reader, clock):
    record.slot("idle")
    history = History(reader, clock)
    assert [each["name"] for each in history.apps()] == ["idle"]
    record.nobody.request(404, 0, 0, 0.001)
    clock.now += 1
    history.look()
    assert sorted(each["name"] for each in history.apps()) == ["-", "idle"]


def test_a_burst_at_once_after_quiet_is_a_rate_over_five_seconds(record, reader, clock):
    history = History(reader, clock)
    clock.now += 60
    for _ in range(50):
        record.slot("shop").request(200, 0, 0, 0.001)
    history.look()
    assert of(history, "shop")["rate"] == 10.0


# ----- apps that are gone


@pytest.fixture
def served():
    return ["shop", "blog"]


def shown(history):
    return {each["name"]: each["gone"] for each in history.apps()}


def test_an_app_that_is_gone_is_shown_as_long_as_it_has_requests(record, reader, clock, served):
    for name in served:
        record.slot(name)
    history = History(reader, clock, lambda: served)
    record.slot("shop").request(500, 0, 0, 0.1)
    clock.now += 1
    history.look()
    assert shown(history) == {"shop": False, "blog": False}
    served.clear()
    assert shown(history) == {"shop": True}
    clock.now += 290
    record.slot("shop").pool(0, 0)
    record.slot("shop").pool(0, 1)  # what its last worker lets go of is no request
    history.look()
    assert shown(history) == {"shop": True}
    clock.now += 15
    history.look()
    assert shown(history) == {}


def test_an_app_that_is_gone_is_shown_while_it_still_answers(record, reader, clock, served):
    record.slot("shop").begin()
    history = History(reader, clock, list)
    assert shown(history) == {"shop": True}
    record.slot("shop").end()
    clock.now += 1
    history.look()
    assert shown(history) == {}


def test_apps_of_an_earlier_start_are_not_shown(record, reader, clock, served):
    for name in ("shop", "gone", "-"):
        record.slot(name).request(200, 0, 0, 0.1)
    assert shown(History(reader, clock, lambda: served)) == {"shop": False}


def test_an_app_that_comes_back_has_only_its_new_requests_in_the_window(
    record, reader, clock, served
):
    for _ in range(100):
        record.slot("shop").request(200, 0, 0, 0.1)
    history = History(reader, clock, lambda: served)
    served.clear()
    clock.now += 400
    history.look()
    served.append("shop")
    record.slot("shop").request(200, 0, 0, 0.1)
    clock.now += 1
    history.look()
    seen = of(history, "shop")
    assert (seen["requests"], seen["total"], seen["gone"]) == (1, 101, False)


def test_a_long_name_that_the_record_cuts_is_served_all_the_same(record, reader, clock):
    name = "a" * 200
    record.slot(name)
    assert list(shown(History(reader, clock, lambda: [name])).values()) == [False]


def test_more_apps_than_the_record_has_room_for_take_little(tmp_path, record, reader, clock):
    served = []
    history = History(reader, clock, lambda: served)
    tracemalloc.start()
    try:
        for first in range(0, 2100, 300):
            served[:] = [f"app{number}" for number in range(first, first + 300)]
            worker = Record(str(tmp_path / "record"))
            for name in served:
                worker.slot(name).request(200, 0, 0, 0.1)
            worker.close()
            clock.now += 400
            history.look()
            assert len(shown(history)) == 300
        served.clear()
        clock.now += 400
        history.look()
        assert shown(history) == {}
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()
