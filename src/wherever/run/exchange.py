"""One job and one worker, from the sending to the end, and what every end of a worker means."""

from __future__ import annotations

import os
import select
import signal
import threading
import time

from wherever.errors import (
    InputError,
    InternalError,
    LimitReached,
    NotFound,
    NotGranted,
    NotRunnable,
)
from wherever.run import workers
from wherever.run.ended import Ended
from wherever.run.wire import (
    BEGAN,
    ENDED,
    JOB,
    MOST_NOTES,
    NOTE,
    REFUSED,
    STARTED,
    TRACE,
    Garbled,
    unpack_ending,
    unpack_refusal,
)
from wherever.run.workers import Worker, cpu_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.engine.ticker import Watch
    from wherever.run.job import Job
    from wherever.run.streams import Streams

GRACE_S = 0.05
"""Seconds that a worker has, after a limit of time, to say so before it is killed."""

LOOK_S = 0.02
"""Seconds between two looks at whether a run is to be ended from another thread."""

LONGEST_S = 86_400.0
"""Seconds that one wait takes at most, which the system counts in a narrow number."""

FOREVER = float("inf")

_REFUSALS = {
    kind.__name__: kind for kind in (InputError, NotFound, NotRunnable, NotGranted, InternalError)
}


class Stale(Exception):
    """The worker had already left; the job was not begun."""


class Exchange:
    """One job and one worker, from the sending to the end."""

    def __init__(self, job: Job, worker: Worker, trace: Callable[[str], object] | None) -> None:
        self.job = job
        self.worker = worker
        self.began = False
        self.started = False
        self.again = False
        self.released = False
        self.refused: list[str] = []
        self._trace = trace
        self._owning = threading.Lock()
        self._cpu = 0.0
        self._start = time.monotonic()
        self._end = self._start + workers.START_S

    def send(self, streams: Streams) -> None:
        """Hands the job over.

        Raises:
            Stale: nobody is there any more.
            InternalError: nobody has ever been there.
        """
        self._cpu = cpu_s(self.worker.pid)
        try:
            self.worker.line.send(JOB, streams.job.to_bytes(), streams.theirs)
        except OSError:
            self.worker.end()
            if self.worker.has_waited:
                raise Stale from None
            raise InternalError(
                f"the process for {self.job.name} ended before it took it", "see: wherever doctor"
            ) from None
        streams.sent()

    def finish(self, streams: Streams, watch: Watch | None = None) -> Ended:
        """Waits for the end and reads what is captured meanwhile."""
        sock = self.worker.line.sock.fileno()
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        streams.register(poll)
        ended = None
        while ended is None:
            left = self.left()
            if watch is not None:
                if watch.killed:
                    return self.ended_by("", "killed")
                left = LOOK_S if left is None else min(left, LOOK_S)
            events = poll.poll(None if left is None else min(max(left, 0), LONGEST_S) * 1000 + 0.5)
            for fd, _ in events:
                if fd == sock:
                    ended = self.advance()
                else:
                    streams.read(fd, poll)
            if streams.overflowed:
                return self.ended_by("output")
            if ended is None and self.is_overdue():
                return self.overdue()
        streams.drain()
        if streams.overflowed and ended.kind != "limit":
            ended.kind, ended.limit = "limit", "output"
        if not streams.passes_on:
            ended.output = streams.total
        return ended

    def advance(self) -> Ended | None:
        """Takes in what the worker says; how the run ended, once it has.

        Raises:
            Stale: the worker left before it began.
            WhereverError: what kept the job from being run.
        """
        try:
            alive = self.worker.line.fill()
            while True:
                frame = self.worker.line.take()
                if frame is None:
                    break
                ended = self._heard(*frame)
                if ended is not None:
                    return ended
        except Garbled as error:
            self.worker.end()
            raise InternalError(f"the process of {self.job.name} sent {error}") from None
        except OSError:
            alive = False
        return None if alive else self.broken()

    def _heard(self, tag: bytes, payload: bytes) -> Ended | None:
        if tag == BEGAN:
            self.began = True
            self._end = FOREVER
        elif tag == STARTED:
            self.started = True
            self._start = time.monotonic()
            if self.job.timeout is not None:
                self._end = self._start + self.job.timeout + GRACE_S
        elif tag == TRACE:
            if self._trace is not None:
                self._trace(payload.decode("utf-8", "replace"))
        elif tag == NOTE:
            if len(self.refused) < MOST_NOTES:
                self.refused.append(payload.decode("utf-8", "replace"))
        elif tag == ENDED:
            ended, self.again = unpack_ending(payload)
            return ended
        elif tag == REFUSED:
            name, what, hint, limit, self.again = unpack_refusal(payload)
            if name == LimitReached.__name__:
                return Ended("limit", limit=limit, message=what)
            raise _REFUSALS.get(name, InternalError)(what, hint)
        else:
            raise Garbled(f"a frame {tag!r}")
        return None

    def left(self) -> float | None:
        """Seconds until the worker is overdue; None while it may take any time."""
        return None if self._end == FOREVER else self._end - time.monotonic()

    def is_overdue(self) -> bool:
        """The worker should have said something by now."""
        return time.monotonic() >= self._end

    def overdue(self) -> Ended:
        """Ends a worker that did not answer in time."""
        if self.began:
            return self.ended_by("timeout")
        self.worker.end()
        raise InternalError(
            f"the process for {self.job.name} did not begin in {workers.START_S:g} s",
            "see: wherever doctor",
        )

    def ended_by(self, limit: str, kind: str = "limit") -> Ended:
        """Kills the worker, as a limit is reached or the run is to end."""
        self.worker.kill()
        return self._spent(Ended(kind, limit=limit))

    def _spent(self, ended: Ended) -> Ended:
        _, usage = self.worker.reap() or (0, None)
        ended.wall_s = time.monotonic() - self._start
        if usage is not None:
            ended.cpu_s = usage.ru_utime + usage.ru_stime - self._cpu
        return ended

    def broken(self) -> Ended:
        """What it means that the worker has gone without a word."""
        ended = self._spent(Ended("killed"))
        status = self.worker.end()[0]
        if not self.began and (self.worker.left_idle or self.worker.has_waited):
            raise Stale
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if number == signal.SIGKILL and self.worker.ran_out_of_memory:
            ended.kind, ended.limit = "limit", "memory"
        elif number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            ended.message = f"its process was ended from outside ({signal.Signals(number).name})"
        elif number:
            name = signal.Signals(number).name
            ended.message = f"the engine crashed ({name}) in its own process; please report it"
        else:
            code = os.waitstatus_to_exitcode(status)
            if not self.began:
                raise InternalError(
                    f"the process for {self.job.name} ended with code {code} before it began",
                    "see: wherever doctor",
                )
            ended.message = f"its process ended with code {code} and without a word"
        return ended

    def kill(self) -> None:
        """Ends the run, on any thread; a worker that was released may run another's job."""
        with self._owning:
            if not self.released:
                self.worker.kill()

    def release(self) -> None:
        """Keeps the worker where it waits for more, and ends it otherwise; then it is not ours."""
        with self._owning:
            if self.released:
                return
            self.released = True
        if self.again:
            workers.give(self.worker)
        else:
            self.worker.end()
