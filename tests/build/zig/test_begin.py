"""A C++ program that throws what nothing catches says what it was."""

from __future__ import annotations

from pathlib import Path

import wherever
from wherever.build import building
from wherever.build import project as projects

THROWS = """#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

namespace app { struct broken : std::runtime_error { using runtime_error::runtime_error; }; }
template <typename T> struct odd { T held; };
static void strict() noexcept { throw std::logic_error("in noexcept"); }

int main(int, char **words)
{
    std::string what = words[1];
    std::puts("begun");
    if (what == "std") throw std::out_of_range("no such page");
    if (what == "own") throw app::broken("out of ink");
    if (what == "number") throw 42;
    if (what == "text") throw "a text";
    if (what == "template") throw odd<int>{1};
    if (what == "inline") throw std::system_error(std::make_error_code(std::errc::io_error), "x");
    if (what == "strict") strict();
    if (what == "handler") {
        std::set_terminate([] { std::puts("own handler"); std::exit(9); });
        throw 1;
    }
    try { throw 3; } catch (int number) { return number; }
}
"""
EARLY = """#include <stdexcept>
struct Early { Early() { throw std::runtime_error("before main"); } } early;
int main() {}
"""


SAID = {
    "std": "uncaught exception: std::out_of_range: no such page",
    "own": "uncaught exception: app::broken: out of ink",
    "number": "uncaught exception: int: 42",
    "text": "uncaught exception: char const*: a text",
    "template": "uncaught exception: 3oddIiE",
    "inline": "uncaught exception: std::system_error: x: I/O error",
    "strict": "std::terminate was called, or what was thrown left a noexcept function",
}


def test_what_was_thrown_is_told_and_what_is_caught_or_handled_is_not(project: Path) -> None:
    (project / "main.cpp").write_text(THROWS)
    program = building.build(projects.find(project / "main.cpp"), lambda text: None).wasm
    for word, said in SAID.items():
        done = wherever.run(program, [word])
        assert done.stderr.decode() == f"{said}\n"
        assert (done.stdout, done.exit_code) == (b"begun\n", 134)
    done = wherever.run(program, ["handler"])
    assert (done.stdout, done.stderr, done.exit_code) == (b"begun\nown handler\n", b"", 9)
    done = wherever.run(program, ["caught"])
    assert (done.stdout, done.stderr, done.exit_code) == (b"begun\n", b"", 3)


def test_what_is_thrown_before_main_is_told(project: Path) -> None:
    (project / "main.cpp").write_text(EARLY)
    wasm = building.build(projects.find(project / "main.cpp"), lambda text: None).wasm
    done = wherever.run(wasm)
    assert done.stderr.decode() == "uncaught exception: std::runtime_error: before main\n"
    assert done.exit_code == 134
