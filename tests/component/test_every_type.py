"""Values of every type go into a component, out to a callback, back, and come back as they were.

`wasmtime.component` is asked for the same by the same guest, and has to answer the same.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wherever
from tests.build.bindings import echo_c, worlds
from tests.component.oracle import Oracle
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

TINY, HUGE = 5e-324, 1.7976931348623157e308
NOTS = (math.nan, -math.nan)
EDGES: dict[str, tuple[Any, ...]] = {
    **{f"plain-u{bits}": (0, 1, (1 << bits) - 1, 1 << (bits - 1)) for bits in (8, 16, 32, 64)},
    **{
        f"plain-s{bits}": (-(1 << (bits - 1)), -1, 0, (1 << (bits - 1)) - 1)
        for bits in (8, 16, 32, 64)
    },
    "plain-f64": (0.0, -0.0, TINY, -TINY, HUGE, -HUGE, math.inf, -math.inf, *NOTS),
    "plain-f32": (0.0, -0.0, 1.401298464324817e-45, 3.4028234663852886e38, math.inf, *NOTS),
    "plain-char": ("\0", "a", "\x7f", "\x80", "\ud7ff", "\ue000", "\uffff", "\U0010ffff"),
    "plain-string": ("", "\0", "a\0b", "\ud7ff\ue000", "\U0010ffff", "e\u0301", "\ufeff"),
    "plain-bool": (False, True),
    "each-bytes": (b"", b"\0", b"\xff\xfe", bytes(range(256))),
    "each-deep": ([], [[]], [[None]], [[0, None, 65535], []]),
    "each-maybe": (None, wherever.Some(None), wherever.Some(""), wherever.Some("\0")),
}

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


HOME = "lab:echo/both@1.0.0"
MANY = ("many-flat", "in-memory")
"""What hands back some of many arguments."""


@pytest.fixture(scope="module", params=["each", "any"])
def built(request, tmp_path_factory):
    """The echo of a world, and its functions."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "wit").mkdir()
    text = worlds.each_kind() if request.param == "each" else worlds.any_types(9)
    (folder / "wit" / "world.wit").write_text(text)
    (folder / "echo.c").write_text("")
    (folder / "wherever.toml").write_text(MANIFEST)
    world = wit.read(projects.find(folder), folder)
    (folder / "echo.c").write_text(echo_c.source(world))
    wasm = building.build(projects.find(folder), lambda _: None).wasm
    return wasm, world.exports[0].functions


@pytest.fixture(scope="module")
def echo(built):
    """The echo of a world: its library, its host, and its functions."""
    host = Host()
    host.many["many_flat"] = lambda t1, a0, result_of, core, given, *_: (
        t1, a0, result_of, core, given,
    )  # fmt: skip
    host.many["in_memory"] = lambda a, b, c, d, *rest: (a, d, rest[4])
    with wherever.load(built[0], imports={"both": host}) as library:
        yield library, host, built[1]


@pytest.mark.timeout(300)
def test_every_value_comes_back_as_it_was(built, echo):
    library, host, functions = echo
    oracle = Oracle(built[0], HOME, answer=True)
    for function in functions:
        check(library, host, function, oracle)


@pytest.mark.timeout(300)
def test_a_library_can_be_what_another_imports(built, echo):
    library, host, functions = echo
    with wherever.load(built[0], imports=library) as outer:
        for function in functions:
            check(outer, host, function, None)


EACH = pytest.mark.parametrize("built", ["each"], indirect=True)


@EACH
def test_the_most_and_the_least_of_each_type_cross(built, echo):
    library, _, functions = echo
    oracle = Oracle(built[0], HOME, answer=True)
    known = {function.name: function for function in functions}
    for name, edges in EDGES.items():
        for value in edges:
            result = getattr(library, snake(name))(value)
            assert same(result, value), name
            assert oracle.differs(known[name], (value,), result) == "", name


@EACH
@pytest.mark.parametrize("name", ["each_bytes", "plain_string", "each_deep", "each_alias"])
def test_what_is_large_crosses_whole(echo, name):
    library, _, _ = echo
    value = {
        "each_bytes": bytes(range(256)) * (32 << 12),
        "plain_string": "aé中🂡" * (1 << 20),
        "each_deep": [[at, None] for at in range(0, 60_000, 7)] * 2 + [[]] * 10_000,
        "each_alias": [library.Shape.Named(library.Person("x" * 99, 1, ["y"] * 20))] * 2_000,
    }[name]
    assert getattr(library, name)(value) == value


REFUSED = [
    ("plain_u8", -1), ("plain_u8", 256), ("plain_s64", 1 << 63), ("plain_u64", -1),
    ("plain_u64", 1 << 64), ("plain_u32", 1.0), ("plain_u32", "1"), ("plain_f32", None),
    ("plain_f64", "1"), ("plain_f64", 10**400), ("plain_bool", 2), ("plain_char", ""),
    ("plain_char", "ab"), ("plain_char", "\ud800"), ("plain_string", "a\udfffb"),
    ("plain_string", b"a"), ("plain_string", None), ("each_bytes", "a"), ("each_bytes", [256]),
    ("each_deep", [[65536]]), ("each_deep", 3), ("each_pair", ("a",)), ("each_maybe", "a"),
    ("each_result", 3), ("each_color", 7), ("each_rights", "read"), ("each_point", object()),
    ("each_shape", 3), ("each_shape", None),
]  # fmt: skip


@EACH
def test_what_is_no_value_of_a_type_is_refused_and_the_library_goes_on(echo):
    library, host, _ = echo
    for name, value in REFUSED:
        host.seen.clear()
        with pytest.raises(
            (TypeError, ValueError, OverflowError), match=rf"^{name}\(\): (v|int): "
        ):
            getattr(library, name)(value)
        assert not host.seen, name
    assert library.plain_string("well") == "well"


def check(library, host, function, oracle):
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
        if oracle is not None:
            assert same(host.seen[0], given), (function.name, host.seen, given)
        expected = host.many.get(snake(function.name), lambda *v: v[0] if v else None)(*given)
        assert same(result, expected), (function.name, result, expected)
        if oracle is not None and function.name not in MANY:
            assert oracle.differs(function, given, result) == "", (function.name, given)

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
