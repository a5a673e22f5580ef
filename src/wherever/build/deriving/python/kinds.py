"""What a class is for, by its bases and decorators as they stand."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from wherever.build.deriving.python.source import Definition, dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.source import Sources

_BASES = {
    **{f"enum.{name}": "enum" for name in ("Enum", "IntEnum", "StrEnum", "ReprEnum")},
    **{f"enum.{name}": "flags" for name in ("Flag", "IntFlag")},
    "typing.NamedTuple": "namedtuple",
    "typing.TypedDict": "typeddict",
    "typing_extensions.TypedDict": "typeddict",
    "typing.Protocol": "protocol",
    "typing.Generic": "generic",
}
_DEEPEST = 20


def kind_of(sources: Sources, definition: Definition, depth: int = 0) -> str:
    """What a class is for.

    "enum", "flags", "dataclass", "namedtuple", "typeddict", "exception", "protocol", "generic",
    or "class", whose values are objects.
    """
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    if is_failure(sources, definition):
        return "exception"
    if is_dataclass(sources, definition):
        return "dataclass"
    found = "generic" if getattr(node, "type_params", ()) else "class"
    for base in bases(sources, definition):
        if isinstance(base, str):
            found = _BASES.get(base, found)
        elif depth < _DEEPEST:
            inherited = kind_of(sources, base, depth + 1)
            if inherited not in ("class", "protocol", "generic"):
                return "class" if inherited == "dataclass" else inherited
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


def lineage(sources: Sources, definition: Definition, depth: int = 0) -> list[Definition]:
    """A class and those of the library that it stems from, the oldest first."""
    found: list[Definition] = []
    for base in bases(sources, definition) if depth < _DEEPEST else ():
        if isinstance(base, Definition):
            found += [each for each in lineage(sources, base, depth + 1) if each not in found]
    return [*found, definition]


def is_dataclass(sources: Sources, definition: Definition) -> bool:
    """Whether `@dataclass` stands above it."""
    node = definition.node
    for each in node.decorator_list if isinstance(node, ast.ClassDef) else ():
        name = dotted(each.func if isinstance(each, ast.Call) else each)
        if name and sources.meaning(definition.module, name) == "dataclasses.dataclass":
            return True
    return False


def is_failure(sources: Sources, definition: Definition, depth: int = 0) -> bool:
    """Whether it is an exception."""
    for base in bases(sources, definition) if depth < _DEEPEST else ():
        if isinstance(base, str) and is_foreign_failure(base):
            return True
        if isinstance(base, Definition) and is_failure(sources, base, depth + 1):
            return True
    return False


def is_foreign_failure(name: str) -> bool:
    """Whether a name from elsewhere is an exception: one of Python's, or called like one."""
    module, _, last = name.rpartition(".")
    if module == "builtins":
        found = getattr(builtins, last, None)
        return isinstance(found, type) and issubclass(found, BaseException)
    return last.endswith(("Error", "Exception", "Exit", "Warning"))
