"""A pool is as large as this machine carries, which a child finds out, once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wherever.engine import cache, pool_probe
from wherever.engine.runtime import engine
from wherever.engine.settings import DEFAULT_STACK, Settings

SOURCE = str(Path(cache.__file__).parents[2])

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
sys.path.insert(0, sys.argv[1])
from wherever.engine import pool_probe
from wherever.engine.settings import DEFAULT_STACK, Settings
print(pool_probe.slots(1000, Settings(), DEFAULT_STACK))
"""


@pytest.fixture(autouse=True)
def folder(fresh_home, monkeypatch):
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    folder = fresh_home / "cache"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def test_what_it_says_can_be_had(monkeypatch):
    slots = pool_probe.slots(8, Settings(), DEFAULT_STACK)
    assert slots == 8
    assert engine(Settings(), DEFAULT_STACK, slots).pooled
    monkeypatch.setattr(pool_probe, "carries", None)  # it is not asked again
    assert pool_probe.slots(8, Settings(), DEFAULT_STACK) == 8


def test_a_small_address_space_carries_none(folder):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, SOURCE], capture_output=True, text=True, env=os.environ
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_too_few_are_not_worth_a_pool():
    assert pool_probe.slots(3, Settings(), DEFAULT_STACK) == 0


def test_a_child_that_does_not_answer_is_ended(monkeypatch):
    monkeypatch.setattr(pool_probe, "_PATIENCE", 0.0)
    began = time.monotonic()
    assert not pool_probe.carries(8, Settings(), DEFAULT_STACK)
    assert time.monotonic() - began < 5


def test_without_a_cache_it_is_tried_each_time(folder):
    folder.rmdir()
    assert pool_probe.slots(4, Settings(), DEFAULT_STACK) == 4
    assert not folder.exists()
