"""What a worker's guest reads from and writes to, and what of it is captured here."""

from __future__ import annotations

import copy
import os
import select

from wherever.run.workers import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.run.job import Job

_SHORT_STDIN = 1 << 16
_CHUNK = 1 << 16
_STREAMS = ("stdin", "stdout", "stderr")


class Streams:
    """The descriptors that a job's guest gets, and what is captured from it.

    Args:
        job: its `stdin`, `stdout` and `stderr` say what the guest gets.
        given: descriptors that stand in for them, None where the job says it.

    Attributes:
        passes_on: the guest writes to a stream that is not read here.
    """

    def __init__(self, job: Job, given: tuple[int | None, ...] = (None, None, None)) -> None:
        self._given = job
        self.job = prepared(job)
        self.theirs: list[int] = []
        self.overflowed = False
        self.total = 0
        self._open: list[int] = []
        self._parts: dict[int, bytearray] = {}
        self._reading: set[int] = set()
        self._limit = job.output
        self.passes_on = False
        try:
            for fd, (name, own) in enumerate(zip(_STREAMS, given, strict=True)):
                self.theirs.append(self._arrange(fd, name, own))
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise refusal(error) from None
            raise
        kinds = [getattr(self.job, name) for name in _STREAMS[1:]]
        self.passes_on = "inherit" in kinds
        if "capture" in kinds and not self.passes_on:
            self.job.output = None  # it is counted here
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
            self._parts[ours] = bytearray()
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
        self._parts[fd] += data
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
        out, err = (bytes(self._parts[next(fds)]) if yes else b"" for yes in captures)
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
