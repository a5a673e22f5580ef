"""A component as core modules only: what is instantiated in order, and where its imports come from.

Most components are one program: their own core modules, around which the component says how
values cross. Such a one needs no component at run time. Its core modules are instantiated one
after the other, as `linking` does it, but what they import of interfaces are functions of a core
module too, which finds its way into the guest's memory itself. Then a call of an import never
leaves WebAssembly, and an instance is made in a few hundredths of a millisecond.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from wherever.component.broken import Broken
from wherever.component.handles import Resource
from wherever.component.layout import WHOLE, Border, CoreExport, Offered, Step, Wanted
from wherever.component.scope import Scope
from wherever.component.types import FuncType, InstanceType, Kept, Resources, evaluated
from wherever.errors import NotRunnable
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
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.component.scope import Item
    from wherever.wasm.definitions import Definition, Options

MOST_DEFINITIONS = 200_000
"""Definitions that are gone through; those of a component count each time."""

MOST_STEPS = 500
"""Core modules that may be instantiated; programs have under 100."""

MOST_NESTED = 100
"""Components that may be instantiated within each other."""

_INIT = "local:init/"
"""What an interface's name begins with that a tool gives a program while it makes it."""


class NotFlat(NotRunnable):
    """The component is more than one program, and has to be run as a component."""


class _Import(NamedTuple):
    """A function that the component imports."""

    interface: str
    name: str
    type: FuncType


class Flat:
    """A component, laid out.

    Args:
        definitions: what it is made of.

    Attributes:
        steps: the instances of its core modules.
        left_out: numbers of steps that need not be made.
        exports: functions that it exports, by `INTERFACE#NAME`, without versions.

    Raises:
        NotFlat: it has calls between components in it, or resources of its own.
        Broken: it is malformed.
    """

    def __init__(self, definitions: tuple[Definition, ...]) -> None:
        self.steps: list[Step] = []
        self.left_out: set[int] = set()
        self._left = MOST_DEFINITIONS
        self._depth = 0
        self._resources = Resources()
        self._interfaces: dict[str, str] = {}
        found = self._component(definitions, None, None)
        self.exports: dict[str, Offered] = {}
        for name, (sort, item) in found.items():
            if sort == "func":
                self._offer(f"#{name}", item)
            elif sort == "instance":
                for own, (inner, each) in item.items():
                    if inner == "func":
                        self._offer(f"{unversioned(name)}#{own}", each)

    def _offer(self, name: str, item: Any) -> None:
        if isinstance(item, Offered):
            self.exports[name] = item

    @property
    def wanted(self) -> list[Wanted]:
        """The functions of interfaces that its core modules import, each once."""
        found = {
            each: None
            for number, step in enumerate(self.steps)
            if number not in self.left_out
            for each in step.given.values()
            if isinstance(each, Wanted)
        }
        return list(found)

    def first(self, offered: Offered) -> Border | None:
        """The border that most calls have: that of a function that is called, or of the imports."""
        if offered.border is not None:
            return offered.border
        counted = Counter(
            each.border for each in self.wanted if each.border and each.border.realloc
        )
        return counted.most_common(1)[0][0] if counted else None

    # ----- the definitions, one after the other

    def _component(
        self,
        definitions: tuple[Definition, ...],
        outside: Scope | None,
        given: dict[str, Item] | None,
    ) -> dict[str, Item]:
        scope = Scope(outside)
        exports: dict[str, Item] = {}
        for definition in definitions:
            self._left -= 1
            if self._left < 0:
                raise Broken(f"has more than {MOST_DEFINITIONS} definitions")
            if isinstance(definition, Export):
                item = scope.at(definition.sort, definition.index)
                exports[definition.name] = (definition.sort, item)
                scope.add(definition.sort, item)
            elif isinstance(definition, Import):
                scope.add(definition.sort, self._import(scope, definition, given))
            else:
                self._define(scope, definition)
        return exports

    def _import(self, scope: Scope, wanted: Import, given: dict[str, Item] | None) -> Any:
        if given is not None:
            found = given.get(wanted.name)
            if found is None or found[0] != wanted.sort:
                raise Broken(f"is not given its import {wanted.name}")
            return found[1]
        if wanted.sort == "type":
            return self._bound(scope, wanted, "")
        if wanted.sort in ("func", "instance"):
            kind = scope.at("type", wanted.type).kind
            if wanted.sort == "func" and isinstance(kind, FuncType):
                return _Import("", wanted.name, kind)
            if wanted.sort == "instance" and isinstance(kind, InstanceType):
                return self._interface(unversioned(wanted.name), kind)
        raise NotFlat(f"it imports a {wanted.sort}, {wanted.name}")

    def _interface(self, name: str, kind: InstanceType) -> dict[str, Item]:
        scope = Scope(kind.scope)
        items: dict[str, Item] = {}
        for each in kind.declarations:
            self._left -= 1
            if not isinstance(each, Import):
                self._define(scope, each)
                continue
            item: Any
            if each.sort == "type":
                item = self._bound(scope, each, name)
            else:
                inner = scope.at("type", each.type).kind if each.sort == "func" else None
                if not isinstance(inner, FuncType):
                    raise NotFlat(f"it imports a {each.sort} in {name}")
                item = _Import(name, each.name, inner)
            items[each.name] = (each.sort, item)
            scope.add(each.sort, item)
        return items

    def _bound(self, scope: Scope, wanted: Import, interface: str) -> Kept:
        if wanted.type[0] == "eq":
            found: Kept = scope.at("type", wanted.type[1])
            return found
        kind = self._resources.add(Resource(None, None, wanted.name))
        self._interfaces[kind.home] = interface
        return Kept(kind, 1)

    def _define(self, scope: Scope, definition: Definition) -> None:
        match definition:
            case CoreModule(start):
                scope.add("module", start)
            case CoreInstantiate(module, sources):
                scope.add("core instance", self._core(scope, scope.at("module", module), sources))
            case CoreBundle(named) | Bundle(named):
                sort = "core instance" if isinstance(definition, CoreBundle) else "instance"
                scope.add(sort, _items(scope, named))
            case CoreType():
                scope.add("core type", None)
            case Nested(definitions):
                scope.add("component", (definitions, scope))
            case Instantiate(component, named):
                definitions, outside = scope.at("component", component)
                if self._depth == MOST_NESTED:
                    raise Broken(f"has more than {MOST_NESTED} components within each other")
                self._depth += 1
                given = {name: _spent(name, item) for name, item in _items(scope, named).items()}
                made = self._component(definitions, outside, given)
                self._depth -= 1
                scope.add("instance", made)
            case ExportAlias(sort, instance, name, core):
                scope.add(sort, self._alias(scope, sort, instance, name, core))
            case OuterAlias(sort, levels, index):
                scope.add(sort, scope.outer(levels).at(sort, index))
            case TypeOf(("resource", _)):
                raise NotFlat("it has resources of its own")
            case TypeOf(form):
                scope.add("type", evaluated(form, scope))
            case Lift(core, kind, options):
                function = scope.at("type", kind).kind
                if not isinstance(function, FuncType):
                    raise Broken("lifts a function to what is no type of one")
                after = options.post_return
                scope.add(
                    "func",
                    Offered(
                        _own(scope, core),
                        function,
                        _border(scope, options),
                        None if after is None else _own(scope, after),
                    ),
                )
            case Lower(func, options):
                called = scope.at("func", func)
                if isinstance(called, Offered) and called.is_spent:
                    called = _Import(_INIT, f"{len(self.steps)}.{func}", called.type)
                if not isinstance(called, _Import):
                    raise NotFlat("one part of it calls another")
                params, results = flattened(called.type)
                border = _border(scope, options)
                wanted = Wanted(called.interface, called.name, params, results, border)
                scope.add("core func", wanted)
            case ResourceFunction(what, kind):
                resource = scope.at("type", kind).kind
                if what != "drop" or getattr(resource, "kind", "") != "resource":
                    raise NotFlat("it has resources of its own")
                interface = self._interfaces[resource.home]
                name = f"[resource-drop]{self._resources(resource).name}"
                scope.add("core func", Wanted(interface, name, ("i32",), (), None))
            case _:
                raise Broken(f"has a definition that nothing here knows: {definition}")

    def _alias(self, scope: Scope, sort: str, instance: int, name: str, core: bool) -> Any:
        owner = scope.at("core instance" if core else "instance", instance)
        if isinstance(owner, int):  # a step
            return CoreExport(owner, sort, name)
        found = owner.get(name)
        if found is None or found[0] != sort:
            raise Broken(f"looks for the export {name}, which its instance does not have")
        return found[1]

    def _core(self, scope: Scope, start: int, given: tuple[tuple[str, int], ...]) -> int:
        named: dict[tuple[str, str], CoreExport | Wanted] = {}
        for module, index in given:
            owner = scope.at("core instance", index)
            if isinstance(owner, int):
                named[module, WHOLE] = CoreExport(owner, "", "")
            else:
                named |= {(module, name): item for name, (_, item) in owner.items()}
        if len(self.steps) == MOST_STEPS:
            raise NotFlat(f"it has more than {MOST_STEPS} core modules to instantiate")
        self.steps.append(Step(start, named))
        return len(self.steps) - 1


