"""What is kept is found again while it is unharmed, and only then."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from wherever import home
from wherever.errors import InputError
from wherever.store import keep

BYTES = b"\0asm\1\0\0\0"
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def kept(fresh_home: Path) -> Path:
    source = Path(home.room("fetching")) / "file"
    source.write_bytes(BYTES)
    return Path(keep.put(str(source), SHA256, "a.wasm"))


def test_a_kept_file_is_found_read_only_and_alone_in_its_folder(kept: Path) -> None:
    assert keep.find(SHA256, "a.wasm") == str(kept)
    assert kept.read_bytes() == BYTES
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert os.listdir(kept.parent) == ["a.wasm"]
    for folder in (kept.parent, kept.parent.parent, kept.parent.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_never_kept_is_not_found(fresh_home: Path) -> None:
    assert keep.find(SHA256, "a.wasm") is None
    assert not fresh_home.exists()


def test_a_changed_file_is_not_found(kept: Path) -> None:
    kept.chmod(0o600)
    kept.write_bytes(BYTES[:-1] + b"x")
    assert keep.find(SHA256, "a.wasm") is None


def test_a_change_that_keeps_size_and_time_is_noticed(kept: Path) -> None:
    before = kept.stat()
    kept.chmod(0o600)
    kept.write_bytes(BYTES[:-1] + b"x")
    os.utime(kept, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert keep.find(SHA256, "a.wasm") is None


def test_a_touched_file_is_hashed_once_more_and_found(kept: Path) -> None:
    os.utime(kept, (1, 1))
    note = kept.parent.parent / f"a.wasm.{SHA256}.checked"
    before = note.read_text()
    assert keep.find(SHA256, "a.wasm") == str(kept)
    assert note.read_text() != before


def test_a_link_in_the_place_of_the_file_is_not_followed(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wasm"
    other.write_bytes(BYTES)
    kept.unlink()
    kept.symlink_to(other)
    assert keep.find(SHA256, "a.wasm") is None


def test_a_folder_that_others_may_write_to_is_not_trusted(kept: Path) -> None:
    kept.parent.chmod(0o777)
    assert keep.find(SHA256, "a.wasm") is None


def test_a_fifo_in_the_place_of_the_file_does_not_block(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)
    assert keep.find(SHA256, "a.wasm") is None


def test_a_damaged_file_is_replaced(kept: Path) -> None:
    kept.chmod(0o600)
    kept.write_bytes(b"harm")
    source = Path(home.room("fetching")) / "file"
    source.write_bytes(BYTES)
    assert keep.put(str(source), SHA256, "a.wasm") == str(kept)
    assert keep.find(SHA256, "a.wasm") == str(kept)


def test_a_lost_or_forged_note_costs_a_hash_and_nothing_else(kept: Path) -> None:
    note = kept.parent.parent / f"a.wasm.{SHA256}.checked"
    note.unlink()
    assert keep.find(SHA256, "a.wasm") == str(kept)
    note.write_bytes(b"\xff\xfe")
    assert keep.find(SHA256, "a.wasm") == str(kept)
    assert note.read_text().startswith("8 ")


def test_the_home_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEREVER_HOME", "/one")
    monkeypatch.setenv("XDG_DATA_HOME", "/two")
    monkeypatch.setenv("HOME", "/three")
    assert home.folder() == "/one"
    monkeypatch.delenv("WHEREVER_HOME")
    assert home.folder() == "/two/wherever"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert home.folder() == "/three/.local/share/wherever"


def test_a_home_that_others_may_write_to_is_refused(fresh_home: Path) -> None:
    fresh_home.mkdir()
    fresh_home.chmod(0o777)
    with pytest.raises(InputError) as caught:
        home.room("kept")
    assert str(caught.value) == (
        f"{fresh_home} can be written by others, so what it keeps cannot be trusted; "
        f"chmod go-w {fresh_home}"
    )


def test_a_link_in_the_place_of_a_room_is_refused(fresh_home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    fresh_home.mkdir(0o700)
    (fresh_home / "kept").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError) as caught:
        home.room("kept")
    assert str(caught.value).startswith(f"{fresh_home}/kept is not a folder; ")


def test_a_home_that_cannot_be_made_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(InputError) as caught:
        home.room("kept")
    assert str(caught.value) == (
        f"cannot keep files at {tmp_path}/file/home: Not a directory; "
        "make room there, or set WHEREVER_HOME to a folder that can be written"
    )
