"""A world of WIT: what a component imports and exports, every type resolved."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN = frozenset(
    "bool u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char string".split(),
)
"""Kinds of types that have no parts."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type; two that look the same are the same, but for those with names.

    Attributes:
        kind: one of `PLAIN`, or "list", "record", "tuple", "flags", "enum", "variant", "option",
            "result", "resource", or "own" and "borrow" of a resource.
        parts: fields, cases or elements by name; None for a case without a value.
        name: what WIT calls it, "" where it has no name.
        home: the interface that names it, "" for the world.
        docs: what the WIT says of it.
        notes: what the WIT says of its parts, in their order; or nothing at all.
    """

    kind: str
    parts: tuple[tuple[str, Type | None], ...] = ()
    name: str = ""
    home: str = ""
    docs: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def inner(self) -> Type:
        """The type of which this is a list or a handle."""
        found = self.parts[-1][1]
        assert found is not None
        return found

    @property
    def fields(self) -> tuple[tuple[str, Type], ...]:
        """The parts of a record or tuple."""
        return tuple((name, each) for name, each in self.parts if each is not None)


@dataclass(frozen=True, slots=True)
class Function:
    """A function.

    Attributes:
        name: as WIT names it, without the resource that it belongs to.
        core: its name in a core module: `add`, `[method]blob.read`.
        params: their names and types.
        result: its type, or None.
        kind: "function", "constructor", "method" or "static".
        resource: what it belongs to, where it belongs to a resource.
        docs: what the WIT says of it.
    """

    name: str
    core: str
    params: tuple[tuple[str, Type], ...]
    result: Type | None
    kind: str = "function"
    resource: Type | None = None
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """Types and functions under one name.

    Attributes:
        name: as core modules know it: `acme:math/ops@1.2.0`, or `ops` where it stands in the
            world, or "" for what the world itself imports or exports.
        types: its types by name; some have another name where they come from.
        functions: its functions.
        docs: what the WIT says of it.
    """

    name: str
    types: tuple[tuple[str, Type], ...]
    functions: tuple[Function, ...]
    docs: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """A world.

    Attributes:
        name: with its package: `acme:math/calculator@1.2.0`.
        imports: what it imports.
        exports: what it exports.
        docs: what the WIT says of it.
    """

    name: str
    imports: tuple[Interface, ...]
    exports: tuple[Interface, ...]
    docs: str = ""

    def is_exported(self, resource: Type) -> bool:
        """Whether the program itself implements a resource."""
        return any(each.name == resource.home for each in self.exports)


def every(world: World) -> list[Type]:
    """Each type of a world once, those that others hold before them."""
    return gathered((*world.imports, *world.exports))


def gathered(interfaces: Iterable[Interface]) -> list[Type]:
    """Each type of some interfaces once, those that others hold before them."""
    kinds: list[Type | None] = []
    for interface in interfaces:
        kinds += [kind for _, kind in interface.types]
        for function in interface.functions:
            kinds += [*(kind for _, kind in function.params), function.result]
    return within(kinds)


def within(kinds: Iterable[Type | None]) -> list[Type]:
    """Some types and all that they hold, each once, those that others hold before them."""
    seen: dict[Type, None] = {}

    def walk(kind: Type | None) -> None:
        if kind is None or kind in seen:
            return
        for _, each in kind.parts:
            walk(each)
        seen[kind] = None

    for kind in kinds:
        walk(kind)
    return list(seen)
