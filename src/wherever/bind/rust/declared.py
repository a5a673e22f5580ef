"""How types of a library are declared in Rust."""

from __future__ import annotations

from wherever.bind.c.names import snake
from wherever.bind.native.surface import holds_resource, parts_of
from wherever.bind.rust.spelling import case_name, method, named, word
from wherever.wit import abi
from wherever.wit.model import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.bind.rust.spelling import Spelling
    from wherever.wit.model import Type


def docs(text: str, before: str = "") -> list[str]:
    """Words as a comment that tools read."""
    return [f"{before}/// {line}".rstrip() for line in text.strip().splitlines()]


def type_of(surface: Surface, spelling: Spelling, kind: Type) -> list[str]:
    """The lines that declare a type; none where it needs none."""
    what = kind.kind
    if what == "record":
        return _record(spelling, kind)
    if what == "enum":
        return _enum(spelling, kind)
    if what == "flags":
        return _flags(spelling, kind)
    if what == "variant":
        return _variant(spelling, kind)
    if what == "resource" and surface.is_host(kind):
        return _trait(surface, spelling, kind)
    return []


def _derive(kind: Type) -> str:
    return "#[derive(Debug)]" if holds_resource(kind) else "#[derive(Clone, Debug, PartialEq)]"


def _has_host(kind: Type, spelling: Spelling) -> bool:
    return any(spelling.surface.is_host(each) for each in within([kind]))


def _record(spelling: Spelling, kind: Type) -> list[str]:
    lines = [*docs(kind.docs)]
    if not _has_host(kind, spelling):
        lines.append(_derive(kind))
    lines.append(f"pub struct {spelling.name(kind)} {{")
    for label, each, note in parts_of(kind):
        lines += [*docs(note, "    "), f"    pub {word(label)}: {spelling.type(each)},"]
    return [*lines, "}", ""]


def _enum(spelling: Spelling, kind: Type) -> list[str]:
    name, number = spelling.name(kind), f"u{8 * abi.size(kind)}"
    lines = [
        *docs(kind.docs),
        "#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]",
        f"#[repr({number})]",
        f"pub enum {name} {{",
    ]
    for label, _, note in parts_of(kind):
        lines += [*docs(note, "    "), f"    {case_name(label)},"]
    lines += ["}", "", f"impl {name} {{", f"    fn of(number: {number}) -> {name} {{"]
    lines.append("        match number {")
    last = len(kind.parts) - 1
    for at, (label, _) in enumerate(kind.parts):
        lines.append(f"            {'_' if at == last else at} => {name}::{case_name(label)},")
    return [*lines, "        }", "    }", "}", ""]


def _flags(spelling: Spelling, kind: Type) -> list[str]:
    name, number = spelling.name(kind), f"u{8 * abi.size(kind)}"
    lines = [
        *docs(kind.docs),
        "#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]",
        f"pub struct {name}({number});",
        "",
        f"impl {name} {{",
    ]
    for at, (label, _, note) in enumerate(parts_of(kind)):
        constant = snake(label).upper()
        lines += [*docs(note, "    "), f"    pub const {constant}: {name} = {name}({1 << at:#x});"]
    most = f"{(1 << len(kind.parts)) - 1:#x}"
    lines += [
        "    /// None of them.",
        f"    pub const fn empty() -> {name} {{",
        f"        {name}(0)",
        "    }",
        "    /// Whether all of others are in it.",
        f"    pub const fn contains(self, other: {name}) -> bool {{",
        "        self.0 & other.0 == other.0",
        "    }",
        "}",
        "",
    ]
    for trait, function, sign in (
        ("BitOr", "bitor", "|"),
        ("BitAnd", "bitand", "&"),
        ("BitXor", "bitxor", "^"),
    ):
        lines += [
            f"impl std::ops::{trait} for {name} {{",
            f"    type Output = {name};",
            f"    fn {function}(self, other: {name}) -> {name} {{",
            f"        {name}(self.0 {sign} other.0)",
            "    }",
            "}",
        ]
    return [
        *lines,
        f"impl std::ops::Not for {name} {{",
        f"    type Output = {name};",
        f"    fn not(self) -> {name} {{",
        f"        {name}(!self.0 & {most})",
        "    }",
        "}",
        "",
    ]


def _variant(spelling: Spelling, kind: Type) -> list[str]:
    lines = [*docs(kind.docs)]
    if not _has_host(kind, spelling):
        lines.append(_derive(kind))
    lines.append(f"pub enum {spelling.name(kind)} {{")
    for label, each, note in parts_of(kind):
        held = "" if each is None else f"({spelling.type(each)})"
        lines += [*docs(note, "    "), f"    {case_name(label)}{held},"]
    return [*lines, "}", ""]


def _trait(surface: Surface, spelling: Spelling, kind: Type) -> list[str]:
    lines = [*docs(kind.docs), f"pub trait {spelling.name(kind)}: std::any::Any + Send {{"]
    for member in surface.members(kind):
        function = member.function
        if function.kind == "method":
            params = ["&self"]
            params += [f"{named(label)}: {spelling.type(each)}" for label, each in
                       function.params[1:]]  # fmt: skip
            arrow = f" -> {spelling.type(function.result)}" if function.result is not None else ""
            lines += docs(function.docs, "    ")
            lines.append(f"    fn {method(function.name)}({', '.join(params)}){arrow};")
    return [*lines, "}", ""]
