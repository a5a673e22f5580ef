"""Libraries in Rust and Go with resources: their own, and those of their host.

`scripts/conformance languages` builds these. Each case is a name, and what went wrong or nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import wherever
from tests.build.bindings import echo_rust, worlds
from tests.build.bindings.test_c import COUNTER
from tests.build.bindings.test_zig import Shelf
from wherever.build import building
from wherever.build import project as projects

ROOT = Path(__file__).resolve().parent.parent.parent
GO_MOD = "module lab.example/echo\n\ngo 1.24\n"

RUST_COUNTS = """#[path = "../build/bindings/world.rs"]
mod world;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use world::Own;
use world::lab_count_counters::{CounterExports, Exports};
static FREED: AtomicU32 = AtomicU32::new(0);
struct Component;
struct Counter(Cell<u32>);
impl Drop for Counter {
    fn drop(&mut self) {
        FREED.fetch_add(1, Ordering::Relaxed);
    }
}
impl Exports for Component {
    type Counter = Counter;
    fn freed() -> u32 {
        FREED.load(Ordering::Relaxed)
    }
}
impl CounterExports for Counter {
    fn new(start: u32) -> Self {
        Counter(Cell::new(start))
    }
    fn next(&self) -> u32 {
        self.0.replace(self.0.get() + 1)
    }
    fn sum(all: Vec<&Counter>, last: Own<Counter>) -> u32 {
        all.iter().map(|each| each.0.get()).sum::<u32>() + last.0.get()
    }
}
"""
RUST_SHELVES = """#[path = "../build/bindings/world.rs"]
mod world;
use world::lab_shelf_books::Book;
struct Component;
impl world::lab_shelf::Exports for Component {
    fn titles(books: Vec<&Book>) -> Vec<String> {
        books.iter().map(|book| book.title()).collect()
    }
    fn longest(books: Vec<Book>) -> Result<Book, world::lab_shelf::Reason> {
        let mut left = books.into_iter();
        let first = left.next().ok_or(world::lab_shelf::Reason::NotThere)?;
        Ok(left.fold(first, |found, book| Book::longer(&found, book)))
    }
    fn error(text: String) -> Result<u64, String> {
        text.parse().map_err(|_| "InvalidCharacter".to_string())
    }
    fn tidy(times: u32) -> u64 {
        assert!(times > 0);
        (0..times).map(|_| Book::new("a".repeat(1 << 16)).title().len() as u64).sum()
    }
}
impl world::Exports for Component {
    fn scope(u8: u8, scope: bool) -> i8 {
        if scope { -(u8 as i8) } else { 0 }
    }
}
"""
GO_COUNTS = """package main

import "lab.example/echo/build/bindings/world"

func init() { world.LabCountCounters = counters{} }
func main() {}

var freed uint32

type counters struct{}
type counter struct{ value uint32 }

func (counters) NewCounter(start uint32) world.LabCountCountersCounter { return &counter{start} }
func (counters) Freed() uint32 { return freed }
func (counters) CounterSum(
	all []world.LabCountCountersCounter, last world.LabCountCountersCounter,
) uint32 {
	sum := last.(*counter).value
	last.(*counter).Drop()
	for _, each := range all {
		sum += each.(*counter).value
	}
	return sum
}
func (of *counter) Next() uint32 {
	of.value++
	return of.value - 1
}
func (*counter) Drop() { freed++ }
"""
GO_SHELVES = """package main

import (
	"strconv"
	"strings"

	"lab.example/echo/build/bindings/world"
)

func init() { world.LabShelf, world.World = shelf{}, top{} }
func main() {}

type top struct{}
type shelf struct{}
type found = world.Result[world.LabShelfBooksBook, world.LabShelfReason]

