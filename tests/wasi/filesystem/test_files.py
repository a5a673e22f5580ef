"""What an instance has open is what it is counted to have open: the descriptors of the host."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from wherever.wasi.filesystem import calls
from wherever.wasi.filesystem.calls import Call
from wherever.wasi.filesystem.codes import Refused
from wherever.wasi.filesystem.contents import list_folder
from wherever.wasi.filesystem.files import Files
from wherever.wasi.filesystem.folders import Folders

QUOTA = "quota"


def here(folder: Path) -> int:
    """Descriptors of this process that are open on a folder."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.path.samestat(os.stat(f"/proc/self/fd/{name}"), folder.stat())
        except FileNotFoundError:
            pass
    return found


def listing(files: Files) -> int:
    call = Call(calls.LIST, 1, None, 0, b"", False, 0, 0, b"", 0, 0, 0)
    return list_folder(files, call)[0]


@pytest.fixture
def granted(tmp_path: Path) -> Folders:
    return Folders.of([(os.fsencode(tmp_path), b"/data", True)])


def test_listings_count_as_what_they_hold(granted: Folders, tmp_path: Path) -> None:
    files = Files(granted, 5)
    before = here(tmp_path)
    first = listing(files)
    listing(files)
    assert here(tmp_path) - before == 4
    with pytest.raises(Refused, match=QUOTA):
        listing(files)
    files.take()  # there is room for one file more, and for no other
    with pytest.raises(Refused, match=QUOTA):
        files.take()
    files.drop(first)
    assert here(tmp_path) - before == 2
    listing(files)
    files.give(1)
    files.close()
    assert here(tmp_path) == before


def test_a_listing_that_cannot_begin_leaves_nothing_open(
    granted: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    files = Files(granted, 2)
    before = here(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", fail)
        with pytest.raises(OSError, match="Too many open files"):
            listing(files)
    assert here(tmp_path) == before
    listing(files)
    files.close()
