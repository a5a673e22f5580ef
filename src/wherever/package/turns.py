"""Taking turns with other processes, by a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wherever.errors import InputError

PATIENCE = 120.0
"""Seconds that one waits for another."""


@contextmanager
def turn(path: str, where: str, flags: int, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lock of a file or folder until the block ends.

    Args:
        path: what carries the lock.
        where: what is being written, for messages.
        flags: to open it with.
        patience: seconds to wait for another process.

    Raises:
        InputError: another process holds it for longer.
        OSError: it cannot be opened.
    """
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _wait(handle, where, patience)
        try:
            yield
        finally:
            # A child that was forked meanwhile shares the lock, which closing would not end.
            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _wait(handle: int, where: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise InputError(
                    f"another process has been writing to {where} for {patience:g} s",
                    "end it, and try again",
                ) from None
            time.sleep(0.02)
