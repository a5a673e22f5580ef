"""What a component is laid out as: steps that make instances, and where each thing comes from."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.component.types import FuncType

WHOLE = "*"
"""Instead of the name of an import: all of them."""


class CoreExport(NamedTuple):
    """Something that an earlier step exports."""

    step: int
    sort: str
    name: str


class Border(NamedTuple):
    """Where values of a call lie in the guest: its memory, and what makes room there."""

    memory: CoreExport
    realloc: CoreExport | None


def fits(border: Border, first: Border | None) -> bool:
    """Whether calls with one border can be made with another: it may have no room to make."""
    if first is None:
        return False
    return border == first or (border.realloc is None and border.memory == first.memory)


class Wanted(NamedTuple):
    """A function of an interface, as core code imports it.

    Attributes:
        interface: its name without the version; "" for the world.
        name: its name there; that of a resource's end is `[resource-drop]NAME`.
        params: types of its core parameters.
        results: those of its core results.
        border: where its values lie, or None where it has only numbers.
    """

    interface: str
    name: str
    params: tuple[str, ...]
    results: tuple[str, ...]
    border: Border | None

    @property
    def key(self) -> str:
        """Interface and name, in one."""
        return f"{self.interface}#{self.name}"


class Step(NamedTuple):
    """An instance to make: of the module whose bytes begin there, and what its imports are.

    Attributes:
        start: where the module's bytes begin.
        given: an import's module and name, and what it is; the name is `WHOLE` where all imports
            of a module name are the exports of one step.
    """

    start: int
    given: dict[tuple[str, str], CoreExport | Wanted]

    def item(self, module: str, name: str, sort: str) -> CoreExport | Wanted | None:
        """What an import is."""
        found = self.given.get((module, name))
        whole = self.given.get((module, WHOLE))
        if found is None and isinstance(whole, CoreExport):
            return CoreExport(whole.step, f"core {sort}", name)
        return found


class Offered(NamedTuple):
    """A function that the component exports.

    Attributes:
        function: the core function.
        type: what it is to the component model.
        border: where its values lie, or None.
        after: what is called when its result was read, or None.
        is_spent: it was needed while the component was made, and is never called again.
    """

    function: CoreExport
    type: FuncType
    border: Border | None
    after: CoreExport | None
    is_spent: bool = False
