"""WebAssembly text becomes a program, and a package where it has a manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

import wherever
from wherever.build import building
from wherever.build import project as projects
from wherever.package import layout

HELLO = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\\n")
  (func (export "_start")
    (i64.store (i32.const 0) (i64.const 0x600000010))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""


def build(what: Path) -> building.Result:
    return building.build(projects.find(what), lambda text: None)


def test_a_file_is_built_beside_itself(project: Path) -> None:
    (project / "hello.wat").write_text(HELLO)
    result = build(project / "hello.wat")
    assert result.wasm == project / "hello.wasm"
    assert (result.size, result.package) == (result.wasm.stat().st_size, "")
    assert wherever.run(result.wasm).stdout == b"hello\n"
    assert sorted(path.name for path in project.iterdir()) == ["hello.wasm", "hello.wat"]


def test_a_folder_with_a_manifest_becomes_a_package(project: Path) -> None:
    (project / "main.wat").write_text(HELLO)
    (project / "wherever.toml").write_text('[package]\nname = "acme:hello"\nversion = "1.0.0"\n')
    result = build(project)
    assert result.wasm == project / "build" / "hello.wasm"
    opened = layout.read(project / "build" / "package", "1.0.0")
    assert (opened.digest, opened.wasm_digest) == (result.package, result.digest)
    assert build(project).package == result.package
    names = sorted(path.name for path in (project / "build").iterdir())
    assert names == [".gitignore", "hello.wasm", "package"]


ADDING = """(module
  (func (export "acme:math/ops@1.0.0#add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))
"""


def test_a_module_with_the_functions_of_a_world_becomes_its_component(project: Path) -> None:
    (project / "ops.wat").write_text(ADDING)
    (project / "math.wit").write_text(
        "package acme:math@1.0.0;\n"
        "interface ops { add: func(a: u32, b: u32) -> u32; }\nworld math { export ops; }\n"
    )
    (project / "wherever.toml").write_text(
        '[package]\nname = "acme:math"\nversion = "1.0.0"\nkind = "library"\n'
        '[build]\nwit = "math.wit"\nworld = "math"\n'
    )
    with wherever.load(build(project).wasm) as math:
        assert math.add(40, 2) == 42


def test_wrong_text_is_told_where_it_stands_and_nothing_is_left(project: Path) -> None:
    (project / "wrong.wat").write_text("(module\n  (func (export 7)))\n")
    with pytest.raises(wherever.InputError) as caught:
        build(project / "wrong.wat")
    assert str(caught.value) == (
        "wasm-tools failed with code 1:\n"
        "error: unknown operator or unexpected token\n"
        "     --> wrong.wat:2:10\n"
        "      |\n"
        "    2 |   (func (export 7)))\n"
        "      |          ^"
    )
    assert [path.name for path in project.iterdir()] == ["wrong.wat"]


def test_what_cannot_be_built_is_told_in_words(project: Path) -> None:
    (project / "notes.txt").write_text("nothing")
    for what, words in (
        (project, "there is nothing in it that could be built"),
        (project / "notes.txt", "notes.txt: its ending says no language that can be built"),
        (project / "none.c", "there is no such file or folder"),
    ):
        with pytest.raises(wherever.InputError) as caught:
            projects.find(what)
        assert words in str(caught.value)
