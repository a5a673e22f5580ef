"""The compiling process as its owner sees it: started, asked, watched, ended."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from wherever import errors
from wherever.engine import library
from wherever.engine.compile_child import receive, send, short
from wherever.errors import InputError, InternalError, NotRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.cache import Report

_HERE = os.path.dirname(os.path.abspath(__file__))
_MOST_THREADS = 8
"""More would want more address space than they save time."""

_WITHOUT_MEMORY = (
    "MemoryError",
    "memory allocation",
    "allocate memory",
    "start new thread",
    "temporarily unavailable",
    "WouldBlock",
)
"""What Python and the engine's library say as they die of the address space's limit."""


def limits(size: int) -> tuple[int, int]:
    """Bytes of address space and seconds of processor time for compiling `size` bytes.

    `WHEREVER_COMPILE_MEMORY` and `WHEREVER_COMPILE_TIME` set others.

    Raises:
        InputError: one of them is not a size or a time.
    """
    memory, cpu = (4 << 30) + 64 * size, 60 + 10 * (size >> 20)
    for name in ("WHEREVER_COMPILE_MEMORY", "WHEREVER_COMPILE_TIME"):
        value = os.environ.get(name)
        if value:
            from wherever.policy.quantity import parse_bytes, parse_seconds

            if name.endswith("TIME"):
                cpu = max(1, round(parse_seconds(value, name)))
            else:
                memory = parse_bytes(value, name)
    return memory, cpu


def start(
    script: str, streams: Sequence[int], handles: Sequence[int], session: bool = False
) -> int:
    """Start one of our scripts with a Python that loads nothing of the user's; its process id.

    Args:
        script: the file's name in this folder.
        streams: what becomes its descriptors 0, 1 and 2; -1 for nothing.
        handles: what becomes 3 and so on.
        session: give it a session of its own, so that a terminal's signals pass it by.

    Raises:
        InternalError: this Python cannot be started again.
    """
    from fcntl import F_DUPFD_CLOEXEC, fcntl

    high: list[int] = []
    actions: list[Any] = []
    try:
        for target, handle in enumerate((*streams, *handles)):
            if handle < 0:
                flags = os.O_RDONLY if target == 0 else os.O_WRONLY
                actions.append((os.POSIX_SPAWN_OPEN, target, os.devnull, flags, 0))
                continue
            # Out of the way of the numbers that the child gets, so that none is overwritten.
            high.append(fcntl(handle, F_DUPFD_CLOEXEC, 3 + len(handles)))
            actions.append((os.POSIX_SPAWN_DUP2, high[-1], target))
        # The library can hang in writing a backtrace when that finds no memory.
        env = {**os.environ, "RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"}
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        env.setdefault("RAYON_NUM_THREADS", str(min(cores, _MOST_THREADS)))
        words = [sys.executable, "-I", "-S", os.path.join(_HERE, script)]
        more: Any = {"setsid": True} if session else {}
        return os.posix_spawn(sys.executable, words, env, file_actions=actions, **more)
    except (OSError, ValueError) as error:
        raise InternalError(
            f"cannot start {sys.executable or 'this Python'} to compile: {error}",
            "see: wherever doctor",
        ) from None
    finally:
        for handle in high:
            os.close(handle)


def paths() -> dict[str, str]:
    """Where a child finds our code and the engine's library."""
    site = library.find().rsplit("/", 3)[0]
    return {"src": os.path.dirname(os.path.dirname(_HERE)), "site": site or "/"}


