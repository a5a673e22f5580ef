"""Packages from strangers who mean harm: each is refused in words, and nothing is written."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.package_traps import TRAPS, Trap
from tests.package import making
from tests.package.making import carrying, entry, lay, tar
from wherever.errors import InputError
from wherever.package import contents, layout, shelf


def take(folder: Path, target: Path, tag: str = "") -> None:
    """All that is done with a package that comes from elsewhere."""
    opened = layout.read(folder, tag)
    contents.extract(opened.wasm_path, target, f"the package in {folder}")
    shelf.put(opened)


def told(error: InputError, folder: Path) -> str:
    """What is said, with the names of this run taken out."""
    text = error.what.replace(str(making.blob(folder, making.MODULE)), "L").replace(
        str(folder), "P"
    )
    return re.sub(r"should have \d{3}$", "should have N", text)


def snapshot(folder: Path) -> dict[str, tuple[int, float]]:
    """Every name under a folder, with what tells that it was written."""
    found = {}
    for where, folders, names in os.walk(folder):
        for name in (*folders, *names):
            facts = os.lstat(os.path.join(where, name))
            found[os.path.join(where, name)] = (facts.st_size, facts.st_mtime)
    return found


@pytest.fixture
def peak() -> Callable[[], int]:
    """Starts to measure memory; what comes back says by how many bytes it has grown at most."""
    status = Path("/proc/self/status")

    def now(key: str) -> int:
        return int(re.findall(rf"{key}:\s+(\d+) kB", status.read_text())[0]) << 10

    Path("/proc/self/clear_refs").write_text("5")
    before = now("VmRSS")
    return lambda: now("VmHWM") - before


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_a_hostile_package_is_refused_in_words(
    trap: Trap, tmp_path: Path, fresh_home: Path, peak: Callable[[], int]
) -> None:
    folder, target = tmp_path / "inbox" / "package", tmp_path / "target"
    trap.lay(folder)
    before = snapshot(tmp_path)
    began = time.monotonic()
    with pytest.raises(InputError) as refused:
        take(folder, target, trap.tag)
    assert told(refused.value, folder) == trap.says
    assert {path: facts for path, facts in snapshot(tmp_path).items() if path != str(target)} == {
        path: facts for path, facts in before.items() if path != str(target)
    }
    assert not target.exists() or not any(target.iterdir())
    assert peak() < 256 << 20
    assert time.monotonic() - began < 5


def test_each_trap_has_a_name_of_its_own() -> None:
    names = [trap.name for trap in TRAPS]
    assert len(set(names)) == len(names) >= 30


def test_without_its_trap_the_same_package_is_taken(tmp_path: Path, fresh_home: Path) -> None:
    lay(tmp_path / "package", carrying(tar(entry(b"a/b", b"hello"))))
    take(tmp_path / "package", tmp_path / "target")
    assert (tmp_path / "target" / "a" / "b").read_bytes() == b"hello"
    assert [str(found.name) for found in shelf.entries()] == ["acme:tool"]
