"""Zig functions of a world: what they are given and give, and resources on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime import component as wc

from tests.build.bindings import worlds
from tests.build.bindings.test_c import COUNTER
from tests.build.bindings.test_rust_and_go import world_of
from wherever.build import building
from wherever.build import project as projects
from wherever.build.bindings import zig
from wherever.errors import BuildFailed

MANIFEST = """[package]
name = "lab:echo"
version = "1.0.0"
kind = "library"
[build]
main = "src/main.zig"
flags = ["-O", "ReleaseSmall"]
wit = "wit"
"""


def build(folder: Path, text: str, files: dict[str, str]) -> building.Result:
    for name, each in {"wit/world.wit": text, "wherever.toml": MANIFEST, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(each)
    return building.build(projects.find(folder), lambda text: None)


@pytest.mark.parametrize("text", [worlds.each_kind(), *map(worlds.any_types, (2, 4))])
def test_every_function_and_type_is_there_and_every_bracket_closes(
    project: Path, text: str
) -> None:
    world = world_of(project, text, "echo")
    made = zig.bindings(world)
    assert sorted(made) == sorted(["world.zig", "exports.zig", *zig.RUNTIME])
    for name in ("world.zig", "exports.zig"):
        for opening, closing in ("{}", "()", "[]"):
            assert made[name].count(opening) == made[name].count(closing)
        spelt = made[name].replace("_", "").lower()
        for interface in world.exports:
            for function in interface.functions:
                assert function.name.replace("-", "") in spelt
            for kind, _ in interface.types if name == "world.zig" else ():
                assert kind.replace("-", "") in spelt
    assert zig.bindings(world) == made


COUNTS = """const world = @import("world");
const Handle = world.lab_count_counters.Counter;

pub const Counter = struct {
    value: u32,

    pub fn init(start: u32) Counter {
        return .{ .value = start };
    }

    pub fn deinit(_: Counter) void {
        count += 1;
    }

    pub fn next(self: *Counter) u32 {
        defer self.value += 1;
        return self.value;
    }

    pub fn sum(all: []const *Counter, last: Handle) u32 {
        defer last.deinit();
        var found = last.get().value;
        for (all) |each| found += each.value;
        return found;
    }
};

pub fn freed() u32 {
    return count;
}

var count: u32 = 0;
"""
ROOT = 'pub const lab_count_counters = @import("counters.zig");\n'


@pytest.mark.timeout(200)
def test_a_resource_is_a_structure_of_the_program(project: Path) -> None:
    made = build(project, COUNTER, {"src/main.zig": ROOT, "src/counters.zig": COUNTS})
    assert made.warnings == ()
    call = worlds.Called(made.wasm, "lab:count/counters@1.0.0")
    one = call("[constructor]counter", 5)
    other = call("[constructor]counter", 7)
    assert [call("[method]counter.next", one) for _ in range(3)] == [5, 6, 7]
    assert call("[static]counter.sum", [one], other) == 8 + 7
    assert call("freed") == 1
    assert (project / "build" / "bindings" / "world.zig").is_file()


SHELVES = """const std = @import("std");
const world = @import("world");
const Book = world.lab_shelf_books.Book;

pub const lab_shelf = struct {
    pub fn titles(books: []const *const Book) error{OutOfMemory}![]const []const u8 {
        const found = try world.arena.alloc([]const u8, books.len);
        for (found, books) |*to, book| to.* = book.title();
        return found;
    }

    pub fn longest(books: []const Book) error{NotThere}!Book {
        if (books.len == 0) return error.NotThere;
        var found = books[0];
        for (books[1..]) |book| {
            const both = .{ found, book };
            found = Book.longer(&both[0], both[1]);
            both[0].deinit();
        }
        return found;
    }

    pub fn @"error"(text: []const u8) !u64 {
        return std.fmt.parseInt(u64, text, 10);
    }

    pub fn tidy(times: u32) error{NothingToDo}!u64 {
        if (times == 0) return error.NothingToDo;
        var sum: u64 = 0;
        for (0..times) |number| {
            const scope = world.scope();
            defer scope.end();
            const title = world.arena.alloc(u8, 1 << 16) catch unreachable;
            @memset(title, @intCast('a' + number % 26));
            const book: Book = .init(title);
            defer book.deinit();
            sum += book.title().len;
        }
        return sum;
    }
};

