"""What a class is for, by its bases and decorators as they stand."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from wherever.build.deriving.python.source import Definition, dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.source import Sources

Found = TypeVar("Found")

_DATACLASSES = (
    "dataclasses.dataclass",
    *(
        f"{module}.{name}"
        for module in ("attrs", "attr")
        for name in ("define", "frozen", "mutable")
    ),
)

_BASES = {
    **{f"enum.{name}": "enum" for name in ("Enum", "IntEnum", "StrEnum", "ReprEnum")},
    **{f"enum.{name}": "flags" for name in ("Flag", "IntFlag")},
    "typing.NamedTuple": "namedtuple",
    "typing.TypedDict": "typeddict",
    "typing_extensions.TypedDict": "typeddict",
    "typing.Protocol": "protocol",
    "typing.Generic": "generic",
}


def kind_of(sources: Sources, definition: Definition) -> str:
    """What a class is for.

    "enum", "flags", "dataclass", "namedtuple", "typeddict", "exception", "protocol", "generic",
    or "class", whose values are objects.
    """
    return _once(sources, definition, "kind", "class", lambda: _kind(sources, definition))


def _kind(sources: Sources, definition: Definition) -> str:
    if is_failure(sources, definition):
        return "exception"
    if is_dataclass(sources, definition):
        return "dataclass"
    found = "generic" if getattr(definition.node, "type_params", ()) else "class"
    for base in bases(sources, definition):
        if isinstance(base, str):
            found = _BASES.get(base, found)
        else:
            inherited = kind_of(sources, base)
            if inherited not in ("class", "protocol", "generic"):
                return inherited
    return found


def bases(sources: Sources, definition: Definition) -> Iterator[Definition | str]:
    """The bases of a class: definitions of the library, or names from elsewhere."""
    node = definition.node
    for each in node.bases if isinstance(node, ast.ClassDef) else ():
        name = dotted(each.value if isinstance(each, ast.Subscript) else each)
        found = sources.meaning(definition.module, name) if name else None
        if isinstance(found, Definition) and isinstance(found.node, ast.ClassDef):
            yield found
        elif isinstance(found, str):
            yield found


def lineage(sources: Sources, definition: Definition) -> list[Definition]:
    """A class and those of the library that it stems from, the oldest first."""

    def found() -> list[Definition]:
        above: dict[tuple[str, str], Definition] = {}
        for base in bases(sources, definition):
            if isinstance(base, Definition):
                above |= {each.key: each for each in lineage(sources, base)}
        return [*above.values(), definition]

    return _once(sources, definition, "lineage", [definition], found)


def is_dataclass(sources: Sources, definition: Definition) -> bool:
    """Whether `@dataclass`, or its like of attrs, stands above it."""
    node = definition.node
    for each in node.decorator_list if isinstance(node, ast.ClassDef) else ():
        name = dotted(each.func if isinstance(each, ast.Call) else each)
        if name and sources.meaning(definition.module, name) in _DATACLASSES:
            return True
    return False


def is_failure(sources: Sources, definition: Definition) -> bool:
    """Whether it is an exception."""

    def found() -> bool:
        return any(
            is_foreign_failure(base) if isinstance(base, str) else is_failure(sources, base)
            for base in bases(sources, definition)
        )

    return _once(sources, definition, "failure", False, found)


def is_foreign_failure(name: str) -> bool:
    """Whether a name from elsewhere is an exception: one of Python's, or called like one."""
    module, _, last = name.rpartition(".")
    if module == "builtins":
        found = getattr(builtins, last, None)
        return isinstance(found, type) and issubclass(found, BaseException)
    return last.endswith(("Error", "Exception", "Exit", "Warning"))


def _once(
    sources: Sources, definition: Definition, what: str, circular: Found, find: Callable[[], Found]
) -> Found:
    """What was found out about a definition, once; `circular` while it is being found out."""
    key = (what, *definition.key)
    if key not in sources.memo:
        sources.memo[key] = circular
        sources.memo[key] = find()
    return cast(Found, sources.memo[key])
