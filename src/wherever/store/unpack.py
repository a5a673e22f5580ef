"""Unpacking a whole archive whose digest is known, into a folder of its own.

Even so nothing in it is trusted: a name that leads out of the folder, a link, or a name that comes
twice is refused.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from fnmatch import fnmatchcase
from typing import IO

from wherever.errors import RemoteError
from wherever.store import archive, tarball

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHOLE_LIMIT = 2 << 30
"""The most bytes that an archive may unpack to."""


def unpack(
    path: str,
    folder: str,
    *,
    label: str,
    keep: Sequence[str] = (),
    programs: Sequence[str] = (),
    arrived: Callable[[int], object] = lambda done: None,
) -> int:
    """Writes the files of a wheel or an npm tarball into a folder; how many bytes they have.

    Args:
        path: the archive.
        folder: where to; it is there and empty, or holds other parts already.
        label: what to call the archive in messages.
        keep: patterns of the members wanted, all where there are none. In tarballs the first
            folder is left out of the member's name.
        programs: patterns of the members that are made executable.
        arrived: called with the bytes written so far.

    Raises:
        RemoteError: the archive is broken, or shaped like an attack.
        OSError: it cannot be written.
    """
    wanted = _Wanted(folder, label, tuple(keep), tuple(programs), arrived)
    try:
        if path.endswith((".whl", ".zip")):
            archive.measure_directory(path, label)
            with zipfile.ZipFile(path) as file:
                for info in file.infolist():
                    if not info.is_dir() and wanted.takes(info.filename):
                        with file.open(info) as source:
                            wanted.write(info.filename, source, archive.is_plain(info))
        else:
            with open(path, "rb") as whole:
                for member in tarball.members(whole, label):
                    name = member.name.partition("/")[2]
                    if name and not name.endswith("/") and wanted.takes(name):
                        wanted.write(name, member, member.is_plain)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise RemoteError(f"{label} is not a whole archive: {str(error)[:160]!a}") from None
    return wanted.written


class _Wanted:
    """What is written where."""

    def __init__(
        self,
        folder: str,
        label: str,
        keep: tuple[str, ...],
        programs: tuple[str, ...],
        arrived: Callable[[int], object],
    ) -> None:
        self.written = 0
        self._folder = folder
        self._label = label
        self._keep = keep
        self._programs = programs
        self._arrived = arrived
        self._folders: set[str] = set()

    def takes(self, name: str) -> bool:
        """Whether a member is wanted."""
        return not self._keep or any(fnmatchcase(name, pattern) for pattern in self._keep)

    def write(self, name: str, source: IO[bytes] | tarball.Member, plain: bool) -> None:
        """Writes one member."""
        parts = name.split("/")
        if not plain or "\\" in name or any(part in ("", ".", "..") for part in parts):
            raise RemoteError(f"{self._label} holds {name[:160]!a}, which is no plain file in it")
        target = os.path.join(self._folder, *parts)
        parent = os.path.dirname(target)
        if parent not in self._folders:
            os.makedirs(parent, 0o700, exist_ok=True)
            self._folders.add(parent)
        is_program = any(fnmatchcase(name, pattern) for pattern in self._programs)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(target, flags, 0o700 if is_program else 0o600)
        except FileExistsError:
            raise RemoteError(f"{self._label} holds {name[:160]!a} twice") from None
        with open(handle, "wb") as file:
            while block := source.read(1 << 20):
                self.written += len(block)
                if self.written > WHOLE_LIMIT:
                    raise RemoteError(f"{self._label} unpacks to more than {WHOLE_LIMIT >> 30} GiB")
                file.write(block)
        self._arrived(self.written)
