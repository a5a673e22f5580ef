"""What C, C++ and Zig programs need of their toolchain, and C programs of other people.

`scripts/conformance languages` runs these. The C programs are the interpreters of Lua 5.2, 5.3 and
5.4, taken whole from the sdist of lupa on PyPI, and the libraries of `foreign_headers`.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import wherever
from tests.build import foreign_headers
from tests.build.bindings.worlds import Called
from wherever.build import building, compose, templates
from wherever.build import project as projects
from wherever.errors import BuildFailed
from wherever.store import index
from wherever.store.download import Order

LUPA = "2.6"
LUAS = ("lua52", "lua53", "lua54")

THROWS = r"""
#include <any>
#include <iostream>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

struct Noted { ~Noted() { std::cout << "unwound "; } };

static int deep(int left)
{
    Noted noted;
    if (left == 0)
        throw std::runtime_error("thrown");
    return deep(left - 1);
}

template <class Error, class Function> static void caught(const char *what, Function function)
{
    try {
        function();
        std::cout << what << ": nothing\n";
    } catch (const Error &) {
        std::cout << what << ": caught\n";
    }
}

int main()
{
    caught<std::runtime_error>("own", [] { deep(1); });
    caught<std::invalid_argument>("stoi", [] { std::cout << std::stoi("x"); });
    caught<std::out_of_range>("at", [] { std::cout << std::vector<int>().at(3); });
    caught<std::out_of_range>("map", [] { std::cout << std::map<int, int>().at(3); });
    caught<std::regex_error>("regex", [] { std::regex wrong("("); });
    caught<std::bad_any_cast>("any", [] { std::cout << std::any_cast<int>(std::any("x")); });
    caught<std::logic_error>("kept", [] {
        std::rethrow_exception(std::make_exception_ptr(std::logic_error("kept")));
    });
    caught<int>("again", [] { try { throw 1; } catch (...) { throw; } });
}
"""
CAUGHT = b"".join(
    line.encode() + b": caught\n"
    for line in ("unwound unwound own", "stoi", "at", "map", "regex", "any", "kept", "again")
)

SHAPES = {
    "src/main.cpp": """#include <cstdio>
#include <ranges>
#include <vector>
#include "shapes.h"
extern "C" int twice(int);
int main()
{
    auto many = std::vector{1, 2, 3} | std::views::transform(twice);
    int sum = 0;
    for (int each : many)
        sum += each;
    std::printf("%d %s\\n", sum, named(Shape::round).c_str());
}
""",
    "src/shapes.cpp": """#include "shapes.h"
std::string named(Shape shape) { return shape == Shape::round ? "round" : "square"; }
""",
    "src/twice.c": "int twice(int restrict_) { int class = restrict_; return 2 * class; }\n",
    "include/shapes.h": "#pragma once\n#include <string>\nenum class Shape { round };\n"
    "std::string named(Shape);\n",
    "wherever.toml": '[package]\nname = "my:shapes"\n[build]\nflags = ["-std=c++23"]\n',
}

HEADER = {
    "text.hpp": """#pragma once
#include <string>
enum class mood : unsigned char { glad, sad = 7 };
extern "C" {
char *text_shout(const char *text);
mood text_mood(mood before);
}
""",
    "text.cpp": """#include "text.hpp"
#include <cctype>
#include <cstring>
char *text_shout(const char *text)
{
    std::string made = text;
    for (auto &each : made)
        each = std::toupper(each);
    return strdup(made.c_str());
}
mood text_mood(mood before) { return before == mood::sad ? mood::glad : mood::sad; }
""",
    "wherever.toml": '[package]\nname = "my:text"\nversion = "1.0.0"\nkind = "library"\n',
}

JUMPS = r"""
#include <setjmp.h>
#include <stdio.h>
static jmp_buf outer, inner;
int main(void)
{
    volatile int count = 0;
    if (setjmp(outer) == 0) {
        while (setjmp(inner) < 3)
            longjmp(inner, ++count);
        longjmp(outer, 1);
    }
    printf("%d jumps\n", count);
}
"""

IMPORTS = {
    "main.zig": """const std = @import("std");
const words = @import("words.zig");
pub fn main(init: std.process.Init) !void {
    var buffer: [64]u8 = undefined;
    var writer: std.Io.File.Writer = .init(.stdout(), init.io, &buffer);
    try writer.interface.print("{s} {d}\\n", .{ words.greeting, words.sum(&.{ 1, 2, 3 }) });
    try writer.interface.flush();
}
""",
    "words.zig": """pub const greeting = "sum:";
pub fn sum(numbers: []const u32) u32 {
    var total: u32 = 0;
    for (numbers) |each| total += each;
    return total;
}
""",
}

APP = {
    "main.zig": """const std = @import("std");
