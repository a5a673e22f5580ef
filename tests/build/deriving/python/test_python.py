"""The world of a Python library is what its annotations say, and what cannot be said is refused."""

import time

import pytest

from wherever.build.deriving.python import derive
from wherever.build.project import find
from wherever.errors import InputError

MANIFEST = """
[package]
name = "acme:thing"
version = "1.2.0"
kind = "library"
[build]
language = "python"
main = "{main}"
"""

WHOLE = '''"""Things to do."""
from __future__ import annotations

import asyncio
import enum
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, ClassVar, Literal, NamedTuple, NewType, NotRequired, Self, TypedDict

from shapes import Circle, Shape
import shapes

u32 = NewType("u32", int)
Mode: t.TypeAlias = Literal["fast", "very slow"]


class Color(enum.Enum):
    """A colour."""

    RED = "r"
    """As blood."""
    DARK_GREEN = "g"
    GREEN = "g"

    def darker(self): ...


class Perms(enum.IntFlag):
    READ = enum.auto()
    WRITE = 1 << 1
    BOTH = READ | WRITE


class Base:
    def name(self) -> str: ...


@dataclass(frozen=True)
class Counts:
    """How much is in a text.

    Attributes:
        words: parted by spaces,
            whatever they are.
    """

    most: ClassVar[int] = 9
    words: int
    _: KW_ONLY
    letters: u32
    from_: list[str] | None = None
    total: "int" = field(init=False, default=9)


class Point(NamedTuple):
    x: float
    y: Annotated[float, "f32"]


class Options(TypedDict, total=False):
    depth: t.Required[int]
    name: str


class ParseError(Exception): ...


@dataclass
class Bad(ParseError):
    line: int


def count(text: str) -> Counts:
    """How much is in a text."""


def parse(data: bytes, depth: int = 3, *, strict: bool | None = None) -> tuple[int, str]:
    """Parses.

    Raises:
        ParseError: it is wrong.
        Bad: it is bad.
    """


def check(x: int):
    """:raises Bad: always"""


def every(all: list[Shape], c: Color, p: Perms) -> Iterator[shapes.Shape]: ...


def swap(p: Point, m: Mode, o: Options) -> "tuple[Point, ...]": ...


def table(d: Mapping[str, int], s: set[int]) -> dict[str, list[Annotated[int, "u8"]]]: ...


def either(x: t.Optional[t.Union[int, "str", Circle]], c: Annotated[str, "char"]) -> None: ...


class Counter(Base):
    """Counts."""

    def __init__(self, start: int = 0):
        """Begins at a number."""

    def increase(self, by: int) -> int:
        """More.

        Raises
        ------
        OverflowError
            It is too much.
        """

    @property
    def value(self) -> int: ...

    @value.setter
    def value(self, value): ...

    @classmethod
    def make(cls, name: str) -> Self: ...

    @staticmethod
    def limit() -> int: ...

    def same(self, other: Counter, all: list[Counter]) -> Counter: ...

    def _hidden(self, x): ...


def _hidden(x): ...


def main():
    return count("x")


if __name__ == "__main__":
    main()
'''
SHAPES = """
from dataclasses import dataclass


@dataclass
class Circle:
    r: float


@dataclass
class Nothing: ...


Shape = Circle | Nothing
"""
WIT = """package acme:thing@1.2.0;

/// Things to do.
interface api {
  resource base {
    constructor();
    name: func() -> string;
  }
  /// How much is in a text.
  ///
  /// Attributes:
  ///     words: parted by spaces,
  ///         whatever they are.
  record counts {
    /// parted by spaces, whatever they are.
    words: s64,
    letters: u32,
    %from: option<list<string>>,
    total: s64,
  }
  record bad {
    line: s64,
  }
  variant parse-error-or-bad {
    parse-error(string),
    bad(bad),
  }
  record circle {
    r: f64,
  }
  variant shape {
    circle(circle),
    nothing,
  }
  /// A colour.
  enum color {
    /// As blood.
    red,
    dark-green,
  }
  flags perms {
    read,
    write,
  }
  record point {
    x: f64,
    y: f32,
  }
  enum mode {
    fast,
    very-slow,
  }
  record options {
    depth: s64,
    name: option<string>,
  }
  variant int-or-str-or-circle {
    int(s64),
    str(string),
    circle(circle),
  }
  /// Counts.
  resource counter {
    /// Begins at a number.
    constructor(start: option<s64>);
    name: func() -> string;
    /// More.
    ///
    /// Raises
    /// ------
    /// OverflowError
    ///     It is too much.
    increase: func(by: s64) -> result<s64, string>;
    value: func() -> s64;
    make: static func(name: string) -> counter;
    limit: static func() -> s64;
    same: func(other: borrow<counter>, all: list<borrow<counter>>) -> counter;
  }
  /// How much is in a text.
  count: func(text: string) -> counts;
  /// Parses.
  ///
  /// Raises:
  ///     ParseError: it is wrong.
  ///     Bad: it is bad.
  parse: func(data: list<u8>, depth: option<s64>, strict: option<bool>) -> \
result<tuple<s64, string>, parse-error-or-bad>;
  /// :raises Bad: always
  check: func(x: s64) -> result<_, bad>;
  every: func(all: list<shape>, c: color, p: perms) -> list<shape>;
  swap: func(p: point, m: mode, o: options) -> list<point>;
  table: func(d: list<tuple<string, s64>>, s: list<s64>) -> list<tuple<string, list<u8>>>;
  either: func(x: option<int-or-str-or-circle>, c: char);
}

world library {
  export api;
}
"""


