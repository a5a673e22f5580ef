"""Reading the log: following it from file to file, looking back, and choosing."""

import json
import os

import pytest

from wherever.edge.observe import follow
from wherever.edge.observe.follow import Filter, Tail, last
from wherever.errors import InputError


def record(**fields):
    return {"time": "2026-11-23T04:11:20.123Z", "kind": "request", **fields}


def write(path, *records):
    with open(path, "a") as file:
        file.writelines(json.dumps(each) + "\n" for each in records)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "log")


def ids(records):
    return [each["id"] for each in records]


def test_only_what_comes_is_followed(path):
    write(path, record(id="old"))
    tail = Tail(path)
    assert tail.read() == []
    write(path, record(id="1"), record(id="2"))
    assert ids(tail.read()) == ["1", "2"]
    assert tail.read() == []
    tail.close()


def test_a_half_written_line_waits_for_its_rest(path):
    tail = Tail(path)
    line = json.dumps(record(id="1"))
    for part in (line[:20], line[20:]):
        with open(path, "a") as file:
            file.write(part)
        assert tail.read() == []
    with open(path, "a") as file:
        file.write("\n")
    assert ids(tail.read()) == ["1"]
    tail.close()


def test_the_next_file_is_followed_too(path):
    tail = Tail(path)
    write(path, record(id="1"))
    assert ids(tail.read()) == ["1"]
    write(path, record(id="2"))
    os.rename(path, f"{path}.1")
    write(path, record(id="3"))
    assert ids(tail.read() + tail.read()) == ["2", "3"]
    os.unlink(path)
    assert tail.read() == []
    write(path, record(id="4"))
    assert ids(tail.read()) == ["4"]
    tail.close()


def test_torn_and_foreign_lines_are_passed_over(path):
    tail = Tail(path)
    with open(path, "wb") as file:
        file.write(b'{"time":\n[1]\nnot json\n{"id":1}\n\xff\n' + b"[" * 5000 + b"\n")
    write(path, record(id="1"))
    assert ids(tail.read()) == ["1"]
    tail.close()


def test_a_reader_that_is_far_behind_goes_to_the_end_and_knows_it(path, monkeypatch):
    monkeypatch.setattr(follow, "FURTHEST_BEHIND", 1000)
    write(path, record(id="old"))
    tail = Tail(path)
    begin = os.stat(path).st_size
    write(path, *(record(id=str(number)) for number in range(100)))
    assert tail.read() == []
    assert tail.skipped == os.stat(path).st_size - begin
    write(path, record(id="now"))
    assert ids(tail.read()) == ["now"]
    tail.close()


def test_looking_back(path):
    write(path, *(record(id=str(number), app="ab"[number % 2]) for number in range(2000)))
    os.rename(path, f"{path}.1")
    write(path, *(record(id=str(number), app="ab"[number % 2]) for number in range(2000, 2003)))
    assert ids(last(path, Filter(), 5)) == ["1998", "1999", "2000", "2001", "2002"]
    assert ids(last(path, Filter(app="b"), 3)) == ["1997", "1999", "2001"]
    assert len(last(path, Filter(), 5000)) == 2003
    assert len(last(path, Filter(), 5000, furthest=2000)) < 40
    assert last(path + "-none", Filter(), 5) == []


def test_looking_back_from_where_one_follows_tells_nothing_twice(path):
    write(path, record(id="1"), record(id="2"))
    tail = Tail(path)
    write(path, record(id="3"))
    assert ids(last(path, Filter(), 10, before=tail.position)) == ["1", "2"]
    assert ids(tail.read()) == ["3"]
    assert ids(last(path, Filter(), 10, before=tail.position)) == ["1", "2", "3"]
    tail.close()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), "abcdefgh"),
        (Filter(app="shop"), "abdf"),
        (Filter(status="404"), "b"),
        (Filter(status="4XX"), "bh"),
        (Filter(status="error"), "cdeh"),
        (Filter(method="post"), "c"),
        (Filter(client="10.0.0.9"), "b"),
        (Filter(text="CART"), "ag"),
        (Filter(text="db-7"), "g"),
        (Filter(kind="output"), "fg"),
        (Filter(id="c"), "c"),
        (Filter(app="shop", status="2xx"), "ad"),
        (Filter(sample=0.0), ""),
    ],
)
def test_choosing(wanted, found):
    records = [
        record(id="a", app="shop", status=200, method="GET", target="/cart", outcome="ok"),
        record(id="b", app="shop", status=404, method="GET", target="/x", client="10.0.0.9"),
        record(id="c", app="blog", status=500, method="POST", target="/y"),
        record(id="d", app="shop", status=200, method="GET", target="/z", outcome="trapped"),
        record(id="e", app="blog", status=0, method="GET", target="/z"),
        {**record(id="f", app="shop", stream="stdout", text="hi"), "kind": "output"},
        record(id="h", app="blog", status=499, method="PUT", target="/z"),
        {**record(id="g", app="blog", stream="stdout", fields={"cart": "DB-7"}), "kind": "output"},
    ]
    assert "".join(sorted(ids(filter(wanted.matches, records)))) == found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"status": "9xx"}, "'9xx' is no status; write it like 404, 5xx or error"),
        ({"status": "ok"}, "'ok' is no status; write it like 404, 5xx or error"),
        ({"status": "²³¹"}, "'²³¹' is no status; write it like 404, 5xx or error"),
        ({"kind": "x"}, "'x' is no kind of line; one of request, output, note"),
        ({"sample": 2}, "2 is no share; write it like 0.1"),
    ],
)
def test_what_cannot_be_chosen(given, words):
    with pytest.raises(InputError) as caught:
        Filter(**given)
    assert str(caught.value) == words
