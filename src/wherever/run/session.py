"""A guest that runs while its caller does something else: `spawn`, shaped like `Popen`."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, BinaryIO, Literal, Self, Unpack

from wherever.errors import InputError, WhereverError
from wherever.policy.grants import Grants
from wherever.policy.limits import Limits
from wherever.policy.outcome import Outcome
from wherever.run import workers
from wherever.run.communicating import communicate
from wherever.run.ended import Ended, outcome_of
from wherever.run.exchange import LONGEST_S, Exchange, Stale
from wherever.run.job import Job
from wherever.run.request import (
    Folder,
    LimitValues,
    What,
    bytes_for,
    job_for,
    limits_for,
    program_for,
)
from wherever.run.streams import Streams

Stream = Literal["pipe", "inherit", "null"] | int | IO[Any]
"""Where a stream leads: a pipe to the caller, this process's own, nowhere, or an open file."""

MOST_COLLECTED = 64 << 20
"""Bytes that `communicate` takes of a guest without a limit of output."""

_NAMES = ("stdin", "stdout", "stderr")
_SUBPROCESS = {-1: "pipe", -2: "stdout", -3: "null"}
"""What `subprocess` calls PIPE, STDOUT and DEVNULL."""


def spawn(
    what: What,
    args: Sequence[str | os.PathLike[str]] = (),
    *,
    stdin: Stream = "pipe",
    stdout: Stream = "pipe",
    stderr: Stream | Literal["stdout"] = "pipe",
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    net: Sequence[str] = (),
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    grants: Grants | None = None,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> Session:
    """Starts a program in a sandbox and comes back while it runs, in a process of its own.

    What it may reach and use is given as for `run`; what it writes to pipes has no limit unless
    `output` is given.

    Args:
        what: the program, as for `run`.
        args: its arguments, without its name.
        stdin: "pipe", "null", "inherit", or a file or descriptor that is open for reading.
        stdout: "pipe", "null", "inherit", or a file or descriptor that is open for writing.
        stderr: the same, or "stdout" for one stream of both.
        dirs, env, net, workdir, entrypoint, deterministic, grants, limits: as for `run`.

    Raises:
        NotFound, NotRunnable: there is no such program, or none that can be run.
        NotGranted: it cannot start without what it was not given.
        InputError: a value cannot be used, or no process can be started.

    Example:
        >>> import wherever
        >>> module = b'(module (memory (export "memory") 1) (func (export "_start")))'
        >>> with wherever.spawn(module, timeout=5) as session:
        ...     session.wait().exit_code
        0
    """
    is_unlimited = limits is None and "output" not in values
    limits = limits_for("spawn", limits, values)
    program = program_for(what)
    try:
        job = job_for(
            what,
            program,
            args,
            grants=grants,
            limits=limits,
            named=values,
            dirs=dirs,
            env=env,
            net=net,
            workdir=workdir,
            entrypoint=entrypoint,
            deterministic=deterministic,
        )
        if is_unlimited:
            job.output = None
        return Session(job, stdin, stdout, stderr, program.clear)
    except BaseException:
        program.clear()
        raise


class Session:
    """A guest that runs in a process of its own, with streams to it and from it.

    Attributes:
        stdin: what is written here the guest reads; None unless it is a pipe. Flush it.
        stdout, stderr: what the guest writes; None unless they are pipes.
        name: what messages call the program.

    A guest that writes more than a pipe holds waits until it is read: read both streams, or use
    `communicate`. Leaving a `with` block ends a guest that still runs.
    """

    def __init__(
        self,
        job: Job,
        stdin: Stream = "pipe",
        stdout: Stream = "pipe",
        stderr: Stream | Literal["stdout"] = "pipe",
        clear: Any = None,
    ) -> None:
        self.name = job.name
        self.stdin: BinaryIO | None = None
        self.stdout: BinaryIO | None = None
        self.stderr: BinaryIO | None = None
        self._job = job
        self._clear = clear
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None
        self._failure: WhereverError | None = None
        self._was_killed = False
        self._has_overflowed = False
        while True:
            try:
                self._begin(stdin, stdout, stderr)
                return
            except Stale:
                continue

    def _begin(self, *streams: Stream | Literal["stdout"]) -> None:
        theirs: list[int] = []
        ours: list[int] = []
        given: list[int | None] = []
        try:
            for name, where in zip(_NAMES, streams, strict=True):
                given.append(self._route(name, where, given, theirs, ours))
            self._exchange = Exchange(self._job, workers.take(), None)
            try:
                with Streams(self._job, (given[0], given[1], given[2])) as plan:
                    self._exchange.send(plan)
                ended = self._started()
            except BaseException:
                self._exchange.release()
                raise
        except BaseException:
            for fd in ours:
                os.close(fd)
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        for fd, name in zip(ours, self._piped, strict=True):
            setattr(self, name, os.fdopen(fd, "wb" if name == "stdin" else "rb"))
        if ended is not None:
            self._over(ended)

    def _route(
        self,
        name: str,
        where: Stream | Literal["stdout"],
        given: list[int | None],
        theirs: list[int],
        ours: list[int],
    ) -> int | None:
        if not given:
            self._piped: list[str] = []
        kind = _SUBPROCESS.get(where, where) if isinstance(where, int) else where
        if kind in ("inherit", "null"):
            setattr(self._job, name, kind)
            return None
        setattr(self._job, name, "inherit")
        if kind == "pipe":
            try:
                reading, writing = os.pipe()
            except OSError as error:
                raise workers.refusal(error) from None
            self._piped.append(name)
            ours.append(writing if name == "stdin" else reading)
            theirs.append(reading if name == "stdin" else writing)
            return theirs[-1]
        if kind == "stdout" and name == "stderr":
            self._job.stderr = self._job.stdout
            return 1 if self._job.stdout == "inherit" and given[1] is None else given[1]
        if isinstance(kind, int) and kind >= 0:
            return kind
        number = getattr(kind, "fileno", None)
        if number is None:
            raise InputError(f"{name} cannot be {where!r}", "use pipe, inherit, null or a file")
        return int(number())

    def _started(self) -> Ended | None:
        """Waits until the guest runs; how it ended, where that has come first."""
        while not self._exchange.started:
            ended = self._exchange.advance() if self._readable(None) else None
            if ended is None and self._exchange.is_overdue():
                ended = self._exchange.overdue()
            if ended is not None:
                return ended
        return None

    def _readable(self, timeout: float | None) -> bool:
        left = self._exchange.left()
        if timeout is not None:
            left = timeout if left is None else min(left, timeout)
        poll = select.poll()
        poll.register(self._exchange.worker.line.sock.fileno(), select.POLLIN)
        left = None if left is None else min(max(left, 0), LONGEST_S) * 1000 + 0.5
        return bool(poll.poll(left))

    def __repr__(self) -> str:
        state = "running" if self._outcome is None else f"ended with {self._outcome.exit_code}"
        return f"<session of {self.name}: {state}>"

    @property
    def pid(self) -> int:
        """The process that the guest runs in."""
        return self._exchange.worker.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, as in its outcome; None while it was not seen to end."""
        return None if self._outcome is None else self._outcome.exit_code

    def poll(self) -> Outcome | None:
        """The outcome if the guest has ended, else None; it does not wait."""
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def wait(self, timeout: float | None = None) -> Outcome:
        """Waits for the end of the guest.

        Raises:
            TimeoutError: it still runs after `timeout` seconds, and goes on.
            InternalError: its process broke off in a way that is our fault.
        """
        end = None if timeout is None else time.monotonic() + timeout
        if not self._lock.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            raise TimeoutError(f"{self.name} still runs")
        try:
            while self._outcome is None:
                if self._failure is not None:
                    raise self._failure
                left = None if end is None else end - time.monotonic()
                ended = self._exchange.advance() if self._readable(left) else None
                if ended is None and self._exchange.is_overdue():
                    ended = self._exchange.overdue()
                if ended is not None:
                    self._over(ended)
                elif left is not None and left <= 0:
                    raise TimeoutError(f"{self.name} still runs")
            return self._outcome
        except WhereverError as error:
            self._failure = error
            self._release()
            raise
        finally:
            self._lock.release()

    def _over(self, ended: Ended) -> None:
        if self._was_killed and ended.kind == "killed":
            ended.message = ""
            if self._has_overflowed:
                ended.kind, ended.limit = "limit", "output"
        self._outcome = outcome_of(
            self._job, ended, truncated=self._has_overflowed, refused=self._exchange.refused
        )
        self._release()

    def _release(self) -> None:
        self._exchange.release()
        if self._clear is not None:
            self._clear()

    def kill(self) -> None:
        """Ends the guest now, whatever it is doing; nothing happens if it has ended."""
        if not self._exchange.released:
            self._was_killed = True
            self._exchange.kill()

    terminate = kill

    def communicate(
        self, input: bytes | str | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        """Writes `input`, reads both streams to their ends, and waits for the end of the guest.

        Where the guest writes more than its limit of output, or 64 MiB without one, it is ended,
        and what came before is returned.

        Raises:
            TimeoutError: it still runs after `timeout` seconds, and goes on. What was read until
                then is lost.
        """
        end = None if timeout is None else time.monotonic() + timeout
        most = MOST_COLLECTED if self._job.output is None else self._job.output
        outputs = [self.stdout, self.stderr]
        (out, err), more = communicate(self.stdin, outputs, bytes_for(input), most, end)
        if more:
            self.end_by_output()
        self.wait(None if end is None else max(end - time.monotonic(), 0))
        return out, err

    def end_by_output(self) -> None:
        """Ends the guest because it has written too much."""
        self._has_overflowed = True
        self.kill()

    @property
    def output(self) -> int | None:
        """How many bytes it may write; None for any number."""
        return self._job.output

    def fileno(self) -> int:
        """A descriptor that can be read when it is time to `poll`; valid until the end is seen."""
        return self._exchange.worker.line.sock.fileno()

    def overdue_in(self) -> float | None:
        """Seconds after which it is time to `poll` in any case; None for never."""
        return self._exchange.left()

    def __iter__(self) -> Iterator[bytes]:
        """The lines of its stdout, as they come."""
        if self.stdout is None:
            raise InputError(f"the stdout of {self.name} is not a pipe", "pass stdout='pipe'")
        return iter(self.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> Outcome:
        """Ends the guest if it still runs, and closes the streams."""
        self.kill()
        try:
            return self.wait()
        finally:
            for stream in (self.stdin, self.stdout, self.stderr):
                if stream is not None:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        pass

    def __del__(self) -> None:
        exchange = getattr(self, "_exchange", None)
        if exchange is not None:
            exchange.release()
