"""Names that one process has at a time, whoever looks at them meanwhile."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

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
