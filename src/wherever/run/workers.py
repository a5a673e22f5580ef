"""The worker processes of this process: started when needed, kept for a while, never shared."""

from __future__ import annotations

import _socket
import atexit
import os
import select
import sys
import threading
import time

import wherever
from wherever.engine import library
from wherever.errors import InputError
from wherever.run.wire import LARGEST_REPLY, Line
from wherever.run.worker import IDLE_EXIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from resource import struct_rusage

MOST_IDLE = 4
"""Workers that wait for their next job at the same time."""

START_S = 30.0
"""Seconds that a worker may take to say that it has begun a job."""

_TICKS_S = os.sysconf("SC_CLK_TCK")
_START = "import sys; sys.path += sys.argv[1:]; from wherever.run.worker import main; main()"
_ENVIRONMENT = ("HOME", "TMPDIR")
_PREFIXES = ("WHEREVER_", "XDG_")
_HINTS = {
    "EAGAIN": "allow more processes (ulimit -u), or run fewer guests at once",
    "ENOMEM": "free some memory, or run fewer guests at once",
    "EMFILE": "close files, or allow more of them (ulimit -n)",
    "ENFILE": "close files: the whole machine has too many open",
}


class Worker:
    """A process that runs one job at a time; whoever took it owns it alone.

    Attributes:
        line: the socket to it.
        pid: the process.
        environment: the variables it was started with.
        has_waited: it has been kept between jobs, so it may have ended before it got another.
    """

    __slots__ = ("_ended", "_kills", "_lock", "environment", "has_waited", "line", "pid")

    def __init__(self) -> None:
        self._kills = memory_kills()
        self.has_waited = False
        self.environment = environment()
        self._lock = threading.Lock()
        self._ended: tuple[int, struct_rusage | None] | None = None
        try:
            self.line, self.pid = _start(self.environment)
        except OSError as error:
            raise refusal(error) from None
        with _lock:
            _all.add(self)

    @property
    def is_idle(self) -> bool:
        """It neither said anything nor ended since its last job."""
        poll = select.poll()
        poll.register(self.line.sock.fileno(), select.POLLIN)
        return not poll.poll(0)

    def kill(self) -> None:
        """Ends the process whatever it is doing; it is still to be reaped."""
        with self._lock:
            if self._ended is None:
                try:
                    os.kill(self.pid, 9)
                except ProcessLookupError:
                    pass

    def reap(self, timeout: float | None = None) -> tuple[int, struct_rusage | None] | None:
        """Waits for its end: the status as `os.wait4` has it, and what it used.

        None where it still runs after `timeout` seconds. Where somebody else has waited for it,
        the status is that of an exit with code 0, and what it used is not known.
        """
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.0005
        while True:
            with self._lock:
                if self._ended is None:
                    try:
                        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
                        if pid:
                            self._ended = status, usage
                    except ChildProcessError:
                        self._ended = 0, None
                if self._ended is not None:
                    self.line.sock.close()
                    with _lock:
                        _all.discard(self)
                    return self._ended
            if end is not None and time.monotonic() >= end:
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.02)

    def disown(self) -> None:
        """It is another process's from now on: nothing here ends it, or waits for it."""
        self._lock = threading.Lock()
        self._ended = 0, None

    def end(self) -> tuple[int, struct_rusage | None]:
        """Kills and reaps it."""
        self.kill()
        return self.reap() or (0, None)

    @property
    def left_idle(self) -> bool:
        """It ended because nobody had a job for it, so it has begun none."""
        return self._ended is not None and self._ended[0] == IDLE_EXIT << 8

    @property
    def ran_out_of_memory(self) -> bool:
        """The system may have ended it, because memory ran out somewhere since it was started."""
        return memory_kills() > self._kills


_lock = threading.RLock()
"""Taken again by a finaliser that runs in the middle of what holds it."""

_idle: list[Worker] = []
_all: set[Worker] = set()


def take() -> Worker:
    """A worker for one job: one that waits, or a new one.

    Raises:
        InputError: no process can be started.
    """
    while True:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None:
            return Worker()
        if worker.is_idle and worker.environment == environment():
            return worker
        worker.end()


def give(worker: Worker) -> None:
    """Keeps a worker that waits for its next job, or ends it where enough of them wait."""
    worker.has_waited = True
    with _lock:
        if len(_idle) < MOST_IDLE:
            _idle.append(worker)
            return
    worker.end()


def close() -> None:
    """Ends the workers that wait; the next job starts a new one."""
    while True:
        with _lock:
            if not _idle:
                return
            worker = _idle.pop()
        worker.end()


def _let_go() -> None:
    """As this process ends: those that wait see their socket close, and end by themselves."""
    with _lock:
        while _idle:
            _idle.pop().line.sock.close()


atexit.register(_let_go)


def memory_kills(table: str = "/proc/vmstat") -> int:
    """How many processes the system has ended for want of memory; 0 where it does not say."""
    try:
        with open(table, "rb") as file:
            for line in file:
                if line.startswith(b"oom_kill "):
                    return int(line[9:])
    except OSError:
        pass
    return 0


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            user, system = file.read().rpartition(b")")[2].split()[11:13]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system)) / _TICKS_S


def environment() -> dict[str, str]:
    """The variables that a worker gets: where we keep things, and how we are set up."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_PREFIXES)
    }


def _start(variables: dict[str, str]) -> tuple[Line, int]:
    if not sys.executable:
        raise OSError(None, "this Python does not know its own executable (sys.executable)")
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        pid = os.posix_spawn(
            sys.executable,
            command(),
            variables,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=range(1, 32),
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.settimeout(START_S)
    return Line(ours, LARGEST_REPLY), pid


def command() -> list[str]:
    """The command line of a worker: only the folders it needs are on its path."""
    folders = [os.path.dirname(path) for path in wherever.__path__]
    engine = os.path.dirname(os.path.dirname(os.path.dirname(library.find())))
    places = [os.path.abspath(folder) for folder in (*folders, engine)]
    return [sys.executable, "-I", "-S", "-c", _START, *dict.fromkeys(places)]


def refusal(error: OSError) -> InputError:
    """The words for a machine that gives no process, no pipe or no memory for one."""
    import errno

    return InputError(
        f"cannot start a process for the guest: {error.strerror or error}",
        _HINTS.get(errno.errorcode.get(error.errno or 0, ""), "see: wherever doctor"),
    )


def _after_fork() -> None:
    """The workers belong to the parent: let go of them without a word."""
    global _lock
    _lock = threading.RLock()
    for worker in _all:
        worker.line.sock.close()
        worker.disown()
    _all.clear()
    _idle.clear()


os.register_at_fork(after_in_child=_after_fork)
