"""Runs a job in a worker process: for guests that can block in the host, where only a kill ends.

The worker ends a run by itself when a limit is reached. This side counts what it captures, and
kills the worker where it does not do its part in time.
"""

from __future__ import annotations

import copy
import os
import select
import signal
import time

from wherever import errors
from wherever.errors import InternalError, LimitReached
from wherever.run import workers
from wherever.run.ended import Ended, outcome_of
from wherever.run.wire import (
    BEGAN,
    ENDED,
    JOB,
    REFUSED,
    STARTED,
    TRACE,
    Garbled,
    unpack_ending,
    unpack_refusal,
)
from wherever.run.workers import Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.policy.outcome import Outcome
    from wherever.run.job import Job

GRACE_S = 0.05
"""Seconds that a worker has, after a limit of time, to say so before it is killed."""

_SHORT_STDIN = 1 << 16
_CHUNK = 1 << 16
_STREAMS = ("stdin", "stdout", "stderr")


def run(job: Job, trace: Callable[[str], object] | None = None) -> Outcome:
    """Runs `job` in a worker and waits for its end.

    Streams that are "capture" come back in the outcome, up to the job's limit of output.

    Args:
        job: what to run; paths in it may be relative.
        trace: gets each line of a trace, where the job asks for one.

    Raises:
        NotRunnable: the program cannot be started; NotGranted: it needs what it was not given.
        InputError: something in the job cannot be used, or no process can be started.
        InternalError: the worker broke off in a way that is our fault.
    """
    while True:
        with Streams(job) as streams:
            exchange = Exchange(job, workers.take(), trace)
            try:
                exchange.send(streams)
                ended = exchange.finish(streams)
            except Stale:
                continue
            finally:
                exchange.release()
            return outcome_of(job, ended, *streams.captured(), streams.overflowed)


class Stale(Exception):
    """The worker had already left; the job was not begun."""