const world = @import("world");
pub const wasi_cli_run = struct {
    pub fn run() !void {
        const counts = world.my_text.count("two words");
        const shown = .{ world.my_text.slug("What a Title!"), counts.words, counts.letters };
        const text = try world.arena.print("{s} {d} {d}\\n", shown);
        var threaded: std.Io.Threaded = .init_single_threaded;
        try std.Io.File.stdout().writeStreamingAll(threaded.io(), text);
    }
};
""",
    "wherever.toml": '[package]\nname = "my:app"\n[build]\nworld = "app"\n',
}
APP_WORLD = "world app {{ import my:text/text@0.1.0; export wasi:cli/run@0.2.0; }}\n{packages}"

LUA = b"""
print(pcall(error, "caught"))
local step = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
print(step(), step(), step(), #string.rep("ab", 1000), os.clock() >= 0)
local ok, said = pcall(function() local none; return none.field end)
print(ok, said:match("attempt to index") ~= nil, os.execute == nil or not os.execute())
"""
LUA_SAID = b"false\tcaught\n1\t4\t9\t2000\ttrue\nfalse\ttrue\ttrue\n"


def cases() -> Iterator[tuple[str, str]]:
    """Each program by name, and what went wrong with it, or nothing."""
    yield from _each(
        {
            "cpp/exceptions": lambda folder: _runs(folder, {"main.cpp": THROWS}, CAUGHT),
            "cpp/folder-with-c": lambda folder: _runs(folder, SHAPES, b"12 round\n"),
            "cpp/error": _cpp_error,
            "cpp/header": _cpp_header,
            "c/setjmp": lambda folder: _runs(folder, {"main.c": JUMPS}, b"3 jumps\n"),
            "zig/imports": lambda folder: _runs(folder, IMPORTS, b"sum: 6\n"),
            "zig/error": _zig_error,
            "zig/libraries": _libraries,
        }
    )
    with tempfile.TemporaryDirectory() as base:
        source = _lupa(Path(base))
        for name in LUAS:
            yield from _each({f"c/{name}": partial(_lua, source / name)})
    yield from foreign_headers.cases()


def _each(tries: dict[str, Callable[[Path], str]]) -> Iterator[tuple[str, str]]:
    for name, attempt in tries.items():
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base, "program")
            folder.mkdir()
            try:
                wrong = attempt(folder)
            except wherever.WhereverError as error:
                wrong = str(error)
            yield name, wrong


def _build(folder: Path) -> building.Result:
    return building.build(projects.find(folder), lambda text: None)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def _runs(folder: Path, files: dict[str, str], expected: bytes) -> str:
    """Builds it here and elsewhere, and runs it; what is wrong with it."""
    _write(folder, files)
    copy = folder.parent / "quite" / "another place"
    shutil.copytree(folder, copy)
    result, again = _build(folder), _build(copy)
    if result.digest != again.digest:
        return f"two builds differ: {result.digest} and {again.digest}"
    said = wherever.run(result.wasm).stdout
    return "" if said == expected else f"it printed {said!r}"


def _libraries(folder: Path) -> str:
    """A program that imports what libraries begin with, with that of every language here."""
    found = [name for name, kinds in templates.kinds().items() if "library" in kinds]
    tried = [name for name in ("c", "cpp", "zig", "go", "rust") if name in found]
    if shutil.which("cargo") is None:
        tried.remove("rust")
    for name in tried:
        templates.make(folder.parent / name, name, "library")
    text = (folder.parent / "zig" / "wit" / "world.wit").read_text()
    interface, rest = text.split("world library", 1)
    head, _, body = interface.partition(";")
    packages = f"{head} {{ {body} }}\n{rest[rest.index('package') :]}"
    _write(
        folder, {**APP, "wit/app.wit": "package my:app;\n" + APP_WORLD.format(packages=packages)}
    )
    app = _build(folder).wasm
    for name in tried:
        whole = folder / f"{name}.wasm"
        compose.compose(app, [_build(folder.parent / name).wasm], whole)
        said = wherever.run(whole).stdout
        if said != b"what-a-title 2 8\n":
            return f"with the library in {name} it printed {said!r}"
    return ""


def _cpp_error(folder: Path) -> str:
    _write(folder, {"src/main.cpp": "#include <string>\nint main() { std::strin wrong; }\n"})
    return _refused(folder, "src/main.cpp:2:19: error: no type named 'strin' in namespace 'std'")


def _cpp_header(folder: Path) -> str:
    """A header that includes C++'s library is read as C++, and what is extern "C" can be called."""
    _write(folder, HEADER)
    found = Called(_build(folder).wasm, "my:text/api@1.0.0")
    said = (found("text-shout", "abc"), found("text-mood", "sad"))
    return "" if said == ("ABC", "glad") else f"it said {said}"


def _zig_error(folder: Path) -> str:
    _write(folder, {"src/main.zig": "pub fn main() void {\n    none();\n}\n"})
    return _refused(folder, "src/main.zig:2:5: error: use of undeclared identifier 'none'")


def _refused(folder: Path, expected: str) -> str:
    try:
        _build(folder)
    except BuildFailed as error:
        told = str(error)
        return "" if expected in told and str(folder) not in told else told
    return "it was built"


def _lupa(base: Path) -> Path:
    """The folder of the C programs in the sdist."""
    path, _ = index.fetch(
        Order("lupa", LUPA, str(base), "pypi:lupa", lambda done: None), sdist=True
    )
    with tarfile.open(path) as archive:
        archive.extractall(base, filter="data")
    return base / f"lupa-{LUPA}" / "third-party"


def _lua(source: Path, folder: Path) -> str:
    shutil.copytree(source, folder, dirs_exist_ok=True)
    result = _build(folder)
    said = wherever.run(result.wasm, args=["-"], input=LUA).stdout
    return "" if said == LUA_SAID else f"it printed {said!r}"