def _spent(name: str, item: Item) -> Item:
    """What is given for an import; functions that nobody calls any more are known as such."""
    sort, found = item
    if sort != "instance" or not name.startswith(_INIT):
        return item
    spent = {
        own: (kind, each._replace(is_spent=True) if isinstance(each, Offered) else each)
        for own, (kind, each) in found.items()
    }
    return sort, spent


def unversioned(name: str) -> str:
    """An interface's name without the version.

    >>> unversioned("wasi:http/types@0.2.9")
    'wasi:http/types'
    """
    return name.partition("@")[0]


def flattened(kind: FuncType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The core types of a lowered function: of its parameters, and of its results."""
    params = tuple(each for _, own in kind.params for each in abi.flat(own))
    if len(params) > abi.MOST_PARAMS:
        params = ("i32",)
    results = () if kind.result is None else tuple(abi.flat(kind.result))
    if len(results) > 1:
        return (*params, "i32"), ()
    return params, results


def _border(scope: Scope, options: Options) -> Border | None:
    if options.other or options.encoding != "utf8":
        raise NotFlat(f"its values cross as {options.other or options.encoding}")
    if options.memory is None:
        return None
    realloc = None if options.realloc is None else _own(scope, options.realloc)
    return Border(scope.at("core memory", options.memory), realloc)


def _own(scope: Scope, function: int) -> CoreExport:
    """A core function that one of its modules has."""
    found = scope.at("core func", function)
    if not isinstance(found, CoreExport):
        raise NotFlat("what it imports is used as a function of its own")
    return found


def _items(scope: Scope, named: tuple[tuple[str, str, int], ...]) -> dict[str, Item]:
    return {name: (sort, scope.at(sort, index)) for name, sort, index in named}
