"""Counting in shared memory: many writers, deaths in between, and what readers see."""

import errno
import os
import signal
import subprocess
import sys
import threading
from dataclasses import fields

import pytest

from wherever.edge.observe import layout
from wherever.edge.observe.buckets import TIMES, percentile
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record
from wherever.errors import InputError, NotFound
from wherever.policy.limits import Limits


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "record")


@pytest.fixture
def read(path):
    def numbers(name):
        reader = Reader(path)
        try:
            return {each.name: each for each in reader.apps()}[name]
        finally:
            reader.close()

    return numbers


def worker(path, body):
    """A process that counts in a record, says "ready", and waits to be told or killed."""
    code = (
        "import sys\nfrom wherever.edge.observe.record import Record\n"
        f"record = Record({path!r})\n{body}\nprint('ready', record.row, flush=True)\n"
        "sys.stdin.read()\nrecord.close()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.readline().split()
    assert said[:1] == ["ready"]
    return process, int(said[1])


def test_what_is_counted_is_read(path, read):
    record = Record(path)
    shop = record.slot("shop")
    shop.begin()
    shop.begin()
    shop.request(200, 10, 1000, 0.002)
    shop.request(404, 0, 20, 0.004)
    shop.request(0, 0, 0, 30.0)
    shop.end()
    shop.guest("ok", 0.001, 0.0005, 1 << 20, True)
    shop.guest("timeout", 30.0, 5.0, 1 << 27, False)
    shop.guest("queue_full", 0.0, 0.0, 0, False)
    shop.pool(waiting=3, idle=2)
    shop.lines(7, 1)
    seen = read("shop")
    assert seen.statuses == {"none": 1, "2xx": 1, "4xx": 1}
    assert {k: v for k, v in seen.outcomes.items() if v} == {
        "ok": 1, "timeout": 1, "queue_full": 1,
    }  # fmt: skip
    assert seen.invocations == 2
    assert (seen.requests, seen.errors, seen.bytes_in, seen.bytes_out) == (3, 0, 10, 1020)
    assert (seen.request_s, seen.invoke_s, seen.cpu_s) == pytest.approx((30.006, 30.001, 5.0005))
    assert seen.byte_seconds == pytest.approx(0.001 * (1 << 20) + 30 * (1 << 27))
    assert (seen.cold, seen.memory_peak) == (1, 1 << 27)
    assert (seen.running, seen.waiting, seen.idle) == (1, 3, 2)
    assert (seen.lines, seen.lines_dropped) == (7, 1)
    assert sum(seen.request_times) == 3 and seen.request_times[TIMES.index(0.002)] == 1
    assert sum(seen.invoke_times) == sum(seen.cpu_times) == sum(seen.memory_sizes) == 2
    assert seen.memory_sizes[4] == 1
    record.close()


def test_every_limit_that_ends_a_guest_is_counted_by_its_name(path, read):
    """Open files are none: who has too many is told so, and goes on."""
    record = Record(path)
    limits = {field.name for field in fields(Limits)} - {"open_files"}
    for limit in sorted(limits):
        record.slot("shop").guest(limit, 0.1, 0.1, 0, False)
    record.slot("shop").guest("lost", 0.1, 0.1, 0, False)
    seen = read("shop")
    assert {k: v for k, v in seen.outcomes.items() if v} == dict.fromkeys({*limits, "error"}, 1)
    assert seen.bytes_in == 0
    record.close()


def test_numbers_of_all_workers_are_added_up(path, read):
    workers = [
        worker(path, f"for _ in range({n}): record.slot('shop').request(200, 0, 1, 0.001)")
        for n in (3, 4)
    ]
    assert [row for _, row in workers] == [0, 1]
    reader = Reader(path)
    assert sorted(reader.workers()) == sorted(process.pid for process, _ in workers)
    reader.close()
    assert read("shop").requests == 7
    for process, _ in workers:
        process.communicate("", timeout=10)
    assert read("shop").requests == 7


def test_a_killed_worker_leaves_its_counts_and_its_row_but_not_its_gauges(path, read):
    body = "slot = record.slot('shop'); slot.begin(); slot.request(500, 1, 2, 0.5)"
    process, row = worker(path, body)
    assert read("shop").running == 1
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    successor = Record(path)
    assert successor.row == row == 0
    successor.slot("shop").request(200, 1, 2, 0.5)
    seen = read("shop")
    assert (seen.requests, seen.errors, seen.bytes_in, seen.running) == (2, 1, 2, 0)
    successor.close()


def test_a_row_in_use_is_nobody_elses_even_in_the_same_process(path):
    one, two = Record(path), Record(path)
    assert (one.row, two.row) == (0, 1)
    one.close()
    three = Record(path)
    assert three.row == 0
    two.close()
    three.close()


def test_closing_a_reader_does_not_free_the_row_of_a_writer_beside_it(path):
    record = Record(path)
    Reader(path).close()
    other = Record(path)
    assert other.row == 1
    other.close()
    record.close()


def test_two_workers_agree_on_the_entry_of_an_app(path, read):
    one, two = Record(path), Record(path)
    for name in ("a", "b"):
        one.slot(name)
    for name in ("b", "c", "a"):
        two.slot(name).request(200, 0, 0, 0.001)
    one.slot("c").request(200, 0, 0, 0.001)
    assert [read(name).requests for name in "abc"] == [1, 1, 2]
    one.close()
    two.close()


def test_two_thousand_apps_and_a_full_table(path, read):
    old = Record(path)
    for number in range(layout.APPS - 2):
        old.slot(f"app-{number}")
    old.slot("app-0").request(200, 0, 0, 0.001)
    old.slot("one too many").request(200, 0, 0, 0.001)
    assert read("(others)").requests == 1
    fresh = Record(path)
    fresh.slot("app-1")
    old.close()  # as a reload does: the new worker has what it needs, the old one leaves
    fresh.slot("new").request(204, 0, 0, 0.001)
    assert read("new").statuses == {"2xx": 1}
    reader = Reader(path)
    names = reader.names()
    reader.close()
    assert "app-0" not in names, "the one that nobody used for longest made room"
    assert "app-1" in names and len(names) == layout.APPS
    another = Record(path)
    another.slot("new").request(204, 0, 0, 0.001)
    assert read("new").requests == 2
    another.close()
    fresh.close()


def test_a_worker_that_finds_the_table_full_opens_more_than_one_new_app(path, read):
    for of in ("a", "b", "c"):  # three starts, each with other apps, and requests for all of them
        worker = Record(path)
        for number in range(1000):
            worker.slot(f"{of}-{number}").request(200, 0, 0, 0.001)
        worker.close()
        assert read(f"{of}-999").requests == read(f"{of}-0").requests == 1
    reader = Reader(path)
    names = reader.names()
    reader.close()
    assert len(set(names)) == len(names) == layout.APPS


def test_workers_that_open_apps_at_once_agree(path):
    body = (
        "import random; names = [f'app-{n}' for n in range(200)] * 3;"
        " random.shuffle(names); [record.slot(n).request(200, 0, 1, 0.001) for n in names]"
    )
    code = (
        "from wherever.edge.observe.record import Record\n"
        f"record = Record({path!r})\n{body}\nrecord.close()\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait(15) for process in workers] == [0, 0, 0, 0]
    reader = Reader(path)
    counted = {each.name: each.requests for each in reader.apps()}
    names = reader.names()
    reader.close()
    assert len(names) == len(set(names)) == 202
    assert counted == {"-": 0, "(others)": 0, **{f"app-{n}": 12 for n in range(200)}}


def test_a_very_long_name_is_cut_where_a_letter_ends(path, read):
    record = Record(path)
    record.slot("ä" * 200).request(200, 0, 0, 0.001)
    assert read("ä" * 59).requests == 1
    record.close()


def test_a_reader_sees_whole_counts_while_they_are_written(path):
    record = Record(path)
    slot, over = record.slot("busy"), threading.Event()

    def count():
        while not over.is_set():
            slot.request(200, 1, 1, 0.001)

    writer = threading.Thread(target=count)
    writer.start()
    reader = Reader(path)
    last = mark = 0
    try:
        for _ in range(300):
            now = reader.app(2, "busy")
            assert last <= now.requests
            assert abs(now.requests - sum(now.request_times)) <= 1
            last = now.requests
        mark = reader.mark(2)
    finally:
        over.set()
        writer.join()
    assert reader.mark(2) >= mark > 0
    quiet = reader.mark(2)
    assert reader.mark(2) == quiet
    slot.pool(waiting=1, idle=0)
    assert reader.mark(2) != quiet
    reader.close()
    record.close()


def test_a_full_disk_costs_counts_and_nothing_else(path, read, monkeypatch):
    record = Record(path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    record.slot("shop").request(200, 0, 0, 0.001)
    assert read("shop").requests == 0
    record.close()
    with pytest.raises(InputError, match=r"^cannot count in .*record: No space left on device$"):
        Record(path)


def test_nothing_leaks(path, descriptors):
    before = descriptors()
    record = Record(path)
    record.slot("shop")
    reader = Reader(path)
    reader.apps()
    record.close()
    record.close()
    reader.close()
    assert descriptors() == before


def test_a_record_whose_maker_was_ended_is_made_anew(path):
    with open(path, "wb") as file:
        file.truncate(layout.ROWS)
    record = Record(path)
    record.slot("app").request(200, 0, 0, 0.1)
    reader = Reader(path)
    assert [(each.name, each.requests) for each in reader.apps()] == [
        ("-", 0),
        ("(others)", 0),
        ("app", 1),
    ]
    reader.close()
    record.close()


@pytest.mark.parametrize("content", [b"", b"short", b"wherever" + bytes(64), b"\0" * (1 << 20)])
def test_what_is_no_record_is_refused(path, content):
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(InputError, match="is not what a server of this version counts in"):
        Reader(path)


def test_a_link_is_not_followed(path, tmp_path):
    (tmp_path / "target").write_bytes(b"")
    os.symlink(tmp_path / "target", path)
    with pytest.raises(InputError, match="cannot count in"):
        Record(path)
    assert (tmp_path / "target").read_bytes() == b""


def test_where_nobody_counted(path):
    with pytest.raises(NotFound, match="nothing was counted at"):
        Reader(path)


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([0.001] * 99 + [0.5], 0.5, 0.001),
        ([0.001] * 98 + [0.5] * 2, 0.99, 0.5),
        ([5000.0], 0.99, 1000.0),
        ([0.0], 0.5, 0.00001),
    ],
)
def test_percentiles_are_right_within_a_bucket(path, read, times, share, expected):
    record = Record(path)
    for seconds in times:
        record.slot("shop").request(200, 0, 0, seconds)
    record.slot("shop")
    found = percentile(read("shop").request_times, share)
    assert found == pytest.approx(expected, rel=0.14, abs=0.00001)
    record.close()
