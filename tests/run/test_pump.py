"""Bytes pass from a guest's pipes to where its streams lead, are counted, and stop at a limit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.run.guests import MIB, alone, eventually, hostile, start_alone
from wherever.run.pump import Pump


def test_all_that_was_written_has_passed_when_it_is_drained(tmp_path: Path) -> None:
    target = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT)
    pump = Pump(None, lambda: None)
    with open(pump.add(target), "wb", buffering=0) as stream:
        assert pump.leads_to_files()
        pump.start()
        for _ in range(100):
            stream.write(b"x" * 1000)
        pump.drain()
        assert (pump.passed, pump.streamed(), pump.overflowed) == (100_000, 200_000, False)
    pump.close()
    os.close(target)
    assert (tmp_path / "out").read_bytes() == b"x" * 100_000


def test_two_streams_share_one_limit(tmp_path: Path) -> None:
    targets = [os.open(tmp_path / name, os.O_WRONLY | os.O_CREAT) for name in ("out", "err")]
    over: list[int] = []
    pump = Pump(10, lambda: over.append(pump.passed))
    streams = [open(pump.add(target), "wb", buffering=0) for target in targets]
    pump.start()
    streams[0].write(b"123456")
    assert eventually(lambda: pump.passed == 6)
    streams[1].write(b"789abcdef")
    assert eventually(lambda: over == [10])
    pump.close()
    assert pump.overflowed
    for stream in streams:
        stream.close()
    for target in targets:
        os.close(target)
    assert [(tmp_path / name).read_bytes() for name in ("out", "err")] == [b"123456", b"789a"]


def test_where_nobody_reads_the_guests_write_fails() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pump = Pump(None, lambda: None)
    with open(pump.add(writing), "wb", buffering=0) as stream:
        pump.start()
        with pytest.raises(BrokenPipeError):
            while True:
                stream.write(b"x" * 1000)
        assert pump.streamed() == 0
    pump.close()
    os.close(writing)


def test_time_runs_out_also_while_what_it_wrote_does_not_get_through(tmp_path: Path) -> None:
    job = hostile("floods", "component", tmp_path, timeout=0.5, output=None, stdin="null")
    job.stdout = job.stderr = "inherit"
    reading, writing = os.pipe()  # which nobody reads
    with start_alone(job, tmp_path, stdout=writing) as process:
        assert process.wait(15) == 124
    os.close(reading)
    os.close(writing)


def test_streams_may_lead_to_a_file_larger_than_the_disk_limit(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with open(log, "wb") as file:
        file.truncate(MIB)
    job = hostile("healthy", "component", tmp_path, timeout=10, disk=1000, stdin="null")
    job.stdout, job.stderr = "inherit", "inherit"
    with open(log, "ab") as file, start_alone(job, tmp_path, stdout=file) as process:
        assert process.wait(15) == 0
    assert log.stat().st_size == MIB + len(b"healthy\n")
    assert alone(job, tmp_path).stdout == b"healthy\n"
