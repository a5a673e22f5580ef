"""Worlds that hand everything back: each function exists twice, exported and imported.

The guest's function returns what the host's of the same name returned for its argument, so a value
goes through all four ways of the canonical ABI: lifted and lowered, as argument and as result.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import Engine, Store, WasiConfig
from wasmtime import component as wc

PLAIN = "bool u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char string".split()

_QUIET: Any = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

EACH = """
  record point { x: f64, y: f32, is-set: bool }
  record person { name: string, class: u8, tags: list<string>, at: option<point> }
  enum color { red, dark-green, blue }
  flags rights { read, write, %export }
  flags many { a, b, c, d, e, f, g, h, i, j }
  flags most { a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7 }
  variant shape { nothing, tag(u64), circle(f32), poly(list<point>), named(person), at(f64) }
  type alias = list<shape>;
  type pair = tuple<string, color>;
  void: func();
  each-point: func(int: point) -> point;
  each-person: func(v: person) -> person;
  each-color: func(v: color) -> color;
  each-rights: func(v: rights) -> rights;
  each-many: func(v: many) -> many;
  each-most: func(v: most) -> most;
  each-shape: func(v: shape) -> shape;
  each-alias: func(v: alias) -> alias;
  each-pair: func(v: pair) -> pair;
  each-bytes: func(v: list<u8>) -> list<u8>;
  each-deep: func(v: list<list<option<u16>>>) -> list<list<option<u16>>>;
  each-maybe: func(v: option<option<string>>) -> option<option<string>>;
  each-result: func(v: result<u64, string>) -> result<u64, string>;
  each-done: func(v: result) -> result;
  each-wrong: func(v: result<_, shape>) -> result<_, shape>;
  each-good: func(v: result<f32>) -> result<f32>;
  each-mixed: func(v: result<f32, s8>) -> result<f32, s8>;
  each-wide: func(v: result<f64, tuple<f32, u64>>) -> result<f64, tuple<f32, u64>>;
  many-flat: func(t1: s8, a0: s16, result-of: string, core: f32, given: f64, p: option<u64>,
    q: char, r: bool, s: color, unix: s64) -> tuple<s8, s16, string, f32, f64>;
  in-memory: func(a: string, b: string, c: string, d: list<u8>, e: string, f: string, g: string,
    h: string, %own: point, i: u8) -> tuple<string, list<u8>, point>;
"""


def each_kind() -> str:
    """A world with every type there is, alone and in others."""
    plain = "".join(f"  plain-{each}: func(v: {each}) -> {each};\n" for each in PLAIN)
    edges = (f"tuple<{', '.join(['u16'] * count)}>" for count in (16, 17))
    most = "".join(f"  edge{at}: func(v: {each}) -> {each};\n" for at, each in enumerate(edges))
    return _world(EACH + plain + most)


SHELF = """package lab:shelf;
interface books {
  resource book {
    constructor(title: string);
    title: func() -> string;
    longer: static func(one: borrow<book>, other: book) -> book;
  }
}
interface shelf {
  use books.{book};
  enum reason { not-there, out-of-memory }
  titles: func(books: list<borrow<book>>) -> list<string>;
  longest: func(books: list<book>) -> result<book, reason>;
  %error: func(text: string) -> result<u64, string>;
  tidy: func(times: u32) -> u64;
}
world library { import books; export shelf; export scope: func(%u8: u8, scope: bool) -> s8; }
"""
"""A world with a resource of the host."""

TAKEN = (
    "abi align and any arena auto await bool box break case chan char class comptime const core"
    " crate default defer delete deinit done dyn else end enum err errno error export f32 false fn"
    " for free func get give given go handle i32 if impl import init int lent let linux load long"
    " main map match math memory mod move names new nil null ok option or panic ptr pub range ref"
    " result return scope select self size-t slice some static std store string struct super take"
    " test text this type typeof u8 undefined union unit unsafe up use value var vec void where"
    " wit world"
).split()
"""Words that a language, its libraries or its bindings have a meaning for."""


def taken_names() -> str:
    """A world whose every name is one that stands for something else already."""
    fields = ", ".join(f"%{each}: u8" for each in TAKEN[::3])
    cases = ", ".join(f"%{each}" for each in TAKEN[1::2])
    held = ", ".join(f"%{each}(u8)" for each in TAKEN[::7])
    text = f"  record all {{ {fields} }}\n  enum cases {{ {cases} }}\n  variant held {{ {held} }}\n"
    for at, each in enumerate(TAKEN):
        kind = ("u32", "all", "cases", "held")[at % 4]
        text += f"  %{each}: func(%{TAKEN[at - at % 5]}: {kind}) -> {kind};\n"
    return _world(text)


def any_types(seed: int, count: int = 24) -> str:
    """A world with functions of types by chance."""
    chance = random.Random(seed)
    named: list[str] = []
    text = ""
    for number in range(count // 2):
        name = f"type-{'abcdefghijklmnopqrstuvwxyz'[number]}"
        kind = chance.choice(["record", "variant", "enum", "flags"])
        labels = [f"l{at}" for at in range(chance.randint(1, 5))]
        parts = [
            f"{each}: {_any(chance, named, 2)}" if kind == "record" else each for each in labels
        ]
        if kind == "variant":
            parts = [
                f"{each}({_any(chance, named, 2)})" if chance.random() < 0.7 else each
                for each in labels
            ]
        text += f"  {kind} {name} {{ {', '.join(parts)} }}\n"
        named.append(name)
    for number in range(count):
        kind = _any(chance, named, 3)
        text += f"  f{number}: func(v: {kind}) -> {kind};\n"
    return _world(text)


def _any(chance: random.Random, named: list[str], depth: int) -> str:
    deep = ["named", "list", "option", "result", "tuple"]
    kind = chance.choice([*PLAIN, *deep, *deep, *deep])
    inner = [_any(chance, named, depth - 1) for _ in range(3)] if depth else ["u8", "f32", "string"]
    match kind:
        case "named":
            return chance.choice(named) if named else "u64"
        case "list" | "option":
            return f"{kind}<{inner[0]}>"
        case "result":
            return chance.choice(
                [f"result<{inner[0]}, {inner[1]}>", "result", f"result<{inner[0]}>"]
            )
        case "tuple":
            return f"tuple<{', '.join(inner[: chance.randint(1, 3)])}>"
    return kind


def _world(interface: str) -> str:
    return (
        f"package lab:echo@1.0.0;\ninterface both {{\n{interface}}}\n"
        "world echo { import both; export both; }\n"
    )


class Echo:
    """A component of such a world, with a host that hands everything back, too."""

    def __init__(self, wasm: Path) -> None:
        engine = Engine()
        self.component = wc.Component.from_file(engine, str(wasm))
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        self.seen: list[tuple[Any, ...]] = []
        self.answer: Any = None
        linker = wc.Linker(engine)
        linker.add_wasip2()
        both = self.component.type.imports(engine)["lab:echo/both@1.0.0"].ty
        found = {name: each.ty for name, each in both.exports(engine).items()}
        functions = {name: each for name, each in found.items() if isinstance(each, wc.FuncType)}
        with linker.root() as root, root.add_instance("lab:echo/both@1.0.0") as instance:
            for name, each in functions.items():
                instance.add_func(name, self._host(each))
        self.types = functions
        self.instance = linker.instantiate(self.store, self.component)
        self._at = self.instance.get_export_index(self.store, "lab:echo/both@1.0.0")

    def _host(self, kind: wc.FuncType) -> Any:
        params = [each for _, each in kind.params]
        result = kind.result

        def answer(store: Any, *given: Any) -> Any:
            self.seen.append(given)
            self.answer = given[0] if given else None
            if len(given) > 1:
                picked = list(zip(params, given, strict=True))
                self.answer = tuple(_pick(each, picked) for each in result.elements)
            return self.answer

        return answer

    def call(self, name: str, *given: Any) -> Any:
        """What the guest's function gives; the host has seen what came through."""
        index = self.instance.get_export_index(self.store, name, self._at)
        function = self.instance.get_func(self.store, index)
        self.seen.clear()
        result = function(self.store, *given)
        function.post_return(self.store)
        return result

    def check(self, name: str, examples: int) -> None:
        """Tries a function with values by chance; the test fails with the simplest that is lost."""
        params = [values(each) for _, each in self.types[name].params]

        @settings(max_examples=examples, **_QUIET)
        @given(st.tuples(*params))
        def held(given: tuple[Any, ...]) -> None:
            assert self.holds(name, *given), (name, given, self.seen)

        held()

    def holds(self, name: str, *given: Any) -> bool:
        """Whether a value came back as it was, and the host has seen it so."""
        try:
            result = self.call(name, *given)
        except ValueError:  # the oracle tells some cases apart by Python's types alone
            return not self.seen
        return self.seen == [given] and bool(result == self.answer)


