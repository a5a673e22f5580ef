"""Paths that are followed below a folder, by the kernel."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherever.wasi.filesystem import beneath
from wherever.wasi.filesystem.beneath import is_possible, open_beneath


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "folder" / "file").write_text("file")
    (tmp_path / "folder" / "near").symlink_to("below/../file")
    (tmp_path / "folder" / "far").symlink_to(tmp_path / "folder" / "file")
    fd = os.open(tmp_path / "folder", os.O_PATH)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("path", [b"file", b"below/../file", b"near", b"./file"])
def test_what_stays_below_is_opened_and_not_inherited(folder: int, path: bytes) -> None:
    fd = open_beneath(folder, path, os.O_RDONLY)
    assert (os.read(fd, 10), os.get_inheritable(fd)) == (b"file", False)
    os.close(fd)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (b"..", errno.EPERM),
        (b"/", errno.EPERM),
        (b"far", errno.EPERM),
        (b"below/../../folder/file", errno.EPERM),
        (b"none", errno.ENOENT),
        (b"", errno.ENOENT),
        (b"file/none", errno.ENOTDIR),
        (b"file\0", errno.EINVAL),
    ],
)
def test_what_leads_out_or_nowhere_says_which(folder: int, path: bytes, code: int) -> None:
    with pytest.raises(OSError) as caught:
        open_beneath(folder, path, os.O_RDONLY)
    assert caught.value.errno == code


def test_a_path_that_changes_all_the_time_is_given_up(
    folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def changing(*_: object) -> int:
        tries.append(1)
        beneath.ctypes.set_errno(errno.EAGAIN)
        return -1

    monkeypatch.setattr(beneath, "_syscall", changing)
    with pytest.raises(BlockingIOError):
        open_beneath(folder, b"file", os.O_RDONLY)
    assert 1 < len(tries) < 1000


def test_a_system_without_it_is_known(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_possible(folder)
    monkeypatch.setattr(beneath, "_OPENAT2", 9999)
    assert not is_possible(folder)
