"""Values of every type go into a component, out to a callback, back, and come back as they were."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wherever
from tests.build.bindings import echo_c, worlds
from wherever.build import building
from wherever.build import project as projects
from wherever.build.bindings import wit
from wherever.component.python.names import camel, snake, upper
from wherever.wit.model import Type

MANIFEST = """[package]
name = "lab:echo"
version = "1.0.0"
kind = "library"
[build]
language = "c"
main = "echo.c"
world = "echo"
"""

_QUIET: Any = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


class Host:
    """Hands everything back: each function is one of the interface's, by any name."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.many: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def back(*values: Any) -> Any:
            self.seen.append(values)
            own = name.replace("-", "_")
            if own in self.many:
                return self.many[own](*values)
            return values[0] if values else None

        return back


@pytest.fixture(scope="module", params=["each", "any"])
def echo(request, tmp_path_factory):
    """The echo of a world: its library, its host, and its functions."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "wit").mkdir()
    text = worlds.each_kind() if request.param == "each" else worlds.any_types(9)
    (folder / "wit" / "world.wit").write_text(text)
    (folder / "echo.c").write_text("")
    (folder / "wherever.toml").write_text(MANIFEST)
    world = wit.read(projects.find(folder), folder)
    (folder / "echo.c").write_text(echo_c.source(world))
    wasm = building.build(projects.find(folder), lambda _: None).wasm
    host = Host()
    host.many["many_flat"] = lambda t1, a0, result_of, core, given, *_: (
        t1, a0, result_of, core, given,
    )  # fmt: skip
    host.many["in_memory"] = lambda a, b, c, d, *rest: (a, d, rest[4])
    with wherever.load(wasm, imports={"both": host}) as library:
        yield library, host, world.exports[0].functions


@pytest.mark.timeout(300)
def test_every_value_comes_back_as_it_was(echo):
    library, host, functions = echo
    for function in functions:
        check(library, host, function)


def check(library, host, function):
    call = getattr(library, snake(function.name))
    params = [values(library, kind) for _, kind in function.params]
    raises = function.result is not None and function.result.kind == "result"

    @settings(max_examples=15, **_QUIET)
    @given(st.tuples(*params))
    def held(given: tuple[Any, ...]) -> None:
        host.seen.clear()
        try:
            result = call(*given)
        except wherever.ResultError as error:
            assert raises
            is_whole = hasattr(error, "__dataclass_fields__")
            result = wherever.Err(error if is_whole else error.value)
        else:
            result = wherever.Ok(result) if raises else result
        assert same(host.seen[0], given), (function.name, host.seen, given)
        expected = host.many.get(snake(function.name), lambda *v: v[0] if v else None)(*given)
        assert same(result, expected), (function.name, result, expected)

    held()


def values(library: Any, kind: Type) -> st.SearchStrategy[Any]:
    """Values of a type, as Python has them."""
    name = kind.kind
    if name[0] in "us" and name[1:].isdigit():
        bits = int(name[1:])
        low = -(1 << (bits - 1)) if name[0] == "s" else 0
        return st.integers(low, low + (1 << bits) - 1)
    match name:
        case "bool":
            return st.booleans()
        case "f32" | "f64":
            return st.floats(width=32 if name == "f32" else 64)
        case "char":
            return st.characters(exclude_categories=["Cs"])
        case "string":
            return st.text(max_size=12)
        case "list" if kind.inner.kind == "u8":
            return st.binary(max_size=20)
        case "list":
            return st.lists(values(library, kind.inner), max_size=4)
        case "tuple":
            return st.tuples(*(values(library, each) for _, each in kind.fields))
        case "option":
            inner = values(library, kind.inner)
            inner = inner.map(wherever.Some) if kind.inner.kind == "option" else inner
            return st.none() | inner
        case "result":
            ok, err = (
                st.none() if each is None else values(library, each) for _, each in kind.parts
            )
            return ok.map(wherever.Ok) | err.map(wherever.Err)
    made = getattr(library, camel(kind.name))
    if name == "record":
        fields = (values(library, each) for _, each in kind.fields)
        return st.tuples(*fields).map(lambda parts: made(*parts))
    if name == "enum":
        return st.sampled_from([made[upper(label)] for label, _ in kind.parts])
    if name == "flags":
        return st.integers(0, (1 << len(kind.parts)) - 1).map(made)
    cases = []
    for label, each in kind.parts:
        case = getattr(made, camel(label))
        cases.append(st.builds(case) if each is None else values(library, each).map(case))
    return st.one_of(cases)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, where not-a-numbers are too."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    fields = getattr(one, "__dataclass_fields__", None)
    if fields is not None:
        return all(same(getattr(one, each), getattr(other, each)) for each in fields)
    return bool(one == other)
