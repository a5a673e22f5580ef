"""Tools run away from the user's settings, and from programs that lie in a project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wherever.build import command
from wherever.errors import BuildFailed


def test_a_tool_starts_no_program_of_the_folder_it_runs_in(project: Path, tmp_path: Path) -> None:
    planted = project / "git"
    planted.write_text("#!/bin/sh\necho planted\n")
    planted.chmod(0o755)
    with pytest.raises(BuildFailed) as caught:
        command.run(
            [sys.executable, "-I", "-c", "import os; os.execvp('git', ['git'])"],
            label="tool",
            cwd=project,
            scratch=tmp_path,
        )
    assert caught.value.said[-1] == "FileNotFoundError: [Errno 2] No such file or directory"


TOOL = """import os, sys, time
os.fork()
open(f"{sys.argv[1]}/{os.getpid()}", "w").close()
time.sleep(60)
"""
OWNER = """import sys
from pathlib import Path
from wherever.build import command

where = Path(sys.argv[1])
words = [sys.executable, "-I", "-c", sys.argv[2], where / "started"]
command.run(words, label="tool", cwd=where, scratch=where)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_tool_and_what_it_started_end_with_us(tmp_path: Path, how: signal.Signals) -> None:
    started = tmp_path / "started"
    started.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path, TOOL], stderr=subprocess.DEVNULL
    ) as owner:
        _until(lambda: len(os.listdir(started)) == 2)
        time.sleep(0.5)
        owner.send_signal(how)
    _until(lambda: not any(Path("/proc", name).exists() for name in os.listdir(started)))


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
