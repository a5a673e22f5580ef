"""What reaches a terminal: nothing that it would act on, colour only where that is wanted."""

import doctest
import io
import os
import sys

import pytest

from wherever.cli import terminal
from wherever.cli.terminal import RED, escape, is_colourful, paint, progress, say, table


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ("plain, ünïcödé, 日本, 🙂", "plain, ünïcödé, 日本, 🙂"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("a\rb\nc\td\x00\x7f\x9b", "a\\rb\\nc\\td\\x00\\x7f\\x9b"),
        ("exe\u202egpj\u2066\u200b\ufeff", "exe\\u202egpj\\u2066\\u200b\\ufeff"),
        ("\u2028\u2029\u0085", "\\u2028\\u2029\\x85"),
        ("\udcff\U000e0001", "\\udcff\\U000e0001"),
    ],
)
def test_nothing_a_terminal_acts_on_gets_through(made, shown):
    assert escape(made) == shown


def test_a_line_of_ours_stays_one_line(capsys):
    say("evil\nwherever: all is well\x1b[A")
    assert capsys.readouterr().err == "wherever: evil\\nwherever: all is well\\x1b[A\n"


def test_colour_only_on_a_terminal_that_knows_it(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert paint("x", RED, Screen()) == "\x1b[31mx\x1b[0m"
    assert paint("x", RED, io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_colourful(Screen())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not is_colourful(Screen())


def test_a_closed_stderr_is_no_error(monkeypatch):
    stream = io.StringIO()
    stream.close()
    for closed in (stream, None):
        monkeypatch.setattr(sys, "stderr", closed)
        say("nobody reads this")


def test_a_table_is_aligned_and_escaped():
    rows = [("name", "1", "x"), ("a\tb", "22"), ()]
    assert table(rows, "  ") == "  name  1   x\n  a\\tb  22\n"


def test_progress_shows_nothing_where_nobody_looks(capsys):
    progress()("compiling")
    progress(quiet=True)(None)
    assert capsys.readouterr() == ("", "")


def test_progress_is_one_line_that_goes_away(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(terminal.os, "isatty", lambda _: True)
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda _: os.terminal_size((24, 80)))
    monkeypatch.setenv("TERM", "xterm")
    show = progress()
    show(None)
    assert screen.getvalue() == ""
    show("compiling a very long name\x1b")
    show("compiling a very long name\x1b")
    show(None)
    show(None)
    assert screen.getvalue() == "\r\x1b[Kcompiling a very long n\r\x1b[K"


def test_the_examples_run():
    assert doctest.testmod(terminal).failed == 0


def test_a_terminal_that_does_not_say_how_wide_it_is():
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    code = (
        "from wherever.cli.terminal import progress; show = progress();"
        f"show({'x' * 100!r}); show(None)"
    )
    subprocess.run([sys.executable, "-c", code], stderr=theirs, env={"TERM": "xterm"}, check=True)
    os.close(theirs)
    assert os.read(ours, 1000).decode() == "\r\x1b[K" + "x" * 79 + "\r\x1b[K"
    os.close(ours)
