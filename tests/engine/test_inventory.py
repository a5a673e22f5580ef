"""The cache can be listed, pruned by size and by age, and cleared; it stays below its bound."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wherever.engine import cache, inventory, keep
from wherever.engine.settings import Settings
from wherever.errors import InputError

DAY = 86400


@pytest.fixture(autouse=True)
def folder(fresh_home, monkeypatch):
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    return fresh_home / "cache"


@pytest.fixture
def three(folder):
    """Three entries; `c` was used today, `b` ten days ago and `a` twenty."""
    made = []
    for days, name in ((20, "a"), (10, "b"), (0, "c")):
        text = f'(module (func (export "{name}")))'.encode()
        artifact = cache.artifact(text, Settings(fuel=name == "b"), name=name)
        used = time.time() - days * DAY
        os.utime(artifact.path.removesuffix(".cwasm") + ".facts", (used, used))
        made.append(artifact)
    return made


def left():
    return [entry.name for entry in inventory.entries()]


def test_entries_say_what_they_are(three, folder):
    first, second, _ = inventory.entries()
    assert (first.name, first.settings, first.is_part) == ("a", "o", True)
    assert (second.name, second.settings) == ("b", "of")
    assert first.digest == three[0].digest
    assert first.path == three[0].path
    assert 0 < first.seconds < 60
    assert abs(first.made - time.time()) < 60
    assert abs(first.used - time.time() + 20 * DAY) < 60
    files = [path.stat().st_size for path in folder.iterdir()]
    assert inventory.size() == sum(files)
    assert sum(entry.size for entry in inventory.entries()) == sum(files)
    assert sorted(first.as_dict()) == sorted(first.__slots__)


def test_pruning_by_size_removes_what_was_used_longest_ago(three):
    newest = inventory.entries()[2].size
    gone, freed = inventory.prune(keep_bytes=newest)
    assert (gone, left()) == (2, ["c"])
    assert freed > 0
    assert inventory.prune(keep_bytes=newest) == (0, 0)


def test_pruning_by_age(three):
    assert inventory.prune(older_than=15 * DAY)[0] == 1
    assert left() == ["b", "c"]


def test_listing_does_not_count_as_use(three):
    inventory.entries()
    assert abs(inventory.entries()[0].used - time.time() + 20 * DAY) < 60


def test_clearing_leaves_only_what_is_being_made(three, folder):
    (folder / "tmp-1-2.0").write_bytes(b"x")
    (folder / "tmp-3-4.0").write_bytes(b"x")
    os.utime(folder / "tmp-3-4.0", (1, 1))
    (folder / "mine.txt").write_bytes(b"not ours")
    scripts = folder / "scripts" / "0123"
    scripts.mkdir(parents=True, mode=0o700)
    (scripts / "one.py").write_bytes(b"print(1)")
    (folder / "dead.lock").touch()
    lock = keep.Lock(str(folder), "alive")
    assert lock.take()
    before = inventory.size()
    gone, freed = inventory.clear()
    assert gone == 3
    assert freed == before - 1
    assert sorted(os.listdir(folder)) == ["alive.lock", "mine.txt", "tmp-1-2.0"]
    lock.release()


def test_the_bound_is_kept_after_each_compilation(three, folder, monkeypatch):
    (folder / "tmp-3-4.0").write_bytes(b"x" * 100)
    (folder / "memo-1-2").write_bytes(b"x")
    for name in ("tmp-3-4.0", "memo-1-2"):
        os.utime(folder / name, (1, 1))
    monkeypatch.setenv("WHEREVER_CACHE_SIZE", str(inventory.size()))
    cache.artifact(b"(module)", Settings(), name="d")
    assert "a" not in left()
    assert "d" in left()
    assert not list(folder.glob("tmp-*")) + list(folder.glob("memo-*"))


def test_what_killed_processes_left_behind_is_swept(three, folder):
    entries = {path.name for path in folder.iterdir()}
    dead = ["a-o.cwasm", "b-o.facts", "c-o.tried", "d-o.lock", "tmp-3-4.0"]
    fresh = ["e-o.cwasm", "f-o.facts", "g-o.tried", "h-o.lock", "tmp-5-6.0"]
    for name in dead + fresh:
        (folder / name).write_bytes(b"x")
    lock = keep.Lock(str(folder), "alive")
    assert lock.take()
    for name in [*entries, *dead, "alive.lock"]:
        os.utime(folder / name, (1, 1))
    inventory.sweep(str(folder))
    assert {path.name for path in folder.iterdir()} == {*entries, *fresh, "alive.lock"}
    lock.release()


def test_a_bound_that_is_no_size_is_refused(folder, monkeypatch):
    monkeypatch.setenv("WHEREVER_CACHE_SIZE", "plenty")
    with pytest.raises(InputError, match="WHEREVER_CACHE_SIZE: 'plenty' is not a size"):
        cache.artifact(b"(module)", Settings())


def test_an_entry_that_vanishes_or_is_rubbish_is_not_listed(three):
    os.unlink(three[0].path)
    Path(three[1].path.removesuffix(".cwasm") + ".facts").write_bytes(b"rubbish of some length")
    assert left() == ["c"]


def test_a_folder_that_is_not_there_holds_nothing(folder, monkeypatch):
    assert inventory.entries() == []
    assert inventory.clear() == (0, 0)
    assert inventory.prune(keep_bytes=1) == (0, 0)
    assert inventory.size() == 0


def test_the_state_for_doctor(three, folder, monkeypatch):
    assert inventory.state() == {
        "folder": str(folder),
        "entries": 3,
        "size": inventory.size(),
        "largest": 4 << 30,
        "engine": "50.0.1",
        "problems": [],
    }
    folder.chmod(0o777)
    state = inventory.state()
    assert state["entries"] == 0
    assert state["problems"] == [
        f"others can write to the cache folder {folder} (chmod 700 mends that)"
    ]
