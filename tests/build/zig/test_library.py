"""A world written in WIT and functions in C become one component."""

from __future__ import annotations

from pathlib import Path

import pytest

import wherever
from wherever.build import building
from wherever.build import project as projects
from wherever.wasm import facts

pytestmark = pytest.mark.timeout(300)  # the first one builds the C library

WORLD = """package my:words;
world words {
  export gcd: func(a: u32, b: u32) -> u32;
  export shout: func(text: string) -> string;
}
"""
WORDS = """#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#define EXPORT(name) __attribute__((export_name(name)))
struct text { char *start; size_t length; };
EXPORT("gcd") uint32_t gcd(uint32_t a, uint32_t b) { return b == 0 ? a : gcd(b, a % b); }
EXPORT("shout") struct text *shout(char *start, size_t length)
{
    static struct text result;
    for (size_t i = 0; i < length; i++)
        start[i] = (char)toupper((unsigned char)start[i]);
    result = (struct text){start, length};
    return &result;
}
"""
MANIFEST = """[package]
name = "my:words"
version = "1.0.0"
kind = "library"
[build]
main = "words.c"
world = "words"
"""


@pytest.fixture
def words(project: Path) -> Path:
    (project / "wit").mkdir()
    (project / "wit" / "world.wit").write_text(WORLD)
    (project / "words.c").write_text(WORDS)
    (project / "wherever.toml").write_text(MANIFEST)
    return project


def test_a_world_becomes_a_component_that_asks_for_nothing(words: Path) -> None:
    result = building.build(projects.find(words), lambda text: None)
    found = facts(result.wasm.read_bytes())
    exports = [each[:2] for each in found["exports"]]
    assert (result.kind, found["imports"]) == ("component", [])
    assert exports == [("gcd", "func"), ("shout", "func")]


def test_a_function_that_the_world_lacks_is_named(words: Path) -> None:
    (words / "words.c").write_text(WORDS.replace('EXPORT("gcd")', ""))
    with pytest.raises(wherever.InputError) as caught:
        building.build(projects.find(words), lambda text: None)
    assert "gcd" in str(caught.value)


def test_a_library_without_a_world_is_a_module_of_functions(words: Path) -> None:
    (words / "wherever.toml").write_text(MANIFEST.replace('world = "words"\n', ""))
    result = building.build(projects.find(words), lambda text: None)
    assert result.kind == "module"
    assert wherever.load(result.wasm).gcd(12, 18) == 6
