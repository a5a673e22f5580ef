"""Go: the package `world`, with the world's types, functions to call, and those to provide."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.go.functions import exported, head, imported, prefix
from wherever.build.bindings.go.resources import documented, lent, owned
from wherever.build.bindings.go.types import defined, tuple_of
from wherever.wit.model import every

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Interface, Type, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."

_ASSEMBLY = "// Functions without a body are those of Go's runtime.\n"


def bindings(world: World) -> dict[str, str]:
    """The file of a world's bindings, by its name."""
    names = Names(world)
    kinds = every(world)
    lines = [f"// Package world is {world.name}. {MADE}"]
    lines.append(Path(__file__).with_name("abi.go").read_text("utf-8"))
    for size in sorted({len(kind.parts) for kind in kinds if kind.kind == "tuple"}):
        lines += tuple_of(size)
    for kind in kinds:
        if kind.name and kind.kind != "resource":
            lines += defined(kind, names)
    for each in (*world.imports, *world.exports):
        for kind in _resources(each):
            lines += owned(kind, each, names) if names.is_exported(kind) else lent(kind, names)
    for each in world.imports:
        for function in each.functions:
            lines += imported(each, function, names)
    for each in world.exports:
        if each.functions:
            lines += _wanted(each, names)
        for function in each.functions:
            lines += exported(each, function, names)
    return {"world/world.go": "\n".join(lines), "world/runtime.s": _ASSEMBLY}


def _wanted(interface: Interface, names: Names) -> list[str]:
    start = prefix(interface, names)
    lines = [f"// {start} is what the program exports, for it to set in an init function."]
    lines.append(f"var {start} interface {{")
    for function in interface.functions:
        if function.kind != "method":
            lines += [f"\t{line}" for line in documented(function.docs)]
            lines.append(f"\t{head(function, names)}")
    return [*lines, "}", ""]


def _resources(interface: Interface) -> list[Type]:
    """The resources that an interface itself defines."""
    return [
        kind
        for name, kind in interface.types
        if kind.kind == "resource" and (kind.name, kind.home) == (name, interface.name)
    ]
