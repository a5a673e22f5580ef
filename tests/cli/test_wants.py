"""`wherever run` tells what a new version of a package wants more, before it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.package.making import package
from wherever.package import layout, shelf

WASI = "wasi_snapshot_preview1"
HELLO = f"""
(module
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  MORE
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
RANDOM = f'(import "{WASI}" "random_get" (func (param i32 i32) (result i32)))'
TOLD = """\
wherever: acme:tool 1.1.0 wants more than 1.0.0, which ran here last
wherever:   it can now use random numbers: it imports random_get
wherever:   it asks to read and write /out
wherever: it reaches only what you grant; wherever inspect acme:tool shows its card
"""
SENTENCES = [
    "it can now use random numbers: it imports random_get",
    "it asks to read and write /out",
]

Run = Callable[..., Any]


@pytest.fixture
def run(wherever: Run, fresh_home: Path) -> Run:
    return lambda *words, **how: wherever(
        *words, env={"WHEREVER_HOME": str(fresh_home), "NO_COLOR": "1"}, **how
    )


@pytest.fixture
def put(wat: Callable[..., Path], fresh_home: Path) -> Callable[..., None]:
    """Puts a version on the shelf; the second wants more."""

    def versions(*wanted: str) -> None:
        for version in wanted:
            wider = version != "1.0.0"
            wasm = wat(HELLO.replace("MORE", RANDOM if wider else "")).read_bytes()
            more = '[permissions]\nfiles = ["/out"]' if wider else ""
            shelf.put(package(version, wasm=wasm, more=more))

    return versions


def test_it_is_told_once_and_before_it_runs(run: Run, put: Callable[..., None]) -> None:
    put("1.0.0")
    first = run("run", "acme:tool")
    assert (first.exit_code, first.stdout, first.stderr) == (0, "hello\n", "")
    put("1.1.0")
    second = run("run", "acme:tool")
    assert (second.exit_code, second.stdout, second.stderr) == (0, "hello\n", TOLD)
    third = run("run", "acme:tool")
    assert (third.exit_code, third.stdout, third.stderr) == (0, "hello\n", "")


def test_a_terminal_shows_it_before_the_guest_writes(run: Run, put: Callable[..., None]) -> None:
    put("1.0.0")
    run("run", "acme:tool")
    put("1.1.0")
    assert run("run", "acme:tool", tty=True).stdout == f"{TOLD}hello\n"


def test_who_wants_no_notes_gets_none_and_is_told_another_time(
    run: Run, put: Callable[..., None]
) -> None:
    put("1.0.0")
    run("run", "--quiet", "acme:tool")
    put("1.1.0")
    assert run("run", "--quiet", "acme:tool").stderr == ""
    assert run("run", "acme:tool").stderr == TOLD


def test_inspect_and_json_have_it_too(run: Run, put: Callable[..., None]) -> None:
    put("1.0.0")
    assert json.loads(run("run", "--json", "acme:tool").stdout)["wants_more"] == []
    put("1.1.0")
    page = run("inspect", "acme:tool").stdout
    assert (
        "\n\nacme:tool 1.1.0 wants more than 1.0.0, which ran here last:\n"
        f"  {SENTENCES[0]}\n  {SENTENCES[1]}\n\n" in page
    )
    for _ in range(2):
        found = json.loads(run("inspect", "--json", "acme:tool").stdout)
        assert found["package"]["wants_more"] == SENTENCES
    ran = run("run", "--quiet", "--json", "acme:tool")
    assert (json.loads(ran.stdout)["wants_more"], ran.stderr) == (SENTENCES, "")
    assert run("run", "acme:tool").stderr == ""


def test_a_folder_is_compared_with_what_ran_under_its_name(
    run: Run, put: Callable[..., None], wat: Callable[..., Path], tmp_path: Path
) -> None:
    put("1.0.0")
    run("run", "acme:tool")
    wasm = wat(HELLO.replace("MORE", RANDOM)).read_bytes()
    layout.write(tmp_path / "theirs", package("1.1.0", wasm=wasm))
    assert run("run", tmp_path / "theirs").stderr.splitlines()[0] == TOLD.splitlines()[0]


def test_a_long_list_is_cut_and_nothing_in_it_is_obeyed(
    run: Run, put: Callable[..., None], tmp_path: Path, wat: Callable[..., Path]
) -> None:
    put("1.0.0")
    run("run", "acme:tool")
    names = ", ".join(f'"/{chr(0xA0)}{"x" * 220}{n}"' for n in range(1000))
    wasm = wat(HELLO.replace("MORE", "")).read_bytes()
    shelf.put(package("9.0.0", wasm=wasm, more=f"[permissions]\nfiles = [{names}]"))
    said = run("run", "acme:tool").stderr
    assert said.splitlines()[-2:] == [
        "wherever:   and 992 more",
        "wherever: it reaches only what you grant; wherever inspect acme:tool shows its card",
    ]
    assert len(said.splitlines()) == 11
    assert max(map(len, said.splitlines())) < 260
    assert said.replace("\n", "").isprintable()


def test_where_nothing_can_be_kept_it_runs_all_the_same(
    run: Run, put: Callable[..., None], fresh_home: Path
) -> None:
    put("1.0.0")
    (fresh_home / "cards").write_text("in the way")
    ran = run("run", "acme:tool")
    assert (ran.exit_code, ran.stdout) == (0, "hello\n")
    assert ran.stderr == (
        "wherever: what acme:tool wanted before is not known:"
        f" {fresh_home / 'cards'} is not a folder\n"
    )
