"""What an instance has open: files and folders, streams over them, and listings."""

from __future__ import annotations

import os
import resource
import stat
import threading

from wherever.wasi.filesystem.codes import Refused

READ, WRITE = 1, 2
"""How a file is open."""

_TYPES = {
    stat.S_IFBLK: 1,
    stat.S_IFCHR: 2,
    stat.S_IFDIR: 3,
    stat.S_IFIFO: 4,
    stat.S_IFLNK: 5,
    stat.S_IFREG: 6,
    stat.S_IFSOCK: 7,
}

FOLDER = 3
"""The number of a folder among the cases of `descriptor-type`."""


def type_of(mode: int) -> int:
    """The number of a case of `descriptor-type`, by what the kernel says of a file."""
    return _TYPES.get(stat.S_IFMT(mode), 0)


class Open:
    """A file or a folder that is open, for everybody who uses it.

    Attributes:
        fd: its descriptor.
        read_only: neither it nor anything below it may be changed.
        is_folder: it is one.
        mode: `READ` and `WRITE`, by which it was opened.
    """

    __slots__ = ("_uses", "fd", "is_folder", "is_granted", "mode", "read_only")

    def __init__(
        self, fd: int, read_only: bool, is_folder: bool, mode: int, is_granted: bool = False
    ) -> None:
        self.fd = fd
        self.read_only = read_only
        self.is_folder = is_folder
        self.mode = mode
        self.is_granted = is_granted
        self._uses = 1

    def use(self) -> Open:
        """One more uses it."""
        self._uses += 1
        return self

    def close(self) -> int:
        """One who used it does so no more; how many descriptors that closed.

        What is granted is its app's, and stays open.
        """
        self._uses -= 1
        if self._uses or self.is_granted:
            return 0
        os.close(self.fd)
        return 1


class Reading:
    """A stream out of a file."""

    __slots__ = ("at", "file")

    def __init__(self, file: Open, at: int) -> None:
        self.file = file.use()
        self.at = at

    def next(self, size: int) -> bytes:
        """The bytes that come next; none at the end."""
        data = os.pread(self.file.fd, size, self.at)
        self.at += len(data)
        return data

    def close(self) -> int:
        """Nobody reads it any more; how many descriptors that closed."""
        return self.file.close()


class Writing:
    """A stream into a file: from an offset, or always at the end where that is None."""

    __slots__ = ("at", "file")

    def __init__(self, file: Open, at: int | None) -> None:
        self.file = file.use()
        self.at = at

    def send(self, data: bytes) -> None:
        """Writes all of it."""
        left = memoryview(data)
        while left:
            if self.at is None:
                count = os.pwritev(self.file.fd, [left], 0, os.RWF_APPEND)
            else:
                count = os.pwrite(self.file.fd, left, self.at)
                self.at += count
            left = left[count:]

    def close(self) -> int:
        """Nobody writes to it any more; how many descriptors that closed."""
        return self.file.close()


class Listing:
    """A folder's content, as far as it was not told yet.

    Python reads a folder through a descriptor of its own, and looks at what the kernel gave no type
    of through the one that it was given: both stay open.
    """

    __slots__ = ("_entries", "_fd")

    DESCRIPTORS = 2
    """The one that is given, which is closed with this, and one that `scandir` makes of it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        try:
            self._entries = os.scandir(fd)
        except BaseException:
            os.close(fd)
            raise

    def next(self) -> tuple[int, bytes] | None:
        """Type and name of one more, or None.

        Raises:
            Refused: its name is no text.
        """
        for entry in self._entries:
            if entry.is_symlink():
                kind = 5
            elif entry.is_file(follow_symlinks=False):
                kind = 6
            elif entry.is_dir(follow_symlinks=False):
                kind = FOLDER
            else:
                kind = type_of(entry.stat(follow_symlinks=False).st_mode)
            try:
                return kind, entry.name.encode()
            except UnicodeEncodeError:
                raise Refused("illegal-byte-sequence") from None
        return None

    def close(self) -> int:
        """Nobody wants the rest; how many descriptors that closed."""
        self._entries.close()
        os.close(self._fd)
        return self.DESCRIPTORS


_lock = threading.Lock()
_used = 0


def take_room(count: int) -> None:
    """So many more are a guest's: all guests of a process have half of what it may open.

    Raises:
        Refused: they have that already; the rest is for clients.
    """
    global _used
    with _lock:
        if _used + count > resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2:
            raise Refused("quota")
        _used += count


def give_room(count: int) -> None:
    """So many are no guest's any more."""
    global _used
    with _lock:
        _used -= count
