"""Files named by their digest in `blobs/sha256`, as OCI image layouts have them.

Nothing is trusted for its name: what is read is measured and hashed first, and a link, a pipe
or a folder in a file's place is refused unread.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherever import home
from wherever.errors import InputError, NotFound

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a document says of a blob before it is read.

    Attributes:
        media_type: what is in it.
        digest: `sha256:` and 64 hexadecimal digits.
        size: in bytes.
    """

    media_type: str
    digest: str
    size: int

    @classmethod
    def of(cls, value: Any, where: str) -> Descriptor:
        """The descriptor that a JSON value is.

        Raises:
            InputError: it is not one, or its digest is of a kind that we do not check.
        """
        value = value if isinstance(value, dict) else {}
        media_type, digest, size = (value.get(key) for key in ("mediaType", "digest", "size"))
        if not isinstance(media_type, str) or not isinstance(digest, str):
            raise InputError(f"{where} has no media type or no digest")
        if not DIGEST.fullmatch(digest):
            raise InputError(f"{where} has the digest {digest[:90]!a}, which is not of sha256")
        if type(size) is not int or size < 0:
            raise InputError(f"{where} has no size")
        return cls(media_type, digest, size)

    def to_json(self) -> dict[str, Any]:
        """The JSON value."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


def digest_of(data: bytes) -> str:
    """The digest of bytes, as descriptors name it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def place(layout: str | os.PathLike[str], digest: str) -> str:
    """The path of the blob of that digest, which need not be there."""
    return os.path.join(layout, "blobs", *digest.split(":"))


def refuse_links(layout: str | os.PathLike[str]) -> None:
    """Refuses a layout whose blobs lie elsewhere.

    Raises:
        InputError: one of its folders is a link.
    """
    for folder in (os.path.join(layout, "blobs"), os.path.join(layout, "blobs", "sha256")):
        if os.path.islink(folder):
            raise InputError(
                f"{folder} is a link, and links are not followed", "put the folder itself there"
            )


def read(layout: str | os.PathLike[str], blob: Descriptor, limit: int, where: str) -> bytes:
    """A whole blob, checked.

    Args:
        layout: the folder in which `blobs` stands.
        blob: what it has to be.
        limit: the most bytes that are read.
        where: what to call the blob in messages.

    Raises:
        NotFound: it is not there.
        InputError: it is larger than `limit`, or not what the descriptor says.
    """
    with _checked(layout, blob, limit, where) as handle:
        data = b"".join(_blocks(handle, blob.size))
    if digest_of(data) != blob.digest:
        raise _altered(where, blob)
    return data


def verify(layout: str | os.PathLike[str], blob: Descriptor, limit: int, where: str) -> str:
    """The path of a blob whose bytes were hashed, without holding them.

    Raises:
        NotFound: it is not there.
        InputError: it is larger than `limit`, or not what the descriptor says.
    """
    state = hashlib.sha256()
    with _checked(layout, blob, limit, where) as handle:
        for block in _blocks(handle, blob.size):
            state.update(block)
    if f"sha256:{state.hexdigest()}" != blob.digest:
        raise _altered(where, blob)
    return place(layout, blob.digest)


def write(
    layout: str | os.PathLike[str], content: bytes | Path, blob: Descriptor, staging: str
) -> None:
    """Puts a blob in, on disk before it is seen; a blob of that name is replaced.

    Args:
        layout: the folder in which `blobs` stands.
        content: the bytes, or a file that holds them, which is hashed while it is copied.
        blob: what it has to be.
        staging: the path of a file that is written first, on the same file system.

    Raises:
        InputError: the file is not what the descriptor says.
        OSError: it cannot be written; nothing of it is left then.
    """
    target = place(layout, blob.digest)
    if isinstance(content, bytes) and digest_of(content) != blob.digest:
        raise _altered("what is to be written", blob)
    refuse_links(layout)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with whole(target, staging) as handle:
        if isinstance(content, bytes):
            write_all(handle, content)
        else:
            _copy(content, handle, blob)


@contextmanager
def whole(target: str, staging: str) -> Iterator[int]:
    """A new file to write, which stands at `target` when the block ends well, and on disk.

    A process that is killed inside leaves `target` as it was.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(staging, flags, 0o644)
    try:
        try:
            yield handle
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(staging, target)
    except BaseException:
        if os.path.lexists(staging):
            os.unlink(staging)
        raise
    settle(os.path.dirname(target))


def write_all(handle: int, data: bytes) -> None:
    """Writes every byte."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def settle(folder: str) -> None:
    """Lets the names in a folder reach the disk, so that they outlive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_plain(path: str, where: str) -> tuple[int, os.stat_result]:
    """A plain file opened to be read, and its facts; no link is followed to it.

    Raises:
        NotFound: it is not there.
        InputError: it is no plain file, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound(f"{where} is not there: {path}") from None
    except OSError as error:
        if os.path.islink(path):
            raise InputError(f"{where} is a link, and links are not followed: {path}") from None
        raise InputError(f"cannot read {where}: {error.strerror}: {path}") from None
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise InputError(f"{where} is not a plain file: {path}")
    return handle, facts


@contextmanager
def _checked(
    layout: str | os.PathLike[str], blob: Descriptor, limit: int, where: str
) -> Iterator[int]:
    """The blob opened, of the right size, in folders that are no links."""
    measured(blob, limit, where)
    path = place(layout, blob.digest)
    refuse_links(layout)
    handle, facts = open_plain(path, where)
    try:
        if facts.st_size != blob.size:
            raise InputError(
                f"{where} has {facts.st_size} bytes, and should have {blob.size}", AGAIN
            )
        yield handle
    except OSError as error:
        raise InputError(f"cannot read {where}: {error.strerror}: {path}") from None
    finally:
        os.close(handle)


AGAIN = "it was damaged or changed: get it, or build it, again"


def measured(blob: Descriptor, limit: int, where: str) -> None:
    """Refuses a blob by the size that it is said to have.

    Raises:
        InputError: that is more than `limit` bytes.
    """
    if blob.size > limit:
        raise InputError(f"{where} has {blob.size} bytes, and {limit >> 20} MiB are read at most")


def _altered(where: str, blob: Descriptor) -> InputError:
    return InputError(f"{where} does not have the digest {blob.digest}", AGAIN)


def _blocks(handle: int, size: int) -> Iterator[bytes]:
    left = size
    while left and (block := os.read(handle, min(STEP, left))):
        left -= len(block)
        yield block


def _copy(source: Path, target: int, blob: Descriptor) -> None:
    state = hashlib.sha256()
    handle, _ = open_plain(str(source), "the package's program")
    try:
        for block in _blocks(handle, blob.size):
            state.update(block)
            write_all(target, block)
    finally:
        os.close(handle)
    if f"sha256:{state.hexdigest()}" != blob.digest:
        raise _altered("the package's program", blob)


def in_words(error: OSError) -> InputError:
    """What is said where a layout cannot be written."""
    if error.filename and str(error.filename).startswith(home.folder()):
        return home.cannot_keep(error)
    where = error.filename or "the package"
    return InputError(f"cannot write {where}: {error.strerror or error}", "make room there")
