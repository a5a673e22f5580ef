"""Which core module implements a component, and by which of its exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wherever.errors import InputError
from wherever.wasm.definitions import (
    Bundle,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    Export,
    ExportAlias,
    Import,
    Instantiate,
    Lift,
    Lower,
    Nested,
    OuterAlias,
    ResourceFunction,
    definitions,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.definitions import Definition

_HINT = "build it from C, C++, Zig or Rust, or bind it in another language"


class Place(NamedTuple):
    """An export of a core instance."""

    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """How a function of the component is called.

    Attributes:
        export: the name of the core function.
        post_return: that of the function to call when the result was read, or "".
    """

    export: str
    post_return: str


@dataclass(frozen=True, slots=True)
class Core:
    """The core module that a component stands on.

    Attributes:
        module: its bytes.
        entries: how each function is called, by interface and core name.
        memory, realloc: the names of its exports; "" where it has none.
    """

    module: bytes
    entries: dict[tuple[str, str], Entry]
    memory: str
    realloc: str


def core(data: bytes) -> Core:
    """The one core module that implements all functions of a component.

    What else is in the component, such as adapters of WASI, is left out: `wasi.c` takes its place.

    Raises:
        NotRunnable: it is no component, or malformed.
        InputError: several modules implement it, or strings are not UTF-8.
    """
    scope = _Scope({}, definitions(data))
    lifts: dict[tuple[str, str], Lift] = {}
    for name, (sort, item) in scope.exports.items():
        if sort == "func":
            lifts["", name] = item
        elif sort == "instance":
            found = ((own, each) for own, (kind, each) in item.items() if kind == "func")
            lifts |= {(name, own): each for own, each in found if isinstance(each, Lift)}
    entries: dict[tuple[str, str], Entry] = {}
    instances: set[int] = set()
    memories: set[str] = set()
    reallocs: set[str] = set()
    for key, lift in lifts.items():
        if not isinstance(lift, Lift):
            raise InputError(f"{key[1]} is only passed on from what is imported", _HINT)
        options = lift.options
        if options.encoding != "utf8" or options.other:
            told = options.other or f"strings in {options.encoding}"
            raise InputError(f"{key[1]} has {told}, which C bindings do not have", _HINT)
        place = scope.place("core func", lift.core)
        instances.add(place.instance)
        post = ""
        if options.post_return is not None:
            post = scope.place("core func", options.post_return).name
        if options.memory is not None:
            memories.add(scope.place("core memory", options.memory).name)
        if options.realloc is not None:
            reallocs.add(scope.place("core func", options.realloc).name)
        entries[key] = Entry(place.name, post)
    modules = {scope.module_of(each) for each in instances}
    if len(modules) != 1 or len(memories) > 1 or len(reallocs) > 1:
        raise InputError("several core modules implement this component together", _HINT)
    (module,) = modules
    start, size = scope.spaces["module"][module]
    names = iter(memories), iter(reallocs)
    return Core(
        data[start : start + size], entries, next(names[0], ""), next(names[1], "cabi_realloc")
    )


class _Scope:
    """The index spaces of one component; what is of no use here is None in them."""

    def __init__(
        self, given: dict[str, tuple[str, Any]], listed: tuple[Definition, ...], outer: Any = None
    ) -> None:
        self.spaces: dict[str, list[Any]] = {}
        self.exports: dict[str, tuple[str, Any]] = {}
        self._given = given
        self._outer = outer
        for each in listed:
            self._define(each)

    def place(self, sort: str, index: int) -> Place:
        """Where something of a core instance comes from."""
        found = self.at(sort, index)
        while isinstance(found, Place):
            instance = self.at("core instance", found.instance)
            if not isinstance(instance, CoreBundle):
                return found
            items = {name: (kind, at) for name, kind, at in instance.items}
            found = self.at(*items[found.name]) if found.name in items else None
        raise InputError("a function of this component is none of its core modules", _HINT)

    def module_of(self, instance: int) -> int:
        """The module that a core instance is of."""
        found = self.at("core instance", instance)
        assert isinstance(found, CoreInstantiate)
        return found.module

    def at(self, sort: str, index: int) -> Any:
        """What has an index."""
        space = self.spaces.get(sort, [])
        if index >= len(space):
            raise InputError(f"this component has no {sort} {index}", "build it again")
        return space[index]

    def _add(self, sort: str, item: Any) -> None:
        self.spaces.setdefault(sort, []).append(item)

    def _define(self, each: Definition) -> None:
        if isinstance(each, CoreModule):
            self._add("module", (each.start, each.size))
        elif isinstance(each, (CoreInstantiate, CoreBundle)):
            self._add("core instance", each)
        elif isinstance(each, (Lower, ResourceFunction)):
            self._add("core func", None)
        elif isinstance(each, Lift):
            self._add("func", each)
        elif isinstance(each, Nested):
            self._add("component", (each, self))
        elif isinstance(each, Instantiate):
            self._add("instance", self._instance(each))
        elif isinstance(each, Bundle):
            items = {
                name: (sort, self.at(sort, index))
                for name, sort, index in each.items
                if sort in ("func", "instance", "component")
            }
            self._add("instance", items)
        elif isinstance(each, ExportAlias):
            if each.core:
                self._add(each.sort, Place(each.instance, each.name))
            else:
                held = self.at("instance", each.instance) or {}
                self._add(each.sort, held.get(each.name, ("", None))[1])
        elif isinstance(each, OuterAlias):
            found = self
            for _ in range(each.levels):
                found = found._outer if found is not None else None
            held = found.spaces.get(each.sort, []) if found is not None else []
            self._add(each.sort, held[each.index] if each.index < len(held) else None)
        elif isinstance(each, Import):
            self._add(each.sort, self._given.get(each.name, ("", None))[1])
        elif isinstance(each, Export):
            if each.sort in ("func", "instance", "component"):
                item = self.at(each.sort, each.index)
                self.exports[each.name] = (each.sort, item)
                self._add(each.sort, item)

    def _instance(self, each: Instantiate) -> dict[str, tuple[str, Any]] | None:
        found = self.at("component", each.component)
        if found is None:
            return None
        nested, outer = found
        if any(isinstance(inner, CoreModule) for inner in nested.definitions):
            raise InputError("this component is composed of several", _HINT)
        given = {
            name: (sort, self.at(sort, index))
            for name, sort, index in each.given
            if sort in ("func", "instance", "component")
        }
        return _Scope(given, nested.definitions, outer).exports
