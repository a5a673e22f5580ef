"""Folders that are granted: opened once, or refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherever.errors import InputError
from wherever.wasi.filesystem import beneath
from wherever.wasi.filesystem.folders import Folders


def granted(path: Path, name: bytes = b"/data") -> tuple[bytes, bytes, bool]:
    return os.fsencode(path), name, True


def test_a_folder_is_open_as_long_as_somebody_has_it(tmp_path: Path) -> None:
    folders = Folders.of([granted(tmp_path)])
    (folder,) = folders
    fd = folder.fd
    assert (folder.name, folder.read_only) == (b"/data", True)
    assert os.path.samestat(os.fstat(fd), tmp_path.stat())
    del folders, folder
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be opened for the guest"):
        Folders.of([granted(tmp_path / name)])


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a path of the guest"):
        Folders.of([granted(tmp_path, b"/\xff")])


def test_a_folder_inside_of_another_that_became_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    inside = os.fsencode(tmp_path / "inside")
    assert len(Folders.of([granted(tmp_path / "inside", b".")], inside)) == 1
    (tmp_path / "inside").rmdir()
    (tmp_path / "inside").symlink_to("/etc")
    with pytest.raises(InputError, match="became a link that leads elsewhere"):
        Folders.of([granted(tmp_path / "inside", b".")], inside)


def test_a_system_that_cannot_keep_guests_inside_grants_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beneath, "_OPENAT2", 9999)
    with pytest.raises(InputError) as caught:
        Folders.of([granted(tmp_path)])
    assert caught.value.what == (
        f"the folder {tmp_path} cannot be granted to a handler: this system has no openat2"
    )
