"""The C program of a world that hands everything back."""

from __future__ import annotations

from wherever.build.bindings.c.header import Header
from wherever.build.bindings.c.names import word
from wherever.wit.model import World


def source(world: World) -> str:
    """Each exported function, by the imported one of the same name."""
    header = Header(world)
    header.text()
    lines = ['#include "world.h"']
    (exported,) = world.exports
    for function in exported.functions:
        imported = header.functions[False, exported.name, function.core]
        names = ", ".join(word(label) for label, _ in function.params)
        back = "return " if function.result else ""
        head = header.signature(exported, function, True)
        lines.append(f"{head} {{ {back}{imported}({names}); }}")
    return "\n".join([*lines, ""])
