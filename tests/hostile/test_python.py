"""A guest that misbehaves is ended by its limit, and its neighbours and its host notice nothing."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import wherever as api
from wherever.policy.limits import Limits
from wherever.policy.outcome import Outcome
from wherever.run import child, workers
from wherever.run.request import job_for, program_for

Guest = Callable[[str, str], Path]
WORDS = {name: name for name in Limits.__slots__}


@contextmanager
def stdin_is(fd: int) -> Iterator[None]:
    before = os.dup(0)
    os.dup2(fd, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


def in_a_child(path: Path, values: dict[str, str], dirs: list[str], stdin: str) -> Outcome:
    program = program_for(path)
    job = job_for(path, program, dirs=dirs, limits=Limits.of(**values))
    job.stdin, job.stdout, job.stderr = stdin, "capture", "capture"
    return child.run(job)


class Neighbour(threading.Thread):
    """Runs healthy guests, here and in worker processes, for as long as the others misbehave."""

    def __init__(self, preview1: Path, component: Path) -> None:
        super().__init__(daemon=True)
        self.programs = [preview1] * 8 + [component]
        self.ran = 0
        self.wrong: list[Any] = []
        self.slowest = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for program in self.programs:
                began = time.monotonic()
                try:
                    outcome = api.run(program)
                    if (outcome.exit_code, outcome.stdout) != (0, b"healthy\n"):
                        self.wrong.append(outcome)
                except Exception as error:
                    self.wrong.append(error)
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.ran += 1
                self.over.wait(0.02)


@pytest.fixture(scope="module", autouse=True)
def neighbour(guest: Guest) -> Iterator[Neighbour]:
    """A healthy guest beside all the others; at their end the host is as it was before them."""
    programs = guest("healthy", "preview1"), guest("healthy", "component")
    for _ in range(20):
        assert api.run(programs[0]).ok
    assert api.run(programs[1]).ok
    # The engine starts a runtime of its own, once, when a guest sleeps.
    api.run(guest("sleeps", "preview1"), timeout=0.05)
    workers.close()
    files, memory = level()
    thread = Neighbour(*programs)
    thread.start()
    yield thread
    thread.over.set()
    thread.join(10)
    workers.close()
    gc.collect()
    after_files, after_memory = level()
    assert thread.wrong == []
    assert thread.ran > 20
    assert thread.slowest < 5
    assert after_files == files
    assert after_memory < memory + (48 << 20)


def level() -> tuple[list[str], int]:
    """What is open here, and the memory in use. Code that is kept for the next run stays open."""
    files = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            files.append(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:  # the descriptor that listed the folder
            continue
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    kept = sorted(name.rpartition(":")[0] or name for name in files if ".cwasm" not in name)
    return kept, pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("way", ["preview1", "preview1-in-a-child", "component"])
def test_it_ends_by_its_limit(
    way: str,
    case: Any,
    guest: Guest,
    folder: Path,
    stdin: Callable[[str], AbstractContextManager[int]],
    plainly: Callable[[str], str],
) -> None:
    program = guest(case.guest, way.partition("-")[0])
    dirs = [f"{folder}:/"] if case.folder else []
    with stdin(case.stdin) as given, stdin_is(given):
        began = time.monotonic()
        source = "inherit" if case.stdin else "null"
        if way == "preview1-in-a-child":
            outcome = in_a_child(program, case.given, dirs, source)
        else:
            outcome = api.run(program, dirs=dirs, stdin=source, **case.given)
        took = time.monotonic() - began

    ended = outcome.exit_code, outcome.ended, outcome.limit, len(outcome.stdout)
    assert ended == (case.exit_code, "limit", case.limit, case.stdout), outcome
    assert plainly(outcome.message).startswith(case.says.format(**WORDS))
    assert outcome.stderr == b""
    if case.limit == "timeout":
        assert 0.19 < outcome.usage.wall_s < 1.2
    assert took < 4


def test_a_limit_of_threads_is_kept_by_each_of_them(guest: Guest) -> None:
    """Two loops on two threads, and each has its own time."""
    outcomes: dict[str, Outcome] = {}

    def loop(timeout: str) -> None:
        outcomes[timeout] = api.run(guest("loops", "preview1"), timeout=timeout)

    threads = [threading.Thread(target=loop, args=(text,)) for text in ("0.2", "0.5")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {text: outcome.limit for text, outcome in outcomes.items()} == {
        "0.2": "timeout",
        "0.5": "timeout",
    }
    assert outcomes["0.2"].usage.wall_s < outcomes["0.5"].usage.wall_s
    assert sys.getswitchinterval() == pytest.approx(0.005)
