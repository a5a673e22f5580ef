"""A component's core instances, and where each gets what it imports: what the definitions say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wherever.errors import InputError
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import (
    Bundle,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    CoreType,
    Export,
    ExportAlias,
    Import,
    Instantiate,
    Lift,
    Lower,
    Nested,
    OuterAlias,
    ResourceFunction,
    TypeOf,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.definitions import Definition

_MOST = 16
"""Core instances of one component."""


class Place(NamedTuple):
    """An export of a core instance, by its number."""

    instance: int
    name: str


class Imported(NamedTuple):
    """What a component imports: a function or a type of an interface, or of the world."""

    interface: str
    name: str


class Own(NamedTuple):
    """A resource that a component has: the number of its definition."""

    number: int


class Lifted(NamedTuple):
    """A core function as one of the component, with what its values need."""

    core: Any
    memory: Any
    realloc: Any
    post_return: Any
    encoding: str
    other: str


class Lowered(NamedTuple):
    """A function of the component model as a core function."""

    function: Any
    memory: Any
    realloc: Any
    encoding: str


class Resource(NamedTuple):
    """A core function "new", "drop" or "rep" of a resource."""

    what: str
    type: Any


@dataclass(frozen=True, slots=True)
class Instance:
    """A core instance.

    Attributes:
        module: where its module lies in the component: its start and size.
        given: what it is given as each module: the number of an instance, or names.
    """

    module: tuple[int, int]
    given: dict[str, Any]

    def find(self, module: str, name: str) -> Any:
        """What it imports: a `Place`, `Lowered`, `Resource`, or None."""
        found = self.given.get(module)
        if isinstance(found, dict):
            return found.get(name)
        return None if found is None else Place(found, name)


@dataclass
class Machine:
    """All of a component.

    Attributes:
        instances: its core instances in the order in which they are made.
        exports: what it exports: functions are `Lifted` or `Imported`, instances are dicts.
    """

    instances: list[Instance] = field(default_factory=list)
    exports: dict[str, tuple[str, Any]] = field(default_factory=dict)
    resources: int = 0


def machine(data: bytes) -> Machine:
    """Reads a component.

    Raises:
        NotRunnable: it is no component, or malformed.
        InputError: it is larger than what is read here.
    """
    made = Machine()
    made.exports = _Scope({}, definitions(data), made, None).exports
    return made


class _Scope:
    """The index spaces of one instance of a component."""

    def __init__(
        self,
        given: dict[str, tuple[str, Any]] | None,
        listed: tuple[Definition, ...],
        made: Machine,
        outer: _Scope | None,
        depth: int = 0,
    ) -> None:
        if depth > 8:
            raise InputError("this component holds components too deeply", "build it again")
        self.spaces: dict[str, list[Any]] = {}
        self.exports: dict[str, tuple[str, Any]] = {}
        self._given = given
        self._made = made
        self._outer = outer
        self._depth = depth
        for each in listed:
            self._define(each)

    def _at(self, sort: str, index: int | None) -> Any:
        if index is None:
            return None
        space = self.spaces.get(sort, [])
        if index >= len(space):
            raise InputError(f"this component has no {sort} {index}", "build it again")
        return space[index]

    def _add(self, sort: str, item: Any) -> None:
        self.spaces.setdefault(sort, []).append(item)

    def _held(self, items: tuple[tuple[str, str, int], ...]) -> dict[str, tuple[str, Any]]:
        return {name: (sort, self._at(sort, index)) for name, sort, index in items}

    def _define(self, each: Definition) -> None:
        if isinstance(each, CoreModule):
            self._add("module", (each.start, each.size))
        elif isinstance(each, CoreInstantiate):
            self._add("core instance", self._instantiated(each))
        elif isinstance(each, CoreBundle):
            items = {name: self._at(sort, index) for name, sort, index in each.items}
            self._add("core instance", items)
        elif isinstance(each, Lower):
            options = each.options
            memory = self._at("core memory", options.memory)
            realloc = self._at("core func", options.realloc)
            function = self._at("func", each.func)
            self._add("core func", Lowered(function, memory, realloc, options.encoding))
        elif isinstance(each, ResourceFunction):
            self._add("core func", Resource(each.what, self._at("type", each.type)))
        elif isinstance(each, Lift):
            self._add("func", self._lifted(each))
        elif isinstance(each, Nested):
            self._add("component", (each, self))
        elif isinstance(each, Instantiate):
            nested, outer = self._at("component", each.component)
            given, depth = self._held(each.given), self._depth + 1
            inner = _Scope(given, nested.definitions, self._made, outer, depth)
            self._add("instance", inner.exports)
        elif isinstance(each, Bundle):
            self._add("instance", self._held(each.items))
        elif isinstance(each, ExportAlias):
            self._add(each.sort, self._alias(each))
        elif isinstance(each, OuterAlias):
            found: _Scope | None = self
            for _ in range(min(each.levels, 10)):
                found = found._outer if found is not None else None
            self._add(each.sort, found._at(each.sort, each.index) if found is not None else None)
        elif isinstance(each, CoreType):
            self._add("core type", None)
        elif isinstance(each, TypeOf):
            is_resource = each.form[0] == "resource"
            self._made.resources += is_resource
            self._add("type", Own(self._made.resources) if is_resource else None)
        elif isinstance(each, Import):
            self._add(each.sort, self._import(each))
        elif isinstance(each, Export):
            item = self._at(each.sort, each.index)
            self.exports[each.name] = (each.sort, item)
            self._add(each.sort, item)

    def _instantiated(self, each: CoreInstantiate) -> int:
        held = {name: self._at("core instance", index) for name, index in each.given}
        self._made.instances.append(Instance(self._at("module", each.module), held))
        if len(self._made.instances) > _MOST:
            raise InputError(
                f"this component has more than {_MOST} core instances",
                "bind it in another language",
            )
        return len(self._made.instances) - 1

    def _lifted(self, each: Lift) -> Lifted:
        options = each.options
        return Lifted(
            self._at("core func", each.core),
            self._at("core memory", options.memory),
            self._at("core func", options.realloc),
            self._at("core func", options.post_return),
            options.encoding,
            options.other,
        )

    def _alias(self, each: ExportAlias) -> Any:
        if not each.core:
            held = self._at("instance", each.instance)
            if isinstance(held, Imported):
                return Imported(held.interface, each.name)
            return (held or {}).get(each.name, ("", None))[1]
        instance = self._at("core instance", each.instance)
        return instance.get(each.name) if isinstance(instance, dict) else Place(instance, each.name)

    def _import(self, each: Import) -> Any:
        if self._given and each.name in self._given:
            return self._given[each.name][1]
        if self._depth:
            return None
        return Imported(each.name, "") if each.sort == "instance" else Imported("", each.name)
