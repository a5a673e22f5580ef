"""`read` gives a file whole: sections, types, names, what is nested in it."""

import dataclasses

import pytest

from wherever.errors import NotRunnable
from wherever.wasm import Component, Module, facts, read

SMALL = """(module $adder
  (import "env" "log" (func $log (param i32)))
  (type (struct (field i32)))
  (memory (export "memory") 1 2) (table 3 funcref) (global (mut i32) (i32.const 7))
  (tag (param i64))
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $init) (start $init) (elem (i32.const 0) $add $init) (data (i32.const 0) "hello")
  (@producers (language "C" "23") (processed-by "clang" "22")))"""


def test_a_module_in_whole(wasm):
    program = wasm(SMALL)
    found = read(program)
    assert isinstance(found, Module)
    assert found.size == len(program)
    assert found.name == "adder"
    assert [(i.module, i.name, i.kind, i.type) for i in found.imports] == [
        ("env", "log", "func", "(i32) -> ()")
    ]
    assert [(e.name, e.kind, e.type) for e in found.exports] == [
        ("memory", "memory", "1..2"),
        ("add", "func", "(i32, i32) -> i32"),
    ]
    assert found.types == (
        "struct", "(i32) -> ()", "(i64) -> ()", "(i32, i32) -> i32", "() -> ()"
    )  # fmt: skip
    assert found.functions == 3
    assert [dataclasses.astuple(m) for m in found.memories] == [(1, 2, False, False, False, 65536)]
    assert found.memories[0].largest == 131072
    assert [dataclasses.astuple(t) for t in found.tables] == [("funcref", 3, None, False, False)]
    assert (found.globals, found.tags) == (("mut i32",), ("(i64) -> ()",))
    assert (found.start, found.elements, found.data) == (2, 1, 1)
    assert [section.name for section in found.sections] == [
        "type", "import", "function", "table", "memory", "tag", "global", "export", "start",
        "element", "code", "data", "custom", "custom",
    ]  # fmt: skip
    assert [custom.name for custom in found.customs] == ["producers", "name"]
    assert found.producers == {"language": [("C", "23")], "processed-by": [("clang", "22")]}
    assert found.features == {"exceptions", "gc"}
    assert found.function_names == {0: "log", 1: "add", 2: "init"}


def test_sections_lie_where_they_say(wasm):
    program = wasm(SMALL)
    found = read(program)
    data = next(section for section in found.sections if section.name == "data")
    assert program[data.offset : data.offset + data.size].endswith(b"hello")
    assert sum(1 for section in found.sections if program[section.offset - 1] == section.size)


def test_a_component_in_whole(wasm):
    found = read(wasm("shapes-component.wat"))
    assert isinstance(found, Component)
    assert [(i.name, i.kind) for i in found.imports] == [
        ("small", "instance"),
        ("lab:demo/shapes@1.2.3", "instance"),
        ("point", "type"),
        ("log", "func"),
    ]
    assert found.imports[0].functions == (("now", "func() -> u64"),)
    assert [name for name, _ in found.imports[1].functions] == [
        "[constructor]canvas", "[method]canvas.draw", "[static]canvas.open", "area"
    ]  # fmt: skip
    assert found.exports[1].functions == (("give", "func(c: canvas) -> list<u8>"),)
    assert [module.functions for module in found.modules] == [13, 3, 4]
    assert [inner.imports[0].name for inner in found.components] == ["import-type-canvas"]
    assert found.instances == 1
    assert {section.name for section in found.sections} >= {"core module", "canonical", "alias"}
    assert found.features == {"component-model"}


def test_a_components_name_is_its_own(wasm):
    assert read(wasm("(component $thing (core module $inside))")).name == "thing"


def test_read_and_facts_agree(proposal, wasm):
    program = wasm(proposal["wat"])
    found, short = read(program), facts(program)
    assert sorted(found.features) == short["features"]
    assert [e.type for e in found.exports] == [text for _, _, text in short["exports"]]
    assert [i.type for i in found.imports] == [text for *_, text in short["imports"]]


@pytest.mark.parametrize(
    ("text", "largest"),
    [
        ("(memory 1)", 1 << 32),
        ("(memory 1 3)", 3 << 16),
        ("(memory i64 1)", 1 << 64),
        ("(memory 1 300 (pagesize 1))", 300),
    ],
)
def test_what_a_memory_may_grow_to(text, largest, wasm):
    assert read(wasm(f"(module {text})")).memories[0].largest == largest


def test_unreadable_names_are_left_out(forge):
    names = forge.section(0, forge.name("name"), b"\1\x09\3\0\1a\1\1b\2\7zz")
    assert read(forge.module(names)).function_names == {0: "a", 1: "b"}
    assert read(forge.module(forge.custom("name", b"\0\2\7m"))).name == ""
    assert read(forge.module()).function_names == {}


def test_what_is_no_webassembly_is_refused():
    with pytest.raises(NotRunnable, match="it is text"):
        read(b"hello")
