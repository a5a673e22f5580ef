"""What an instance has open is given back, also where the system refuses the half of it."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from wherever.wasi.filesystem.entries import Listing


def test_a_listing_that_cannot_be_made_keeps_nothing_open(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)  # the lowest that is free
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (fd + 1, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Listing(fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_a_listing_tells_how_many_descriptors_it_closed(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    listing = Listing(os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY))
    opened = len(os.listdir("/proc/self/fd")) - before
    assert listing.close() == opened
