"""Bindings for Rust and Go name all of a world; `scripts/conformance languages` compiles them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.bindings import worlds
from tests.build.bindings.test_c import COUNTER, MANIFEST
from wherever.build import project as projects
from wherever.build.bindings import go, rust, wit
from wherever.build.bindings.wit import World
from wherever.errors import InputError


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


def test_resources_are_refused_in_words(project: Path) -> None:
    world = world_of(project, COUNTER, "counts")
    for language, made in (("Rust", rust.bindings), ("Go", go.bindings)):
        with pytest.raises(InputError) as caught:
            made(world)
        assert str(caught.value).startswith(f"bindings for {language} have no words for the")
