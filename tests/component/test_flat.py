"""A component laid out as core modules: what is one program, and what is refused in words."""

from __future__ import annotations

import os

import pytest

from tests.edge.site import site
from tests.hostile.test_components import CALLBACK, RESOURCE
from wherever.component.broken import Broken
from wherever.component.flat import Flat, NotFlat
from wherever.component.layout import Border, CoreExport, Wanted
from wherever.wasm.cursor import Malformed
from wherever.wasm.defining import definitions

os.environ["WAST_STRICT_COMPONENT_INDICES"] = "0"

PROGRAM = """(component
  (import "wasi:io/streams@0.2.3" (instance $streams
    (export "input-stream" (type $stream (sub resource)))
    (export "[method]input-stream.read" (func (param "self" (borrow $stream)) (param "len" u64)
      (result (result (list u8)))))))
  (import "log" (func $log (param "text" string)))
  (alias export $streams "input-stream" (type $stream))
  (alias export $streams "[method]input-stream.read" (func $read))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $memory (instantiate $memory))
  (core func $read (canon lower (func $read)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $log (canon lower (func $log) (memory (core memory $memory "memory"))))
  (core func $drop (canon resource.drop $stream))
  (core module $main
    (import "streams" "read" (func (param i32 i64 i32)))
    (import "streams" "drop" (func (param i32)))
    (import "env" "log" (func (param i32 i32)))
    (import "memory" "memory" (memory 1))
    (func (export "run") (result i32) (i32.const 1))
    (func (export "done") (param i32)))
  (core instance $main (instantiate $main
    (with "streams" (instance (export "read" (func $read)) (export "drop" (func $drop))))
    (with "env" (instance (export "log" (func $log))))
    (with "memory" (instance $memory))))
  (func (export "run") (result u32)
    (canon lift (core func $main "run") (post-return (core func $main "done")))))"""

MEMORY = CoreExport(0, "core memory", "memory")
REALLOC = CoreExport(0, "core func", "realloc")


def flat(text: str) -> Flat:
    from wasmtime import wat2wasm

    return Flat(definitions(bytes(wat2wasm(text))))


def test_a_program_is_its_modules_in_order() -> None:
    found = flat(PROGRAM)
    read = Wanted(
        "wasi:io/streams",
        "[method]input-stream.read",
        ("i32", "i64", "i32"),
        (),
        Border(MEMORY, REALLOC),
    )
    drop = Wanted("wasi:io/streams", "[resource-drop]input-stream", ("i32",), (), None)
    log = Wanted("", "log", ("i32", "i32"), (), Border(MEMORY, None))
    assert [step.given for step in found.steps] == [
        {},
        {
            ("streams", "read"): read,
            ("streams", "drop"): drop,
            ("env", "log"): log,
            ("memory", "*"): CoreExport(0, "", ""),
        },
    ]
    assert found.wanted == [read, drop, log]
    assert [each.key for each in found.wanted] == [
        "wasi:io/streams#[method]input-stream.read",
        "wasi:io/streams#[resource-drop]input-stream",
        "#log",
    ]


def test_what_it_exports_is_found_by_name_without_a_version() -> None:
    run = flat(PROGRAM).exports["#run"]
    assert (run.function, run.border, run.after) == (
        CoreExport(1, "core func", "run"),
        None,
        CoreExport(1, "core func", "done"),
    )
    handle = flat(site("hello")).exports["wherever:http/handler#handle"]
    assert handle.border == Border(MEMORY, REALLOC)
    assert [name for name, _ in handle.type.params] == ["request"]


LIFTED_IMPORT = """(component (import "a" (func $f (param "x" u32)))
  (core func $l (canon lower (func $f)))
  (func (export "g") (param "x" u32) (canon lift (core func $l))))"""
ROOM_OF_AN_IMPORT = """(component
  (import "a" (func $f
    (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (result u32)))
  (core module $m (memory (export "memory") 1) (func (export "h") (param i32 i32)))
  (core instance $i (instantiate $m))
  (core func $l (canon lower (func $f)))
  (func (export "g") (param "x" string) (canon lift (core func $i "h")
    (memory (core memory $i "memory")) (realloc (core func $l)))))"""
TWO_PROGRAMS = """(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
  (core func $l (canon lower (func $f)))
  (core module $n (import "m" "f" (func)))
  (core instance (instantiate $n (with "m" (instance (export "f" (func $l)))))))"""
UTF16 = """(component
  (core module $m (memory (export "memory") 1) (func (export "h") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "g") (result string) (canon lift (core func $i "h")
    string-encoding=utf16 (memory (core memory $i "memory")))))"""
IMPORTED_MODULE = """(component (import "m" (core module $m)) (core instance (instantiate $m)))"""
IMPORTED_COMPONENT = """(component (import "c" (component $c)) (instance (instantiate $c)))"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (RESOURCE, "it has resources of its own"),
        (LIFTED_IMPORT, "what it imports is used as a function of its own"),
        (ROOM_OF_AN_IMPORT, "what it imports is used as a function of its own"),
        (TWO_PROGRAMS, "one part of it calls another"),
        (UTF16, "its values cross as utf16"),
        (IMPORTED_MODULE, "it imports a module, m"),
        (IMPORTED_COMPONENT, "it imports a component, c"),
    ],
    ids="resource lifted room two utf16 module component".split(),
)
def test_what_is_more_than_one_program_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(NotFlat) as refused:
        flat(text)
    assert refused.value.what == why


def test_a_callback_of_the_world_is_one_program() -> None:
    assert [each.key for each in flat(CALLBACK).wanted] == ["#tell"]


def nested(count: int, times: int) -> str:
    """A component in which each instantiates the one before it, so many times."""
    each = "".join(
        f"(component $c{n} (alias outer 1 {n - 1} (component $p))"
        f"{'(instance (instantiate $p))' * times})"
        for n in range(1, count)
    )
    return f"(component (component $c0) {each} (instance (instantiate $c{count - 1})))"


@pytest.mark.parametrize(
    ("count", "times", "why"),
    [
        (600, 1, "has more than 100 components within each other"),
        (60, 2, "has more than 200000 definitions"),
    ],
)
def test_a_component_without_end_is_refused(count: int, times: int, why: str) -> None:
    with pytest.raises(Broken) as refused:
        flat(nested(count, times))
    assert str(refused.value) == why


def test_an_alias_of_what_no_core_instance_exports_is_refused() -> None:
    from wasmtime import wat2wasm

    text = """(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (alias core export $i "f" (core func $f)))"""
    good = bytes(wat2wasm(text))
    # One alias: core, func, of a core instance, which is number 0, its "f".
    alias = b"\x06\x07\x01" + b"\x00\x00\x01\x00\x01f"
    assert good.count(alias) == 1 and len(definitions(good)) == 3
    with pytest.raises(Malformed, match="a core instance exports no type"):
        # The sort of types has one byte, and the name takes up the other.
        definitions(good.replace(alias, alias[:3] + b"\x03\x01\x00\x02ff"))


def test_more_core_modules_than_any_program_has_are_refused() -> None:
    """What lays them out and straightens them looks at all of them for each: minutes, for 2000."""

    def many(count: int) -> str:
        return f"(component (core module $m) {'(core instance (instantiate $m))' * count})"

    assert len(flat(many(500)).steps) == 500
    with pytest.raises(NotFlat) as refused:
        flat(many(501))
    assert refused.value.what == "it has more than 500 core modules to instantiate"


def test_components_within_each_other_are_one_program_where_none_calls_another() -> None:
    assert flat(nested(100, 1)).steps == []
