"""Rust: `world.rs`, with the world's types, functions to call, and traits for those to write."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.rust.functions import exported, imported
from wherever.build.bindings.rust.spelling import rust, snake, spelt
from wherever.build.bindings.rust.types import defined, tuple_of
from wherever.build.bindings.wit import every
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.wit import Interface, Type, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."


def bindings(world: World) -> dict[str, str]:
    """The file of a world's bindings, by its name.

    Raises:
        InputError: the world has resources.
    """
    names = Names(world)
    runtime = Path(__file__).with_name("abi.rs").read_text("utf-8")
    lines = [f"//! {world.name}. {MADE}", "", runtime]
    kinds = every(world)
    if any(kind.kind in ("resource", "own", "borrow") for kind in kinds):
        raise InputError(
            f"bindings for Rust have no words for the resources of {world.name}",
            "write this part in C, or its functions as the canonical ABI names them",
        )
    for size in sorted({len(kind.parts) for kind in kinds if kind.kind == "tuple"}):
        lines += tuple_of(size)
    homes = {each.name: each for each in (*world.imports, *world.exports)}
    for home, interface in homes.items():
        inner = [line for kind in _named(kinds, home) for line in defined(kind, names)]
        for name, kind in interface.types:
            if (kind.name, kind.home) != (name, home) and kind.kind != "resource":
                inner.append(f"pub type {spelt(name)} = {rust(kind, names)};")
        for each in world.imports:
            if each.name == home:
                for function in each.functions:
                    inner += imported(each, function, names)
        for each in world.exports:
            if each.name == home and each.functions:
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
    return {"world.rs": "\n".join([*lines, ""])}


def _trait(interface: Interface, names: Names) -> list[str]:
    lines = ["/// For `crate::Component` to have.", "pub trait Exports {"]
    for function in interface.functions:
        lines += [f"    /// {line}".rstrip() for line in function.docs.splitlines()]
        given = [f"{snake(label)}: {rust(kind, names)}" for label, kind in function.params]
        result = "" if function.result is None else f" -> {rust(function.result, names)}"
        lines.append(f"    fn {snake(function.name)}({', '.join(given)}){result};")
    return [*lines, "}"]


def _named(kinds: list[Type], home: str) -> list[Type]:
    return [kind for kind in kinds if kind.name and kind.home == home]
