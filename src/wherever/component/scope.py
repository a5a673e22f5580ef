"""The index spaces of a component while it is instantiated."""

from __future__ import annotations

from typing import NamedTuple

from wherever.component.broken import Broken
from wherever.component.handles import Handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Item = tuple[str, Any]
    """A sort, and what is of it."""


class CoreFunction(NamedTuple):
    """A core function: as the engine knows it, and the types that it really has."""

    extern: Any
    params: tuple[str, ...]
    results: tuple[str, ...]


class Instance:
    """One instance of a component: its handles, and whether somebody is in it."""

    __slots__ = ("handles", "inside", "may_leave")

    def __init__(self) -> None:
        self.handles = Handles()
        self.inside = False
        self.may_leave = True


class Scope:
    """The index spaces of one instance of a component, or of one instance type."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.instance = Instance()
        self.spaces: dict[str, list[Any]] = {
            sort: []
            for sort in (
                "type func instance component module value".split()
                + [f"core {sort}" for sort in "func table memory global tag instance type".split()]
            )
        }

    def at(self, sort: str, index: int) -> Any:
        """What has that index.

        Raises:
            Broken: nothing has it.
        """
        space = self.spaces[sort]
        if not 0 <= index < len(space):
            raise Broken(f"has {len(space)} of {sort}, and uses number {index}")
        return space[index]

    def add(self, sort: str, item: Any) -> None:
        """The next index of a sort."""
        self.spaces[sort].append(item)

    def outer(self, levels: int) -> Scope:
        """The scope so many levels out."""
        found: Scope | None = self
        for _ in range(min(levels, 100)):
            found = found.parent if found else None
        if found is None or levels > 100:
            raise Broken(f"has no {levels} components around it")
        return found
