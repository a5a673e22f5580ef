"""A thread that ends this process when a run has used up a limit, whatever the guest is blocked in.
"""

from __future__ import annotations

import _thread
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.run.job import Job


class Watchdog:
    """Watches while its `with` block runs; a job without such limits starts no thread."""

    def __init__(self, job: Job, report: Callable[[Any], object]) -> None:
        self.job = job
        self.report = report
        self.claim = _thread.allocate_lock()
        self.over = _thread.allocate_lock()

    def __enter__(self) -> Watchdog:
        self.began = time.monotonic()
        self.cpu_began = time.process_time()
        if self.job.timeout is not None or self.job.cpu_time is not None:
            self.over.acquire()
            _thread.start_new_thread(self._watch, ())
        return self

    def __exit__(self, *_: object) -> None:
        if not self.claim.acquire(False):
            self.claim.acquire()
        if self.over.locked():
            self.over.release()

    def _watch(self) -> None:
        from wherever.run.direct import Ending

        job = self.job
        while True:
            waits = []
            if job.timeout is not None:
                waits.append((self.began + job.timeout - time.monotonic(), "timeout"))
            if job.cpu_time is not None:
                waits.append((self.cpu_began + job.cpu_time - time.process_time(), "cpu_time"))
            left, limit = min(waits)
            if left <= 0:
                break
            if self.over.acquire(True, left):
                return
        if not self.claim.acquire(False):
            return
        self.report(Ending("limit", 124, limit))
        os._exit(124)
