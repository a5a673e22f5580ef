"""What a program writes comes back as it was: whole lines, pieces, bytes that are no text."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherever.home.logfile import Files
from wherever.run.detached import output
from wherever.run.detached.output import Log, Stream, note, written


def back(records: list[str]) -> bytes:
    return b"".join(written(json.loads(each)) for each in records)


def test_a_line_is_a_record() -> None:
    stream = Stream("stderr")
    assert stream.take(b"one\ntw") != []
    (record,) = map(json.loads, stream.take(b"o\n"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("time"))
    assert record == {"kind": "output", "stream": "stderr", "text": "two"}
    assert not stream.waits


def test_the_beginning_of_a_line_can_be_had_before_its_end() -> None:
    stream = Stream("stdout")
    assert stream.take(b"name? ") == []
    assert stream.waits
    (record,) = map(json.loads, stream.rest())
    assert (record["text"], record["partial"]) == ("name? ", True)
    assert stream.rest() == []


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    (record,) = Stream("stdout").take(b"\xff\0\n")
    assert json.loads(record)["base64"] == "/wA="
    assert back([record]) == b"\xff\0\n"


def test_a_long_line_is_cut_between_letters() -> None:
    line = ("ä" * 9000).encode()
    records = Stream("stdout").take(b"x" + line + b"\n")
    assert {"text", "base64"} & set().union(*map(json.loads, records)) == {"text"}
    assert max(map(len, records)) < 1 << 16
    assert back(records) == b"x" + line + b"\n"


PIECES = st.tuples(st.binary(min_size=1, max_size=9), st.sampled_from([0, 1, 3, 1000, 3000]))


@settings(max_examples=50)
@given(st.lists(PIECES.map(lambda each: each[0] * each[1]), max_size=8))
def test_whatever_comes_in_whatever_pieces_comes_back(pieces: list[bytes]) -> None:
    stream = Stream("stdout")
    records = [record for piece in pieces for record in stream.take(piece)]
    records += stream.rest()
    assert back(records) == b"".join(pieces)
    assert all(record.count("\n") == 1 and record.endswith("\n") for record in records)
    assert all(len(record.encode()) < 1 << 16 for record in records)


def test_lines_are_counted_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(str(tmp_path / "log"))
    log.write([note("first")])

    def full(files: Files, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", full)
        log.write([note("second"), note("third")])
    log.write([note("fourth")])
    log.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == [
        "first",
        "2 lines of this log were left out",
        "fourth",
    ]


def test_a_log_is_cut_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOG_SIZE", 1000)
    log = Log(str(tmp_path / "log"))
    for _ in range(100):
        log.write([note("a line of some length")])
    log.close()
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 2300
    assert {each.name for each in tmp_path.iterdir()} == {"log", "log.1", "log.lock"}
