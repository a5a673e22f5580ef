"""Bindings for Rust and Go name all of a world; `scripts/conformance languages` compiles them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.bindings import worlds
from tests.build.bindings.test_c import COUNTER, MANIFEST
from wherever.build import project as projects
from wherever.build.bindings import go, rust, wit
from wherever.wit.model import World


def world_of(folder: Path, text: str, name: str) -> World:
    (folder / "wit").mkdir()
    (folder / "wit" / "world.wit").write_text(text)
    (folder / "main.c").write_text("")
    (folder / "wherever.toml").write_text(MANIFEST.format(main="main.c", world=name))
    return wit.read(projects.find(folder), folder)


@pytest.mark.parametrize("text", [worlds.each_kind(), *map(worlds.any_types, (2, 4, 6))])
def test_every_function_and_type_is_there_and_every_bracket_closes(
    project: Path, text: str
) -> None:
    world = world_of(project, text, "echo")
    for made in (rust.bindings(world), go.bindings(world)):
        whole = "\n".join(made.values())
        for opening, closing in ("{}", "()", "[]"):
            assert whole.count(opening) == whole.count(closing)
        spelt = whole.replace("_", "").lower()
        for interface in (*world.imports, *world.exports):
            for function in interface.functions:
                assert function.name.replace("-", "") in spelt
            for name, _ in interface.types:
                assert name.replace("-", "") in spelt
    assert rust.bindings(world) == rust.bindings(world)
    assert go.bindings(world) == go.bindings(world)


@pytest.mark.parametrize("text", [COUNTER, worlds.SHELF])
def test_resources_have_a_type_and_their_functions(project: Path, text: str) -> None:
    world = world_of(project, text, "")
    in_rust, in_go = rust.bindings(world)["world.rs"], go.bindings(world)["world/world.go"]
    for made in (in_rust, in_go):
        for opening, closing in ("{}", "()", "[]"):
            assert made.count(opening) == made.count(closing)
    if text == COUNTER:
        assert "    type Counter: CounterExports;" in in_rust
        assert "fn next(&self) -> u32;" in in_rust
        assert "fn sum(all: ::std::vec::Vec<&crate::world::lab_count_counters::Counter>" in in_rust
        assert "\tNewCounter(start uint32) LabCountCountersCounter" in in_go
        assert "//go:wasmexport lab:count/counters@1.0.0#[dtor]counter" in in_go
    else:
        assert (
            "pub fn new(title: ::std::string::String) -> crate::world::lab_shelf_books::Book"
            in (in_rust)
        )
        assert "func NewLabShelfBooksBook(title string) LabShelfBooksBook {" in in_go
        assert "func (self LabShelfBooksBook) Title() string {" in in_go
