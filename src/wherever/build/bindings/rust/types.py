"""Types of a world in Rust, and how they lie in memory and in core values."""

from __future__ import annotations

from wherever.build.bindings.rust.spelling import rust, snake, spelt
from wherever.wit import abi
from wherever.wit.model import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Type

STATIC = "'static "
"""Handles that are lent are so for the call, which the types of a world cannot say."""

_TAG = {1: "u8", 2: "u16", 4: "u32"}


def defined(kind: Type, names: Names) -> list[str]:
    """A named type, and its `Value`."""
    name = spelt(kind.name)
    derived = [] if _holds(kind) else ["Clone", "Debug", "PartialEq"]
    match kind.kind:
        case "record":
            fields = [
                f"    pub {snake(label)}: {rust(each, names, STATIC)},"
                for label, each in kind.fields
            ]
            head = [*_deriving(derived), f"pub struct {name} {{", *fields, "}"]
            return [*head, *_value(kind, name, *_record(kind, names))]
        case "flags":
            bits = _TAG[abi.size(kind)]
            head = [*_deriving([*derived, "Copy", "Eq"]), f"pub struct {name}(pub {bits});"]
            constants = [
                f"    pub const {label.replace('-', '_').upper()}: {bits} = {1 << at:#x};"
                for at, (label, _) in enumerate(kind.parts)
            ]
            parts = (
                [f"{name}({bits}::load(from))"],
                ["self.0.store(to);"],
                [f"{name}({bits}::lift(from))"],
                ["self.0.lower(to);"],
            )
            return [*head, f"impl {name} {{", *constants, "}", *_value(kind, name, *parts)]
    cases = [
        f"    {spelt(label)},"
        if each is None
        else f"    {spelt(label)}({rust(each, names, STATIC)}),"
        for label, each in kind.parts
    ]
    more = ["Copy", "Eq"] if kind.kind == "enum" else []
    head = [*_deriving([*derived, *more]), f"pub enum {name} {{", *cases, "}"]
    return [*head, *_value(kind, name, *_sum(kind, name, names))]


def _holds(kind: Type) -> bool:
    """Whether a type is a handle, or has one in it."""
    return any(each.kind in ("own", "borrow") for each in within([kind]))


def _deriving(traits: list[str]) -> list[str]:
    return [f"#[derive({', '.join(traits)})]"] if traits else []


def tuple_of(count: int) -> list[str]:
    """The `Value` of tuples of a length."""
    letters = [f"T{at}" for at in range(count)]
    name = f"({', '.join(letters)},)"

    def each(text: str, unit: str) -> list[str]:
        lines = ["let mut at = 0;"]
        for at, letter in enumerate(letters):
            lines.append(f"at = up(at, {letter}::ALIGN);" if unit == "SIZE" else "")
            lines += [text.format(at=at, letter=letter), f"at += {letter}::{unit};"]
        return lines

    whole = f"({', '.join(f'v{at}' for at in range(count))},)"
    size = "0"
    for letter in letters:
        size = f"up({size}, {letter}::ALIGN) + {letter}::SIZE"
    align, flat = "1", "0"
    for letter in letters:
        align, flat = f"max({align}, {letter}::ALIGN)", f"{flat} + {letter}::FLAT"
    generic = ", ".join(f"{letter}: Value" for letter in letters)
    return _impl(
        f"impl<{generic}> Value for {name}",
        (f"up({size}, Self::ALIGN)", align, flat),
        [*each("let v{at} = {letter}::load(from.add(at));", "SIZE"), whole],
        each("self.{at}.store(to.add(at));", "SIZE"),
        [*each("let v{at} = {letter}::lift(&from[at..]);", "FLAT"), whole],
        each("self.{at}.lower(&mut to[at..]);", "FLAT"),
    )


def _record(kind: Type, names: Names) -> tuple[list[str], list[str], list[str], list[str]]:
    load, store, lift, lower = [], [], [], []
    place = flat = 0
    for label, each in kind.fields:
        name, spelling = snake(label), f"<{rust(each, names, STATIC)}>"
        place = abi.up(place, abi.align(each))
        load.append(f"    {name}: {spelling}::load(from.add({place})),")
        store.append(f"self.{name}.store(to.add({place}));")
        lift.append(f"    {name}: {spelling}::lift(&from[{flat}..]),")
        lower.append(f"self.{name}.lower(&mut to[{flat}..]);")
        place += abi.size(each)
        flat += len(abi.flat(each))
    name = spelt(kind.name)
    return [f"{name} {{", *load, "}"], store, [f"{name} {{", *lift, "}"], lower


def _sum(kind: Type, name: str, names: Names) -> tuple[list[str], list[str], list[str], list[str]]:
    tag, at = _TAG[abi.tag_size(kind)], abi.payload_at(kind)
    load, store = [f"match {tag}::load(from) {{"], ["match self {"]
    lift, lower = ["match from[0] as u32 {"], ["match self {"]
    last = len(kind.parts) - 1
    for number, (label, each) in enumerate(kind.parts):
        case = f"{name}::{spelt(label)}"
        found = "_" if number == last else str(number)
        if each is None:
            load.append(f"    {found} => {case},")
            lift.append(f"    {found} => {case},")
            store.append(f"    {case} => ({number} as {tag}).store(to),")
            lower.append(f"    {case} => to[0] = {number},")
            continue
        spelling = f"<{rust(each, names, STATIC)}>"
        load.append(f"    {found} => {case}({spelling}::load(from.add({at}))),")
        lift.append(f"    {found} => {case}({spelling}::lift(&from[1..])),")
        store += [
            f"    {case}(value) => {{",
            f"        ({number} as {tag}).store(to);",
            f"        value.store(to.add({at}));",
            "    }",
        ]
        lower += [
            f"    {case}(value) => {{",
            f"        to[0] = {number};",
            "        value.lower(&mut to[1..]);",
            "    }",
        ]
    return [*load, "}"], [*store, "}"], [*lift, "}"], [*lower, "}"]


def _value(kind: Type, name: str, *bodies: list[str]) -> list[str]:
    numbers = (str(abi.size(kind)), str(abi.align(kind)), str(len(abi.flat(kind))))
    return _impl(f"impl Value for {name}", numbers, *bodies)


def _impl(head: str, numbers: tuple[str, str, str], *bodies: list[str]) -> list[str]:
    heads = (
        "unsafe fn load(from: *const u8) -> Self {",
        "unsafe fn store(self, to: *mut u8) {",
        "unsafe fn lift(from: &[u64]) -> Self {",
        "unsafe fn lower(self, to: &mut [u64]) {",
    )
    lines = [f"{head} {{"]
    for label, number in zip(("SIZE", "ALIGN", "FLAT"), numbers, strict=True):
        lines.append(f"    const {label}: usize = {number};")
    for each, body in zip(heads, bodies, strict=True):
        lines += [f"    {each}", *(f"        {line}" for line in body if line), "    }"]
    return [*lines, "}", ""]
