"""The command as a user meets it: the whole of what it prints, and its exit code."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

import wherever.cli.verbs as table
from wherever.cli import main as entry
from wherever.cli.main import build_parser, main
from wherever.errors import InternalError

HELLO = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""


def test_alone_it_says_what_there_is(wherever):
    ran = wherever()
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[:7] == [
        "Run sandboxed WebAssembly software anywhere.",
        "",
        "usage: wherever VERB ...",
        "",
        "run something:",
        "  run         Run a program in a sandbox.",
        "  programs    List the programs that have names, or search them.",
    ]
    assert wherever("--help") == wherever("-h") == wherever("help") == ran


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verson"], "there is no verb verson; did you mean version?"),
        (["complie"], "there is no verb complie; did you mean compile?"),
        (["xyzzy"], "there is no verb xyzzy; see: wherever --help"),
        (["--versoin"], "there is no option --versoin; did you mean --version?"),
        (["-x"], "there is no option -x; see: wherever --help"),
        (["evil\x1b[2J"], "there is no verb evil\\x1b[2J; see: wherever --help"),
        (["version", "--jsn"], "version has no option --jsn; did you mean --json?"),
        (["version", "now"], "version has no place for 'now'; see: wherever version --help"),
        (["completion"], "completion needs SHELL; see: wherever completion --help"),
        (["completion", "tcsh"], "completion: 'tcsh' is not known; there is: bash, zsh, fish"),
        (["run"], "run needs WHAT; see: wherever run --help"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_near_word(wherever, words, said):
    ran = wherever(*words)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (125, "", f"wherever: {said}\n")


def test_a_file_in_the_place_of_a_verb_is_pointed_to_run(wherever, tmp_path):
    (tmp_path / "tool.wasm").touch()
    ran = wherever("tool.wasm", cwd=tmp_path)
    assert ran.stderr == (
        "wherever: there is no verb tool.wasm; to run it: wherever run tool.wasm\n"
    )


def test_a_program_in_the_place_of_a_verb_is_pointed_to_run(wherever):
    said = "wherever: there is no verb python; to run it: wherever run python\n"
    assert wherever("python").stderr == said


@pytest.mark.parametrize("verb", [verb for verb in table.VERBS if verb != "run"])
def test_the_overview_says_of_a_verb_what_its_help_says(verb):
    assert import_module(f"wherever.cli.{verb}").HELP == table.VERBS[verb]


@pytest.mark.parametrize("verb", table.VERBS)
def test_every_verb_explains_itself(wherever, verb):
    ran = wherever(verb, "--help")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"usage: wherever {verb}")
    assert wherever("help", verb) == ran


def test_the_groups_hold_every_verb_once():
    assert sorted(verb for _, verbs in table.GROUPS for verb in verbs) == sorted(table.VERBS)


def test_the_parser_of_the_whole_command_has_every_verb():
    verbs = build_parser()._subparsers._group_actions[0].choices
    assert list(verbs) == list(table.VERBS)


def test_help_of_run_ends_with_the_exit_codes(wherever):
    ran = wherever("run", "--help", env={"COLUMNS": "100"})
    assert ran.stdout.split("exit codes:\n")[1] == (
        "  the program's own, or\n"
        "  122  it wrote more, opened more or called more than it may\n"
        "  124  it used up its time, processor time or instructions\n"
        "  125  a mistake in the command, or of ours\n"
        "  126  found, but not a program that can run here, or it needs what is not granted\n"
        "  127  not found\n"
        "  130  interrupted by Ctrl-C\n"
        "  134  it trapped, or used up its stack\n"
        "  137  it needed more memory than it may have\n"
    )


def test_a_broken_pipe_is_quiet(home):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "wherever", "help"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def through_a_shell(line):
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m wherever {line}', sys.executable],
        capture_output=True,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_full_disk_is_one_line(home):
    said = "the output cannot be written: No space left on device; make room, or write elsewhere"
    assert through_a_shell("version >/dev/full") == (125, "", f"wherever: {said}\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(home, wat, closed):
    shown = "" if ">&- 2" in closed or closed == ">&-" else "hello\n"
    assert through_a_shell(f"run {wat(HELLO)} {closed}") == (0, shown, "")
    assert through_a_shell(f"version {closed}")[0] == 0
    assert through_a_shell(f"nothing {closed}")[0] == 125


def broken(words):
    raise ZeroDivisionError("something\nunforeseen \x1b[2J")


def test_a_bug_is_one_line_that_asks_for_a_report(monkeypatch, capsys):
    monkeypatch.setattr(entry, "_dispatch", broken)
    monkeypatch.delenv("WHEREVER_DEBUG", raising=False)
    assert main(["run"]) == 125
    assert capsys.readouterr().err == (
        "wherever: this is a bug of ours: ZeroDivisionError: something unforeseen \\x1b[2J, in"
        " Wherever 0.1.0; please report it with what WHEREVER_DEBUG=1 shows and `wherever"
        " doctor`\n"
    )


def test_the_traceback_comes_only_when_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(entry, "_dispatch", broken)
    monkeypatch.setenv("WHEREVER_DEBUG", "1")
    assert main(["run"]) == 125
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1] == "unforeseen \\x1b[2J"


def test_an_error_of_ours_shows_its_traceback_too(monkeypatch, capsys):
    def ours(words):
        raise InternalError("the layout moved", "reinstall")

    monkeypatch.setattr(entry, "_dispatch", ours)
    monkeypatch.setenv("WHEREVER_DEBUG", "1")
    assert main([]) == 125
    assert capsys.readouterr().err.splitlines()[:2] == [
        "wherever: the layout moved; reinstall",
        "Traceback (most recent call last):",
    ]


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError()])
def test_what_may_not_print_is_only_named(monkeypatch, capsys, error):
    def failing(words):
        raise error

    monkeypatch.setattr(entry, "_dispatch", failing)
    assert main([]) == 125
    said = f"wherever: this is a bug of ours: {type(error).__name__} in Wherever 0.1.0;"
    assert capsys.readouterr().err.startswith(said)


def test_an_interrupt_has_its_code(monkeypatch, capsys):
    def interrupted(words):
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "_dispatch", interrupted)
    assert main([]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_version_in_words_and_for_programs(wherever):
    import json
    import platform

    said = wherever("version")
    assert said.exit_code == 0
    python = platform.python_version()
    assert said.stdout.startswith(f"wherever 0.1.0 (wasmtime 50.0.1, Python {python}, ")
    assert wherever("--version") == wherever("-V") == said
    found = json.loads(wherever("version", "--json").stdout)
    assert sorted(found) == ["engine", "platform", "python", "wherever"]


def test_the_exit_codes_are_documented():
    from pathlib import Path

    from wherever import errors

    page = Path(__file__).parents[2] / "docs" / "exit-codes.md"
    rows = {int(line[2:5]) for line in page.read_text().splitlines() if line[:3] == "| 1"}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    used = {kind.exit_code for kind in kinds} | set(errors.LIMIT_EXIT_CODES.values()) | {130}
    assert "`wherever build` ends with 1 when the" in page.read_text()
    used.remove(errors.BuildFailed.exit_code)
    assert rows == used
