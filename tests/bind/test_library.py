"""What `wherever bind` takes for a library, and where it puts what it makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime

from tests.conftest import Ran
from wherever.bind.library import open_library
from wherever.errors import InputError, NotFound, NotRunnable, WhereverError
from wherever.package.sections import replaced

MODULE = '(core module $m (func (export "f") (result i32) i32.const 42))'
ANSWER = f"""(component {MODULE} (core instance $i (instantiate $m))
  (func (export "answer") (result u32) (canon lift (core func $i "f"))))"""


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """A component with one function."""
    path = tmp_path / "answer.wasm"
    path.write_bytes(wasmtime.wat2wasm(ANSWER))
    return path


def test_a_file_is_called_by_its_name_and_says_its_version(answer: Path) -> None:
    plain = open_library(str(answer))
    assert (plain.name, plain.version, plain.description) == ("answer", "0.0.0", "")
    stamps = {b"version": b"1.2.0", b"description": "Odpowiedź.".encode()}
    answer.write_bytes(replaced(answer.read_bytes(), stamps, "answer"))
    found = open_library(str(answer))
    assert (found.name, found.version, found.description) == ("answer", "1.2.0", "Odpowiedź.")
    named = open_library(str(answer), "The Answer", "2.0.0-rc.1", "All of it.")
    assert (named.name, named.version, named.description) == (
        "the-answer", "2.0.0-rc.1", "All of it.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "named", "kind", "said"),
    [
        (b"#!/bin/sh\n", {}, NotRunnable, "is no component: it is a script; name a component,"),
        (b"\0asm\1\0\0\0", {}, NotRunnable, "is a module, so nothing says what its functions mean"),
        (b"\0asm\x0d\0\1\0", {}, InputError, "exports no function that could be called; run it"),
        (b"\0asm\x0d\0\1\0\7\7", {}, NotRunnable, "malformed"),
        (None, {"version": "1.x"}, InputError, "'1.x' is not a version; write three numbers"),
        (None, {"name": "42"}, InputError, "'42' is no name for a package; name one: --name"),
    ],
)
def test_what_is_no_library_is_refused_in_words(
    answer: Path, held: bytes | None, named: dict[str, str], kind: type[WhereverError], said: str
) -> None:
    if held is not None:
        answer.write_bytes(held)
    with pytest.raises(kind) as caught:
        open_library(str(answer), **named)
    assert said in str(caught.value)


def test_a_path_with_nothing_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_library(str(tmp_path / "nothing.wasm"))
    with pytest.raises(InputError) as caught:
        open_library(str(tmp_path))
    assert (
        str(caught.value)
        == f"{tmp_path}: nothing is built in it; build it: wherever build {tmp_path}"
    )


def test_the_command_makes_packages_and_says_what_comes_next(
    answer: Path, wherever: Callable[..., Ran]
) -> None:
    def bind(*words: str) -> Ran:
        return wherever("bind", "answer.wasm", *words, cwd=answer.parent)

    next_step = "next: pip install bindings/python/dist/answer-0.0.0-py3-none-any.whl\n"
    assert bind("--lang", "python") == Ran(
        0, f"made bindings/python: answer 0.0.0\n{next_step}", ""
    )
    (answer.parent / "bindings/python/stale").write_text("of before")
    again = bind("--lang", "py,python", "--json")
    (told,) = json.loads(again.stdout)
    assert told["language"] == "python"
    assert "wherever-bind.json" in told["files"]
    assert "stale" not in told["files"]
    assert not (answer.parent / "bindings/python/stale").exists()


def test_a_folder_that_was_not_generated_is_left_alone(
    answer: Path, wherever: Callable[..., Ran]
) -> None:
    own = answer.parent / "mine" / "python" / "notes.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert wherever(
        "bind", "answer.wasm", "--lang", "python", "-o", "mine", cwd=answer.parent
    ) == Ran(
        125,
        "",
        "wherever: mine/python is there, and was not generated; name another folder with -o\n",
    )
    assert own.read_text() == "mine"


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        ("pyhton", "there are no bindings for 'pyhton'; did you mean python?"),
        (",", "--lang names no language; there are: c, cpp, go, java, python, rust, typescript"),
    ],
)
def test_a_language_that_there_is_not_is_told(
    answer: Path, wherever: Callable[..., Ran], languages: str, said: str
) -> None:
    ran = wherever("bind", "answer.wasm", "--lang", languages, cwd=answer.parent)
    assert ran == Ran(125, "", f"wherever: {said}\n")
