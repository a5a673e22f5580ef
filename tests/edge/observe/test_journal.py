"""The log as it is written: whole lines, from many processes, at nobody's expense."""

import json
import os
import subprocess
import sys
import threading

import pytest

from tests.edge.observe.small import until
from wherever.edge.observe.access import Lines
from wherever.edge.observe.follow import Filter, Tail, last
from wherever.edge.observe.journal import Journal, Stream
from wherever.home.logfile import Files


class Kept:
    """A sink that keeps what it gets, and can be held up or broken."""

    def __init__(self):
        self.data = b""
        self.batches = 0
        self.open = threading.Event()
        self.open.set()
        self.broken = False
        self.closed = False

    def write(self, data):
        self.open.wait(10)
        if self.broken:
            raise OSError("no room")
        self.batches += 1
        self.data += data

    def close(self):
        self.closed = True

    def lines(self):
        return self.data.decode().splitlines()


def note(text):
    return f"note: {text}\n"


def test_lines_are_written_in_their_order_and_in_batches():
    kept = Kept()
    journal = Journal(kept, note)
    for number in range(300):
        journal.add(f"{number}\n")
    until(lambda: len(kept.lines()) == 300)
    assert kept.lines() == [str(number) for number in range(300)]
    assert kept.batches < 30
    journal.add("later\n")
    until(lambda: kept.lines()[-1] == "later")
    journal.close()
    assert kept.closed


def test_what_waits_is_written_when_it_closes():
    kept = Kept()
    journal = Journal(kept, note)
    for number in range(5000):
        journal.add(f"{number}\n")
    journal.close()
    assert len(kept.lines()) == 5000 and kept.closed
    journal.add("too late\n")
    assert len(kept.lines()) == 5000


def test_a_slow_sink_costs_lines_and_the_log_says_how_many():
    kept, told = Kept(), []
    kept.open.clear()
    journal = Journal(kept, note, told.append, most_lines=100)
    journal.add("first\n")
    until(lambda: not journal._lines)  # the thread has it, and is held up
    for number in range(150):
        journal.add(f"{number}\n")
    kept.open.set()
    until(lambda: "note" in kept.data.decode())
    assert kept.lines() == [
        "first",
        *(str(number) for number in range(100)),
        "note: 50 lines of this log were left out",
    ]
    journal.close()
    assert sum(told) == 50


def test_a_broken_sink_is_mended():
    kept, told = Kept(), []
    kept.broken = True
    journal = Journal(kept, note, told.append)
    journal.add("lost\n")
    until(lambda: sum(told) == 1)
    kept.broken = False
    journal.add("kept\n")
    until(lambda: kept.lines())
    assert kept.lines() == ["kept", "note: a line of this log was left out"]
    journal.close()


def test_lines_of_many_threads_are_all_there():
    kept = Kept()
    journal = Journal(kept, note)
    threads = [
        threading.Thread(target=lambda n=n: [journal.add(f"{n} {i}\n") for i in range(500)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert sorted(kept.lines()) == sorted(f"{n} {i}" for n in range(8) for i in range(500))


def test_a_pipe_gets_it_whole():
    ours, theirs = os.pipe()
    text = "".join(f"{number:060}\n" for number in range(3000))  # more than a pipe holds
    writer = threading.Thread(target=lambda: Stream(theirs).write(text.encode()))
    writer.start()
    got = b""
    while len(got) < len(text):
        got += os.read(ours, 65536)
    writer.join()
    os.close(ours)
    os.close(theirs)
    assert got == text.encode()


# ----- files


WRITER = """
import sys
from wherever.home.logfile import Files
files = Files(sys.argv[1], size=5000, kept=50)
for number in range(400):
    files.write(f'{{"time":"t","who":{sys.argv[2]},"number":{number}}}\\n'.encode())
"""


def test_processes_share_a_log_that_is_cut(tmp_path):
    path = str(tmp_path / "log")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(who)]) for who in range(3)]
    assert [writer.wait(15) for writer in writers] == [0, 0, 0]
    files = [name for name in os.listdir(tmp_path) if name != "log.lock"]
    assert 8 < len(files) < 20
    assert all(os.stat(tmp_path / name).st_size < 5300 for name in files)
    records = [
        json.loads(line) for name in files for line in (tmp_path / name).read_text().splitlines()
    ]
    assert sorted((record["who"], record["number"]) for record in records) == [
        (who, number) for who in range(3) for number in range(400)
    ]
    assert all(os.stat(tmp_path / name).st_mode & 0o777 == 0o600 for name in files)


def test_only_some_files_are_kept(tmp_path):
    files = Files(str(tmp_path / "log"), size=100, kept=2)
    for number in range(100):
        files.write(f"line {number}\n".encode())
    files.close()
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1", "log.2", "log.lock"]
    assert "line 99\n" in (tmp_path / "log").read_text()


def test_a_log_that_somebody_removed_is_begun_anew(tmp_path):
    files = Files(str(tmp_path / "log"))
    files.write(b"one\n")
    (tmp_path / "log").unlink()
    files.write(b"two\n")
    files.close()
    assert (tmp_path / "log").read_text() == "two\n"


def test_a_line_that_was_torn_does_not_tear_the_next(tmp_path, monkeypatch):
    files = Files(str(tmp_path / "log"))
    real = os.write
    left = [3, 0]

    def full(handle, data):
        if not left:
            return real(handle, data)
        room = left.pop(0)
        if not room:
            raise OSError("No space left on device")
        return real(handle, data[:room])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        files.write(b"broken\n")
    files.write(b"whole\n")
    files.close()
    assert (tmp_path / "log").read_text() == "bro\nwhole\n"


def test_a_log_that_is_a_link_is_not_written(tmp_path):
    (tmp_path / "target").touch()
    (tmp_path / "log").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        Files(str(tmp_path / "log")).write(b"x\n")
    assert (tmp_path / "target").read_text() == ""


def test_from_a_journal_to_a_tail_and_back(tmp_path):
    path, lines = str(tmp_path / "log"), Lines()
    tail = Tail(path)
    journal = Journal(Files(path), lines.note)
    journal.add(lines.note("hello"))
    journal.close()
    records = until(tail.read)
    assert [record["text"] for record in records] == ["hello"]
    assert last(path, Filter(), 10) == records
    tail.close()
