"""What is known of files: type, size, times, and which one it is."""

from __future__ import annotations

import os
import struct
import time
from hashlib import blake2b

from wherever.wasi.filesystem.beneath import open_beneath
from wherever.wasi.filesystem.codes import Refused
from wherever.wasi.filesystem.entries import READ, WRITE, type_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasi.filesystem.calls import Answer, Call
    from wherever.wasi.filesystem.files import Files

_MUTATE = 32


def base(files: Files, call: Call) -> Answer:
    """The name of a folder that is granted."""
    if not 0 < call.number <= len(files.folders):
        raise Refused("bad-descriptor")
    name = files.folders[call.number - 1].name
    return len(name), name


def flags(files: Files, call: Call) -> Answer:
    """How it is open, as `descriptor-flags`."""
    found = files.descriptor(call.number)
    if found.is_folder and found.mode & WRITE:
        return found.mode & READ | _MUTATE, b""
    return found.mode, b""


def file_type(files: Files, call: Call) -> Answer:
    """What it is, as `descriptor-type`."""
    return type_of(os.fstat(files.descriptor(call.number).fd).st_mode), b""


def place(files: Files, call: Call) -> int:
    """A descriptor of what a path leads to, neither for reading nor for writing."""
    how = os.O_PATH | (0 if call.follow else os.O_NOFOLLOW)
    return open_beneath(files.folder(call.number).fd, call.path or b"", how)


def _found(files: Files, call: Call) -> os.stat_result:
    if call.path is None:
        return os.fstat(files.descriptor(call.number).fd)
    fd = place(files, call)
    try:
        return os.fstat(fd)
    finally:
        os.close(fd)


def status(files: Files, call: Call) -> Answer:
    """Type, links, size, and times in nanoseconds."""
    found = _found(files, call)
    times = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
    known = type_of(found.st_mode), found.st_nlink, found.st_size
    return 0, struct.pack("<6Q", *known, *(max(each, 0) for each in times))


def hashed(files: Files, call: Call) -> Answer:
    """Two numbers, the same for the same file; not those of the disk, which are the host's."""
    found = _found(files, call)
    name = struct.pack("<2Q", found.st_dev, found.st_ino)
    return 0, blake2b(name, digest_size=16).digest()


def same(files: Files, call: Call) -> Answer:
    """Whether two are the same."""
    one, other = files.descriptor(call.number), files.descriptor(call.other)
    return int(os.path.samestat(os.fstat(one.fd), os.fstat(other.fd))), b""


def times(files: Files, call: Call) -> Answer:
    """Sets when a file was read and changed last."""
    found = files.descriptor(call.number)
    if found.read_only:
        raise Refused("not-permitted")
    fd = found.fd if call.path is None else place(files, call)
    try:
        before = os.fstat(fd)
        access = _time(call.flags & 15, before.st_atime_ns, call.at)
        change = _time(call.flags >> 4 & 15, before.st_mtime_ns, call.length)
        # By this name, because what is only a place cannot be changed by its number.
        os.utime(b"/proc/self/fd/%d" % fd, ns=(access, change))
    finally:
        if call.path is not None:
            os.close(fd)
    return 0, b""


def _time(how: int, before: int, wanted: int) -> int:
    return (before, time.time_ns(), wanted)[how]
