"""What can be seen of a run from outside the guest: files, bytes and memory of this process.

For guests that nothing can stand before, such as components. The kernel's own limits are the
second wall: a guest that meets one is refused by the kernel, and the gauge then says why.
"""

from __future__ import annotations

import errno
import os
import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_S = 0.01
"""Seconds between two looks."""

_FASTEST_B_S = 8 << 30
"""Bytes that a guest may write in a second, which is as fast as memory can be copied."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENGINE_FILES = 8
"""Descriptors that the engine may open for itself when a guest first does something."""

_SLACK = 64 << 20
"""Bytes of memory that the engine itself may come to use during a run."""


class OpenFiles:
    """Descriptors that this process has opened in this run."""

    limit = "open_files"
    at_end = True

    def __init__(self, most: int) -> None:
        self._most = most + _ENGINE_FILES

    def begin(self) -> None:
        """Counts from now on."""
        self._most += _count_files()

    def left(self) -> float:
        """How long to wait until the next look; 0 when there are too many."""
        return LOOK_S if _count_files() <= self._most else 0.0

    def close(self) -> None:
        """There is nothing to close."""


class BytesToFiles:
    """Bytes that this process has written in this run, streams not counted.

    It looks more often the nearer the limit is.

    Args:
        most: how many it may write.
        streamed: bytes of them that went to stdout and stderr, now.
    """

    limit = "disk"
    at_end = True

    def __init__(self, most: int, streamed: Callable[[], int]) -> None:
        self._most = most
        self._streamed = streamed
        self._io = _open("/proc/self/io")
        self._before = 0

    def begin(self) -> None:
        """Counts from now on."""
        self._before = _written(self._io)

    def left(self) -> float:
        """How long to wait until the next look; 0 when there are too many."""
        # In this order, so that what is streamed between the two looks counts as streamed.
        written = _written(self._io) - self._before
        spare = self._most - (written - self._streamed())
        return min(LOOK_S, spare / _FASTEST_B_S)

    def close(self) -> None:
        """Closes what it looks at."""
        os.close(self._io)


class Resident:
    """Memory that this process has come to use in this run."""

    limit = "memory"
    at_end = False

    def __init__(self, most: int) -> None:
        self._statm = _open("/proc/self/statm")
        self._most = most + _SLACK

    def begin(self) -> None:
        """Counts from now on."""
        self._most += _resident(self._statm)

    def left(self) -> float:
        """How long to wait until the next look; 0 when it is too much."""
        return LOOK_S if _resident(self._statm) <= self._most else 0.0

    def close(self) -> None:
        """Closes what it looks at."""
        os.close(self._statm)


class Walls:
    """Limits of the kernel's own on this process, taken down again by `close`."""

    def __init__(self) -> None:
        self._before: list[tuple[int, tuple[int, int]]] = []

    def files(self, spare: int) -> None:
        """Refuse more than `spare` further descriptors, and a few for the engine."""
        self._lower(resource.RLIMIT_NOFILE, _count_files() + spare + 4 * _ENGINE_FILES)

    def file_size(self, most: int) -> None:
        """Refuse to let a file grow beyond `most` bytes; Python has SIGXFSZ ignored already."""
        self._lower(resource.RLIMIT_FSIZE, most)

    def _lower(self, kind: int, value: int) -> None:
        soft, hard = before = resource.getrlimit(kind)
        if soft == resource.RLIM_INFINITY or soft > value:
            resource.setrlimit(kind, (value, hard))
            self._before.append((kind, before))

    def close(self) -> None:
        """Restores what there was before."""
        while self._before:
            resource.setrlimit(*self._before.pop())


def _count_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        return 1 << 62  # there is not even room to look


def _written(io: int) -> int:
    for line in os.pread(io, 4096, 0).split(b"\n"):
        if line.startswith(b"wchar:"):
            return int(line[6:])
    return 0


def _resident(statm: int) -> int:
    _, resident, shared, *_ = os.pread(statm, 4096, 0).split()
    return (int(resident) - int(shared)) * _PAGE


def _open(path: str) -> int:
    """Opened now, since a guest may leave no room for it later."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