def derived(folder, main="thing.py", **sources):
    for name, text in sources.items():
        path = folder / f"{name.replace('__in__', '__init__').replace('/', '_')}.py"
        path.write_text(text)
    return read(folder, main)


def read(folder, main):
    (folder / "wherever.toml").write_text(MANIFEST.format(main=main))
    target = folder / "scratch"
    target.mkdir()
    found = derive(find(folder), target)
    text = (target / "derived" / "world.wit").read_text()
    assert (folder / "build" / "wit" / "world.wit").read_text() == text
    return found, text


def refused(folder, source):
    head = "from __future__ import annotations\nfrom dataclasses import *\nfrom typing import *\n"
    with pytest.raises(InputError) as caught:
        derived(folder, thing=f"{head}import datetime, enum\n\n{source}\n")
    return str(caught.value)


def test_every_annotation_has_its_type(tmp_path):
    found, text = derived(tmp_path, thing=WHOLE, shapes=SHAPES)
    assert text == WIT
    assert (found.home, found.is_script) == ("acme:thing/api@1.2.0", True)


def test_nothing_of_the_library_is_run(tmp_path):
    source = f"open({str(tmp_path / 'made')!r}, 'w')\n1 / 0\n\ndef f() -> int: ...\n"
    _, text = derived(tmp_path, thing=source)
    assert "f: func() -> s64;" in text
    assert not (tmp_path / "made").exists()


def test_a_package_exports_what_its_init_takes_over(tmp_path):
    package = tmp_path / "src" / "words"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import json\nfrom os import sep\nfrom .slugs import slug, Piece\nfrom . import slugs\n"
        "from .inner.more import *\nfrom words.slugs import _hidden as shown\n"
    )
    (package / "slugs.py").write_text(
        "from .inner import more as other\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from dataclasses import dataclass\n"
        "@dataclass\nclass Piece:\n    text: str\n"
        "def slug(x: other.Title) -> Piece: ...\ndef _hidden() -> None: ...\n"
        "def left() -> int: ...\n"
    )
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "more.py").write_text("Title = str\ndef cut(x: Title) -> Title: ...\n")
    found, text = read(tmp_path, "src/words/__init__.py")
    assert text.partition("interface api {\n")[2].partition("}\n\nworld")[0] == (
        "  record piece {\n    text: string,\n  }\n"
        "  slug: func(x: string) -> piece;\n"
        "  shown: func();\n"
        "  cut: func(x: string) -> string;\n"
    )
    assert not found.is_script


def test_a_class_that_cannot_be_made_has_no_constructor(tmp_path):
    source = (
        "import abc, attrs\nfrom typing import NewType\n"
        "Id = NewType('Id', str)\n\n"
        "class Shape(abc.ABC):\n"
        "    @abc.abstractmethod\n    def area(self) -> float: ...\n\n"
        "class Square(Shape):\n"
        "    def __init__(self, side: float): ...\n"
        "    def area(self) -> float: ...\n\n"
        "@attrs.frozen\nclass Named:\n    name: Id\n    shape: Shape\n\n"
        "def larger(a: Shape, b: Square) -> Named: ...\n"
    )
    _, text = derived(tmp_path, thing=source)
    assert text.partition("interface api {\n")[2].partition("}\n\nworld")[0] == (
        "  resource shape {\n    area: func() -> f64;\n  }\n"
        "  resource square {\n    constructor(side: f64);\n    area: func() -> f64;\n  }\n"
        "  record named {\n    name: string,\n    shape: shape,\n  }\n"
        "  larger: func(a: borrow<shape>, b: borrow<square>) -> named;\n"
    )


