"""What a download needs to know, and how it says what went wrong."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ARCHIVE_LIMIT = 1 << 30
"""The largest archive that is fetched, in bytes."""


class Order:
    """One package to fetch.

    Attributes:
        package, version: the version may be empty: the newest.
        folder: where the archive is put.
        arrived: called with the bytes that came so far; it may raise to end the download.
        label: the package in messages, such as `npm:tool@1.0`.
    """

    __slots__ = ("arrived", "folder", "label", "package", "version")

    def __init__(
        self,
        package: str,
        version: str,
        folder: str,
        label: str,
        arrived: Callable[[int], None],
    ) -> None:
        self.package = package
        self.version = version
        self.folder = folder
        self.label = label
        self.arrived = arrived


def folder_size(folder: str) -> int:
    """The bytes of all files under a folder that others may be writing to."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_size
            except OSError:
                continue
    return total


def printable(text: str, most: int = 300) -> str:
    """One line of a stranger's text that is safe on a terminal, without passwords in URLs.

    >>> printable("GET https://me:secret@host/x\\x1b[2J")
    'GET https://****@host/x'
    """
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    text = re.sub(r"//[^/@\s]+@", "//****@", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r" +", " ", text).strip()[:most]
