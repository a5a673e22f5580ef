"""Go: the package `world`, with the world's types, functions to call, and those to provide."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.go.functions import exported, head, imported, prefix
from wherever.build.bindings.go.types import defined, tuple_of
from wherever.build.bindings.wit import every
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.wit import Interface, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."

_ASSEMBLY = "// Functions without a body are those of Go's runtime.\n"


def bindings(world: World) -> dict[str, str]:
    """The file of a world's bindings, by its name.

    Raises:
        InputError: the world has resources.
    """
    names = Names(world)
    kinds = every(world)
    if any(kind.kind in ("resource", "own", "borrow") for kind in kinds):
        raise InputError(
            f"bindings for Go have no words for the resources of {world.name}",
            "write this part in C, or its functions as the canonical ABI names them",
        )
    lines = [f"// Package world is {world.name}. {MADE}"]
    lines.append(Path(__file__).with_name("abi.go").read_text("utf-8"))
    for size in sorted({len(kind.parts) for kind in kinds if kind.kind == "tuple"}):
        lines += tuple_of(size)
    for kind in kinds:
        if kind.name:
            lines += defined(kind, names)
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
        lines += [f"\t// {line}".rstrip() for line in function.docs.splitlines()]
        lines.append(f"\t{head(function, names)}")
    return [*lines, "}", ""]
