"""What `read` gives: a module or component as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from wherever.wasm.cursor import MAX_WORK
from wherever.wasm.customs import function_names
from wherever.wasm.scan import section

Producers = Mapping[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Section:
    """A section: its name in the format's words, where its content starts, its bytes."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Custom:
    """A custom section: its own name, and where what follows that name lies."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Memory:
    """A memory's limits, in pages of `page_size` bytes."""

    min: int
    max: int | None
    shared: bool
    is64: bool
    imported: bool
    page_size: int

    @property
    def largest(self) -> int:
        """Bytes that it may grow to."""
        addressable = 1 << (64 if self.is64 else 32)
        return addressable if self.max is None else min(self.max * self.page_size, addressable)


@dataclass(frozen=True)
class Table:
    """A table: what it holds, and its limits in elements."""

    element: str
    min: int
    max: int | None
    is64: bool
    imported: bool


@dataclass(frozen=True)
class Import:
    """Something that must be given. A component's imports have an empty `module`.

    `functions` are the names and types of the functions of an instance.
    """

    module: str
    name: str
    kind: str
    type: str
    functions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Export:
    """Something that is given; `functions` as in `Import`."""

    name: str
    kind: str
    type: str
    functions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Module:
    """A core module. Lists of memories, tables, globals and tags start with the imported ones."""

    size: int
    name: str
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    types: tuple[str, ...]
    functions: int
    memories: tuple[Memory, ...]
    tables: tuple[Table, ...]
    globals: tuple[str, ...]
    tags: tuple[str, ...]
    start: int | None
    elements: int
    data: int
    customs: tuple[Custom, ...]
    sections: tuple[Section, ...]
    producers: Producers
    features: frozenset[str]
    source: memoryview = field(repr=False, compare=False)

    @cached_property
    def function_names(self) -> Mapping[int, str]:
        """Names of functions by index, from the `name` section; read when first asked for."""
        for custom in self.customs:
            if custom.name == "name":
                at = section(self.source, custom.offset, custom.size, MAX_WORK)
                return function_names(at)
        return {}


@dataclass(frozen=True)
class Component:
    """A component; `features` are those of everything in it."""

    size: int
    name: str
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    modules: tuple[Module, ...]
    components: tuple[Component, ...]
    instances: int
    customs: tuple[Custom, ...]
    sections: tuple[Section, ...]
    producers: Producers
    features: frozenset[str]
    source: memoryview = field(repr=False, compare=False)
