"""A log as files: cut where the newest is long, and only some of them kept."""

from __future__ import annotations

import fcntl
import os

FILE_SIZE = 64 << 20
FILES = 4
"""A log is cut where a file reaches this size, and this many are kept besides the newest."""


class Files:
    """A sink that is a file, cut when it is long; many processes may write to it.

    Args:
        path: the newest file; `path.1` is the one before it, and so on.
        size: where it is cut.
        kept: how many are kept besides the newest.
    """

    def __init__(self, path: str, size: int = FILE_SIZE, kept: int = FILES) -> None:
        self._path = path
        self._size = size
        self._kept = kept
        self._handle = -1
        self._torn = False

    def write(self, data: bytes) -> None:
        self._open()
        if self._torn:
            data = b"\n" + data
        self._torn = True
        while data:
            data = data[os.write(self._handle, data) :]
        self._torn = False

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open(self) -> None:
        if self._handle >= 0:
            ours = os.fstat(self._handle)
            if ours.st_size < self._size and self._is_newest(ours):
                return
            self.close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self._path, flags, 0o600)
        if os.fstat(handle).st_size >= self._size:
            os.close(handle)
            self._cut()
            handle = os.open(self._path, flags, 0o600)
        self._handle = handle

    def _is_newest(self, ours: os.stat_result) -> bool:
        try:
            newest = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (newest.st_dev, newest.st_ino) == (ours.st_dev, ours.st_ino)

    def _cut(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        guard = os.open(f"{self._path}.lock", flags, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)
            try:
                if os.stat(self._path, follow_symlinks=False).st_size < self._size:
                    return  # another process was first
            except FileNotFoundError:
                return
            for number in range(self._kept, 0, -1):
                older = f"{self._path}.{number - 1}" if number > 1 else self._path
                try:
                    os.replace(older, f"{self._path}.{number}")
                except FileNotFoundError:
                    continue
        finally:
            os.close(guard)