class Called:
    """The functions of a component, or of one interface that it exports, by their names."""

    def __init__(self, wasm: Path, interface: str = "") -> None:
        engine = Engine()
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        linker = wc.Linker(engine)
        linker.add_wasip2()
        self.instance = linker.instantiate(self.store, wc.Component.from_file(engine, str(wasm)))
        self._at = self.instance.get_export_index(self.store, interface) if interface else None

    def __call__(self, name: str, *given: Any) -> Any:
        index = self.instance.get_export_index(self.store, name, self._at)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *given)
        function.post_return(self.store)
        return result


def _pick(kind: Any, picked: list[tuple[Any, Any]]) -> Any:
    """The first argument of a type; each is handed back once."""
    at = next(at for at, (each, _) in enumerate(picked) if type(each) is type(kind))
    return picked.pop(at)[1]


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as the oracle takes them."""
    name = type(kind).__name__
    if name[0] in "US" and name[1:].isdigit():
        bits = int(name[1:])
        low = -(1 << (bits - 1)) if name[0] == "S" else 0
        return st.integers(low, low + (1 << bits) - 1)
    match name:
        case "Bool":
            return st.booleans()
        case "F32" | "F64":
            return st.floats(allow_nan=False, width=32 if name == "F32" else 64)
        case "Char":
            return st.characters(exclude_categories=["Cs"])
        case "String":
            return st.text(max_size=12)
        case "ListType":
            if isinstance(kind.element, wc.U8):
                return st.binary(max_size=20)
            return st.lists(values(kind.element), max_size=4)
        case "TupleType":
            return st.tuples(*map(values, kind.elements))
        case "RecordType":
            fields = {label: values(each) for label, each in kind.fields}
            return st.fixed_dictionaries(fields).map(_record)
        case "EnumType":
            return st.sampled_from(kind.names)
        case "FlagsType":
            return st.sets(st.sampled_from(kind.names))
    cases = [
        (st.none() if each is None else values(each)).map(_case(label, kind._tagged()))
        for label, each in kind._cases()
    ]
    return st.one_of(cases)


def _case(label: str, tagged: bool) -> Any:
    return (lambda value: wc.Variant(label, value)) if tagged else (lambda value: value)


def _record(fields: dict[str, Any]) -> wc.Record:
    made = wc.Record()
    for name, value in fields.items():
        setattr(made, name, value)
    return made
