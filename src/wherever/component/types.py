"""Types of a component while it is instantiated: each resource is one of its own."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from wherever.component.broken import Broken
from wherever.component.handles import Resource
from wherever.wit.model import PLAIN, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.component.scope import Scope
    from wherever.wasm.definitions import Definition

MOST_PARTS = 50_000
"""Types inside of one type, each counted where it is used."""


class FuncType(NamedTuple):
    """The type of a function."""

    params: tuple[tuple[str, Type], ...]
    result: Type | None


class InstanceType(NamedTuple):
    """The type of an instance: its declarations, and the scope in which they are read."""

    declarations: tuple[Definition, ...]
    scope: Scope


class Resources:
    """The resources of one instantiation, each known by a type of its own."""

    def __init__(self) -> None:
        self._known: dict[str, Resource] = {}
        self._numbers = count()

    def add(self, resource: Resource) -> Type:
        """The type by which a new resource is known."""
        home = f"#{next(self._numbers)}"
        self._known[home] = resource
        return Type("resource", (), resource.name, home)

    def __call__(self, kind: Type) -> Resource:
        """The resource that a type is."""
        return self._known[kind.home]


class Kept(NamedTuple):
    """A type with the number of types in it, itself too."""

    kind: Any
    parts: int


def evaluated(form: tuple[Any, ...], scope: Scope) -> Kept:
    """The type that a definition makes in a scope; not that of a resource.

    Raises:
        Broken: it is none that a value can have, or too large.
    """
    name = form[0]
    if name == "func":
        if form[3]:
            raise Broken("has async functions, which nothing here can call")
        params = tuple((label, _value(each, scope)) for label, each in form[1])
        result = None if form[2] is None else _value(form[2], scope)
        return Kept(FuncType(tuple((each, kept.kind) for each, kept in params), _kind(result)), 1)
    if name in ("instance", "component"):
        return Kept(InstanceType(form[1], scope), 1)
    if name == "value":
        return _value(form[1], scope)
    inner: list[tuple[str, Kept | None]]
    if name in ("own", "borrow"):
        inner = [("", scope.at("type", form[1]))]
        if inner[0][1] is None or getattr(inner[0][1].kind, "kind", "") != "resource":
            raise Broken("has a handle of what is no resource")
    elif name == "list":
        inner = [("", _value(form[1], scope))]
    elif name == "option":
        inner = [("none", None), ("some", _value(form[1], scope))]
    elif name == "result":
        inner = [("ok", _maybe(form[1], scope)), ("err", _maybe(form[2], scope))]
    elif name == "tuple":
        inner = [(f"f{at}", _value(each, scope)) for at, each in enumerate(form[1])]
    elif name in ("flags", "enum"):
        inner = [(label, None) for label in form[1]]
    else:
        inner = [(label, _maybe(each, scope)) for label, each in form[1]]
    if not inner or (name == "flags" and len(inner) > 32):
        raise Broken(f"has a {name} of {len(inner)} parts")
    parts = 1 + sum(1 if kept is None else kept.parts for _, kept in inner)
    if parts > MOST_PARTS:
        raise Broken(f"has a type with more than {MOST_PARTS} types in it")
    return Kept(Type(name, tuple((label, _kind(kept)) for label, kept in inner)), parts)


def _value(given: str | int, scope: Scope) -> Kept:
    if isinstance(given, str):
        if given not in PLAIN:
            raise Broken(f"has values of type {given}, which cannot cross")
        return Kept(Type(given), 1)
    found: Kept = scope.at("type", given)
    if not isinstance(found.kind, Type) or found.kind.kind == "resource":
        raise Broken("has a value of what is no type of values")
    return found


def _maybe(given: str | int | None, scope: Scope) -> Kept | None:
    return None if given is None else _value(given, scope)


def _kind(kept: Kept | None) -> Any:
    return None if kept is None else kept.kind
