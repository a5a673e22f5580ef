"""The crate of a world that hands everything back."""

from __future__ import annotations

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.rust.spelling import rust, snake
from wherever.wit.model import World

CARGO = """[package]
name = "echo"
version = "1.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
"""


def source(world: World) -> str:
    """Each exported function, by the imported one of the same name."""
    names = Names(world)
    (interface,) = world.exports
    module = f"world::{names.prefix(interface.name)}"
    lines = [
        '#[path = "../build/bindings/world.rs"]',
        "mod world;",
        "struct Component;",
        f"impl {module}::Exports for Component {{",
    ]
    for function in interface.functions:
        params = [f"{snake(label)}: {rust(each, names)}" for label, each in function.params]
        result = "()" if function.result is None else rust(function.result, names)
        name = snake(function.name)
        given = ", ".join(snake(label) for label, _ in function.params)
        lines.append(f"fn {name}({', '.join(params)}) -> {result} {{ {module}::{name}({given}) }}")
    return "\n".join([*lines, "}", ""])
