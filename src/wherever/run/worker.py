"""The process that runs guests for somebody else: one job at a time, and left when in doubt.

`wherever.run.workers` starts it and speaks to it over a socket, its stdin at the start. Nothing
of a job stays behind for the next: each has a store and descriptors of its own, and after any
run that did not end by itself the process ends too.
"""

from __future__ import annotations

import _socket
import _thread
import os
import resource
import select

from wherever.errors import InternalError, WhereverError
from wherever.run import direct
from wherever.run.ended import Ended
from wherever.run.job import Job
from wherever.run.wire import (
    BEGAN,
    ENDED,
    JOB,
    NOTE,
    REFUSED,
    STARTED,
    TRACE,
    Line,
    pack_ending,
    pack_refusal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_S = 30.0
"""Seconds after which a worker without a job ends by itself, with exit code `IDLE_EXIT`."""

IDLE_EXIT = 77

_LARGEST_JOB = 1 << 31
_MOST_JOBS = 10_000
_ENGINE_FILES = 8
"""Descriptors that the engine comes to keep for itself once guests run."""

_CLEAN = ("exited", "trapped")


def main() -> None:
    """Serves the socket that is this process's stdin, until its owner is gone."""
    sock = _socket.socket(fileno=_settle())
    _thread.start_new_thread(_leave_with_owner, (sock.fileno(),))
    direct.warm()
    line = Line(sock, _LARGEST_JOB, takes_fds=True)
    most_files = _count_files() + _ENGINE_FILES
    for _ in range(_MOST_JOBS):
        payload = _next(line)
        if not _serve(line, payload, most_files):
            break
    os._exit(0)


def _settle() -> int:
    """Keeps the socket and nothing else that was inherited; its new number."""
    line = os.dup(0)
    os.dup2(1, 0)
    if line != 3:
        os.dup2(line, 3, inheritable=False)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.closerange(4, 1 << 20 if hard == resource.RLIM_INFINITY else hard)
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        # Where memory runs out, this process is to go, and not the one that started it.
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass
    return 3


def _leave_with_owner(sock: int) -> None:
    """Ends this process when the other end closes, also while a guest is blocked in the host.

    The kernel could do it too (PR_SET_PDEATHSIG), but counts the end of the *thread* that
    started us as the death of the parent.
    """
    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    poll.poll()
    os._exit(0)


def _next(line: Line) -> bytes:
    poll = select.poll()
    poll.register(line.sock.fileno(), select.POLLIN)
    while True:
        frame = line.take()
        if frame is not None:
            if frame[0] != JOB:
                os._exit(1)
            return frame[1]
        if not poll.poll(IDLE_S * 1000):
            os._exit(IDLE_EXIT)
        if not line.fill():
            os._exit(0)


def _serve(line: Line, payload: bytes, most_files: int) -> bool:
    """Runs one job and says how it ended; whether this process is fit for another."""
    fds, line.fds = line.fds, []
    for target, fd in enumerate(fds[:3]):
        os.dup2(fd, target)
    for fd in fds:
        os.close(fd)
    line.send(BEGAN, b"")
    again = False
    try:
        job = Job.from_bytes(payload)
        fresh = _own_streams(job)

        def report(ended: Ended) -> None:
            line.send(ENDED, pack_ending(ended, False))

        def started() -> None:
            line.send(STARTED, b"")

        def refused(text: str) -> None:
            line.send(NOTE, text.encode("utf-8", "surrogateescape")[:1000])

        trace = _tracer(line) if job.trace else None
        ended = direct.run(job, report, trace=trace, started=started, refused=refused)
        # A thread of the engine may still hold something, such as a read that never came back.
        again = fresh and ended.kind in _CLEAN and _count_files() <= most_files
        reply = ENDED, pack_ending(ended, again)
    except WhereverError as error:
        limit = getattr(error, "limit", "")
        again = not isinstance(error, InternalError) and _count_files() <= most_files
        name = type(error).__name__
        reply = REFUSED, pack_refusal(name, error.what, error.hint, limit, again)
    except Exception as error:
        what = f"running it failed with {type(error).__name__}: {error}"
        reply = REFUSED, pack_refusal("InternalError", what, "", "", False)
    _to_null()
    line.send(*reply)
    return again


def _tracer(line: Line) -> Callable[[str, str], object]:
    def trace(text: str, hint: str) -> None:
        text = f"{text}; {hint}" if hint else text
        line.send(TRACE, text.encode("utf-8", "surrogateescape"))

    return trace


def _own_streams(job: Job) -> bool:
    """Opens pipes anew for this job; whether all its streams could be.

    The library keeps one buffer and one reader for the process's own stdin and stdout, and would
    give what one guest left unread to the next.
    """
    fresh = True
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(job, name) == "inherit":
            path = f"/proc/self/fd/{fd}"
            if os.readlink(path).startswith("pipe:") and os.stat(path).st_uid == os.geteuid():
                setattr(job, name, path)
            else:
                fresh = False
    return fresh


def _count_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _to_null() -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for target in range(3):
        os.dup2(null, target)
    os.close(null)
