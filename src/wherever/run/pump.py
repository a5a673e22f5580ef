"""Passes a guest's stdout and stderr on and counts them, where nothing else can.

The guest writes into pipes of ours; one thread takes from them and writes to where the streams
lead. It stops exactly at the limit.
"""

from __future__ import annotations

import _thread
import fcntl
import os
import select
import stat
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 1 << 16


class Pump:
    """Pipes for a guest's streams: `start` it when they are there, `drain` and `close` at the end.

    Args:
        most: bytes that may pass, in all; None for no limit.
        over: called on the pump's thread when the guest writes more.
    """

    def __init__(self, most: int | None, over: Callable[[], object]) -> None:
        self.passed = 0
        self.overflowed = False
        self._is_draining = False
        self._most = most
        self._over = over
        self._routes: dict[int, int] = {}
        self._ends: list[int] = []
        self._wake: tuple[int, int] = os.pipe()
        self._done = _thread.allocate_lock()

    def add(self, target: int) -> str:
        """The path that a guest writes to, for what is to come out at descriptor `target`."""
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self._routes[ours] = target
        self._ends.append(theirs)
        return f"/proc/self/fd/{theirs}"

    def leads_to_files(self) -> bool:
        """Whether some of what passes goes to a file of the host."""
        return any(stat.S_ISREG(os.fstat(fd).st_mode) for fd in self._routes.values())

    def start(self) -> None:
        """Begins to pass on."""
        self._done.acquire()
        _thread.start_new_thread(self._run, ())

    def streamed(self) -> int:
        """Bytes that this process has written for the streams: by the guest and by the pump."""
        waiting = sum(_waiting(fd) for fd in tuple(self._routes))
        return 2 * self.passed + waiting

    def drain(self) -> None:
        """Passes on what the guest has written before its end, as long as somebody reads."""
        if self._is_draining:
            return
        self._is_draining = True
        os.write(self._wake[1], b"x")
        self._done.acquire()

    def close(self) -> None:
        """Drains, and frees the pipes."""
        self.drain()
        for fd in (*self._wake, *self._routes, *self._ends):
            os.close(fd)

    def _run(self) -> None:
        poll = select.poll()
        for fd in self._routes:
            poll.register(fd, select.POLLIN)
        poll.register(self._wake[0], select.POLLIN)
        last = False
        while not last:
            last = any(fd == self._wake[0] for fd, _ in poll.poll())
            for fd, target in tuple(self._routes.items()):
                try:
                    while self._pass(fd, target) and last:
                        pass
                except OSError:
                    # Nobody reads, or the disk is full: the guest's next write fails.
                    poll.unregister(fd)
                    del self._routes[fd]
                    os.close(fd)
        self._done.release()

    def _pass(self, fd: int, target: int) -> bool:
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return False
        if self._most is not None and self.passed + len(data) > self._most:
            data = data[: self._most - self.passed]
            self.overflowed = True
        view = memoryview(data)
        while view:
            sent = os.write(target, view)
            self.passed += sent
            view = view[sent:]
        if self.overflowed:
            self._over()
        return bool(data)


def _waiting(fd: int) -> int:
    count = bytearray(4)
    try:
        fcntl.ioctl(fd, termios.FIONREAD, count)
    except OSError:
        return 0  # closed a moment ago
    return int.from_bytes(count, sys.byteorder)
