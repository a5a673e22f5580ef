"""sha256 by the cheapest way for its size: a light module for little, a fast one for much."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MUCH = 1 << 20
"""Bytes from which on `hashlib`, which is some milliseconds in loading, is the faster one."""


def new(size: int) -> Any:
    """A new sha256 object for about so many bytes, like `hashlib.sha256()`."""
    if size < MUCH:
        for module in ("_sha2", "_sha256"):
            try:
                return __import__(module).sha256()
            except (ImportError, AttributeError):
                continue
    from hashlib import sha256 as fast

    return fast()


def sha256(data: Any) -> str:
    """The digest of some bytes, in hexadecimal.

    >>> sha256(b"")[:16]
    'e3b0c44298fc1c14'
    """
    state = new(len(data))
    state.update(data)
    digest: str = state.hexdigest()
    return digest


def digest_of(handle: int) -> str:
    """The digest of an open file from its start, read piece by piece."""
    state = new(os.lseek(handle, 0, os.SEEK_END))
    os.lseek(handle, 0, os.SEEK_SET)
    while piece := os.read(handle, 1 << 20):
        state.update(piece)
    digest: str = state.hexdigest()
    return digest
