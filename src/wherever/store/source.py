"""A workshop for one fetch: its folder, its bar, and the registry to ask."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from wherever import home
from wherever.home.workshop import workshop
from wherever.store.download import Order
from wherever.store.progress import Bar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.store.progress import Progress


class Shop:
    """Where one thing is being fetched; `folder` is empty at first and gone afterwards."""

    def __init__(self, folder: str, label: str, total: int, progress: Progress) -> None:
        self.folder = folder
        self._label = label
        self._total = total
        self._progress = progress

    def fetch(self, ecosystem: str, package: str, version: str) -> tuple[str, str]:
        """Downloads a package's archive; its path, and its version as the registry says."""
        between = "==" if ecosystem == "pypi" else "@"
        label = f"{ecosystem}:{package}{between + version if version else ''}"
        order = Order(package, version, self.folder, label, self._arrived)
        self._arrived(0)
        if ecosystem == "pypi":
            from wherever.store import pypi

            return pypi.fetch(order)
        from wherever.store import npm

        return npm.fetch(order)

    def clear(self) -> None:
        """Removes all that was fetched so far, to make room for the next."""
        for entry in list(os.scandir(self.folder)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)

    def _arrived(self, done: int) -> None:
        self._progress(self._label, done, self._total)


@contextmanager
def open_shop(key: str, label: str, total: int, progress: Progress | None) -> Iterator[Shop]:
    """A shop that no other process has open for the same key."""
    bar = Bar()
    show = progress or bar
    try:
        with workshop(key, lambda: show(f"{label} (another wherever does)", 0, 0)) as folder:
            yield Shop(folder, label, total, show)
    except OSError as error:
        raise home.cannot_keep(error) from None
    finally:
        bar.clear()


def digest(path: str) -> str:
    """The sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
