"""The module of Go of a world that hands everything back."""

from __future__ import annotations

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.go.functions import head, prefix
from wherever.build.bindings.go.spelling import param, spelt
from wherever.wit.model import World


def source(world: World) -> str:
    """Each exported function, by the imported one of the same name."""
    names = Names(world)
    (interface,) = world.exports
    start = prefix(interface, names)
    lines = [
        "package main",
        'import . "lab.example/echo/build/bindings/world"',
        "type echo struct{}",
        f"func init() {{ {start} = echo{{}} }}",
        "func main() {}",
    ]
    for function in interface.functions:
        given = ", ".join(param(label) for label, _ in function.params)
        back = "return " if function.result is not None else ""
        call = f"{back}{start}{spelt(function.name)}({given})"
        lines.append(f"func (echo) {head(function, names)} {{ {call} }}")
    return "\n".join([*lines, ""])
