"""sha256 without the weight of `hashlib`, where this Python lets it be had."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_new: list[Callable[..., Any]] = []


def new(data: Any = b"") -> Any:
    """A new sha256 object, like `hashlib.sha256`."""
    if not _new:
        for module in ("_sha2", "_sha256", "hashlib"):
            try:
                _new.append(__import__(module).sha256)
                break
            except (ImportError, AttributeError):
                continue
    return _new[0](data)


def sha256(data: Any) -> str:
    """The digest of some bytes, in hexadecimal.

    >>> sha256(b"")[:16]
    'e3b0c44298fc1c14'
    """
    digest: str = new(data).hexdigest()
    return digest


def digest_of(handle: int) -> str:
    """The digest of an open file from its start, read piece by piece."""
    os.lseek(handle, 0, os.SEEK_SET)
    state = new()
    while piece := os.read(handle, 1 << 20):
        state.update(piece)
    digest: str = state.hexdigest()
    return digest
