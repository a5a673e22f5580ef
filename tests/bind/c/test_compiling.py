"""The compiler of this machine refuses code that could leap over the end of the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.bind.c import compiling
from wherever.bind.library import Library
from wherever.errors import BuildFailed

SOURCE = "int f(int at) { volatile char room[%d]; room[at] = 1; return room[at + 1]; }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("include", "src", "scratch"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_frame_that_is_too_large_is_refused(
    compiler: str, library: Library, folder: Path
) -> None:
    (folder / "src" / "guest.c").write_text(SOURCE % (compiling.FRAME + 1000))
    with pytest.raises(BuildFailed, match="failed with code 1"):
        compiling.build(library, "small", folder, folder / "scratch", lambda _: None)


def test_other_frames_are_not(compiler: str, library: Library, folder: Path) -> None:
    (folder / "src" / "guest.c").write_text(SOURCE % (compiling.FRAME - 1000))
    compiling.build(library, "small", folder, folder / "scratch", lambda _: None)
    assert (folder / "lib" / "libsmall.a").exists()
