"""A thread that ends this process when a run has used up a limit, wherever the guest is blocked.

A guest that sleeps, waits on an atomic or opens a FIFO is inside the host, where nothing but the
end of the process reaches it. So the process belongs to the run: the thread reports and leaves.
"""

from __future__ import annotations

import _thread
import time

from wherever.run.ended import Ended
from wherever.system import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable
    from typing import Protocol

    class Gauge(Protocol):
        """Something that is used up: `limit` is its name in `Limits`."""

        limit: str
        at_end: bool
        """Look once more when the guest has ended by itself, before its store is closed."""

        def begin(self) -> None:
            """The run starts now: count from here."""

        def left(self) -> float:
            """Seconds until it is worth looking again; none or fewer when the limit is passed."""

        def close(self) -> None:
            """Frees what it holds, after the end of the run."""


else:
    import _signal  # without the enumerations that `signal` makes of it

_SHORTEST = 0.001
_LONGEST = 86_400.0
_SPARE_FILES = 6
_REPORT_S = 0.5
_CLONE_FILES = 0x400


class WallTime:
    """Seconds by the clock."""

    limit = "timeout"
    at_end = False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = 0.0

    def begin(self) -> None:
        """Counts from now on."""
        self._end = time.monotonic() + self._seconds

    def left(self) -> float:
        """Seconds until the limit is reached."""
        return self._end - time.monotonic()

    def close(self) -> None:
        """There is nothing to close."""


class ProcessorTime:
    """Seconds of this process's processor time, all threads together."""

    limit = "cpu_time"
    at_end = False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = 0.0

    def begin(self) -> None:
        """Counts from now on."""
        self._end = time.process_time() + self._seconds

    def left(self) -> float:
        """Seconds until it can be reached, which is later where the guest waits meanwhile."""
        return self._end - time.process_time()

    def close(self) -> None:
        """There is nothing to close."""


class Watchdog:
    """Watches a run from `start` to `finish`; without gauges and interrupts it has no thread.

    Args:
        report: called on the watchdog's thread with how the run ended; then the process is left
            with that ending's exit code.
        interrupt: end the run on SIGINT too, which Python's own handler cannot do while a guest
            runs. The calling thread must be the only one.
        started: called when the guest is about to start.

    Attributes:
        gauges: what is watched.
        settle: called when the guest has ended, while its end can still be that of a limit.
        relief: called before `report`, to give back what the guest has used up.
    """

    def __init__(
        self,
        report: Callable[[Ended], object],
        interrupt: bool = False,
        started: Callable[[], object] | None = None,
    ) -> None:
        self.gauges: list[Gauge] = []
        self.settle: Callable[[], object] | None = None
        self.relief: Callable[[], object] | None = None
        self._spare: list[int] = []
        self._spares = False
        self._report = report
        self._started = started
        self._interrupt = interrupt and _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN
        self._claim = _thread.allocate_lock()
        self._over = _thread.allocate_lock()
        self._thread = 0
        self._finished = False
        self._wall = self._cpu = 0.0
        if self._interrupt:
            block_interrupts()

    def spare_files(self) -> None:
        """Keeps descriptors for `report`, for guests that can use up all that there are."""
        self._spares = True

    def start(self) -> None:
        """Begins to count and to watch."""
        if self._started is not None:
            self._started()
        if self._spares:  # not before: until now, stderr may have been another's
            self._spare = [os.dup(2) for _ in range(_SPARE_FILES)]
        self._wall, self._cpu = time.monotonic(), time.process_time()
        for gauge in self.gauges:
            gauge.begin()
        if self.gauges or self._interrupt:
            self._over.acquire()
            self._thread = _thread.start_new_thread(self._watch, ())

    def finish(self, ended: Ended) -> Ended:
        """Ends the watching; the ending that counts, with the times the run used.

        It does not return where the watchdog came first, and leaves the process.
        """
        if self.settle is not None:
            self.settle()
        self.cancel()
        for gauge in self.gauges:
            if gauge.at_end and ended.kind != "limit" and gauge.left() <= 0:
                ended = Ended("limit", limit=gauge.limit)
        return self._counted(ended)

    def cancel(self) -> None:
        """Ends the watching of a run that did not come about; like `finish`, it may not return."""
        if self._finished:
            return
        self._finished = True
        self._claim.acquire()  # for ever, where the watchdog has it: it leaves the process
        self._free()
        if self._thread:
            self._over.release()
        if self._interrupt:
            if self._thread:
                _signal.pthread_kill(self._thread, _signal.SIGINT)
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))

    def stop(self, ended: Ended) -> None:
        """Ends the run and this process now, on any thread, unless it has just ended by itself."""
        if self._claim.acquire(False):
            # Nobody may be reading where the report is written to.
            _thread.start_new_thread(_leave_anyway, (ended.status,))
            try:
                if self.relief is not None:
                    self.relief()
                if self._spare:
                    _leave_the_guest_its_files()
                    self._free()
                self._report(self._counted(ended))
            finally:
                os._exit(ended.status)

    def _free(self) -> None:
        while self._spare:
            os.close(self._spare.pop())

    def _counted(self, ended: Ended) -> Ended:
        ended.wall_s = time.monotonic() - self._wall
        ended.cpu_s = time.process_time() - self._cpu
        return ended

    def _watch(self) -> None:
        try:
            self._look()
        except Exception as error:
            # Nobody would watch any more. After the end of the run, this does nothing.
            self.stop(Ended("killed", message=f"it could not be watched any more: {error}"))

    def _look(self) -> None:
        while True:
            wait = -1.0
            for gauge in self.gauges:
                left = gauge.left()
                if left <= 0:
                    self.stop(Ended("limit", limit=gauge.limit))
                    return
                wait = left if wait < 0 else min(wait, left)
            if self._waited(max(wait, _SHORTEST) if wait >= 0 else wait):
                return

    def _waited(self, seconds: float) -> bool:
        """Waits, for ever where `seconds` is negative; True when there is nothing left to watch."""
        seconds = min(seconds, _LONGEST)
        if not self._interrupt:
            return self._over.acquire(True, seconds)
        if seconds < 0:
            _signal.sigwait((_signal.SIGINT,))
        elif _signal.sigtimedwait((_signal.SIGINT,), seconds) is None:
            return False
        if self._over.acquire(False):
            return True
        self.stop(Ended("interrupted"))
        return True


def block_interrupts() -> None:
    """Keeps SIGINT from this thread, and from those that it starts: it waits for who asks for it.

    A process that ignores SIGINT goes on ignoring it.
    """
    _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGINT,))


def _leave_anyway(status: int) -> None:
    time.sleep(_REPORT_S)
    os._exit(status)


def _leave_the_guest_its_files() -> None:
    """Gives this thread descriptors of its own: a guest that still opens files takes none of them.

    Where the system does not have that, or refuses, the report may find no room to be told in.
    """
    import ctypes

    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(_CLONE_FILES)
