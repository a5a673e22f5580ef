"""What a process and all that it started use: processor seconds and memory, out of /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Used:
    """Of all the processes together.

    Attributes:
        cpu: seconds of the processor, user and system, with those of children that ended.
        memory: bytes that are resident.
    """

    cpu: float
    memory: int


def used(pid: int) -> Used:
    """Of this process and those below it, now."""
    ticks = pages = 0
    for each in tree(pid):
        try:
            # The name of the program stands in brackets, and may hold spaces and brackets.
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return Used(ticks / TICK, pages * PAGE)


def tree(pid: int) -> Iterator[int]:
    """The process, and what it and its children started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield from tree(int(child))


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started within runs on this core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
