"""What `wherever serve` prints where nobody sits at a terminal: into pipes, files, or nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import scrubbed
from tests.edge.site import site


@pytest.fixture
def shell(
    wat: Callable[..., Path], tmp_path: Path
) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a server from a shell, whose words say where its output goes."""
    (tmp_path / "shop.wasm").write_bytes(wat(site("one")).read_bytes())
    started = []

    def call(more: str) -> subprocess.Popen[str]:
        words = f"exec {sys.executable} -m wherever serve shop.wasm --listen unix:site.sock"
        started.append(
            subprocess.Popen(
                ["/bin/sh", "-c", f"{words} --workers 1 {more}"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=scrubbed({"WHEREVER_HOME": str(tmp_path / "home")}),
                cwd=tmp_path,
                text=True,
            )
        )
        return started[-1]

    yield call
    for each in started:
        each.kill()
        each.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code after Ctrl-C, and what it said."""
    process.terminate()
    said = process.communicate(timeout=15)[1]
    return process.returncode, said


ENDING = "wherever: ending: requests that are being answered may end; once more ends it now\n"


def test_a_pipe_is_told_where_it_answers(
    shell: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    server = shell("")
    assert server.stdout is not None
    assert [server.stdout.readline() for _ in range(2)] == [
        "shop answers:\n",
        f"  shop  unix:{tmp_path}/site.sock/\n",
    ]
    assert re.fullmatch(r"its status: http://127.0.0.1:\d+/#key=\S+\n", server.stdout.readline())
    assert ended(server) == (0, ENDING)


@pytest.mark.parametrize("more", ["> /dev/full", "--json > /dev/full", ">&-", "<&- >&-"])
def test_it_serves_where_nobody_takes_what_it_prints(
    shell: Callable[[str], subprocess.Popen[str]], tmp_path: Path, more: str
) -> None:
    server = shell(more)
    while "running" not in asked(tmp_path):
        assert server.poll() is None
    assert ended(server) == (0, ENDING)


def asked(folder: Path) -> str:
    """What runs there."""
    words = [sys.executable, "-m", "wherever", "ps"]
    env = scrubbed({"WHEREVER_HOME": str(folder / "home")})
    return subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
