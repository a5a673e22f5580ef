"""What a package's stubs say is what its modules are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bind.python.stubs import Compared
from tests.build.bindings import worlds

SPACES = """package lab:many@1.0.0;
/// Where things are.
interface places {
  /// A place.
  record point { x: s32, y: s32, label: option<string> }
  enum trouble { lost, too-far }
  resource chart { constructor(self: u8, %list: list<u8>); int: func(a: string) -> list<s8>;
    close: func(); %static: static func() -> chart; }
  resource token { %use: func(); }
  distance: func(a: point, b: point) -> result<f64, trouble>;
}
interface shapes {
  use places.{point, trouble as error-code};
  record circle { at: point, r: f64 }
  variant shape { circle(circle), shape, none }
  record failure { code: u32, args: list<string>, hint: option<string> }
  /// The area, \\" with "quotes".
  area: func(of: shape) -> result<f64, failure>;
  open: func(self: list<shape>) -> result<_, error-code>;
  bytes: func(data: list<u8>, more: option<list<u8>>, none: option<option<u8>>) -> list<u8>;
  wherever: func(any: result<u8, string>, sequence: list<list<string>>) -> tuple<u8, char>;
}
interface log {
  flags level { low, high }
  variant stroke { thin, thick(u8) }
  resource sink { constructor(name: string); }
  log: func(level: level, text: string) -> result<_, level>;
  draw: func(what: stroke, back: list<list<u8>>) -> list<u8>;
}
world many {
  import log;
  import now: func() -> u64;
  export places;
  export shapes;
  export log-level: func(a: option<u8>, b: u8, c: option<u8>);
  export open: func() -> string;
  export close: func();
}
"""


class Anything:
    """Gives everything that a library may import."""

    def __getattr__(self, name):
        return Anything if name[0].isupper() else lambda *values: None


def compared(module, **imports):
    """How many things of a package were compared with its stubs."""
    with module.open(**imports) as library:
        count = Compared(module, library).check()
        for name in dir(module):
            inner = getattr(module, name)
            if isinstance(inner, type(sys)) and not name.startswith("_"):
                count += Compared(inner, getattr(library, name)).check()
        return count


def test_a_stub_says_what_a_module_is_with_types_of_every_kind(library, imported):
    module = imported(library(worlds.each_kind()))
    assert compared(module, imports=Anything()) > 50


def test_names_that_mean_something_else_stay_apart(library, imported):
    module = imported(library(worlds.taken_names()))
    assert compared(module, imports=Anything()) > 100


@pytest.mark.parametrize("seed", range(3))
def test_types_by_chance(library, imported, seed):
    module = imported(library(worlds.any_types(seed)))
    assert compared(module, imports=Anything()) > 30


class Host:
    """For the world with several interfaces."""

    log = Anything()

    def now(self):
        return 1


def test_each_of_several_interfaces_is_a_module(library, imported):
    module = imported(library(SPACES))
    assert compared(module, imports=Host()) > 25
    assert sorted(name for name in dir(module) if not name.startswith("_")) == [
        "Functions", "Imports", "Library", "Log", "log", "open", "places", "shapes",
    ]  # fmt: skip
    assert module.log.Level.HIGH.value == 2
    assert module.shapes.Point is module.places.Point
    with module.open(imports=Host()) as library:
        assert [name for name in library.exports if name[0] in "oc"] == ["open_", "close_"]


@pytest.mark.timeout(120)
def test_a_type_checker_finds_nothing_wrong(library, imported, shop):
    modules = [
        imported(library(worlds.each_kind(), "each-kind")),
        imported(library(worlds.taken_names(), "taken-names")),
        imported(library(worlds.any_types(1), "any-types")),
        imported(library(SPACES, "many-spaces")),
        imported(shop),
    ]
    names = [module.__name__ for module in modules]
    paths = [str(Path(str(module.__file__)).parent.parent) for module in modules]
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull,
            "--cache-dir", str(Path(__file__).parents[3] / ".cache" / "mypy-bind"),
            *(word for name in names for word in ("-p", name)),
        ],
        env={**os.environ, "MYPYPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.startswith("Success: no issues found in"), done.stdout + done.stderr
