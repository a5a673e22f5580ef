"""Who waits at a terminal sees for how long, and nothing is left of it."""

from __future__ import annotations

import doctest
import os
import pty
import subprocess
import sys

import pytest

from wherever.cli import waiting


def shown(body: str) -> str:
    """What a program writes to a terminal that is its stderr."""
    ours, theirs = pty.openpty()
    code = (
        "import sys, time; from wherever.cli.waiting import waiting;"
        f"done = waiting('opening 2 apps')\nwith done as done:\n {body}\nsys.stderr.write('end')"
    )
    try:
        subprocess.run([sys.executable, "-c", code], stderr=theirs, env={"TERM": "xterm"})
        return os.read(ours, 1000).decode()
    finally:
        os.close(theirs)
        os.close(ours)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pass", "end"),
        ("time.sleep(1.5)", "\r\x1b[Kwherever: opening 2 apps (1 s)\r\x1b[Kend"),
        ("time.sleep(1.5); done(); print('in', file=sys.stderr)",
         "\r\x1b[Kwherever: opening 2 apps (1 s)\r\x1b[Kin\r\nend"),
    ],
)  # fmt: skip
def test_the_seconds_are_told_from_the_first_on(body: str, expected: str) -> None:
    assert shown(body) == expected


def test_nothing_is_shown_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    with waiting.waiting("opening 2 apps"):
        pass
    assert capfd.readouterr() == ("", "")


def test_the_examples_run() -> None:
    assert doctest.testmod(waiting).failed == 0
