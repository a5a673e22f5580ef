"""A header in plain C is the world of its library, and hosts call its functions."""

from __future__ import annotations

from pathlib import Path

import pytest

import wherever
from tests.build.bindings.worlds import Called
from tests.build.deriving.header_handles import (
    HANDLES_C,
    HANDLES_H,
    HANDLES_WIT,
    LEFT_OUT,
    OF_CPP,
)
from tests.build.deriving.header_values import VALUES_C, VALUES_H, VALUES_WIT
from wherever.build import building
from wherever.build import project as projects
from wherever.errors import BuildFailed, InputError

pytestmark = pytest.mark.timeout(120)  # the first one builds the C library

MANIFEST = """[package]
name = "lab:tools"
version = "1.0.0"
kind = "library"
"""
API = "lab:tools/api@1.0.0"


def build(folder: Path, files: dict[str, str], more: str = "") -> building.Result:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "wherever.toml").write_text(MANIFEST + more)
    return building.build(projects.find(folder), lambda text: None)


def interface(folder: Path) -> str:
    """What the derived WIT says, without its package and world."""
    text = (folder / "build" / "wit" / "world.wit").read_text()
    return text.partition("interface api {\n")[2].partition("\n}\n")[0]


_KEPT: list[tuple[Path, building.Result]] = []


@pytest.fixture
def values(
    kept_tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, building.Result]:
    """The library of values, built once, with the tools that every test has."""
    if not _KEPT:
        folder = tmp_path_factory.mktemp("values")
        files = {"include/values.h": VALUES_H, "src/values.c": VALUES_C}
        _KEPT.append((folder, build(folder, files, '[build]\nwit = "include/values.h"\n')))
    return _KEPT[0]


def test_the_header_is_told_in_the_words_of_wit(values: tuple[Path, building.Result]) -> None:
    folder, result = values
    assert result.warnings == ()
    assert interface(folder).splitlines() == VALUES_WIT.splitlines()


def test_values_of_each_kind_go_in_and_come_back(values: tuple[Path, building.Result]) -> None:
    call = Called(values[1].wasm, API)
    assert call("add", -1, 65535, -2, 1 << 40) == (1 << 40) + 65532
    assert (call("half", 3.0), call("both", True, False)) == (1.5, False)
    assert (call("louder", "low"), call("louder", "high")) == ("high", "low")
    assert call("swapped", {"read"}) == {"write", "run"}
    assert (call("twice", "né"), call("greeting")) == ("néné", "hello")
    assert (call("after", "a=b", ord("=")), call("after", "ab", ord("="))) == ("b", None)
    assert (call("letters", "abc"), call("letters", None)) == (3, -1)
    assert call("sum", [1, 2, 3]) == 6
    assert call("joined", ["a", "", "é"], ", ") == "a, , é"
    assert call("repeated", b"a\0b", 2) == b"a\0ba\0b"
    assert (call("split", "xyz"), call("split", "")) == (["x", "y", "z"], [])
    assert call("reverse", [1, 2, 3]) == [3, 2, 1]
    assert call("dot", [1.0, 2.0], [3.0, 4.0], [0.0, 0.0, 1.0]) == 12.0
    assert call("fill", 3, 7) == (0, b"\7\7\7")
    assert call("packed", 100, b"abcdef") == (0, b"abc")
    assert call("packed", 1, b"abcdef")[0] == -1
    assert (call("divide", 17, 5), call("divide", 1, 0)) == ((0, 3, 2), (-1, 0, 0))
    assert (call("lookup", 1), call("lookup", -1)) == ((0, "found"), (1, None))


class Named:
    """A record as the oracle takes it."""

    def __init__(self, **fields: object) -> None:
        self.__dict__ |= fields


def test_structs_are_records(values: tuple[Path, building.Result]) -> None:
    call = Called(values[1].wasm, API)
    one, two = Named(x=1, y=2), Named(x=10, y=20)
    assert vars(call("moved", one, two)) == {"x": 11, "y": 22}
    assert vars(call("grow", two)) == {"x": 20, "y": 60}
    assert [vars(each) for each in call("line", Named(x=2, y=9))] == [
        {"x": 0, "y": 9},
        {"x": 1, "y": 9},
    ]
    code, found = call("parse", "3,4")
    assert (code, vars(found)) == (0, {"x": 3, "y": 4})
    given = {"title": "t", "note": "ab", "at": one, "level": "low", "name": "me", "key": b"\1\2\3"}
    for _ in range(200):
        made = vars(call("changed", Named(**given, weights=[])))
    assert vars(made.pop("at")) == {"x": 2, "y": 2}
    assert made == {
        "title": "t",
        "note": "abab",
        "level": "high",
        "name": "me!",
        "key": b"\2\2\3",
        "weights": [0.5, 0.25],
    }


