"""Lines of the log: what they say, and what no stranger can make them do."""

import json
import os
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.edge.observe.access import Lines, duration, for_terminal

NOW = 1_795_407_080.1234
FORGED = '\n{"time":"x","kind":"request","status":200}\r\n\x1b[2J\x9b31m\u202e\x00\x7f"\\'


def exchange(**changed):
    asked = {
        "id": "0123456789abcdef",
        "method": "GET",
        "target": b"/cart?item=1",
        "authority": b"shop.example",
        "client": "10.0.0.7",
    }
    return SimpleNamespace(**{**asked, **changed})


@pytest.fixture
def lines():
    return Lines(clock=lambda: NOW)


def test_a_request_over_another_version_says_so(lines):
    line = lines.request(exchange(protocol="HTTP/2"), "shop", 200, 10, 20, 0.5, None)
    assert line.endswith('"out":20,"client":"10.0.0.7","protocol":"HTTP/2"}\n')


def test_a_request_with_a_guest(lines):
    line = lines.request(exchange(), "shop", 200, 10, 2000, 0.0123456, ("ok", 0.002, True))
    assert line == (
        '{"time":"2026-11-23T04:11:20.123Z","kind":"request","id":"0123456789abcdef",'
        '"app":"shop","method":"GET","host":"shop.example","target":"/cart?item=1",'
        '"status":200,"seconds":0.012346,"in":10,"out":2000,"client":"10.0.0.7",'
        '"outcome":"ok","cpu":0.002000,"cold":true}\n'
    )


def test_a_request_without_one(lines):
    record = json.loads(lines.request(exchange(), "-", 404, 0, 9, 0.0001, None))
    assert record["status"] == 404
    assert not {"outcome", "cpu", "cold"} & record.keys()


def test_output_and_notes(lines):
    assert json.loads(lines.output("shop", "01", "stderr", '"text":"hello"')) == {
        "time": "2026-11-23T04:11:20.123Z",
        "kind": "output",
        "id": "01",
        "app": "shop",
        "stream": "stderr",
        "text": "hello",
    }
    assert json.loads(lines.note("reloaded")) == {
        "time": "2026-11-23T04:11:20.123Z",
        "kind": "note",
        "app": "-",
        "text": "reloaded",
    }


def test_the_second_moves_on():
    times = iter([NOW, NOW + 0.5, NOW + 1])
    lines = Lines(clock=lambda: next(times))
    assert [lines.time()[17:] for _ in range(3)] == ["20.123Z", "20.623Z", "21.123Z"]


def test_a_query_may_be_masked():
    lines = Lines(masked=True)
    for target, logged in ((b"/a?token=secret", "/a?***"), (b"/a", "/a"), (b"/a?", "/a?***")):
        line = lines.request(exchange(target=target), "shop", 200, 0, 0, 0.1, None)
        assert json.loads(line)["target"] == logged
        assert "secret" not in line


def test_headers_are_not_logged(lines):
    asked = exchange(headers=[(b"authorization", b"Bearer secret"), (b"cookie", b"secret")])
    assert "secret" not in lines.request(asked, "shop", 200, 0, 0, 0.1, None)


def test_long_values_are_cut(lines):
    asked = exchange(target=b"/" + b"x" * 9000, authority=b"h" * 9000, method="M" * 9000)
    line = lines.request(asked, "shop", 200, 0, 0, 0.1, None)
    assert len(line) < 4000
    assert json.loads(line)["target"] == "/" + "x" * 2047 + "…"


def test_no_value_can_forge_a_line_or_reach_a_terminal(lines):
    nasty = exchange(
        method=FORGED, target=FORGED.encode(), authority=FORGED.encode(), client=FORGED, id=FORGED
    )
    line = lines.request(nasty, FORGED, 200, 0, 0, 0.1, ("ok", 0.0, False))
    for each in (line, lines.note(FORGED, FORGED)):
        assert each.count("\n") == 1 and each.endswith("\n")
        assert each[:-1].replace("\x7f", "").isascii()
        assert "\x1b" not in each and "\r" not in each and "\0" not in each
        shown = for_terminal(json.loads(each))
        assert shown.isprintable()
    assert json.loads(line)["target"] == FORGED


@given(st.binary(max_size=300), st.text(max_size=50))
def test_any_target_gives_one_good_line(target, app):
    line = Lines().request(exchange(target=target), app, 200, 0, 0, 0.1, None)
    record = json.loads(line)
    assert line.count("\n") == 1
    assert record["target"] == target.decode("utf-8", "replace")
    assert for_terminal(record).isprintable()


REQUEST = json.loads(
    Lines(clock=lambda: NOW).request(
        exchange(), "shop", 503, 0, 9, 0.25, ("queue_full", 0.0, False)
    )
)


def test_a_line_for_people():
    assert for_terminal(REQUEST) == (
        "04:11:20.123  503  GET   shop.example/cart?item=1  shop  250 ms  queue_full"
    )


def test_a_line_in_colour():
    assert for_terminal(REQUEST, colourful=True) == (
        "\x1b[2m04:11:20.123\x1b[0m  \x1b[31m503\x1b[0m  GET   shop.example/cart?item=1"
        "  \x1b[36mshop\x1b[0m  250 ms  \x1b[31mqueue_full\x1b[0m"
    )


def test_a_client_that_left_has_no_status():
    line = Lines(clock=lambda: NOW).request(exchange(), "shop", 0, 0, 0, 1.5, None)
    assert for_terminal(json.loads(line)) == (
        "04:11:20.123  ---  GET   shop.example/cart?item=1  shop  1.5 s"
    )


def test_output_for_people(lines):
    text = json.loads(lines.output("shop", "01", "stderr", '"text":"a\\u001b[2Jb"'))
    assert for_terminal(text) == "04:11:20.123  shop | a\\x1b[2Jb"
    fields = json.loads(lines.output("shop", "01", "stdout", '"fields":{"level":"info","n":1}'))
    assert for_terminal(fields) == "04:11:20.123  shop | level=info n=1"
    assert for_terminal(json.loads(lines.note("late", "shop"))) == "04:11:20.123  shop: late"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 us"), (0.0009994, "999 us"), (0.0009996, "1.0 ms"), (0.00994, "9.9 ms"),
     (0.00996, "10 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (12.3, "12 s")],
)  # fmt: skip
def test_times_for_people(seconds, words):
    assert duration(seconds) == words


def test_strange_records_are_shown_too():
    for record in ({}, {"kind": "request"}, {"kind": "output", "fields": 3}, {"status": "x"}):
        assert for_terminal(record).isprintable(), os.linesep
