"""A component as what it is: definitions in order, by which whoever runs it makes an instance.

Nothing is resolved here: what a definition uses it names by its index in the space of its sort,
as the binary does. A value type is the name of a primitive type, or the index of a type.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@dataclass(frozen=True, slots=True)
class CoreModule:
    """A core module: where its bytes lie in the file."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class CoreInstantiate:
    """An instance of a core module, whose imports of a module name come from another instance."""

    module: int
    given: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CoreBundle:
    """A core instance that is only names for what is there: (name, sort, index)."""

    items: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Nested:
    """A component inside of this one."""

    definitions: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Instantiate:
    """An instance of a component, with what its imports are: (name, sort, index)."""

    component: int
    given: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An instance that is only names for what is there: (name, sort, index)."""

    items: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class ExportAlias:
    """An export of an instance gets an index here; `core` for one of a core instance."""

    sort: str
    instance: int
    name: str
    core: bool


@dataclass(frozen=True, slots=True)
class OuterAlias:
    """Something of a component around this one gets an index here."""

    sort: str
    levels: int
    index: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """A type; a form is one of these.

    ("value", NAME or INDEX), ("list" | "option", type), ("tuple", (type, ...)),
    ("record" | "variant", ((name, type or None), ...)), ("flags" | "enum", (name, ...)),
    ("result", ok or None, error or None), ("own" | "borrow", index),
    ("resource", destructor or None), ("func", ((name, type), ...), result or None, is_async),
    ("instance" | "component", declarations), whose exports are told as imports are.
    """

    form: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CoreType:
    """A core type takes an index, and says nothing that is needed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How values cross at a lifted or lowered function.

    Attributes:
        encoding: one of `ENCODINGS`.
        memory: the core memory's index, or None.
        realloc: the core function that makes room, or None.
        post_return: the core function to call when the result was read, or None.
        other: an option that is not known here: async, callback, gc; or "".
    """

    encoding: str = "utf8"
    memory: int | None = None
    realloc: int | None = None
    post_return: int | None = None
    other: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """A core function as a function of the component model."""

    core: int
    type: int
    options: Options


@dataclass(frozen=True, slots=True)
class Lower:
    """A function of the component model as a core function."""

    func: int
    options: Options


@dataclass(frozen=True, slots=True)
class ResourceFunction:
    """A core function "new", "drop" or "rep" of a resource type."""

    what: str
    type: int


@dataclass(frozen=True, slots=True)
class Import:
    """What must be given: its sort, and the index of its type; for a type its bound.

    Attributes:
        type: an index; for a type ("eq", index) or ("sub",).
    """

    name: str
    sort: str
    type: Any


@dataclass(frozen=True, slots=True)
class Export:
    """What is given; it gets another index too."""

    name: str
    sort: str
    index: int


Definition = (
    CoreModule | CoreInstantiate | CoreBundle | Nested | Instantiate | Bundle | ExportAlias
    | OuterAlias | TypeOf | CoreType | Lift | Lower | ResourceFunction | Import
    | Export
)  # fmt: skip


def core_modules(found: tuple[Definition, ...]) -> Iterator[CoreModule]:
    """The core modules among definitions and in nested components, in order."""
    for each in found:
        if isinstance(each, CoreModule):
            yield each
        elif isinstance(each, Nested):
            yield from core_modules(each.definitions)
