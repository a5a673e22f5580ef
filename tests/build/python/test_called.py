"""A library's functions are called with the user's own values, and give the tool's.

What runs inside a component is tried here in a Python of this machine, with the classes that
componentize-py generates for the derived world. `languages_py.py` does it in WebAssembly.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wherever.build import tools
from wherever.build.deriving.python import derive
from wherever.build.project import find
from wherever.build.python import maker

MANIFEST = """
[package]
name = "acme:thing"
version = "1.2.0"
kind = "library"
[build]
language = "python"
main = "thing.py"
"""

SOURCE = '''
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, TypedDict


class Color(enum.Enum):
    RED = "r"
    DARK_GREEN = "g"


class Perms(enum.Flag):
    READ = 4
    WRITE = 1


@dataclass(kw_only=True)
class Counts:
    words: int
    from_: list[str] | None = None
    total: int = field(init=False, default=9)


class Point(NamedTuple):
    x: float
    y: float


class Options(TypedDict, total=False):
    depth: int
    name: str


@dataclass
class Nothing: ...


@dataclass
class Circle:
    r: float


class Small(Circle): ...


Mode = Literal["fast", "very slow"]
Shape = Circle | Nothing | int | bool | str | bytes | None


class ParseError(Exception): ...


class Deeper(ParseError): ...


@dataclass
class Bad(Exception):
    line: int


class Counter:
    __slots__ = ("n",)

    def __init__(self, start: int = 5) -> None:
        if start < 0:
            raise ValueError("below zero")
        self.n = start

    def increase(self, by: int) -> int:
        self.n += by
        return self.n

    @property
    def value(self) -> int:
        return self.n

    @classmethod
    def named(cls, name: str) -> "Counter":
        return cls(len(name))

    @staticmethod
    def limit() -> int:
        return 7

    def same(self, other: "Counter") -> bool:
        return other is self


def count(text: str, depth: int = 3, *, mode: Mode = "fast") -> Counts:
    print("seen", repr(text), depth, mode)
    return Counts(words=len(text.split()), from_=[text] * depth)


def swap(
    p: Point, o: Options, c: Color, f: Perms, m: Mode
) -> tuple[Point, Options, Color, Perms, Mode]:
    print("seen", p, o, c, f, m)
    return Point(p.y, p.x), {"name": "x"}, Color.RED, Perms.READ | Perms.WRITE, "very slow"


def each(all: list[Shape], s: frozenset[int], t: tuple[str, ...]) -> Iterator[Shape]:
    print("seen", all, s, t)
    yield from all
    yield Small(1)


def table(d: dict[str, Point], b: bytearray, i: list[Annotated[int, "s8"]]) -> dict[str, bytes]:
    print("seen", d, b, i)
    return {key: bytes(b) for key in d}


def signed() -> list[Annotated[int, "s8"]]:
    return [-1, 2]


def fail(how: int) -> int:
    """Fails.

    Raises:
        ParseError: a text.
        Bad: a record.
    """
    if how > 2:
        raise KeyError("not said")
    raise (ParseError("wrong"), Deeper(), Bad(7))[how]


def check() -> None:
    """:raises ValueError: always"""
    raise ValueError("no")


def lone(c: Counter) -> Counter:
    return c


def wrong(what: str) -> list[Counts]:
    right = Counts(words=1)
    return {
        "number": 1,
        "text": "abc",
        "item": [right, 2],
        "field": [right, Counts(words="x")],
        "list": [right, Counts(words=1, from_=["a", 5])],
        "large": [Counts(words=1 << 63)],
    }[what]


def half() -> str:
    return chr(0xD800)
'''

DRIVER = """
import ast, importlib, sys
from wherever.build.python.called import Library
from wherever.build.python.inside import Program

