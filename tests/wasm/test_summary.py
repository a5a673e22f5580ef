"""`facts` says of a file what the rooms above need, in builtin types, and not too much of it."""

import json
import marshal

import pytest

from wherever.errors import NotRunnable
from wherever.wasm import Malformed, facts
from wherever.wasm.summary import MAX_ENTRIES

NOTHING = {
    "kind": "module",
    "imports": [],
    "exports": [],
    "memories": [],
    "tables": [],
    "start": False,
    "features": [],
    "producers": {},
    "modules": 0,
    "components": 0,
    "instances": 0,
    "core_instances": 0,
    "core_memories": [],
    "core_tables": [],
    "wit": False,
}


def test_a_module_in_whole(wasm):
    program = wasm("""(module
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "env" "table" (table 1 2 externref))
      (import "env" "memory" (memory 1 16 shared))
      (import "env" "level" (global (mut i32)))
      (import "env" "oops" (tag (param i32)))
      (memory i64 2) (table 3 funcref)
      (func $start (export "_start")) (start $start)
      (export "memory" (memory 1)) (export "again" (func 0)) (export "table" (table 1))
      (export "level" (global 0)) (export "oops" (tag 0)))""")
    assert facts(program) == {
        **NOTHING,
        "imports": [
            ("wasi_snapshot_preview1", "fd_write", "func", "(i32, i32, i32, i32) -> i32"),
            ("env", "table", "table", "externref 1..2"),
            ("env", "memory", "memory", "1..16 shared"),
            ("env", "level", "global", "mut i32"),
            ("env", "oops", "tag", "(i32) -> ()"),
        ],
        "exports": [
            ("_start", "func", "() -> ()"),
            ("memory", "memory", "2.. i64"),
            ("again", "func", "(i32, i32, i32, i32) -> i32"),
            ("table", "table", "funcref 3.."),
            ("level", "global", "mut i32"),
            ("oops", "tag", "(i32) -> ()"),
        ],
        "memories": [(1, 16, True, False, True, 65536), (2, None, False, True, False, 65536)],
        "tables": [(1, 2, True), (3, None, False)],
        "start": True,
        "features": [
            "exceptions",
            "externref",
            "memory64",
            "multi-memory",
            "mutable-globals",
            "reference-types",
            "threads",
        ],
        "core_memories": [(2, None, False, True, False, 65536)],
        "core_tables": [(3, None, False)],
    }


def test_a_component_in_whole(wasm):
    found = facts(wasm("shapes-component.wat"))
    assert found["imports"] == [
        ("", "small", "instance", "now: func() -> u64"),
        (
            "",
            "lab:demo/shapes@1.2.3",
            "instance",
            "[constructor]canvas: func(w: u32) -> canvas\n"
            "[method]canvas.draw: func(self: borrow<canvas>, s: shape, c: option<colour>)"
            " -> result<u32, string>\n"
            "[static]canvas.open: func(name: string) -> result<canvas, colour>\n"
            "area: func(s: borrow<canvas>, %type: mode) -> f64",
        ),
        ("", "point", "type", "point"),
        ("", "log", "func", "func(s: string, p: point)"),
    ]
    assert found["exports"] == [
        ("run", "func", "func(args: list<string>) -> result<_, string>"),
        ("out", "instance", "give: func(c: canvas) -> list<u8>"),
    ]
    assert {key: found[key] for key in found if key not in ("imports", "exports")} == {
        "kind": "component",
        "memories": [],
        "tables": [],
        "start": False,
        "features": ["component-model"],
        "producers": {"processed-by": [("wit-component", "0.262.0")]},
        "modules": 3,
        "components": 1,
        "instances": 1,
        "core_instances": 3,
        "core_memories": [(0, None, False, False, False, 65536)],
        "core_tables": [(3, 3, False)],
        "wit": False,
    }


def test_an_embedded_world_is_noticed(wasm):
    assert facts(wasm("shapes-module.wat"))["wit"] is True


def test_every_proposal_is_seen_in_what_proves_it(proposal, wasm):
    assert facts(wasm(proposal["wat"]))["features"] == proposal["features"]


def test_facts_survive_being_kept(proposal, wasm):
    found = facts(wasm(proposal["wat"]))
    assert marshal.loads(marshal.dumps(found)) == found
    assert json.loads(json.dumps(found))["features"] == found["features"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_come_in_any_form(kind, forge):
    assert facts(kind(forge.module())) == NOTHING


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"print(1)", "it is text"),
        (b"#!/bin/sh", "it is a script"),
        (b"(module)", "it is WebAssembly text, not yet a binary"),
        (b"\x7fELF\2", "it is a native program for Linux (ELF)"),
        (b"\0asm\2\0\0\0", "it is a WebAssembly module of an unknown version"),
        (b"\0asm\x0e\0\1\0", "it is a WebAssembly component of an unknown version"),
    ],
)
def test_what_is_no_webassembly_is_refused_in_words(data, words):
    with pytest.raises(NotRunnable) as caught:
        facts(data)
    assert str(caught.value) == f"not a WebAssembly module or component: {words}"


def test_producers_are_escaped_and_bounded(forge):
    many = [forge.name(f"tool{n}") + forge.name("1\x1b[2J" + "9" * 500) for n in range(200)]
    section = forge.custom(
        "producers", forge.leb(1), forge.name("processed-by"), forge.leb(200), *many
    )
    found = facts(forge.module(section))["producers"]["processed-by"]
    assert len(found) == 64
    name, version = found[0]
    assert name == "tool0"
    assert version.startswith("1\\x1b[2J999")
    assert len(version) < 130


def test_a_broken_custom_section_is_not_the_modules_fault(forge):
    broken = [forge.custom(name, b"\xff\xff") for name in ("producers", "target_features", "name")]
    assert facts(forge.module(*broken)) == NOTHING


def test_more_entries_than_facts_hold_are_refused(forge):
    imports = forge.section(2, forge.leb(MAX_ENTRIES + 1), b"\1a\1b\3\x7f\0" * (MAX_ENTRIES + 1))
    with pytest.raises(Malformed, match="10001 imports, exports, memories and tables"):
        facts(forge.module(imports))


def test_more_text_than_facts_hold_is_refused(forge):
    types = forge.section(1, forge.leb(1), b"\x60", forge.leb(1000), b"\x7f" * 1000, b"\0")
    imports = forge.section(2, forge.leb(5000), b"\1a\1b\0\0" * 5000)
    with pytest.raises(Malformed, match="names and types of more than 4000000 characters"):
        facts(forge.module(types, imports))


def test_a_module_counts_once_for_each_instance_that_is_made_of_it(wasm):
    program = wasm("""(component
      (core module $idle (memory 7))
      (component $inner
        (core module $a (memory 1) (table 5 5 funcref)) (core module $b (memory 2))
        (core instance (instantiate $a)) (core instance (instantiate $a))
        (core instance (instantiate $b)))
      (instance (instantiate $inner)) (instance (instantiate $inner)))""")
    found = facts(program)
    assert found["core_instances"] == 6
    assert sorted(low for low, *_ in found["core_memories"]) == [1, 1, 1, 1, 2, 2, 7]
    assert found["core_tables"] == [(5, 5, False)] * 4


def test_a_component_that_makes_too_many_instances_is_refused(wasm):
    text = "(core module $m (memory 1)) (core instance (instantiate $m))"
    for level in range(12):
        text = f"(component $c{level} {text})" + f"(instance (instantiate $c{level}))" * 2
    with pytest.raises(NotRunnable, match="more than 1000 instances"):
        facts(wasm(f"(component {text})"))
