"""What a component wants of its host, as protocols: for type checkers, and to read."""

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


def _getter(name: str, hint: Any) -> Any:
    def get(self: Any) -> Any: ...

    get.__name__ = name
    get.__annotations__ = {"return": hint}
    return get


def _method(signature: Signature, owner: str, module: str) -> Any:
    space: dict[str, Any] = {}
    heading = ", ".join(name for name, _ in signature.params)
    own = "self" if "self" not in dict(signature.params) else "_self"
    exec(f"def {signature.name}({own}, /, {heading}): ...", space)
    made = space[signature.name]
    made.__doc__ = signature.docs or None
    made.__annotations__ = signature.annotations
    made.__module__, made.__qualname__ = module, f"{owner}.{signature.name}"
    return made
