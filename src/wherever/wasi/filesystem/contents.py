"""What is in files and folders: read, written and listed."""

from __future__ import annotations

import os

from wherever.wasi.filesystem.beneath import open_beneath
from wherever.wasi.filesystem.codes import Refused
from wherever.wasi.filesystem.entries import Listing, Reading, Writing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasi.filesystem.calls import Answer, Call
    from wherever.wasi.filesystem.files import Files

_ADVICES = (
    os.POSIX_FADV_NORMAL,
    os.POSIX_FADV_SEQUENTIAL,
    os.POSIX_FADV_RANDOM,
    os.POSIX_FADV_WILLNEED,
    os.POSIX_FADV_DONTNEED,
    os.POSIX_FADV_NOREUSE,
)


def read(files: Files, call: Call) -> Answer:
    """Bytes at an offset."""
    data = os.pread(files.file(call.number).fd, call.size, call.at)
    return len(data), data


def write(files: Files, call: Call) -> Answer:
    """Writes at an offset, perhaps not all."""
    return os.pwrite(files.file(call.number, True).fd, call.data, call.at), b""


def stream(files: Files, call: Call) -> Answer:
    """A stream out of a file, into it, or behind its end."""
    file = files.descriptor(call.number)
    if file.is_folder:
        raise Refused("bad-descriptor" if call.flags else "is-directory")
    if call.at >= 1 << 63:
        raise Refused("invalid")
    if not call.flags:
        return files.add(Reading(file, call.at)), b""
    if file.read_only:
        raise Refused("not-permitted")
    return files.add(Writing(file, call.at if call.flags == 1 else None)), b""


def next_piece(files: Files, call: Call) -> Answer:
    """The bytes of a stream that come next."""
    found = files.at(call.number)
    if not isinstance(found, Reading):
        raise Refused("bad-descriptor")
    data = found.next(call.size)
    return len(data), data


def send(files: Files, call: Call) -> Answer:
    """Writes to a stream."""
    found = files.at(call.number)
    if not isinstance(found, Writing):
        raise Refused("bad-descriptor")
    found.send(call.data)
    return 0, b""


def advise(files: Files, call: Call) -> Answer:
    """Tells the kernel how a file will be read."""
    file = files.file(call.number)
    if call.flags >= len(_ADVICES):
        raise Refused("invalid")
    os.posix_fadvise(file.fd, call.at, call.length, _ADVICES[call.flags])
    return 0, b""


def sync(files: Files, call: Call) -> Answer:
    """Waits until all was written to the disk."""
    found = files.descriptor(call.number)
    (os.fsync if call.flags else os.fdatasync)(found.fd)
    return 0, b""


def resize(files: Files, call: Call) -> Answer:
    """Gives a file a size."""
    os.ftruncate(files.file(call.number, True).fd, call.at)
    return 0, b""


def list_folder(files: Files, call: Call) -> Answer:
    """A listing of a folder."""
    folder = files.folder(call.number)
    files.take(Listing.DESCRIPTORS)
    try:
        listing = Listing(open_beneath(folder.fd, b".", os.O_RDONLY | os.O_DIRECTORY))
    except BaseException:
        files.give(Listing.DESCRIPTORS)
        raise
    return files.add(listing), b""


def entry(files: Files, call: Call) -> Answer:
    """One more of a listing: its type and one, and the size of its name; 0 at the end."""
    found = files.at(call.number)
    if not isinstance(found, Listing):
        raise Refused("bad-descriptor")
    more = found.next()
    if more is None:
        return 0, b""
    kind, name = more
    return kind + 1 | len(name) << 8, name
