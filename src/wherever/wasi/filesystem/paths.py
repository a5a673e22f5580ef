"""What is opened, made, moved and removed by its path.

The kernel follows every path, from a folder that is open and never out of it. Where a call is
about a name in a folder, that folder is found so, and the kernel is given it and the name.
"""

from __future__ import annotations

import errno
import os
import stat

from wherever.wasi.filesystem.beneath import open_beneath
from wherever.wasi.filesystem.codes import Refused
from wherever.wasi.filesystem.entries import READ, WRITE, Open
from wherever.wasi.filesystem.facts import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasi.filesystem.calls import Answer, Call
    from wherever.wasi.filesystem.files import Files

CREATE, FOLDER, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
"""Flags of `open-at`."""

_SYNC = 4 | 8 | 16


def changes(call: Call) -> bool:
    """Whether something is made, emptied or opened for writing here."""
    return bool(call.open & (CREATE | TRUNCATE) or call.flags & WRITE)


def open_at(files: Files, call: Call) -> Answer:
    """Opens or makes a file, or opens a folder; nothing else is ever opened."""
    folder = files.folder(call.number)
    writes = changes(call)
    reads = bool(call.flags & READ or not call.flags & WRITE)
    if call.flags & _SYNC:
        raise Refused("unsupported")
    if call.open & FOLDER and call.open != FOLDER:
        raise Refused("invalid")
    if folder.read_only and writes:
        raise Refused("not-permitted")
    flags = (os.O_RDWR if reads else os.O_WRONLY) if writes else os.O_RDONLY
    flags |= os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    flags |= os.O_TRUNC if call.open & TRUNCATE else 0
    files.take()
    try:
        fd = _opened(folder.fd, call, flags)
    except BaseException:
        files.give(1)
        raise
    is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
    mode = (READ if reads else 0) | (WRITE if writes else 0)
    return files.add(Open(fd, folder.read_only, is_folder, mode)), b""


def _opened(folder: int, call: Call, flags: int) -> int:
    """A descriptor of a file or a folder; what else lies there is looked at, and never opened."""
    path, follow = call.path or b"", 0 if call.follow else os.O_NOFOLLOW
    made = flags | follow | os.O_CREAT
    if call.open & CREATE and call.open & EXCLUSIVE:
        return open_beneath(folder, path, made | os.O_EXCL, 0o666)
    try:
        found = open_beneath(folder, path, os.O_PATH | follow)
    except FileNotFoundError:
        if not call.open & CREATE:
            raise
        fd = open_beneath(folder, path, made, 0o666)
        try:
            _check(fd, call)
        except BaseException:
            os.close(fd)
            raise
        return fd
    try:
        _check(found, call)
        return os.open(b"/proc/self/fd/%d" % found, flags)
    finally:
        os.close(found)


def _check(fd: int, call: Call) -> None:
    mode = os.fstat(fd).st_mode
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "a link is not followed")
    if call.open & FOLDER and not stat.S_ISDIR(mode):
        raise Refused("not-directory")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise Refused("not-permitted")


# ----- names


class _Name:
    """A path's last part, and the folder that the rest leads to, as long as it is used."""

    def __init__(self, folder: Open, path: bytes | None) -> None:
        whole = path or b""
        bare = whole.rstrip(b"/")
        head, slash, name = bare.rpartition(b"/")
        if not bare:
            raise Refused("not-permitted" if whole else "no-entry")
        self.name = name + whole[len(bare) :][:1]  # what ends like a folder must be one
        self._head = (head or b"/") if slash else b"."
        self._folder = folder
        self.fd = -1

    def __enter__(self) -> _Name:
        self.fd = open_beneath(self._folder.fd, self._head, os.O_PATH | os.O_DIRECTORY)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def make_folder(files: Files, call: Call) -> Answer:
    """Makes a folder."""
    with _Name(files.folder(call.number, True), call.path) as at:
        os.mkdir(at.name, dir_fd=at.fd)
    return 0, b""


def remove_folder(files: Files, call: Call) -> Answer:
    """Removes a folder that is empty."""
    with _Name(files.folder(call.number, True), call.path) as at:
        os.rmdir(at.name, dir_fd=at.fd)
    return 0, b""


def remove(files: Files, call: Call) -> Answer:
    """Removes a file, or a link."""
    with _Name(files.folder(call.number, True), call.path) as at:
        os.unlink(at.name, dir_fd=at.fd)
    return 0, b""


def rename(files: Files, call: Call) -> Answer:
    """Moves a file or a folder."""
    folder, other = files.folder(call.number, True), files.folder(call.other, True)
    with _Name(folder, call.path) as at, _Name(other, call.other_path) as to:
        os.rename(at.name, to.name, src_dir_fd=at.fd, dst_dir_fd=to.fd)
    return 0, b""


def link(files: Files, call: Call) -> Answer:
    """Gives a file one more name; a link is not followed."""
    folder, other = files.folder(call.number, True), files.folder(call.other, True)
    if call.follow:
        raise Refused("invalid")
    with _Name(folder, call.path) as at, _Name(other, call.other_path) as to:
        if at.name.endswith(b"/"):  # the kernel would follow a link of that name
            raise Refused("not-directory")
        os.link(at.name, to.name, src_dir_fd=at.fd, dst_dir_fd=to.fd, follow_symlinks=False)
    return 0, b""


def make_link(files: Files, call: Call) -> Answer:
    """Makes a link, which may say whatever does not begin at the root."""
    folder = files.folder(call.number, True)
    if call.other_path.startswith(b"/"):
        raise Refused("not-permitted")
    with _Name(folder, call.path) as at:
        os.symlink(call.other_path, at.name, dir_fd=at.fd)
    return 0, b""


def read_link(files: Files, call: Call) -> Answer:
    """What a link says, where that does not begin at the root."""
    fd = place(files, call)
    try:
        said = os.readlink(b"", dir_fd=fd)
    except FileNotFoundError:
        raise Refused("invalid") from None  # it is there, and no link
    finally:
        os.close(fd)
    if said.startswith(b"/"):
        raise Refused("not-permitted")
    return len(said), said
