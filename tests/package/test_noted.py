"""Notes of files that were hashed: any change to a file makes its note worthless."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherever.package import blobs, noted

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = Path(blobs.place(tmp_path, DIGEST))
    path.parent.mkdir(parents=True)
    path.write_text("hello")
    noted.keep(str(tmp_path), DIGEST, noted.look(str(path)))
    assert noted.is_unchanged(str(tmp_path), DIGEST)
    return path


@pytest.mark.parametrize("change", ["write", "same-time", "replace", "remove", "link"])
def test_a_changed_file_is_no_longer_what_was_noted(
    change: str, blob: Path, tmp_path: Path
) -> None:
    facts = blob.stat()
    if change in ("write", "same-time"):
        blob.write_text("HELLO")
    if change == "same-time":
        os.utime(blob, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    if change in ("replace", "link"):
        blob.rename(tmp_path / "moved")
    if change == "replace":
        blob.write_text("hello")
    if change == "link":
        blob.symlink_to(tmp_path / "moved")
    if change == "remove":
        blob.unlink()
    assert not noted.is_unchanged(str(tmp_path), DIGEST)


def test_without_a_note_or_with_a_damaged_one_nothing_is_known(blob: Path, tmp_path: Path) -> None:
    place = Path(noted.place(str(tmp_path), DIGEST))
    for content in (b"", b"\xff", b"5"):
        place.write_bytes(content)
        assert not noted.is_unchanged(str(tmp_path), DIGEST)
    place.unlink()
    assert not noted.is_unchanged(str(tmp_path), DIGEST)


def test_a_note_that_cannot_be_written_is_done_without(blob: Path, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("")
    noted.keep(str(tmp_path / "full"), DIGEST, "1 2 3 4")
    assert not noted.is_unchanged(str(tmp_path / "full"), DIGEST)
