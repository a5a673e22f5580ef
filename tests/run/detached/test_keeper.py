"""A keeper sees the end of its program, whatever becomes of who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from wherever.run.detached import process, state, stopping
from wherever.run.detached.state import Run

LAUNCHES = """
import os, signal, sys, time
from wherever.run.detached import keeper
from wherever.run.detached.state import Run
from wherever.run.job import Job

def start(telling):
    told = []
    signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
    os.write(1, b"starts")
    while not told:
        time.sleep(0.01)
    {then}
    return {code}

told = keeper.launch(Run("tool"), "tool", start)
os.write(2, repr(told).encode())
"""


@pytest.fixture(autouse=True)
def alone(fresh_home: Path) -> Path:
    return fresh_home


def ended(name: str) -> dict[str, Any]:
    until = time.monotonic() + 15
    while state.is_running(name) and time.monotonic() < until:
        time.sleep(0.02)
    return state.about(name)


def test_a_program_that_begins_after_its_launcher_was_killed_is_stopped_and_its_end_known() -> None:
    script = LAUNCHES.format(then='telling.started(Job("tool", [b"tool"]))', code=3)
    # What the program itself writes there goes to its log, and not into this pipe.
    read, write = os.pipe()
    script = script.replace("os.write(1, ", f"os.write({write}, ")
    with subprocess.Popen([sys.executable, "-c", script], pass_fds=[write]) as launcher:
        os.close(write)
        assert os.read(read, 6) == b"starts"
        launcher.send_signal(signal.SIGKILL)
    about = ended("tool")
    os.close(read)
    assert (about["state"], about.get("ended"), about.get("exit_code")) == ("ended", "exited", 3)


def test_a_program_that_comes_back_before_it_has_begun_has_failed() -> None:
    script = LAUNCHES.format(then="", code=0).replace("while not told", "while False")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=15)
    assert done.stderr == b"{'failed': 125, 'message': ''}"
    assert state.names() == []


def test_who_takes_the_name_of_what_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody starts the program anew as soon as it has ended, which is not what was meant."""
    first, second = Run("tool"), list[Run]()
    keeper = subprocess.Popen(["sleep", "60"], pass_fds=[first.lock])
    heir = subprocess.Popen(["sleep", "60"])
    signalled = process.signalled

    def taken_at_once(who: dict[str, Any], number: int, seconds: float = 0.0) -> bool:
        has_ended = signalled(who, number, seconds)
        if who["pid"] == keeper.pid:
            keeper.wait()
            second.append(Run("tool"))
            second[0].write({"name": "tool", "keeper": process.identity(heir.pid)})
        return has_ended

    monkeypatch.setattr(process, "signalled", taken_at_once)
    try:
        first.write({"name": "tool", "keeper": process.identity(keeper.pid)})
        first.close()
        stopping.stop("tool", 3)
        assert (keeper.wait(), heir.poll()) == (-signal.SIGTERM, None)
    finally:
        for each in (keeper, heir):
            each.kill()
            each.wait()
        for run in second:
            run.close()


FILLS = """
    home = os.environ["WHEREVER_HOME"]
    known = home + "/runs/tool/run.json"
    while not (os.path.exists(known) and '"running"' in open(known).read()):
        time.sleep(0.01)
    disk = os.open(home + "/full", os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(disk, bytes(4096)):
            pass
    except OSError:
        pass
"""


STANDS_IN = """
import errno, os
from wherever.run.detached.state import Run

has_room = Run._fill

def fill(run, name, data):
    path = run.path(name)
    had = os.stat(path).st_blocks * 512 if os.path.exists(path) else 0
    if os.path.exists(os.environ["WHEREVER_HOME"] + "/full") and had < len(data):
        raise OSError(errno.ENOSPC, "No space left on device")
    has_room(run, name, data)

Run._fill = fill
"""
"""A disk that is full as soon as the file `full` is there: only blocks that a file has are left."""


def test_how_it_ended_is_known_where_the_disk_is_full(alone: Path) -> None:
    alone.mkdir()
    options = ["-t", "tmpfs", "-o", "size=400k,mode=700", "none", str(alone)]
    # Only root can make a disk that is small, and not everywhere.
    is_small = not subprocess.run(["mount", *options], capture_output=True, timeout=10).returncode
    fills = FILLS if is_small else FILLS.replace("while os.write(disk, bytes(4096))", "if False")
    try:
        then = f'telling.started(Job("tool", [b"tool"]))\n{fills}'
        script = LAUNCHES.format(then=then, code=3).replace("while not told", "while False")
        stand_in = "" if is_small else STANDS_IN
        subprocess.run([sys.executable, "-c", stand_in + script], check=True, timeout=15)
        about = ended("tool")
        assert (about["state"], about.get("exit_code")) == ("ended", 3)
    finally:
        if is_small:
            subprocess.run(["umount", "-l", str(alone)], check=True, timeout=10)
