"""Names that one process has at a time, whoever looks at them meanwhile."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from wherever.errors import InputError
from wherever.home import held


@pytest.fixture(autouse=True)
def alone(fresh_home: Path) -> Path:
    return fresh_home


def taken(name: str) -> int:
    with held.turn("runs"):
        return held.take("runs", name)


def test_a_name_is_had_until_its_lock_is_closed() -> None:
    lock = taken("a")
    assert held.is_held("runs", "a")
    with pytest.raises(held.Held):
        taken("a")
    os.close(lock)
    assert not held.is_held("runs", "a")
    assert held.names("runs") == ["a"]


def test_who_only_looks_takes_no_name(alone: Path) -> None:
    os.close(taken("a"))
    look = os.open(alone / "runs" / "a" / "lock", os.O_RDWR)
    fcntl.flock(look, fcntl.LOCK_SH)  # as `is_held` does, for a moment
    timer = threading.Timer(0.03, os.close, [look])
    timer.start()
    os.close(taken("a"))
    timer.join()


def test_what_was_removed_can_be_had_again() -> None:
    first = taken("a")
    with held.turn("runs"):
        held.remove("runs", "a")
    second = taken("a")
    assert held.is_held("runs", "a")
    os.close(first)
    assert held.is_held("runs", "a")
    os.close(second)


def test_what_nobody_named_is_no_name(alone: Path) -> None:
    os.close(taken("b"))
    for name in (".gone-a", "A", "file name"):
        (alone / "runs" / name).mkdir()
    assert held.names("runs") == ["b"]
    assert not held.exists("runs", "../runs/b")
    assert held.names("nothing") == []


def test_a_folder_that_is_a_link_to_nothing_is_an_error(alone: Path) -> None:
    os.close(taken("a"))
    (alone / "runs" / "b").symlink_to("nowhere")
    with pytest.raises(InputError, match="cannot keep files"):
        taken("b")


def test_a_name_whose_folder_was_removed_meanwhile_is_taken_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`wherever df --free` has the lock of what it removes, and lets go of it with the folder."""
    monkeypatch.setattr(held, "_PATIENCE_S", 10.0)
    before = taken("tool")

    def remove() -> None:
        os.rename(held.path("runs", "tool"), held.path("runs", ".gone"))
        os.close(before)

    timer = threading.Timer(0.1, remove)
    timer.start()
    lock = taken("tool")
    timer.join()
    assert held.is_held("runs", "tool")
    os.close(lock)
    assert not held.is_held("runs", "tool")