class Streams:
    """The descriptors that a job's guest gets, and what is captured from it.

    Args:
        job: its `stdin`, `stdout` and `stderr` say what the guest gets.
        given: descriptors that stand in for them, None where the job says it.
    """

    def __init__(self, job: Job, given: tuple[int | None, ...] = (None, None, None)) -> None:
        self._given = job
        self.job = prepared(job)
        self.theirs: list[int] = []
        self.overflowed = False
        self.total = 0
        self._open: list[int] = []
        self._parts: dict[int, list[bytes]] = {}
        self._reading: set[int] = set()
        self._limit = job.output
        try:
            for fd, (name, own) in enumerate(zip(_STREAMS, given, strict=True)):
                self.theirs.append(self._arrange(fd, name, own))
        except BaseException:
            self.close()
            raise
        if not any(getattr(self.job, name) == "inherit" for name in _STREAMS[1:]):
            self.job.output = None
        for name in _STREAMS[1:]:
            if getattr(self.job, name) == "capture":
                setattr(self.job, name, "inherit")

    def _arrange(self, fd: int, name: str, own: int | None) -> int:
        kind = getattr(self.job, name)
        if own is not None:
            setattr(self.job, name, "inherit")
            return own
        if kind == "capture":
            ours, theirs = os.pipe()
            self._open += ours, theirs
            os.set_blocking(ours, False)
            self._parts[ours] = []
            self._reading.add(ours)
            return theirs
        if isinstance(kind, bytes) and len(kind) > _SHORT_STDIN:
            memory = os.memfd_create("stdin")
            self._open.append(memory)
            view = memoryview(kind)
            while view:
                view = view[os.write(memory, view) :]
            self.job.stdin = "/proc/self/fd/0"
            return memory
        if kind == "inherit":
            return fd
        null = os.open(os.devnull, os.O_RDWR)
        self._open.append(null)
        return null

    def sent(self) -> None:
        """The worker has its descriptors: ours are closed, so that a pipe's end can be seen."""
        for fd in self._open:
            if fd not in self._parts:
                os.close(fd)
        self._open = [fd for fd in self._open if fd in self._parts]

    def register(self, poll: select.poll) -> None:
        """Asks `poll` for what can be read."""
        for fd in self._reading:
            poll.register(fd, select.POLLIN)

    def read(self, fd: int, poll: select.poll | None = None) -> bool:
        """Reads once; False when there is nothing more for now, or too much already."""
        if self.overflowed or fd not in self._reading:
            return False
        room = _CHUNK if self._limit is None else min(_CHUNK, self._limit - self.total + 1)
        try:
            data = os.read(fd, room)
        except BlockingIOError:
            return False
        if not data:
            self._reading.discard(fd)
            if poll:
                poll.unregister(fd)
            return False
        self.total += len(data)
        if self._limit is not None and self.total > self._limit:
            self.overflowed = True
            self.total, data = self._limit, data[: self._limit - self.total]
        self._parts[fd].append(data)
        return True

    def drain(self) -> None:
        """Reads what the guest had written before it ended."""
        for fd in tuple(self._reading):
            while self.read(fd):
                pass

    def captured(self) -> tuple[bytes, bytes]:
        """What was written to stdout and stderr, where it was captured."""
        fds = iter(self._parts)
        captures = [getattr(self._given, name) == "capture" for name in _STREAMS[1:]]
        out, err = (b"".join(self._parts[next(fds)]) if yes else b"" for yes in captures)
        return out, err

    def close(self) -> None:
        """Closes what is still open."""
        for fd in self._open:
            os.close(fd)
        self._open.clear()
        self._reading.clear()

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Exchange:
    """One job and one worker, from the sending to the end."""

    def __init__(self, job: Job, worker: Worker, trace: Callable[[str], object] | None) -> None:
        self.job = job
        self.worker = worker
        self.began = False
        self.started = False
        self.again = False
        self._trace = trace
        self._start = time.monotonic()
        self._end = self._start + workers.START_S

    def send(self, streams: Streams) -> None:
        """Hands the job over.

        Raises:
            Stale: nobody is there.
        """
        try:
            self.worker.line.send(JOB, streams.job.to_bytes(), streams.theirs)
        except OSError:
            self.worker.end()
            raise Stale from None
        streams.sent()

    def finish(self, streams: Streams) -> Ended:
        """Waits for the end and reads what is captured meanwhile."""
        sock = self.worker.line.sock.fileno()
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        streams.register(poll)
        ended = None
        while ended is None:
            left = self.left()
            events = poll.poll(None if left is None else max(left, 0) * 1000 + 0.5)
            if not events:
                return self.overdue()
            for fd, _ in events:
                if fd == sock:
                    ended = self.advance()
                else:
                    streams.read(fd, poll)
            if streams.overflowed:
                return self.ended_by("output")
        streams.drain()
        if streams.overflowed and ended.kind != "limit":
            ended.kind, ended.limit = "limit", "output"
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
        elif tag == ENDED:
            ended, self.again = unpack_ending(payload)
            return ended
        elif tag == REFUSED:
            name, what, hint, limit, self.again = unpack_refusal(payload)
            kind = getattr(errors, name, InternalError)
            if kind is LimitReached:
                return Ended("limit", limit=limit, message=what)
            raise kind(what, hint)
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

    def ended_by(self, limit: str) -> Ended:
        """Kills the worker, as a limit is reached."""
        self.worker.kill()
        return self._spent(Ended("limit", limit=limit))

    def _spent(self, ended: Ended) -> Ended:
        _, usage = self.worker.reap() or (0, None)
        ended.wall_s = time.monotonic() - self._start
        if usage is not None:
            ended.cpu_s = usage.ru_utime + usage.ru_stime
        return ended

    def broken(self) -> Ended:
        """What it means that the worker has gone without a word."""
        ended = self._spent(Ended("killed"))
        status = self.worker.end()[0]
        if self.worker.left_idle and not self.began:
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

    def release(self) -> None:
        """Keeps the worker where it waits for more, and ends it otherwise."""
        if self.again:
            workers.give(self.worker)
        else:
            self.worker.end()


FOREVER = float("inf")


def prepared(job: Job) -> Job:
    """A copy of `job` that means the same in a worker, whose folder is another."""
    job = copy.copy(job)
    for name in ("wasm", "provide", "starter"):
        path = getattr(job, name)
        if isinstance(path, str) and path:
            setattr(job, name, os.path.abspath(path))
    for name in _STREAMS:
        path = getattr(job, name)
        if isinstance(path, str) and path not in ("inherit", "null", "capture"):
            setattr(job, name, os.path.abspath(path))
    job.mounts = [(os.path.abspath(host), guest, mode) for host, guest, mode in job.mounts]
    return job
