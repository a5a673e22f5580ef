"""Rust: `world.rs`, with the world's types, functions to call, and traits for those to write."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.rust.functions import exported, imported
from wherever.build.bindings.rust.resources import head, lent, owned, wanted
from wherever.build.bindings.rust.spelling import rust, spelt
from wherever.build.bindings.rust.types import STATIC, defined, tuple_of
from wherever.wit.model import every

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Interface, Type, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."


def bindings(world: World) -> dict[str, str]:
    """The file of a world's bindings, by its name."""
    names = Names(world)
    runtime = Path(__file__).with_name("abi.rs").read_text("utf-8")
    lines = [f"//! {world.name}. {MADE}", "", runtime]
    kinds = every(world)
    for size in sorted({len(kind.parts) for kind in kinds if kind.kind == "tuple"}):
        lines += tuple_of(size)
    homes = {each.name: each for each in (*world.imports, *world.exports)}
    for home, interface in homes.items():
        inner = [line for kind in _named(kinds, home) for line in defined(kind, names)]
        for kind in _resources(interface):
            found = wanted if names.is_exported(kind) else lent
            inner += found(kind, interface, names)
        for name, kind in interface.types:
            if (kind.name, kind.home) != (name, home):
                inner.append(f"pub type {spelt(name)} = {rust(kind, names, STATIC)};")
        for each in world.imports:
            if each.name == home:
                for function in each.functions:
                    if function.resource is None:
                        inner += imported(each, function, names)
        for each in world.exports:
            if each.name == home and (each.functions or _resources(each)):
                inner += _trait(each, names)
        indent = "" if home == "" else "    "
        text = [f"{indent}{line}" if line else "" for line in inner]
        if home == "":
            lines += text
        else:
            lines += [f"pub mod {names.prefix(home)} {{", "    use super::*;", *text, "}", ""]
    for each in world.exports:
        for function in each.functions:
            lines += exported(each, function, names)
        for kind in _resources(each):
            lines += owned(kind, names)
    return {"world.rs": "\n".join([*lines, ""])}


def _trait(interface: Interface, names: Names) -> list[str]:
    lines = ["/// For `crate::Component` to have.", "pub trait Exports {"]
    kinds = [spelt(kind.name) for kind in _resources(interface)]
    lines += [f"    type {name}: {name}Exports;" for name in kinds]
    for function in interface.functions:
        if function.resource is None:
            lines += [f"    {line}" for line in head(function, names)]
    return [*lines, "}"]


def _resources(interface: Interface) -> list[Type]:
    """The resources that an interface itself defines."""
    return [
        kind
        for name, kind in interface.types
        if kind.kind == "resource" and (kind.name, kind.home) == (name, interface.name)
    ]


def _named(kinds: list[Type], home: str) -> list[Type]:
    return [kind for kind in kinds if kind.name and kind.home == home and kind.kind != "resource"]
