"""C functions with the names of `world.h` become a component that any host can call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.bindings import echo_c, worlds
from wherever.build import building
from wherever.build import project as projects
from wherever.build.bindings import wit
from wherever.errors import BuildFailed, InputError

MANIFEST = """[package]
name = "lab:echo"
version = "1.0.0"
kind = "library"
[build]
language = "c"
main = "{main}"
world = "{world}"
"""


def build(folder: Path, world: str, text: str, files: dict[str, str]) -> building.Result:
    (folder / "wit").mkdir(exist_ok=True)
    (folder / "wit" / "world.wit").write_text(text)
    for name, source in files.items():
        (folder / name).write_text(source)
    (folder / "wherever.toml").write_text(MANIFEST.format(main=next(iter(files)), world=world))
    return building.build(projects.find(folder), lambda text: None)


def echo(folder: Path, text: str) -> worlds.Echo:
    (folder / "echo.c").write_text("")
    (folder / "wit").mkdir()
    (folder / "wit" / "world.wit").write_text(text)
    (folder / "wherever.toml").write_text(MANIFEST.format(main="echo.c", world="echo"))
    source = echo_c.source(wit.read(projects.find(folder), folder))
    return worlds.Echo(build(folder, "echo", text, {"echo.c": source}).wasm)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("world", [worlds.each_kind(), worlds.any_types(9)], ids=["each", "any"])
def test_every_value_comes_back_as_it_was(project: Path, world: str) -> None:
    found = echo(project, world)
    for name in found.types:
        found.check(name, examples=15)


COUNTER = """package lab:count@1.0.0;
interface counters {
  resource counter {
    constructor(start: u32);
    next: func() -> u32;
    sum: static func(all: list<borrow<counter>>, last: counter) -> u32;
  }
  freed: func() -> u32;
}
world counts { export counters; }
"""
COUNTS = """#include <stdlib.h>
#include "world.h"
struct lab_count_counters_counter { uint32_t value; };
static uint32_t freed;
lab_count_counters_counter_own_t lab_count_counters_counter_new(uint32_t start)
{
    lab_count_counters_counter_t *made = malloc(sizeof *made);
    made->value = start;
    return lab_count_counters_counter_own(made);
}
uint32_t lab_count_counters_counter_next(lab_count_counters_counter_t *self)
{
    return self->value++;
}
uint32_t lab_count_counters_counter_sum(
    wit_list_borrow_lab_count_counters_counter_t all, lab_count_counters_counter_own_t last)
{
    uint32_t sum = lab_count_counters_counter_get(last)->value;
    for (size_t i = 0; i < all.length; i++)
        sum += all.data[i]->value;
    lab_count_counters_counter_drop(last);
    return sum;
}
void lab_count_counters_counter_free(lab_count_counters_counter_t *self) { freed++; free(self); }
uint32_t lab_count_counters_freed(void) { return freed; }
"""


@pytest.mark.timeout(120)
def test_a_resource_is_a_structure_of_the_program(project: Path) -> None:
    made = build(project, "counts", COUNTER, {"counts.c": COUNTS})
    call = worlds.Called(made.wasm, "lab:count/counters@1.0.0")
    one = call("[constructor]counter", 5)
    other = call("[constructor]counter", 7)
    assert [call("[method]counter.next", one) for _ in range(3)] == [5, 6, 7]
    assert call("[static]counter.sum", [one], other) == 8 + 7
    assert call("freed") == 1


TEXT = """package my:text;
world text { export greet: func(name: string) -> string; export seen: func() -> u32; }
"""
GREET = """#include <stdio.h>
#include <string>
#include "world.h"
static std::string last;
static uint32_t count;
wit_string_t my_text_greet(wit_string_t name)
{
    std::string text(name.data, name.length);
    last = last + text;
    printf("greeting %s\\n", text.c_str());
    count++;
    if (text.empty())
        return wit_string("nobody");
    return wit_format("%u: %s after %s", count, wit_cstring(name), last.c_str());
}
uint32_t my_text_seen(void) { return count; }
"""


@pytest.mark.timeout(200)
def test_cpp_keeps_what_is_its_own_and_frees_nothing(project: Path) -> None:
    call = worlds.Called(build(project, "text", TEXT, {"greet.cpp": GREET}).wasm)
    assert call("greet", "you") == "1: you after you"
    assert call("greet", "") == "nobody"
    for number in range(200):
        assert call("greet", "é" * 5000)[:3] == f"{number + 3}: "[:3]
    assert call("seen") == 202
    assert (project / "build" / "bindings" / "world.h").is_file()


@pytest.mark.timeout(120)
def test_what_is_missing_is_named(project: Path) -> None:
    with pytest.raises(BuildFailed) as missing:
        build(project, "text", TEXT, {"a.c": '#include "world.h"\n'})
    assert "my_text_greet" in str(missing.value)
    with pytest.raises(InputError) as none:
        build(project, "other", TEXT, {"a.c": '#include "world.h"\n'})
    assert str(none.value) == "the WIT has no world 'other'; there is: text"
    later = TEXT.replace("func() -> u32", "async func() -> future<u32>")
    with pytest.raises(InputError) as asynchronous:
        build(project, "text", later, {"a.c": '#include "world.h"\n'})
    assert "bindings have no words for" in str(asynchronous.value)