def test_structs_hold_lists_structs_and_arrays(values: tuple[Path, building.Result]) -> None:
    call = Called(values[1].wasm, API)
    points = [Named(x=at, y=0) for at in range(3)]
    assert [vars(each) for each in call("corners", 2)[1]] == [{"x": 0, "y": 5}, {"x": 1, "y": 5}]
    rights = [{"write"}, {"read"}]
    middle, fields = Named(x=1, y=4), {"corner-count": 0, "rights": rights}
    given = Named(corners=points, middle=middle, tags=["a", "b"], **fields)
    other = Named(corners=[], middle=middle, tags=["é", ""], **fields)
    made = vars(call("widened", given, [given, other]))
    assert [vars(each) for each in made.pop("corners")] == [{"x": at, "y": 4} for at in range(3)]
    assert vars(made.pop("middle")) == {"x": 8, "y": 9}
    assert made == {
        "corner-count": 2,
        "rights": [{"read"}, {"write", "run"}],
        "tags": ["bb", "éé"],
    }


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("twice", ("a\0b",)),
        ("dot", ([1.0, 2.0], [1.0], [0.0] * 3)),
        ("dot", ([1.0], [1.0], [0.0])),
        ("changed", (Named(
            title="t", note="n", at=Named(x=1, y=1), level="low", name="longer than it", key=b"123",
            weights=[],
        ),)),
        ("changed", (Named(
            title="t", note="n", at=Named(x=1, y=1), level="low", name="", key=b"12", weights=[]
        ),)),
    ],
    ids=["NUL in a text", "not of one length", "not of its size", "text too long", "too few"],
)  # fmt: skip
def test_what_c_cannot_hold_is_not_cut(
    values: tuple[Path, building.Result], name: str, given: tuple[object, ...]
) -> None:
    with pytest.raises(Exception, match="unreachable"):
        Called(values[1].wasm, API)(name, *given)


def used(call: Called) -> None:
    """Counters live as long as somebody has them, and what is handed out is freed once."""
    one = call("[constructor]counter", 5)
    other = call("[method]counter.clone", one)
    assert call("[method]counter.is-same", one, other) == 1
    assert [call("[method]counter.next", one) for _ in range(3)] == [5, 6, 7]
    assert call("[method]counter.is-same", one, other) == 0
    assert [call("[method]counter.size", one, each) for each in ("small", "large")] == [
        "small",
        "large",
    ]
    assert call("counter-named", "none") is None
    named = call("counter-named", "one")
    code, opened = call("counter-open", "one")
    assert (code, call("[method]counter.next", opened)) == (0, 1)
    assert call("counter-open", "two") == (1, None)
    assert call("counters-alive") == 4
    for each in (one, other, named, opened):
        each.drop(call.store)
    assert call("counters-alive") == 0
    assert vars(call("book-read", "title")) == {"title": "title", "pages": 5}
    assert call("shouted", "é loud") == "é LOUD"
    assert call("frees") == 11
    hashed = call("[constructor]hash-ctx", 1)
    for part in (b"\1\2", b"", b"\3\4\5"):
        call("[method]hash-ctx.update", hashed, part)
    assert call("[method]hash-ctx.final", hashed) == bytes([7, 2, 3, 4])
    hashed.drop(call.store)
    assert call("hash-hex", bytes([7, 2, 3, 255])) == "070203ff"
    with pytest.raises(Exception, match="unreachable"):
        call("hash-hex", b"123")


@pytest.mark.parametrize(
    ("main", "header"), [("handles.c", "handles.h"), ("handles.cpp", "handles.h")]
)
def test_a_pointer_that_something_makes_is_a_resource(
    project: Path, main: str, header: str
) -> None:
    result = build(project, {header: HANDLES_H, main: HANDLES_C})
    assert interface(project) == HANDLES_WIT
    expected = [OF_CPP, *LEFT_OUT] if main.endswith("cpp") else LEFT_OUT
    said = sorted(each.format(header) for each in expected)
    assert sorted(result.warnings) == said
    used(Called(result.wasm, API))


def test_names_of_c_that_wit_cannot_have_are_left_out(project: Path) -> None:
    header = "int parseAll(int func);\nint parse_all(int a);\nint größe(int a);\n"
    source = "int parseAll(int func) { return func + 1; }\n"
    result = build(project, {"a.h": header, "a.c": source})
    assert result.warnings == (
        "a.h: left out: parse_all (2): another function is called parse-all in WIT, too;"
        " call it otherwise",
        "a.h: left out: größe (3): WIT has no such letters in names; call it by those from a to z",
    )
    assert interface(project) == "  parse-all: func(%func: s32) -> s32;"
    assert Called(result.wasm, API)("parse-all", 2) == 3


def test_a_file_that_says_itself_what_it_exports_is_left_alone(project: Path) -> None:
    source = '__attribute__((export_name("one"))) int one(void) { return 1; }\n'
    result = build(project, {"a.h": "int one(void);\n", "a.c": source})
    assert (result.kind, wherever.load(result.wasm).one()) == ("module", 1)


def test_a_header_that_cannot_be_the_world_is_refused(project: Path) -> None:
    with pytest.raises(InputError) as none:
        build(project, {"a.c": "", "a.h": "void each(void (*f)(void));\n"})
    assert none.value.what == (
        "a.h declares no function that others could call\n"
        "a.h: left out: each (1): it takes or gives a function; return all at once, as a list"
    )
    assert none.value.hint == "declare one with types that WIT has"
    with pytest.raises(BuildFailed) as wrong:
        build(project, {"a.h": "int count(strin text);\n"})
    assert "a.h:1:11: error: unknown type name 'strin'" in str(wrong.value)
    with pytest.raises(InputError) as absent:
        build(project, {}, '[build]\nwit = "none.h"\n')
    assert absent.value.what == "lab:tools: [build] wit names none.h, which is not there"
    with pytest.raises(BuildFailed) as undefined:
        build(project, {"a.h": "int count(int number);\n"})
    assert "`count` is used, but nothing defines it" in str(undefined.value)