pub fn scope_(@"u8": u8, scope: bool) i8 {
    return if (scope) -@as(i8, @intCast(@"u8")) else 0;
}
"""


class Shelf:
    """The component of that world, with books of the host."""

    def __init__(self, wasm: Path) -> None:
        engine = Engine()
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        self.store.set_limits(memory_size=32 << 20)
        self.titles: dict[int, str] = {}
        self.dropped: list[str] = []
        linker = wc.Linker(engine)
        linker.add_wasip2()
        with linker.root() as root, root.add_instance("lab:shelf/books") as books:
            books.add_resource("book", wc.ResourceType.host(1), self._drop)
            books.add_func("[constructor]book", lambda store, title: self.book(title))
            books.add_func("[method]book.title", lambda store, book: self._title(book))
            books.add_func("[static]book.longer", self._longer)
        component = wc.Component.from_file(engine, str(wasm))
        self._instance = linker.instantiate(self.store, component)

    def book(self, title: str) -> Any:
        """A book that is the caller's."""
        number = len(self.titles)
        self.titles[number] = title
        return wc.ResourceHost.own(number, 1).to_any(self.store)

    def lent(self, number: int) -> Any:
        """A book that stays the host's."""
        return wc.ResourceHost.borrow(number, 1).to_any(self.store)

    def title(self, book: Any) -> str:
        """What one is called."""
        return self._title(book)

    def __call__(self, name: str, *given: Any, interface: str = "lab:shelf/shelf") -> Any:
        at = self._instance.get_export_index(self.store, interface) if interface else None
        found = self._instance.get_export_index(self.store, name, at)
        assert found is not None
        function = self._instance.get_func(self.store, found)
        assert function is not None
        result = function(self.store, *given)
        function.post_return(self.store)
        return result

    def _title(self, book: Any) -> str:
        return self.titles[book.to_host(self.store).rep]

    def _longer(self, store: Any, one: Any, other: Any) -> Any:
        return self.book(max(self._title(one), self._title(other), key=len))

    def _drop(self, store: Any, number: int) -> None:
        self.dropped.append(self.titles[number])


@pytest.mark.timeout(200)
def test_handles_are_lent_and_given_and_errors_are_results(project: Path) -> None:
    shelf = Shelf(build(project, worlds.SHELF, {"src/main.zig": SHELVES}).wasm)
    shelf.titles |= {0: "Emma", 1: "Ulysses"}
    assert shelf("titles", [shelf.lent(0), shelf.lent(1), shelf.lent(0)]) == [
        "Emma",
        "Ulysses",
        "Emma",
    ]
    assert shelf.title(shelf("longest", [shelf.book("It"), shelf.book("Dune")])) == "Dune"
    assert shelf("longest", []) == "not-there"
    assert (shelf("error", "12"), shelf("error", "x")) == (12, "InvalidCharacter")
    shelf.dropped.clear()
    assert shelf("tidy", 3000) == 3000 << 16
    assert len(shelf.dropped) == 3000
    assert shelf("scope", 100, True, interface="") == -100
    with pytest.raises(WasmtimeError, match="unreachable"):
        shelf("tidy", 0)


@pytest.mark.timeout(120)
def test_what_is_missing_is_named_with_its_head(project: Path) -> None:
    files = {"src/main.zig": ROOT, "src/counters.zig": COUNTS.replace("pub fn next", "fn next")}
    with pytest.raises(BuildFailed) as caught:
        build(project, COUNTER, files)
    head = "`pub fn next(self: *world.lab_count_counters.Counter.Value) u32`"
    assert f"`Counter` lacks what the world exports: {head}" in str(caught.value)
    files["src/counters.zig"] = COUNTS.replace("return count", "none")
    with pytest.raises(BuildFailed) as caught:
        build(project, COUNTER, files)
    assert "src/counters.zig:29:5: error: use of undeclared identifier 'none'" in str(caught.value)
