"""What a guest's shim asks of its files; `wasi/shim/files.c` says the same in C."""

from __future__ import annotations

from typing import NamedTuple

(
    BASE,
    CLOSE,
    OPEN,
    READ,
    WRITE,
    STREAM,
    NEXT,
    SEND,
    ADVISE,
    SYNC,
    FLAGS,
    TYPE,
    RESIZE,
    TIMES,
    LIST,
    ENTRY,
    MAKE,
    STAT,
    LINK,
    READ_LINK,
    REMOVE_FOLDER,
    RENAME,
    MAKE_LINK,
    REMOVE,
    SAME,
    HASH,
) = range(26)

WORDS = 16
"""Numbers of 32 bits that a call is made of."""

Answer = tuple[int, bytes]
"""What came of a call, and what is written where the guest wants it."""

SENT = frozenset((WRITE, SEND))
"""Calls whose `data` the guest gives; of the others it is where the answer goes."""

CHANGES = frozenset(
    (WRITE, SEND, RESIZE, TIMES, MAKE, LINK, REMOVE_FOLDER, RENAME, MAKE_LINK, REMOVE)
)
"""Calls after which a folder may not be what it was; an OPEN may be one, too."""


class Call(NamedTuple):
    """A call as the host does it, when all of it was read out of the guest's memory.

    Attributes:
        what: which one.
        number: of what is open; the folders that are granted have the first ones, from 1.
        path: below it; None where the call is about itself.
        other: a second number.
        other_path: a path below that, or what a link says.
        follow: whether the path's last part may be a link that is followed.
        open: flags of `open-at`, as `open-flags`.
        flags: those of a descriptor, an advice, or how a stream goes.
        data: what is written, or b"".
        size: bytes of it, or that are wanted.
        at: an offset, a size, or a time.
        length: another one.
    """

    what: int
    number: int
    path: bytes | None = None
    other: int = 0
    other_path: bytes = b""
    follow: bool = False
    open: int = 0
    flags: int = 0
    data: bytes = b""
    size: int = 0
    at: int = 0
    length: int = 0