class Child:
    """A compiling process that serves one request; always `close` it.

    Args:
        handles: the open sources.
        request: see `compile_child.serve`.
        name: what the first source is called.
        size: bytes of all sources.
        report: see `cache.artifact`.
    """

    def __init__(
        self,
        handles: Sequence[int],
        request: dict[str, Any],
        name: str,
        size: int,
        report: Report | None,
    ) -> None:
        self.name = name
        self.size = size
        self.report = report
        self.memory, self.cpu = limits(size)
        whole = {**request, **paths(), "memory": self.memory, "cpu": self.cpu}
        # A machine that is busy with other things may give it a small part of its time.
        self.wall = 60 + 4 * self.cpu
        self.began = time.monotonic()
        self.pid = 0
        self._reported = False
        self._said = b""
        self._status = 0
        pipes: list[int] = []
        try:
            for _ in range(3):
                pipes += os.pipe()
            inside, self.writer, self.reader, outside, self.errors, trouble = pipes
            self.pid = start("compile_child.py", (inside, outside, trouble), handles)
        finally:
            ours = (1, 2, 4) if self.pid else ()
            for number, handle in enumerate(pipes):
                if number not in ours:
                    os.close(handle)
        self.tell(whole)

    def seconds(self) -> float:
        """Wall time since it was started."""
        return time.monotonic() - self.began

    def tell(self, message: Any) -> None:
        """Send it a message."""
        try:
            send(self.writer, message)
        except BrokenPipeError:
            pass  # it has died, and `answer` says of what

    def answer(self) -> Any:
        """Its next message, without the first word.

        Raises:
            NotRunnable: it cannot compile this, or the compiler crashed.
            InputError: it used up what it may use.
            OSError: it cannot write native code.
        """
        poll = select.poll()
        poll.register(self.reader, select.POLLIN)
        poll.register(self.errors, select.POLLIN)
        while True:
            ready = [handle for handle, _ in poll.poll(250)]
            if self.errors in ready:
                words = os.read(self.errors, 65536)
                self._said = (self._said + words)[-8192:]
                if not words:
                    poll.unregister(self.errors)
            if self.reader in ready:
                break
            self._pass_time()
        return self._judged(receive(self.reader))

    def _pass_time(self) -> None:
        took = self.seconds()
        if took > self.wall:
            raise self._too_long(f"{self.wall} s")
        if took > 1 and self.report is not None:
            self._reported = True
            self.report(f"compiling {self.name} ({self.size / 1e6:.0f} MB) ... {took:.0f} s")

    def _judged(self, got: Any) -> Any:
        if got is None:
            raise self._fate()
        if got[0] == "refused":
            raise getattr(errors, got[1])(got[2], got[3])
        if got[0] == "memory":
            raise self._too_much()
        if got[0] == "os":
            raise OSError(got[1], got[2])
        return got[1]

    def _fate(self) -> errors.WhereverError:
        """Words for a process that died without an answer."""
        self.close()
        said = self._said.decode("utf-8", "replace")
        if not os.WIFSIGNALED(self._status):
            if any(words in said for words in _WITHOUT_MEMORY):
                return self._too_much()
            last = said.strip().rsplit("\n", 1)[-1]
            return InternalError(f"compiling {self.name} failed: {short(last) or 'no word'}")
        number = os.WTERMSIG(self._status)
        if number == signal.SIGXCPU:
            return self._too_long(f"{self.cpu} s of processor time")
        if any(words in said for words in _WITHOUT_MEMORY):
            return self._too_much()
        if number == signal.SIGKILL:
            return InputError(
                f"compiling {self.name} was ended by the system, as it does when memory runs out",
                "free some memory and run it again",
            )
        return NotRunnable(f"{self.name}: the compiler crashed on it (signal {number})")

    def _too_long(self, limit: str) -> InputError:
        return InputError(
            f"compiling {self.name} takes more than {limit}",
            f"WHEREVER_COMPILE_TIME={2 * self.cpu}s would allow more",
        )

    def _too_much(self) -> InputError:
        return InputError(
            f"compiling {self.name} takes more than {self.memory >> 20} MiB of memory",
            f"WHEREVER_COMPILE_MEMORY={self.memory >> 19}m would allow more",
        )

    def close(self) -> None:
        """End the process, whatever it does, and clear the line of progress."""
        if not self.pid:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
            self._status = os.waitpid(self.pid, 0)[1]
        except (ProcessLookupError, ChildProcessError):
            pass  # the host program collects its children itself
        self.pid = 0
        self._drain()
        for handle in (self.writer, self.reader, self.errors):
            os.close(handle)
        if self._reported and self.report is not None:
            self.report(None)

    def _drain(self) -> None:
        os.set_blocking(self.errors, False)
        try:
            self._said += os.read(self.errors, 65536)
        except OSError:
            pass
