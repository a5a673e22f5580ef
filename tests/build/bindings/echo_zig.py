"""The program in Zig of a world that hands everything back."""

from __future__ import annotations

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.zig.spelling import Spelling, called
from wherever.wit.model import World


def source(world: World) -> str:
    """Each exported function, by the imported one of the same name."""
    spelling = Spelling(world, Names(world))
    (interface,) = world.exports
    place = spelling.names.prefix(interface.name)
    lines = ['const world = @import("world");', f"pub const {place} = struct {{"]
    for function in interface.functions:
        params = [f"a{at}: {spelling.type(each)}" for at, (_, each) in enumerate(function.params)]
        given = ", ".join(f"a{at}" for at in range(len(params)))
        label, result = called(function, interface.name), spelling.type(function.result)
        call = f"world.{place}.{label}({given})"
        lines.append(f"    pub fn {label}({', '.join(params)}) {result} {{ return {call}; }}")
    return "\n".join([*lines, "};", ""])
