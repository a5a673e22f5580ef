"""`wherever cache` shows what was compiled, and is rid of it when asked."""

from __future__ import annotations

import json
import os

import pytest

HELLO = '(module (func (export "_start")))'


@pytest.fixture
def folder(fresh_home):
    return fresh_home / "cache"


def test_from_nothing_to_a_program_and_back(wherever, wat, folder):
    assert wherever("cache").stdout == f"{folder}: 0 compiled programs, 0 B\n"
    path = wat(HELLO, "hello")
    assert wherever("compile", path).exit_code == 0
    lines = wherever("cache").stdout.splitlines()
    assert lines[0].startswith(f"{folder}: 1 compiled program, ")
    assert lines[1].split() == ["SOURCE", "SIZE", "CODE", "USED"]
    assert lines[2].startswith("hello.wasm ")
    assert lines[2].endswith("KiB  optimised  in the last day")
    assert len(lines) == 3
    ran = wherever("cache", "clear")
    assert ran.stdout.startswith("removed 1 program, ")
    assert ran.stdout.endswith(" KiB; 0 B left\n")
    assert wherever("cache", "show").stdout == f"{folder}: 0 compiled programs, 0 B\n"


def test_as_json(wherever, wat, folder):
    wherever("compile", wat(HELLO, "hello"), "--deterministic")
    ran = wherever("cache", "--json")
    shown = json.loads(ran.stdout)
    (program,) = shown["programs"]
    assert (shown["folder"], shown["entries"], shown["problems"]) == (str(folder), 1, [])
    assert (program["name"], program["settings"], program["is_part"]) == ("hello.wasm", "d", False)
    cleared = json.loads(wherever("cache", "clear", "--json").stdout)
    assert cleared == {"folder": str(folder), "removed": 1, "freed": shown["size"], "left": 0}


def test_pruning(wherever, wat, folder):
    wherever("compile", wat(HELLO, "hello"))
    assert wherever("cache", "prune").stdout.startswith("removed 0 programs, 0 B; ")
    for facts in folder.glob("*.facts"):
        os.utime(facts, (1, 1))
    assert wherever("cache", "prune", "--older-than", "99999d").stdout.startswith("removed 0 ")
    assert wherever("cache", "prune", "--keep", "1g").stdout.startswith("removed 0 programs")
    assert wherever("cache").stdout.splitlines()[2].endswith(" days ago")
    assert wherever("cache", "prune").stdout.startswith("removed 1 program, ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prnue"], "cache: 'prnue' is not known; did you mean prune?"),
        (["--keep", "1g"], "--keep is for wherever cache prune; wherever cache --help"),
        (
            ["clear", "--older-than", "1d"],
            "--older-than is for wherever cache prune; wherever cache --help",
        ),
        (["prune", "--keep", ""], "--keep: '' is not a size; write it like 64m or 1.5g"),
        (
            ["prune", "--older-than", ""],
            "--older-than: '' is not a time; write it like 5, 500ms or 2m",
        ),
        (["prune", "--keep", "x"], "--keep: 'x' is not a size; write it like 64m or 1.5g"),
    ],
)
def test_mistakes(wherever, fresh_home, words, said):
    ran = wherever("cache", *words)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (125, "", f"wherever: {said}\n")


def test_a_folder_that_is_not_trusted_is_shown_and_not_touched(wherever, folder):
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    trouble = f"others can write to the cache folder {folder} (chmod 700 mends that)"
    shown = wherever("cache").stdout
    assert shown == f"{folder}: 0 compiled programs, 0 B\n{trouble}\n"
    ran = wherever("cache", "clear")
    assert ran.exit_code == 125
    assert ran.stderr == f"wherever: {trouble}; remove it, or set WHEREVER_CACHE\n"


def test_names_of_strangers_are_escaped(wherever, wat, fresh_home):
    wherever("compile", wat(HELLO, "a\x1b[31mb"))
    assert "a\\x1b[31mb.wasm" in wherever("cache").stdout
