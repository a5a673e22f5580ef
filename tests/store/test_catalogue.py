"""The catalogue is sound, and finds what people mean."""

from __future__ import annotations

import re

import pytest
from wasmtime import wat2wasm

from wherever.store import recipe
from wherever.store.catalogue import PROGRAMS, find, interpreter_for, names, near, search
from wherever.store.program import Program

ISSUE = ("python", "quickjs", "micropython", "ruby", "perl", "resvg", "graphviz")


def test_has_the_programs_that_were_promised_and_more() -> None:
    assert [program.name for program in PROGRAMS if program.name in ISSUE] == list(ISSUE)
    assert len(PROGRAMS) >= 12


def test_no_two_programs_answer_to_one_name() -> None:
    known = [name for name, _ in names()]
    assert sorted(known) == sorted(set(known))
    endings = [ending for program in PROGRAMS for ending in program.extensions]
    assert sorted(endings) == sorted(set(endings))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_entry_is_whole(program: Program) -> None:
    digest = re.compile("[0-9a-f]{64}")
    for file in (program, *program.parts):
        assert digest.fullmatch(file.sha256)
        assert file.archive_sha256
        assert all(digest.fullmatch(each) for each in file.archive_sha256)
        assert file.ecosystem in ("pypi", "npm")
        assert file.size > 0
        assert file.download > 0
    guests = [part.guest.rpartition("/")[0] for part in program.parts]
    assert sorted(guests) == sorted(set(guests)), "each part is mounted in a folder of its own"
    assert all(guest.startswith("/usr/") for guest in guests)
    assert program.licence
    assert program.summary
    assert "\n" not in program.summary
    assert program.argv
    assert program.example.args or program.example.stdin


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_recipes_are_whole_modules(program: Program) -> None:
    for name in filter(None, (program.provide, program.starter)):
        assert "(include" not in recipe.text(name)
        assert wat2wasm(recipe.text(name)).startswith(b"\0asm")
    assert not program.starter or '(export "_start")' in recipe.text(program.starter)


def test_a_version_may_be_left_out_or_given_in_part() -> None:
    python = find("python")
    assert python is not None
    for word in ("python@3", "python@3.12", "python@3.12.0", "python3", "cpython", "py@3.12"):
        assert find(word) is python
    for word in ("python@2", "python@3.1", "python@3.12.0.0", "python@x", "pythons", "", "@3"):
        assert find(word) is None


def test_a_mistyped_name_has_near_ones() -> None:
    assert near("pyhton") == ["python"]
    assert near("grahpviz") == ["graphviz"]
    assert near("python@2.7") == ["python@3.12.0"]
    assert near("dott") == ["graphviz"]
    assert near("x" * 100_000) == []


def test_search_looks_at_names_summaries_packages_and_endings() -> None:
    assert [program.name for program in search("PNG")] == ["resvg"]
    assert [program.name for program in search("zeroperl")] == ["perl"]
    assert [program.name for program in search(".rb")] == ["ruby"]
    assert search("nothing like it") == []


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("hello.py", "python"),
        ("/a/b.c/page.js", "quickjs"),
        ("PAGE.MJS", "quickjs"),
        (".rb", "ruby"),
        ("x.pl", "perl"),
        ("x.lua", "lua"),
        ("graph.dot", "graphviz"),
        ("notes.txt", None),
        ("python", None),
        ("#!/usr/bin/env python3", "python"),
        ("#!/usr/bin/env -S PYTHONUTF8=1 python3.12 -u\nprint()", "python"),
        ("#! /usr/bin/perl -w", "perl"),
        ("#!/usr/local/bin/node", "quickjs"),
        ("#!/bin/sh", None),
        ("#!/usr/bin/env", None),
        ("#!", None),
    ],
)
def test_scripts_find_their_interpreter(script: str, name: str | None) -> None:
    assert interpreter_for(script) == name
