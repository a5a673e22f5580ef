"""The file that all workers of a server count in: what lies where, and who may touch it.

    head        magic, version, since when
    names       one entry for each app: when it was last opened, and its name
    rows        one for each worker that lived at the same time as others: a page about
                the worker, and a page of numbers for each app

A row has one writer, the worker that holds its lock, so counting needs no lock. The kernel frees
the lock when that worker dies, however it dies: the next worker takes the row over and counts on
from what is there. So nothing is lost, nothing is counted twice, and readers add the rows up.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time

from wherever.edge.observe.buckets import CPU_TIMES, SIZES, TIMES
from wherever.errors import InputError

MAGIC = b"wherever"
VERSION = 1

PAGE = 4096
WORDS = PAGE // 8
APPS = 2047
"""Entries for names; with the page about the worker a row is 8 MiB of mostly unused room."""

NAME = 128
"""Bytes of an entry of the table of names: 8 for a time, 2 for a length, the rest for a name."""

NAMES = 1 << 16
ROWS = 1 << 19
ROW = PAGE * (APPS + 1)
MOST_ROWS = 1024

NOBODY, OTHERS = 0, 1
"""Entries for requests that reached no app, and for apps that found the table full."""

RESERVED = {NOBODY: "-", OTHERS: "(others)"}

# ----- a page of numbers of one app

STATUS = 0
"""Requests by the first digit of their status; 0 where the client left before an answer."""

OUTCOME = 8
OUTCOMES = (
    "ok", "trapped", "timeout", "cpu_time", "memory", "output", "queue_full", "disconnected",
    "error", "fuel", "stack", "disk", "host_calls",
)  # fmt: skip
BYTES_IN, BYTES_OUT, COLD, MEMORY_SUM, LINES, LINES_DROPPED = 24, 25, 26, 27, 28, 29
REQUEST_S, INVOKE_S, CPU_S, BYTE_SECONDS = 32, 33, 34, 35
"""Sums of times, and of memory times time: doubles, where all else is whole numbers."""

PEAK, RUNNING, WAITING, IDLE = 40, 41, 42, 43
"""Gauges; all but the first are zero again when a worker dies."""

REQUESTS = 48
INVOKES = REQUESTS + len(TIMES) + 1
CPU = INVOKES + len(TIMES) + 1
MEMORY = CPU + len(CPU_TIMES) + 1
END = MEMORY + len(SIZES) + 1
assert END <= WORDS

# ----- the page about a worker

PID, SINCE, LOG_DROPPED, SPANS_DROPPED = 0, 1, 2, 3

# ----- locks: bytes far behind the end of the file, which belong to descriptors, not processes

_ROW_LOCK, _APP_LOCK, _TABLE_LOCK = 1 << 40, 1 << 41, 1 << 42
_HEAD = struct.Struct("<8sIId")
_ENTRY = struct.Struct("<dH")


def lock(handle: int, byte: int, kind: int, wait: bool = False) -> bool:
    """Locks one byte for a descriptor; False where another descriptor has it."""
    # The structure flock of Linux, the same on all 64-bit machines.
    asked = struct.pack("hhqqi4x", kind, os.SEEK_SET, byte, 1, 0)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK, asked)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def lock_row(handle: int, row: int) -> bool:
    """Takes a row for this descriptor, where nobody has it."""
    return lock(handle, _ROW_LOCK + row, fcntl.F_WRLCK)


def use_app(handle: int, index: int) -> bool:
    """Keeps an entry from being given to another app; many may do so."""
    return lock(handle, _APP_LOCK + index, fcntl.F_RDLCK)


def claim_app(handle: int, index: int) -> bool:
    """Whether nobody used an entry; nobody can then, until `use_app` or the end."""
    return lock(handle, _APP_LOCK + index, fcntl.F_WRLCK)


class Table:
    """The table's lock: a block in which no other process opens a row or an app."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __enter__(self) -> None:
        lock(self._handle, _TABLE_LOCK, fcntl.F_WRLCK, wait=True)

    def __exit__(self, *_: object) -> None:
        lock(self._handle, _TABLE_LOCK, fcntl.F_UNLCK)


def open_file(path: str, *, create: bool) -> int:
    """A descriptor of the file, checked to be one of ours.

    Raises:
        FileNotFoundError: there is none, and it was not to be made.
        InputError: it is something else, or of another version.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(path, flags | (os.O_CREAT if create else 0), 0o600)
    try:
        with Table(handle):
            if create and _is_new(handle):
                os.ftruncate(handle, ROWS)
                for index, name in RESERVED.items():
                    write_name(handle, index, name, 0.0)
                # Last: who was ended before this has begun nothing.
                os.pwrite(handle, _HEAD.pack(MAGIC, VERSION, APPS, time.time()), 0)
        since(handle, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _is_new(handle: int) -> bool:
    return os.fstat(handle).st_size in (0, ROWS) and not any(os.pread(handle, len(MAGIC), 0))


def since(handle: int, path: str = "") -> float:
    """When counting began, in seconds since the epoch."""
    head = os.pread(handle, _HEAD.size, 0)
    if len(head) == _HEAD.size:
        magic, version, apps, began = _HEAD.unpack(head)
        if (magic, version, apps) == (MAGIC, VERSION, APPS):
            return float(began)
    raise InputError(f"{path} is not what a server of this version counts in", "remove it")


def write_name(handle: int, index: int, name: str, used: float) -> None:
    """Gives an entry to an app."""
    text = clipped(name).encode()
    entry = _ENTRY.pack(used, len(text)) + text
    os.pwrite(handle, entry.ljust(NAME, b"\0"), NAMES + index * NAME)


def read_names(handle: int, first: int = 0, most: int = APPS) -> list[tuple[str, float]]:
    """Name and last opening of the entries from one on, up to the first that was never used."""
    table = os.pread(handle, min(most, APPS - first) * NAME, NAMES + first * NAME)
    names = []
    for at in range(0, len(table) - NAME + 1, NAME):
        used, length = _ENTRY.unpack_from(table, at)
        if not length:
            break
        start = at + _ENTRY.size
        text = table[start : start + min(length, NAME - _ENTRY.size)]
        names.append((text.decode("utf-8", "replace"), float(used)))
    return names


def clipped(name: str) -> str:
    """A name as the table holds it: very long ones are cut."""
    return name.encode("utf-8", "replace")[: NAME - _ENTRY.size].decode("utf-8", "ignore") or "-"
