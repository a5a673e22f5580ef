"""A bar for those who wait at a terminal, and silence for everybody else."""

from __future__ import annotations

import io

import pytest

from wherever.store import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_S", 0.0)
    monkeypatch.setattr(progress, "_columns", lambda: 79)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_shows_what_comes_and_is_clean_afterwards(at_once: None) -> None:
    stream = Terminal()
    bar = progress.Bar(stream)
    bar("python@3.12.0", 0, 12_000_000)
    bar("python@3.12.0", 6_000_000, 12_000_000)
    bar("python@3.12.0", 99_000_000, 12_000_000)
    bar("pypi:tool", 1_500_000, 0)
    bar.clear()
    lines = [line.rstrip() for line in stream.getvalue().split("\r")]
    assert lines == [
        "",
        "fetching python@3.12.0 (12.0 MB)",
        f"fetching python@3.12.0 {'█' * 15}{'░' * 15} 6.0 of 12.0 MB",
        f"fetching python@3.12.0 {'█' * 30} 12.0 of 12.0 MB",
        "fetching pypi:tool 1.5 MB",
        "",
        "",
    ]


def test_a_plain_terminal_gets_plain_letters(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    progress.Bar(stream)("it", 1_000_000, 3_000_000)
    assert stream.getvalue() == f"\rfetching it {'#' * 10}{'.' * 20} 1.0 of 3.0 MB"


def test_a_short_download_shows_nothing() -> None:
    stream = Terminal()
    bar = progress.Bar(stream)
    bar("it", 1, 2)
    bar.clear()
    assert stream.getvalue() == ""


def test_a_pipe_gets_nothing(at_once: None) -> None:
    stream = io.StringIO()
    bar = progress.Bar(stream)
    bar("it", 1, 2)
    bar.clear()
    assert stream.getvalue() == ""


def test_a_closed_or_narrow_terminal_does_no_harm(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_columns", lambda: 20)
    stream = Terminal()
    progress.Bar(stream)("a-long-name-of-a-program", 1_000_000, 2_000_000)
    assert len(stream.getvalue()) <= 21
    stream.close()
    progress.Bar(stream)("it", 1, 2)
    progress.quiet("it", 1, 2)