REFUSED = {
    "def f(x): ...": "thing.py:6: f(x): it has no type; write one, as in x: str, or call the"
    " function _f where it is not for others",
    "def f(x: int): return x": "thing.py:6: f(): it does not say what it gives back;"
    " write def f(...) -> str, or the type that it is",
    "def f(*names: str): ...": "thing.py:6: f(): WIT has no word for *names;"
    " take a list: names: list[str]",
    "def f(x: Any): ...": "thing.py:6: f(x): WIT has no word for Any; name the type that it has",
    "def f(x: datetime.datetime): ...": "thing.py:6: f(x): WIT has no word for datetime.datetime;"
    " take a str, as datetime.isoformat() writes it",
    "def f(x: Nope): ...": "thing.py:6: f(x): Nope is not known here;"
    " import it, or check how it is written",
    "def f(x: list): ...": "thing.py:6: f(x): list does not say what is in it;"
    " write list[str], or what it is",
    "def f(x: 'int |'): ...": "thing.py:6: f(x): 'int |' is no type; check how it is written",
    "@dataclass\nclass A:\n    a: list[A]\ndef f(x: A): ...": "thing.py:8: A.a: A holds itself, and"
    " types of WIT cannot; keep the parts in a list, and name them by their place in it",
    "@dataclass\nclass A: ...\ndef f(x: A): ...": "thing.py:8: f(x): A has no fields, and a record"
    " of WIT has some; give it one, or use it as part of a union",
    "async def f(): ...": "thing.py:6: f(): an async function cannot be called from outside;"
    " write def, and asyncio.run(...) in it",
    "class E(Exception): ...\ndef f(x: E): ...": "thing.py:6: E: an exception is raised, and not"
    " handed over; name it under Raises: instead",
    "def f(x: int | float): ...": "thing.py:6: f(x): int | float cannot be told apart by who calls;"
    " write float, which takes both",
    "def f(x: list[int] | list[str]): ...": "thing.py:6: f(x): two of these types look the same to"
    " Python: list; make dataclasses of them, which have a name",
    "class Count:\n    def x(self): ...\ndef count(): ...": "thing.py:8: count(): count() and Count"
    " (thing.py:6) would both be called count; give one of them another name",
    "def parse_all(): ...\ndef parseAll(): ...": "thing.py:7: parseAll(): parseAll() and"
    " parse_all() would both be called parse-all; give one of them another name",
    "def é(): ...": r"thing.py:6: é(): '\xe9' cannot be a name in WIT;"
    " names there are made of a-z, 0-9 and dashes",
    "class Union(enum.Enum):\n    A = 1\ndef f(x: Union): ...": "thing.py:6: Union: Union is what"
    " Python calls one of its own; give it another name",
    "class P(Protocol): ...\ndef f(x: P): ...": "thing.py:6: P: a protocol has no values of its"
    " own; name the classes that it stands for: A | B",
    "def f():\n    '''Raises:\n        Nope: never\n    '''": "thing.py:6: f(): it says that it"
    " raises Nope, which is no exception here; import it, or check how it is written",
    "class A:\n    def f(self, x): ...": "thing.py:7: A.f(x): it has no type; write one, as in"
    " x: str, or call the function _f where it is not for others",
    "def list(x: list[int]): ...": "thing.py:6: list(x): list is no type: thing.py:6 gives it"
    " another meaning; give that another name",
    "def f(x: Annotated[int, 'f32']): ...": "thing.py:6: f(x): f32 is no int;"
    ' write Annotated[float, "f32"]',
    "def f(x: Literal[1]): ...": "thing.py:6: f(x): only texts can stand in a Literal;"
    " write an Enum, or int",
    "__all__ = sorted(x)": "thing.py:6: __all__ is no plain list of names;"
    ' write it as __all__ = ["name", "other"]',
    "__all__ = ['f']": "thing.py: __all__ names f, which is not there;"
    " define it, import it, or leave it out",
    "x = 1": "thing.py exports no function;"
    " a library is what others call: write a public function with types",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_wit_cannot_say_is_refused_where_it_stands(source, tmp_path):
    assert refused(tmp_path, source) == REFUSED[source]


def test_hostile_sources_are_refused_in_words_and_in_no_time(tmp_path):
    began = time.monotonic()
    for number, source in enumerate(
        (
            "def f(:",
            "\0",
            "x = " + "(" * 500 + ")" * 500,
            f"def f(x: {'|'.join(['int'] * 5000)}): ...",
            f"def f(x: {'-' * 20000}1): ...",
            "A0 = int\n"
            + "".join(f"A{n} = A{n - 1}\n" for n in range(1, 900))
            + "def f(x: A899): ...",
            "class A(B): ...\nclass B(A): ...\ndef f(x: A) -> int: return 1 if x else x",
            "A = B\nB = A\ndef f(x: A): ...",
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            derived(folder, thing=source)
        except InputError as error:
            assert str(error).startswith("thing.py")
    wide = "".join(
        f"class A{n}(A{n + 1}, B{n + 1}): ...\nclass B{n}(A{n + 1}): ...\n" for n in range(60)
    )
    folder = tmp_path / "wide"
    folder.mkdir()
    derived(folder, thing=f"{wide}\nclass A60: ...\nclass B60: ...\ndef f(x: A0): ...\n")
    assert time.monotonic() - began < 10
