"""Functions that are there to be read: of what a host gives, and of classes before an instance."""

from __future__ import annotations

import types
from typing import Any, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wherever.component.python.outline import Signature

_PROTOCOL: Any = Protocol


def protocol(
    name: str,
    module: str,
    docs: str,
    signatures: Iterable[Signature],
    attributes: Mapping[str, Any],
    bases: tuple[Any, ...] = (),
) -> Any:
    """A protocol with these functions as methods, and attributes of these types."""
    space: dict[str, Any] = {each.name: _method(each, name, module) for each in signatures}
    for own, hint in attributes.items():
        space[own] = property(_getter(own, hint))
    space |= {"__module__": module, "__doc__": docs}
    return types.new_class(name, (*bases, _PROTOCOL), {}, lambda made: made.update(space))


def declare(made: Any, signature: Signature) -> None:
    """A function into the class of a resource that all instances of a library share.

    An object's own class has the function itself: this one is there to be read, and called with
    an object in front.
    """
    kind, name = signature.function.kind, signature.name
    names = [each for each, _ in signature.params]
    heading, body = signature.heading, f"return self.{name}({', '.join(names[1:])})"
    if kind != "method":
        heading = f"self, {heading}" if kind == "constructor" else heading
        own = made.__qualname__ if kind == "constructor" else f"{made.__qualname__}.{name}"
        body = f"raise _error('call {own} of a library that is open: lib.{own}(...)')"
    space: dict[str, Any] = {"_error": TypeError}
    exec(f"def {name}({heading}):\n    {body}", space)
    found = _told(space[name], signature, made.__qualname__, made.__module__)
    setattr(made, name, staticmethod(found) if kind == "static" else found)


def _getter(name: str, hint: Any) -> Any:
    def get(self: Any) -> Any: ...

    get.__name__ = name
    get.__annotations__ = {"return": hint}
    return get


def _method(signature: Signature, owner: str, module: str) -> Any:
    """A function of a host's object."""
    space: dict[str, Any] = {}
    heading = ", ".join(name for name, _ in signature.params)
    own = "self" if "self" not in dict(signature.params) else "_self"
    exec(f"def {signature.name}({own}, /, {heading}): ...", space)
    return _told(space[signature.name], signature, owner, module)


def _told(made: Any, signature: Signature, owner: str, module: str) -> Any:
    made.__doc__ = signature.docs or None
    made.__annotations__ = signature.annotations
    made.__module__, made.__qualname__ = module, f"{owner}.{signature.name}"
    return made