func (shelf) Titles(books []world.LabShelfBooksBook) (titles []string) {
	for _, each := range books {
		titles = append(titles, each.Title())
	}
	return
}
func (shelf) Longest(books []world.LabShelfBooksBook) found {
	if len(books) == 0 {
		return found{IsErr: true, Err: world.LabShelfReasonNotThere}
	}
	longest := books[0]
	for _, each := range books[1:] {
		last := longest
		longest = world.LabShelfBooksBookLonger(last, each)
		last.Drop()
	}
	return found{Ok: longest}
}
func (shelf) Error(text string) world.Result[uint64, string] {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return world.Result[uint64, string]{IsErr: true, Err: "InvalidCharacter"}
	}
	return world.Result[uint64, string]{Ok: value}
}
func (shelf) Tidy(times uint32) (sum uint64) {
	if times == 0 {
		panic("nothing to do")
	}
	title := strings.Repeat("a", 1<<10)
	for ; times > 0; times-- {
		book := world.NewLabShelfBooksBook(title)
		sum += uint64(len(book.Title())) << 6
		book.Drop()
	}
	return
}
func (top) Scope(u8 uint8, scope bool) int8 {
	if scope {
		return -int8(u8)
	}
	return 0
}
"""


def cases() -> Iterator[tuple[str, str]]:
    """Each language with each world, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    rust, go = ("src/lib.rs", {"Cargo.toml": echo_rust.CARGO}), ("main.go", {"go.mod": GO_MOD})
    every: list[tuple[str, tuple[str, dict[str, str]], str, str, Callable[[Path], None]]] = [
        ("rust-counters", rust, COUNTER, RUST_COUNTS, counted),
        ("rust-shelf", rust, worlds.SHELF, RUST_SHELVES, shelved),
        ("go-counters", go, COUNTER, GO_COUNTS, counted),
        ("go-shelf", go, worlds.SHELF, GO_SHELVES, shelved),
    ]
    for name, (main, files), world, source, check in every:
        language = name.partition("-")[0]
        if shutil.which({"rust": "cargo", "go": "go"}[language]) is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            own = {"wit/world.wit": world, main: source, **files}
            own["wherever.toml"] = (
                f'[build]\nlanguage = "{language}"\nmain = "{main}"\nwit = "wit"\n'
            )
            try:
                check(_built(Path(folder), own))
            except AssertionError as error:
                yield f"wit/{name}", f"it differs: {error}"
            except wherever.WhereverError as error:
                yield f"wit/{name}", str(error)
            except Exception as error:
                yield f"wit/{name}", f"{type(error).__name__}: {error}"
            else:
                yield f"wit/{name}", ""


def _built(folder: Path, files: dict[str, str]) -> Path:
    for name, each in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(each)
    return building.build(projects.find(folder), lambda text: None).wasm


def counted(wasm: Path) -> None:
    """The program's own counters are made, lent, given back and gone."""
    call = worlds.Called(wasm, "lab:count/counters@1.0.0")
    one = call("[constructor]counter", 5)
    other = call("[constructor]counter", 7)
    assert [call("[method]counter.next", one) for _ in range(3)] == [5, 6, 7]
    assert call("[static]counter.sum", [one], other) == 8 + 7
    assert call("freed") == 1
    one.drop(call.store)
    assert call("freed") == 2


def shelved(wasm: Path) -> None:
    """The host's books are lent, given, made and left by the program."""
    shelf = Shelf(wasm)
    shelf.titles |= {0: "Emma", 1: "Ulysses"}
    titles = shelf("titles", [shelf.lent(0), shelf.lent(1), shelf.lent(0)])
    assert titles == ["Emma", "Ulysses", "Emma"]
    assert shelf.title(shelf("longest", [shelf.book("It"), shelf.book("Dune")])) == "Dune"
    assert shelf("longest", []) == "not-there"
    assert (shelf("error", "12"), shelf("error", "x")) == (12, "InvalidCharacter")
    shelf.dropped.clear()
    assert shelf("tidy", 100) == 100 << 16
    assert len(shelf.dropped) == 100
    assert shelf("scope", 100, True, interface="") == -100


if __name__ == "__main__":
    for case, wrong in cases():
        print(f"{'FAIL' if wrong else 'ok'} {case} {wrong}", flush=True)
