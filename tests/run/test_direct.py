"""A process of its own runs a job: the guest's streams and codes, and every limit ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.run.guests import (
    CAT,
    ENDS,
    KINDS,
    Alone,
    alone,
    eventually,
    exits,
    hostile,
    job_of,
    says,
    start_alone,
    text_of,
)
from wherever.errors import LIMIT_EXIT_CODES, InputError, NotRunnable
from wherever.run import direct


def plain(alone: Alone) -> tuple[int, bytes, bytes]:
    return alone.exit_code, alone.stdout, alone.stderr


@pytest.mark.parametrize("code", [0, 1, 125, 126, 200, 255])
def test_every_exit_code_is_the_guests_own(code: int, tmp_path: Path) -> None:
    ran = alone(job_of(exits(code), stdin="null"), tmp_path)
    assert plain(ran) == (code, b"", f"exited  {code}\n".encode())


def test_the_guest_has_the_streams_of_the_process(tmp_path: Path) -> None:
    ran = alone(job_of(CAT, stdin="inherit", output=None), tmp_path, b"from the pipe\n")
    assert plain(ran) == (0, b"from the pipe\n", b"exited  0\n")


def test_streams_can_be_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file\n")
    job = job_of(CAT, stdin=str(tmp_path / "in"), output=None)
    job.stdout, job.stderr = str(tmp_path / "out"), "null"
    ended = direct.run(job, print)
    assert (ended.kind, ended.status) == ("exited", 0)
    assert (tmp_path / "out").read_bytes() == b"from a file\n"


def test_what_a_run_used_is_told() -> None:
    job = job_of(says("hello", times=3), stdin="null", stdout="null", stderr="null", host_calls=10)
    ended = direct.run(job, print)
    assert (ended.kind, ended.output, ended.host_calls, ended.memory) == ("exited", 15, 3, 65536)
    assert 0 < ended.cpu_s < ended.wall_s + 0.05 < 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ENDS)
def test_a_limit_ends_a_guest_wherever_it_is_blocked(name: str, kind: str, tmp_path: Path) -> None:
    job = hostile(name, kind, tmp_path, stdin="inherit")
    ran = alone(job, tmp_path, None if name == "reads" else b"")
    limit = ENDS[name]
    assert ran.exit_code == LIMIT_EXIT_CODES[limit]
    assert re.fullmatch(f"limit {limit} \\d+\n", ran.stderr.decode())
    assert len(ran.stdout) <= 1 << 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["loops", "sleeps", "waits", "fifo"])
def test_a_run_ends_within_moments_of_its_time(name: str, kind: str, tmp_path: Path) -> None:
    job = hostile(name, kind, tmp_path, timeout=0.2, stdin="null")
    job.stdout = job.stderr = "null"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        began = time.monotonic()

        def report(ended: object) -> None:
            os.write(writing, str(time.monotonic() - began).encode())

        try:
            direct.run(job, report)
        finally:
            os._exit(1)
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 124
    with os.fdopen(reading) as told:
        # Loading and compiling come before; on a busy machine they take their time.
        assert 0.2 <= float(told.read()) < 2


@pytest.mark.parametrize("kind", KINDS)
def test_processor_time_runs_out_for_one_who_uses_it(kind: str, tmp_path: Path) -> None:
    job = hostile("loops", kind, tmp_path, timeout=10, cpu_time=0.1, stdin="null")
    ran = alone(job, tmp_path)
    assert plain(ran) == (124, b"", b"limit cpu_time 0\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_sleeper_uses_no_processor_time(kind: str, tmp_path: Path) -> None:
    job = hostile("sleeps", kind, tmp_path, timeout=0.5, cpu_time=0.1, stdin="null")
    assert plain(alone(job, tmp_path)) == (124, b"", b"limit timeout 0\n")


@pytest.mark.parametrize("kind", KINDS)
def test_output_stops_exactly_at_its_limit_or_before(kind: str, tmp_path: Path) -> None:
    job = hostile("floods", kind, tmp_path, timeout=None, output=10_000, stdin="null")
    ran = alone(job, tmp_path)
    assert ran.exit_code == 122
    # The guard refuses a write that does not fit; the pump passes on what fits of it.
    assert len(ran.stdout) == (8192 if kind == "preview1" else 10_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_guest_with_all_limits_on_is_not_disturbed(kind: str, tmp_path: Path) -> None:
    job = hostile("healthy", kind, tmp_path, timeout=10, cpu_time=10, stdin="null")
    assert plain(alone(job, tmp_path)) == (0, b"healthy\n", b"exited  0\n")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["loops", "sleeps", "fifo"])
def test_ctrl_c_ends_it_wherever_it_is_blocked(name: str, kind: str, tmp_path: Path) -> None:
    job = hostile(name, kind, tmp_path, timeout=None, stdin="null")
    job.stdout = job.stderr = "inherit"
    with start_alone(job, tmp_path, stderr=subprocess.PIPE) as process:
        assert eventually(lambda: waits_for_sigint(process.pid), 15)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (130, b"interrupted  0\n")


def waits_for_sigint(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (blocked,) = (int(line.split()[1], 16) for line in lines if line.startswith("SigBlk"))
    # Starting a thread or a process blocks all signals for a moment; this blocks just one.
    return blocked == 1 << (signal.SIGINT - 1)


def test_an_ignored_sigint_stays_ignored(tmp_path: Path) -> None:
    job = hostile("sleeps", "preview1", tmp_path, timeout=1.5, stdin="null")
    job.stdout = job.stderr = "inherit"
    process = start_alone(
        job,
        tmp_path,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (124, b"limit timeout 0\n")


def test_a_library_has_nothing_to_start() -> None:
    job = job_of('(module (memory (export "memory") 1) (func (export "f")))', "shelf", timeout=0.1)
    job.stdout = job.stderr = "null"
    with pytest.raises(NotRunnable, match="shelf is a library: it has no _start"):
        direct.run(job, print)
    time.sleep(0.2)  # nobody watches any more


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"host_calls": 5}, "cannot be counted"), ({"trace": True}, "cannot be traced")],
)
def test_what_cannot_be_had_for_a_component_is_refused(limits: dict[str, int], words: str) -> None:
    job = job_of(text_of("healthy", "component"), stdin="null", stdout="null", **limits)
    with pytest.raises(InputError, match=words):
        direct.run(job, print)


def test_more_memory_than_allowed_at_the_start_is_a_limit() -> None:
    job = job_of('(module (memory (export "memory") 100) (func (export "_start")))', memory=65536)
    job.stdout = job.stderr = "null"
    ended = direct.run(job, print)
    assert (ended.kind, ended.limit, ended.status) == ("limit", "memory", 137)


def test_a_guest_traces_its_calls() -> None:
    job = job_of(says("hello"), stdin="null", trace=True)
    job.stdout = job.stderr = "null"
    calls: list[tuple[str, str]] = []
    ended = direct.run(job, print, trace=lambda text, hint: calls.append((text, hint)))
    assert ended.kind == "exited"
    assert calls == [("fd_write(1, 'hello') = 5", "")]
