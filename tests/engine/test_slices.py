"""The clock of calls that give way: it ends slices while it is on, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_assembly import ENTRIES, SPINS, parts
from wherever.engine import asking, assembly, slices
from wherever.engine.assembly import Assembly
from wherever.engine.budget import divide
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class Who:
    """Somebody who wants the clock."""


WHO = Who()


@pytest.fixture(params=["compiled", "ctypes"], autouse=True)
def twin(request: pytest.FixtureRequest) -> Iterator[None]:
    before = asking.accelerator()
    asking.use(before if request.param == "compiled" else None)
    yield
    slices.stop(WHO)
    asking.use(before)


def spinning() -> assembly.Assembled:
    given = parts()
    home = engine(Settings(), 1 << 20, 16)
    slices.watch(home.pointer, 0.001)
    guest = Assembly(home, given, ENTRIES).open(
        divide(64 << 20, [each.code.facts for each in given])
    )
    guest.begin(SPINS)
    return guest


def test_a_slice_ends_while_the_clock_is_on() -> None:
    guest = spinning()
    slices.start(WHO)
    assert [guest.poll() for _ in range(3)] == [False] * 3
    guest.close()


def test_a_clock_that_stopped_goes_on_when_it_is_started_again() -> None:
    guest = spinning()
    for _ in range(3):
        slices.start(WHO)
        assert guest.poll() is False
        slices.stop(WHO)
    late = threading.Timer(0.05, slices.start, [WHO])
    late.start()
    # It stands, so a slice has no end until another thread starts it.
    assert guest.poll() is False
    late.join()
    guest.close()


def test_nobody_stops_the_clock_of_another() -> None:
    guest, other = spinning(), Who()
    slices.start(WHO)
    slices.start(other)
    slices.stop(other)
    assert [guest.poll() for _ in range(3)] == [False] * 3
    guest.close()


def test_a_clock_is_watched_once_however_often_it_is_said() -> None:
    for _ in range(200):
        slices.watch(engine(Settings(), 1 << 20, 16).pointer, 0.001)
    guest = spinning()
    slices.start(WHO)
    assert guest.poll() is False
    guest.close()


FORKED = """
import os
from tests.engine.test_slices import WHO, spinning, slices
slices.start(WHO)
guest = spinning()
guest.poll()
pid = os.fork()
if not pid:
    child = spinning()
    slices.start(WHO)
    os._exit(7 if child.poll() is False else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), guest.poll())
guest.close()
"""


def test_a_child_of_a_fork_has_its_own_clock() -> None:
    kind = "0" if asking.accelerator() is None else "1"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED],
        cwd=ROOT,
        env={**os.environ, "WHEREVER_ACCELERATOR": kind},
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert (done.stdout, done.stderr) == ("7 False\n", "")