sys.path[:0] = [{made!r}, {folder!r}]
import componentize_py_types, thing
from wit_world.exports import wherever_api as api
shapes = ast.literal_eval(open({shapes!r}).read())
source = open(thing.__file__).read()
program = Program({{"main": "thing", "modules": {{}}, "files": {{}}}})
program.source[thing.__file__] = source
library = Library(program, shapes, api, componentize_py_types.Err)
objects = library.module("wherever_api")
call = library.api()
{script}
"""


OUTPUT = """seen 'a b' 3 fast
Counts(words=2, from_=['a b', 'a b', 'a b'], total=9)
seen 'a' 1 very slow
Counts(words=1, from_=['a'], total=9)
seen Point(x=1.0, y=2.0) {'name': 'n'} Color.DARK_GREEN Perms.WRITE fast
(Point(x=2.0, y=1.0), Options(depth=None, name='x'), \
<Color.RED: 0>, <Perms.READ|WRITE: 3>, <Mode.VERY_SLOW: 1>)
seen [Circle(r=2.0), Nothing(), 3, None, True, 's', b'b'] frozenset({2}) ('a',)
[Shape_Circle(value=Circle(r=2.0)), Shape_Nothing(), Shape_Int(value=3), None, \
Shape_Bool(value=True), Shape_Str(value='s'), Shape_Bytes(value=b'b'), \
Shape_Circle(value=Circle(r=1.0))]
seen {'a': Point(x=1.0, y=2.0)} bytearray(b'xy') [-1, 1]
[('a', b'xy')]
b'\\xff\\x02'
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library, and what the tool generates for its world."""
    folder = tmp_path_factory.mktemp("called")
    (folder / "wherever.toml").write_text(MANIFEST)
    (folder / "thing.py").write_text(SOURCE)
    target = folder / "scratch"
    target.mkdir()
    found = derive(find(folder), target)
    (folder / "shapes").write_text(repr(found.shapes))
    with pytest.MonkeyPatch.context() as patch:
        root = Path(__file__).resolve().parents[3]
        patch.setenv("WHEREVER_TOOLS", str(root / ".cache" / "tools"))
        words = [
            "--export-interface-name",
            f"{found.home}=wherever_api",
            "bindings",
            folder / "made",
        ]
        maker_words = [sys.executable, "-I", maker.__file__, tools.tool("componentize-py")]
        subprocess.run(
            [*maker_words, "--quiet", "-d", target / "derived", "-w", "library", *words], check=True
        )
    return folder


def ran(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    driver = DRIVER.format(
        made=str(folder / "made"),
        folder=str(folder),
        shapes=str(folder / "shapes"),
        script=script,
    )
    return subprocess.run([sys.executable, "-c", driver], capture_output=True, text=True)


def test_values_are_the_users_own_inside_and_the_tools_outside(folder: Path) -> None:
    done = ran(
        folder,
        """
print(call.count("a b", None, None))
print(call.count("a", 1, api.Mode.VERY_SLOW))
print(call.swap(api.Point(1.0, 2.0), api.Options(None, "n"), api.Color.DARK_GREEN,
                api.Perms.WRITE, api.Mode.FAST))
print(call.each([api.Shape_Circle(api.Circle(2.0)), api.Shape_Nothing(), api.Shape_Int(3), None,
                 api.Shape_Bool(True), api.Shape_Str("s"), api.Shape_Bytes(b"b")], [2, 2], ["a"]))
print(call.table([("a", api.Point(1.0, 2.0))], b"xy", b"\\xff\\x01"))
print(call.signed())
""",
    )
    assert done.stderr == ""
    assert done.stdout == OUTPUT


def test_objects_stay_the_same_objects(folder: Path) -> None:
    done = ran(
        folder,
        """
one, two = objects.Counter(None), objects.Counter.named("abc")
print(one.value(), two.value(), one.increase(4), objects.Counter.limit())
again = call.lone(one)
print(again is one, one.same(again), one.same(two), again.increase(1), one.value())
""",
    )
    assert (done.stderr, done.stdout) == ("", "5 3 9 7\nFalse True False 10 10\n")


def test_declared_exceptions_are_errors_and_others_end_it(folder: Path) -> None:
    done = ran(
        folder,
        """
for function, args in ((call.fail, (0,)), (call.fail, (1,)), (call.fail, (2,)), (call.check, ())):
    try:
        function(*args)
    except componentize_py_types.Err as error:
        print(error.value)
call.fail(3)
""",
    )
    assert done.stdout == (
        "ParseErrorOrBad_ParseError(value='wrong')\n"
        "ParseErrorOrBad_ParseError(value='Deeper')\n"
        "ParseErrorOrBad_Bad(value=Bad(line=7))\nno\n"
    )
    line = SOURCE.partition("KeyError")[0].count("\n") + 1
    assert done.stderr == (
        "Traceback (most recent call last):\n"
        f'  File "{folder}/thing.py", line {line}, in fail\n'
        '    raise KeyError("not said")\n'
        "KeyError: 'not said'\n"
    )
    assert done.returncode == -6


WRONG = {
    'wrong("number")': "list is wanted, and this is int: 1",
    'wrong("text")': "list is wanted, and this is str: 'abc'",
    'wrong("item")': "[1]: Counts is wanted, and this is int: 2",
    'wrong("field")': "[1].words: int is wanted, and this is str: 'x'",
    'wrong("list")': "[1].from_[1]: str is wanted, and this is int: 5",
    'wrong("large")': "[0].words: 9223372036854775808 is not from -9223372036854775808 to"
    " 9223372036854775807",
    "half()": "a text with half a character: '\\ud800'",
}


@pytest.mark.parametrize("call", WRONG)
def test_a_value_that_is_not_what_was_said_is_told(call: str, folder: Path) -> None:
    name = call.partition("(")[0]
    line = SOURCE.partition(f"def {name}(")[0].count("\n") + 1
    gives = "str" if name == "half" else "list[Counts]"
    done = ran(folder, f"call.{call}")
    assert done.stderr == f"TypeError: thing.py:{line}: {name}() -> {gives}: {WRONG[call]}\n"
    assert done.returncode == -6
