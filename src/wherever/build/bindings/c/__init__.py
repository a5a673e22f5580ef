"""C and C++: `world.h`, and `world.c` that stands between it and the core module."""

from __future__ import annotations

from wherever.build.bindings.c import glue
from wherever.build.bindings.c.header import Header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import World


def bindings(world: World) -> dict[str, str]:
    """The files of a world's bindings, by name."""
    header = Header(world)
    text = header.text()
    return {"world.h": text, "world.c": glue.text(world, header)}
