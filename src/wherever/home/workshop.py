"""One fetch of a thing at a time, across processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wherever import home


@contextmanager
def workshop(key: str, waiting: Callable[[], None]) -> Iterator[str]:
    """An empty folder to work in, ours alone until the block ends, and gone after it.

    The folder's name comes from the key, so what a killed process left behind is cleared by
    the next that fetches the same thing. Others that want the same key wait.

    Args:
        key: letters and digits that name the thing.
        waiting: called again and again while another process holds the key.
    """
    rooms = home.room("fetching")
    folder = os.path.join(rooms, key)
    handle = os.open(f"{folder}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder, 0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
