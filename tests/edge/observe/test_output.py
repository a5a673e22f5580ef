"""What guests write, line by line, and how much of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.edge.observe.access import Lines
from wherever.edge.observe.output import Allowance, Output, said


class Counted:
    """The slot of an app, as far as lines go."""

    def __init__(self):
        self.written = self.dropped = 0

    def lines(self, written, dropped):
        self.written += written
        self.dropped += dropped


class Clock:
    """Seconds that a test moves on."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slot():
    return Counted()


@pytest.fixture
def notes():
    return []


@pytest.fixture
def logged():
    return []


@pytest.fixture
def output(slot, notes, logged, clock):
    allowance = Allowance(slot, notes.append, clock)
    return Output("shop", "01", Lines(), allowance, lambda line: logged.append(json.loads(line)))


def texts(logged):
    return [(each["stream"], each.get("text", each.get("fields"))) for each in logged]


def test_lines_however_they_are_cut(output, logged, slot):
    for piece in (b"one\ntw", b"o\r\n\nth", b"ree"):
        output.write("stdout", piece)
    output.write("stderr", b"beside\n")
    output.close()
    assert texts(logged) == [
        ("stdout", "one"),
        ("stdout", "two"),
        ("stdout", ""),
        ("stderr", "beside"),
        ("stdout", "three"),
    ]
    assert {(each["app"], each["id"], each["kind"]) for each in logged} == {
        ("shop", "01", "output")
    }
    assert (slot.written, slot.dropped) == (5, 0)


def test_a_line_without_end_is_cut_and_never_kept_whole(output, logged):
    for _ in range(100):
        output.write("stdout", b"x" * 1000)
    output.close()
    assert [len(each["text"]) for each in logged] == [8192] * 12 + [100_000 - 12 * 8192]


def test_a_long_line_that_comes_at_once_is_cut_too(output, logged):
    output.write("stdout", b"x" * 20_000 + b"\nshort\n")
    assert [len(each["text"]) for each in logged] == [8192, 8192, 20_000 - 2 * 8192, 5]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b'{"n":[1,{"a":null}]}', {"fields": {"n": [1, {"a": None}]}}),
        (b'{"a":1', {"text": '{"a":1'}),
        (b"[1]", {"text": "[1]"}),
        (b'{"a":NaN}', {"text": '{"a":NaN}'}),
        (b'{"a":1e999}', {"text": '{"a":1e999}'}),
        (b'{"a":' + b"9" * 5000 + b"}", {"text": '{"a":' + "9" * 5000 + "}"}),
        (b'{"a":' + b"[" * 3000, {"text": '{"a":' + "[" * 3000}),
        (b'{"":' + b"[" * 900 + b"]" * 900 + b"}", {"text": '{"":' + "[" * 900 + "]" * 900 + "}"}),
        (b'{"a":"\\ud800\\u001b"}', {"fields": {"a": "\ud800\x1b"}}),
        (b"\xff\x1b[2J", {"text": "\ufffd\x1b[2J"}),
        (b'"} ,"kind":"request', {"text": '"} ,"kind":"request'}),
    ],
)  # fmt: skip
def test_json_becomes_fields_and_all_else_is_text(line, part):
    piece = said(line)
    assert json.loads("{" + piece + "}") == part
    assert piece.isascii() and piece.isprintable()


def test_an_app_that_floods_is_cut_short_and_that_is_said(output, logged, notes, slot, clock):
    output.write("stdout", b"x\n" * 5000)
    assert (len(logged), slot.written, slot.dropped) == (2000, 2000, 3000)
    assert notes == []
    clock.now = 2.0
    output.write("stdout", b"again\n")
    assert logged[-1]["text"] == "again"
    assert notes == ["3000 lines of output left out: more than 1000 lines or 256 KiB a second"]
    clock.now = 3.0
    output.close()
    assert len(notes) == 1


def test_few_but_long_lines_are_a_flood_too(output, logged, notes, clock):
    output.write("stdout", (b"x" * 8000 + b"\n") * 200)
    assert len(logged) == 131
    clock.now = 1.5
    output.close()
    assert notes[0].startswith("69 lines of output left out")


@given(st.binary(max_size=400))
def test_any_line_becomes_one_good_record(line):
    record = Lines().output("shop", "01", "stdout", said(line))
    assert record.count("\n") == 1 and record[:-1].replace("\x7f", "").isprintable()
    assert record.isascii()
    told = json.loads(record)
    said_as = "fields" if "fields" in told else "text"
    assert told.keys() == {"time", "kind", "id", "app", "stream", said_as}


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_lines_are_the_same_however_they_are_cut(pieces):
    def lines_of(parts):
        logged = []
        allowance = Allowance(Counted(), logged.append, Clock())
        output = Output("shop", "01", Lines(clock=lambda: 1.0), allowance, logged.append)
        for part in parts:
            output.write("stdout", part)
        output.close()
        return logged

    assert lines_of(pieces) == lines_of([b"".join(pieces)])
