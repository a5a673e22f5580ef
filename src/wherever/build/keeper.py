"""Ends a tool with all that it started, where we ended ourselves without a word: kill -9."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_AFTER_S = 0.2
"""Seconds after which a tool is worth a process that watches us."""

_PROGRAM = """import os, sys
if not os.read(0, 1):
    os.killpg(int(sys.argv[1]), 9)
"""


@contextmanager
def kept(group: int) -> Iterator[None]:
    """While inside, a group of processes ends with us, also where we have no time to end it.

    A process of its own waits for the end of a pipe that only we hold.

    Args:
        group: the group's number; it is not ended when this is left.
    """
    reading, writing = os.pipe()
    started: list[subprocess.Popen[bytes]] = []
    timer = threading.Timer(_AFTER_S, _start, (group, reading, started))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if started:
            os.write(writing, b".")
        os.close(writing)
        os.close(reading)
        for process in started:
            process.wait()


def _start(group: int, reading: int, started: list[subprocess.Popen[bytes]]) -> None:
    try:
        started.append(
            subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM, str(group)],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={},
            )
        )
    except OSError:
        return  # then the tool ends by itself
