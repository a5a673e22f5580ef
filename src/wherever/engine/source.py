"""What is to be compiled: an open file, its size and its digest."""

from __future__ import annotations

import os

from wherever.engine import cache
from wherever.engine.digesting import digest_of, sha256
from wherever.errors import InputError, NotFound, NotRunnable

LARGEST = 512 << 20
"""Bytes of a source that is compiled at all."""

_HINT = "give the path of a .wasm or .wat file"


class Source:
    """One source, open until `close`, so that what was hashed is what will be compiled.

    Args:
        what: a path, or what such a file holds.
        name: what messages call it; by default the path.

    Raises:
        NotFound: there is no such file.
        NotRunnable: it is a folder, a device or a pipe.
        InputError: it cannot be read, or is larger than `LARGEST`.
    """

    def __init__(self, what: str | bytes, name: str) -> None:
        self.text: bytes | None = None
        self.seen: os.stat_result | None = None
        if isinstance(what, bytes):
            self.name = shown(name or "the module")
            self.handle = in_memory(what)
            self.size = len(what)
            if self.size <= cache.LARGEST_TEXT:
                self.text = what
        else:
            self.name = shown(name or what)
            self.handle, self.seen = _open(what, self.name)
            self.size = self.seen.st_size
        try:
            if self.size > LARGEST:
                raise InputError(
                    f"{self.name} has {self.size >> 20} MiB; at most"
                    f" {LARGEST >> 20} MiB are compiled"
                )
            self.digest = digest_of(self.handle) if self.text is None else sha256(self.text)
        except OSError as error:
            self.close()
            raise InputError(f"cannot read {self.name}: {error.strerror}") from None
        except InputError:
            self.close()
            raise
        self.stem = self.digest if self.text is None else cache.text_stem(self.text)

    def part(self) -> tuple[str, str, bytes | None, str]:
        """What an entry says about its source."""
        return (self.stem, self.digest, self.text, self.name)

    def close(self) -> None:
        """Close the file."""
        os.close(self.handle)


def shown(name: str) -> str:
    """A name that is safe in a line on a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[-300:])


def in_memory(data: bytes) -> int:
    """An open file without a name that holds these bytes and stands at its start."""
    import errno
    import tempfile

    try:
        handle = os.memfd_create("wherever")
    except (AttributeError, OSError) as error:
        if getattr(error, "errno", 0) in (errno.EMFILE, errno.ENFILE):
            raise InputError(
                "cannot open the program: Too many open files", "close files and run it again"
            ) from None
        with tempfile.TemporaryFile() as unnamed:
            handle = os.dup(unnamed.fileno())
    with open(handle, "wb", closefd=False) as file:
        file.write(data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _open(path: str, name: str) -> tuple[int, os.stat_result]:
    try:
        # Without O_NONBLOCK a FIFO would wait for a writer here.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise NotFound(f"there is no file {name}", _HINT) from None
    except OSError as error:
        raise InputError(f"cannot open {name}: {error.strerror}", _HINT) from None
    seen = os.fstat(handle)
    kind = seen.st_mode & 0o170000
    if kind != 0o100000:
        os.close(handle)
        what = "a folder" if kind == 0o040000 else "not a regular file"
        raise NotRunnable(f"{name} is {what}", _HINT)
    return handle, seen
