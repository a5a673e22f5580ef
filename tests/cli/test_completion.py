"""Completion, as the shells do it."""

import shutil
import subprocess

import pytest

from wherever.cli import shells
from wherever.cli.options import FLAGS
from wherever.cli.verbs import VERBS

SCRIPTS = {name: getattr(shells, name)(shells.words()) for name in ("bash", "zsh", "fish")}


@pytest.fixture
def offered(tmp_path):
    """What a real bash offers for the last of these words, in a folder with a few files."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "my tool.wasm").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "completion.bash").write_text(SCRIPTS["bash"])

    def complete(*words):
        quoted = " ".join(f"'{word}'" for word in ("wherever", *words))
        code = (
            "source ./completion.bash;"
            f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _wherever;"
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "--norc", "-uc", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "MY_VARIABLE": "x"},
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split("\n")[:-1]

    return complete


def test_the_verbs(offered):
    assert sorted(offered("")) == sorted(VERBS)
    assert sorted(offered("c")) == ["cache", "compile", "completion", "compose"]


def test_the_options_of_run(offered):
    assert offered("run", "--max-o") == ["--max-output", "--max-open-files"]
    assert set(offered("run", "-")) == {*FLAGS, "-h", "--help"}


def test_the_options_of_another_verb(offered):
    assert sorted(offered("version", "-")) == ["--help", "--json", "-h"]


def test_names_of_programs_and_files_for_what(offered):
    assert "python" in offered("run", "py")
    assert offered("run", "--stats", "-m", "64m", "my") == ["my tool.wasm"]
    assert {"photos", "notes.txt", "python"} <= set(offered("run", ""))


def test_folders_files_and_variables_for_values(offered):
    assert offered("run", "--dir", "") == ["photos"]
    assert offered("run", "--dir", "=", "ph") == ["photos"]
    assert offered("run", "--dir", "=") == ["photos"]
    assert offered("run", "--env-file", "no") == ["notes.txt"]
    assert offered("run", "-e", "MY_") == ["MY_VARIABLE"]
    assert offered("run", "--memory", "") in ([], [""])


def test_behind_what_only_files(offered):
    assert offered("run", "tool.wasm", "--") in ([], [""])
    assert offered("run", "-v", "photos", "tool.wasm", "no") == ["notes.txt"]
    assert offered("run", "--env-file", "=", "notes.txt", "tool.wasm", "ph") == ["photos"]


def test_the_shells_themselves(offered):
    assert offered("completion", "") == ["bash", "zsh", "fish"]


def test_a_verb_without_arguments_offers_none(offered):
    assert offered("version", "") in ([], [""])


def test_every_flag_is_in_the_scripts_of_other_shells():
    for flag in FLAGS:
        assert f"'{flag}" in SCRIPTS["zsh"] or f"'*{flag}" in SCRIPTS["zsh"]
        name = f"-l {flag[2:]} " if flag.startswith("--") else f"-s {flag[1:]} "
        assert name in SCRIPTS["fish"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_what_the_verb_prints_and_its_shell_reads_it(wherever, tmp_path, shell):
    ran = wherever("completion", shell)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, SCRIPTS[shell], "")
    # A shell that is not installed cannot be asked; bash is everywhere.
    if shutil.which(shell) or shell == "bash":
        (tmp_path / "script").write_text(ran.stdout)
        done = subprocess.run([shell, "-n", tmp_path / "script"], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
