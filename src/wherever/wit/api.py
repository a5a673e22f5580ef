"""Which of a world's interfaces are a library's own, and neither WASI's nor its tools'."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Interface, World


def offered(world: World) -> tuple[Interface, ...]:
    """The interfaces that callers of the library have a use for."""
    return tuple(each for each in world.exports if not _is_tools(each))


def needed(world: World) -> tuple[Interface, ...]:
    """The interfaces that whoever calls the library must give: its callbacks."""
    return tuple(each for each in world.imports if not each.name.startswith("wasi:"))


def _is_tools(interface: Interface) -> bool:
    # componentize-py starts its programs by an interface of its own.
    return interface.name.startswith("wasi:") or (
        interface.name == "exports" and any(each.name == "init" for each in interface.functions)
    )
