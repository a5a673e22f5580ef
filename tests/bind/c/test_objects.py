"""What was compiled once is not compiled again, and other headers or flags make it another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherever.bind.c import compiling, generate
from wherever.bind.c.objects import Objects
from wherever.bind.library import Library


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools that nothing was compiled in."""
    monkeypatch.setenv("WHEREVER_TOOLS", str(tmp_path / "tools"))
    return tmp_path / "tools" / "var" / "objects"


def written(folder: Path, header: str = "int x;") -> Path:
    folder.mkdir()
    (folder / "a.h").write_text(header)
    (folder / "a.c").write_text('#include "a.h"\n')
    return folder


def test_an_object_is_found_by_what_it_was_made_of(kept: Path, tmp_path: Path) -> None:
    src, made = written(tmp_path / "src"), tmp_path / "a.o"
    first = Objects(["cc", "-O2"], [src])
    assert not first.take(src / "a.c", made) and not made.exists()
    made.write_bytes(b"compiled")
    first.keep(src / "a.c", made)
    moved = written(tmp_path / "moved")
    other = written(tmp_path / "other", "long x;")
    (moved / "unused.h").write_text("int y;")
    found = {
        "the same": Objects(["cc", "-O2"], [src]).take(src / "a.c", tmp_path / "1.o"),
        "moved": Objects(["cc", "-O2"], [moved]).take(moved / "a.c", tmp_path / "2.o"),
        "another header": Objects(["cc", "-O2"], [other]).take(other / "a.c", tmp_path / "3.o"),
        "another flag": Objects(["cc", "-O1"], [src]).take(src / "a.c", tmp_path / "4.o"),
    }
    assert found == {
        "the same": True,
        "moved": True,
        "another header": False,
        "another flag": False,
    }
    assert (tmp_path / "2.o").read_bytes() == b"compiled"


def test_nothing_is_kept_where_others_may_write(kept: Path, tmp_path: Path) -> None:
    src, made = written(tmp_path / "src"), tmp_path / "a.o"
    kept.mkdir(parents=True)
    kept.chmod(0o777)
    objects = Objects([], [src])
    made.write_bytes(b"compiled")
    objects.keep(src / "a.c", made)
    objects.prune()
    assert not objects.take(src / "a.c", made) and not list(kept.iterdir())


def test_what_was_not_used_for_longest_goes_first(kept: Path, tmp_path: Path) -> None:
    src, made = written(tmp_path / "src"), tmp_path / "made.o"
    objects = Objects([], [src])
    made.write_bytes(bytes(100))
    for at in range(4):
        (src / f"{at}.c").write_text(f"int x{at};")
        objects.keep(src / f"{at}.c", made)
    for at, path in enumerate(sorted(kept.iterdir())):
        os.utime(path, (at, at))
    used = sorted(kept.iterdir())[-3:]
    objects.prune(400)
    assert len(list(kept.iterdir())) == 4
    objects.prune(399)
    assert sorted(kept.iterdir()) == used[-2:]


def test_one_library_is_compiled_once_for_all_languages(
    compiler: str, library: Library, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    run = compiling._run

    def counted(cc: compiling.Compiler, words: list[str], folder: Path, scratch: Path) -> None:
        ran.append("-c" in words)
        run(cc, words, folder, scratch)

    monkeypatch.setattr(compiling, "_run", counted)
    made = generate(library, tmp_path, lambda _: None)
    assert ran == [False, False]  # linked and archived, as `package` was before
    for name in made.files:
        assert (tmp_path / name).read_bytes() == (package / name).read_bytes(), name
