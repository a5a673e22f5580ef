"""Resources as Python has them: objects of a guest's, and a host's own objects for guests."""

from __future__ import annotations

from itertools import count
from typing import Any

from wherever.component.handles import Resource
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.engine.gate import Gate


class Leavings:
    """Resources that nobody refers to any more, ended when the guest is free for it."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._left: list[tuple[Resource, int]] = []

    def add(self, resource: Resource, representation: int) -> None:
        """One more; called by finalisers, at any moment and in any thread."""
        self._left.append((resource, representation))

    def end(self) -> None:
        """Ends them; called with the gate held, by the next call."""
        while self._left:
            resource, representation = self._left.pop()
            if not self._gate.is_over:
                resource.end(representation)


class OwnedType(type):
    """The type of those classes: an object is one of them whichever instance it belongs to."""

    _kind: Any = None

    def __instancecheck__(cls, value: Any) -> bool:
        kind = cls._kind
        return type.__instancecheck__(cls, value) if kind is None else kind in type(value).__mro__


class Owned(metaclass=OwnedType):
    """The base of the classes of a guest's resources; each object owns one of them.

    `close` ends it, as leaving its `with` block does, and the collector of garbage.
    """

    __slots__ = ("__weakref__", "_representation")
    _resource: Resource
    _gate: Gate
    _leavings: Leavings
    _representation: int | None

    def __init__(self) -> None:
        raise TypeError(f"a {type(self).__name__} is given by functions of its library only")

    @classmethod
    def _of(cls, representation: int) -> Owned:
        made = cls.__new__(cls)
        made._representation = representation
        return made

    def _borrowed(self) -> int:
        found: int | None = getattr(self, "_representation", None)
        if found is None:
            raise InputError(
                f"this {type(self).__name__} was closed, or given away", "make another"
            )
        return found

    def _given(self) -> int:
        found: int = self._borrowed()
        self._representation = None
        return found

    def _end(self) -> None:
        found, self._representation = self._representation, None
        if found is not None and not self._gate.is_over:
            with self._gate:
                self._resource.end(found)

    def close(self) -> None:
        """Ends it; a second call does nothing."""
        self._end()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        # `close` may be a function of the library's own.
        self._end()

    def __del__(self) -> None:
        found = getattr(self, "_representation", None)
        if found is not None:
            self._leavings.add(self._resource, found)

    def __repr__(self) -> str:
        is_there = getattr(self, "_representation", None) is not None
        kind = type(self)
        return f"<{kind.__module__}.{kind.__qualname__}{'' if is_there else ', closed'}>"

    def __reduce_ex__(self, _: Any) -> Any:
        name = type(self).__name__
        raise TypeError(f"a {name} lives in its library: it cannot be copied or pickled")


def declared(name: str, module: str, docs: str) -> Any:
    """The class of a resource, of which each instance of a library makes one of its own."""
    space = {"__slots__": (), "__module__": module, "__doc__": docs or None}
    made = OwnedType(name, (Owned,), space)
    made._kind = made
    return made


def opened(kind: Any, resource: Resource, gate: Gate, leavings: Leavings) -> Any:
    """The class of a resource in one instance of its library."""
    space = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
        "_resource": resource,
        "_gate": gate,
        "_leavings": leavings,
    }
    return OwnedType(kind.__name__, (kind,), space)


class Objects:
    """The host's objects that guests have handles of, by number."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._numbers = count(1)

    def add(self, value: Any) -> int:
        """The number of an object."""
        number = next(self._numbers)
        self._known[number] = value
        return number

    def at(self, number: int) -> Any:
        """The object of a number."""
        return self._known[number]

    def take(self, number: int) -> Any:
        """The object of a number, which has none from now on."""
        return self._known.pop(number)

    def drop(self, number: int) -> None:
        """A guest let go of it; an object with a `close` is closed."""
        value = self._known.pop(number, None)
        close: Callable[[], object] | None = getattr(value, "close", None)
        if close is not None:
            close()
