"""Handles of resources: small numbers by which one component's code knows what another made.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

from wherever.component.broken import Broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1 << 20
"""Handles that one instance may hold."""


class Resource:
    """A type of resource, made when a component is instantiated, or the host's own.

    Attributes:
        name: for messages.
        owner: the instance that implements it, or None for the host.
        destroy: called with the representation when an owning handle is dropped, or None.
    """

    __slots__ = ("destroy", "name", "owner")

    def __init__(self, owner: object, destroy: Callable[[int], object] | None, name: str) -> None:
        self.owner = owner
        self.destroy = destroy
        self.name = name

    def end(self, representation: int) -> None:
        """The last owner has let go."""
        if self.destroy is not None:
            self.destroy(representation)


class _Handle:
    __slots__ = ("is_own", "lent", "representation", "resource", "scope")

    def __init__(
        self, resource: Resource, representation: int, is_own: bool, scope: Scope | None
    ) -> None:
        self.resource = resource
        self.representation = representation
        self.is_own = is_own
        self.scope = scope
        self.lent = 0


class Scope:
    """One call: what was lent to it must be given back before it ends."""

    __slots__ = ("borrowed", "lenders")

    def __init__(self) -> None:
        self.borrowed = 0
        self.lenders: list[_Handle] = []

    def end(self) -> None:
        """The call is over.

        Raises:
            Broken: it kept what was lent to it.
        """
        for handle in self.lenders:
            handle.lent -= 1
        self.lenders.clear()
        if self.borrowed:
            raise Broken(f"kept {self.borrowed} borrowed handle(s) after it returned")


class Handles:
    """The handles of one component instance. 0 is none."""

    __slots__ = ("_free", "_rows")

    def __init__(self) -> None:
        self._rows: list[_Handle | None] = [None]
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._rows) - len(self._free) - 1

    def add(
        self, resource: Resource, representation: int, is_own: bool, scope: Scope | None = None
    ) -> int:
        """A new handle.

        Raises:
            Broken: there are too many.
        """
        handle = _Handle(resource, representation, is_own, scope)
        if scope is not None:
            scope.borrowed += 1
        if self._free:
            index = self._free.pop()
            self._rows[index] = handle
            return index
        if len(self._rows) >= MOST:
            raise Broken(f"holds more than {MOST} handles")
        self._rows.append(handle)
        return len(self._rows) - 1

    def representation(self, index: int, resource: Resource) -> int:
        """What a handle stands for."""
        return self._at(index, resource).representation

    def lend(self, index: int, resource: Resource, scope: Scope) -> int:
        """What a handle stands for, to be used until the call of `scope` ends."""
        handle = self._at(index, resource)
        if handle.is_own:
            handle.lent += 1
            scope.lenders.append(handle)
        return handle.representation

    def give(self, index: int, resource: Resource) -> int:
        """What an owning handle stands for; it is gone from here."""
        handle = self._at(index, resource)
        if not handle.is_own:
            raise Broken(f"gave away a {resource.name} that it had only borrowed")
        self._remove(index, handle)
        return handle.representation

    def drop(self, index: int, resource: Resource) -> int | None:
        """Lets go of a handle: what it stood for where that is to end now, else None."""
        handle = self._at(index, resource)
        self._remove(index, handle)
        if handle.is_own:
            return handle.representation
        if handle.scope is not None:
            handle.scope.borrowed -= 1
        return None

    def _remove(self, index: int, handle: _Handle) -> None:
        if handle.lent:
            raise Broken(f"dropped a {handle.resource.name} that is in use")
        self._rows[index] = None
        self._free.append(index)

    def _at(self, index: int, resource: Resource) -> _Handle:
        handle = self._rows[index] if 0 < index < len(self._rows) else None
        if handle is None:
            raise Broken(f"used handle {index}, which it does not have")
        if handle.resource is not resource:
            raise Broken(f"took a {handle.resource.name} for a {resource.name}")
        return handle
