"""A process is known by more than its number, so that no stranger gets a signal of ours."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from wherever.run.detached import process

WAITS = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True, params=[True, False], ids=["by a handle", "by its number"])
def has_handles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a system that has handles of processes, and with one that has none."""

    def none(pid: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    if not request.param:
        monkeypatch.setattr(os, "pidfd_open", none)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WAITS) as child:
        yield child
        child.kill()


def test_it_is_signalled_and_its_end_is_waited_for(child: subprocess.Popen[bytes]) -> None:
    who = process.identity(child.pid)
    assert process.signalled(who, signal.SIGCONT) is False
    assert process.signalled(who, signal.SIGKILL, 10) is True
    assert child.wait() == -signal.SIGKILL
    assert process.signalled(who, signal.SIGKILL) is True


@pytest.mark.parametrize("name", ["start", "boot"])
def test_another_that_has_its_number_gets_no_signal(
    child: subprocess.Popen[bytes], name: str
) -> None:
    who = {**process.identity(child.pid), name: 1}
    assert process.signalled(who, signal.SIGKILL, 0.1) is True
    assert process.usage(who) is None
    assert child.poll() is None


@pytest.mark.parametrize("who", [{}, {"pid": None}, {"pid": 0}, {"pid": -1}, {"pid": "1"}])
def test_what_is_no_process_gets_none(who: dict[str, object]) -> None:
    assert process.signalled(who, signal.SIGKILL) is True
    assert process.usage(who) is None


def test_one_that_nobody_has_reaped_has_ended(child: subprocess.Popen[bytes]) -> None:
    who = process.identity(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.identity(child.pid) == {}
    assert process.usage(who) is None


def test_what_it_uses() -> None:
    who = process.identity(os.getpid())
    before = process.usage(who)
    assert before is not None
    assert before[0] > 0
    assert before[1] > 1 << 20
