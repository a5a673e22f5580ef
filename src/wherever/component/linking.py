"""A component, instantiated: its definitions, one after the other, in a store of the engine.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md
"""

from __future__ import annotations

import ctypes

from wherever.component.broken import Broken
from wherever.component.canonical import Codecs
from wherever.component.functions import Border, Lifted, lowered
from wherever.component.handles import Resource
from wherever.component.scope import CoreFunction, Scope
from wherever.component.types import FuncType, InstanceType, Kept, Resources, evaluated
from wherever.engine import abi, host
from wherever.engine.instance import Extern, Failed, instantiate
from wherever.wasm import signature
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
    from collections.abc import Callable, Mapping
    from typing import Any

    from wherever.component.functions import ComponentFunction
    from wherever.component.scope import Item
    from wherever.engine.gate import Gate
    from wherever.engine.instance import Instance
    from wherever.engine.runtime import Code
    from wherever.wasm.definitions import Definition

MOST_DEFINITIONS = 200_000
"""Definitions that one instantiation goes through; those of a component count each time."""

_KINDS = {0: "func", 1: "global", 2: "table", 3: "memory"}


class Given:
    """What the host gives a component.

    Args:
        function: makes what is called for a function of an interface: called with the interface's
            name ("" for the world), the function's and its type; the result takes the values
            in their neutral form.
        resource: makes the host's own type for a resource: called with the interface's name and
            the resource's.
    """

    def __init__(
        self,
        function: Callable[[str, str, FuncType], Callable[..., Any]],
        resource: Callable[[str, str], Resource],
    ) -> None:
        self.function = function
        self.resource = resource


class HostFunction:
    """A function that the host gives.

    Attributes:
        type: its type.
        name: what messages call it.
        codecs: those of its parameters where they are not the neutral ones, or None.
        returned: that of its result.
    """

    def __init__(self, name: str, kind: FuncType, function: Callable[..., Any]) -> None:
        self.type = kind
        self.name = name
        self._function = function
        self.codecs = getattr(function, "codecs", None)
        self.returned = getattr(function, "returned", None)

    def __call__(self, values: tuple[Any, ...], _: Any) -> Any:
        return self._function(*values)


class CoreExports:
    """What a core instance exports, each looked up when it is first asked for."""

    def __init__(self, instance: Instance, code: Code) -> None:
        self._instance = instance
        self._code = code
        self._known: dict[str, Item | None] = {}

    def get(self, name: str, default: Item | None = None) -> Item | None:
        """The export of that name: its sort, and what it is."""
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name] or default

    def _found(self, name: str) -> Item | None:
        kind, text = kinds(self._code).get(name, ("", ""))
        extern = self._instance.export(name.encode()) if kind else None
        if extern is None:
            return None
        return f"core {kind}", CoreFunction(extern, *signature(text)) if kind == "func" else extern


def kinds(code: Code) -> dict[str, tuple[str, str]]:
    """The kind and type of each export of a core module, by name; made once."""
    known: dict[str, tuple[str, str]] | None = code.facts.get("kinds")
    if known is None:
        known = {name: (kind, text) for name, kind, text in code.facts["exports"]}
        code.facts["kinds"] = known
    return known


class Linking:
    """One instantiation.

    Args:
        gate: the way into the store; held while this goes on.
        codes: the code of each core module, by where its bytes begin.
        given: what the host gives.

    Attributes:
        exports: what the component exports, by name: a sort, and what is of it.
        resources: the resources of all its instances.
    """

    def __init__(
        self,
        definitions: tuple[Definition, ...],
        gate: Gate,
        codes: Mapping[int, Code],
        given: Given,
    ) -> None:
        self._gate = gate
        self._codes = codes
        self._given = given
        self._left = MOST_DEFINITIONS
        self.resources = Resources()
        self._border = Border(gate, Codecs(self.resources))
        self.exports = self._component(definitions, None, None)

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
        kind = scope.at("type", wanted.type).kind
        if wanted.sort == "func" and isinstance(kind, FuncType):
            return HostFunction(wanted.name, kind, self._given.function("", wanted.name, kind))
        if wanted.sort == "instance" and isinstance(kind, InstanceType):
            return self._host_instance(wanted.name, kind)
        raise Broken(f"imports a {wanted.sort}, {wanted.name}, which the host cannot give")

    def _bound(self, scope: Scope, wanted: Import, interface: str) -> Kept:
        if wanted.type[0] == "eq":
            found: Kept = scope.at("type", wanted.type[1])
            return found
        return Kept(self.resources.add(self._given.resource(interface, wanted.name)), 1)

    def _host_instance(self, name: str, kind: InstanceType) -> dict[str, Item]:
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
                inner = scope.at("type", each.type).kind
                if each.sort != "func" or not isinstance(inner, FuncType):
                    raise Broken(f"imports a {each.sort} in {name}, which the host cannot give")
                item = HostFunction(each.name, inner, self._given.function(name, each.name, inner))
            items[each.name] = (each.sort, item)
            scope.add(each.sort, item)
        return items

    def _define(self, scope: Scope, definition: Definition) -> None:
        match definition:
            case CoreModule(start):
                code = self._codes[start]
                if any(is_64 for _, _, _, is_64, _, _ in code.facts["memories"]):
                    raise Broken("has a memory of 64-bit addresses, where no values cross")
                scope.add("module", code)
            case CoreInstantiate(module, sources):
                scope.add("core instance", self._core(scope, scope.at("module", module), sources))
            case CoreBundle(named):
                scope.add("core instance", _items(scope, named))
            case CoreType():
                scope.add("core type", None)
            case Nested(definitions):
                scope.add("component", (definitions, scope))
            case Instantiate(component, named):
                definitions, outside = scope.at("component", component)
                made = self._component(definitions, outside, _items(scope, named))
                scope.add("instance", made)
            case Bundle(named):
                scope.add("instance", _items(scope, named))
            case ExportAlias(sort, instance, name, core):
                owner = scope.at("core instance" if core else "instance", instance)
                found = owner.get(name)
                if found is None or found[0] != sort:
                    raise Broken(f"looks for the export {name}, which its instance does not have")
                scope.add(sort, found[1])
            case OuterAlias(sort, levels, index):
                scope.add(sort, scope.outer(levels).at(sort, index))
            case TypeOf(("resource", destructor)):
                scope.add("type", Kept(self.resources.add(self._own(scope, destructor)), 1))
            case TypeOf(form):
                scope.add("type", evaluated(form, scope))
            case Lift(core, kind, options):
                function = scope.at("type", kind).kind
                if not isinstance(function, FuncType):
                    raise Broken("lifts a function to what is no type of one")
                found = scope.at("core func", core)
                scope.add("func", Lifted(self._border, scope, found, function, options))
            case Lower(func, options):
                called: ComponentFunction = scope.at("func", func)
                name = getattr(called, "name", "an import")
                scope.add("core func", lowered(self._border, scope, called, options, name))
            case ResourceFunction(what, kind):
                scope.add("core func", self._resource_function(scope, what, kind))
            case _:
                raise Broken(f"has a definition that nothing here knows: {definition}")

    def _core(self, scope: Scope, code: Code, given: tuple[tuple[str, int], ...]) -> CoreExports:
        sources = {name: scope.at("core instance", index) for name, index in given}
        imports = code.facts["imports"]
        row = (ctypes.c_uint64 * (4 * len(imports) or 1))()
        at = ctypes.addressof(row)
        for module, name, kind, _ in imports:
            found = sources.get(module, {}).get(name)
            if found is None or found[0] != f"core {kind}":
                raise Broken(f"does not give a core module its import {module}.{name}")
            item = found[1].extern if isinstance(found[1], CoreFunction) else found[1]
            ctypes.memmove(at, item.raw, abi.EXTERN_SIZE)
            at += abi.EXTERN_SIZE
        try:
            instance = instantiate(self._gate.store, code, row, len(imports))
        except Failed as failed:
            raise self._gate.reason("its start", failed.ending) from None
        return CoreExports(instance, code)

    def _own(self, scope: Scope, destructor: int | None) -> Resource:
        destroy = None
        if destructor is not None:
            found = scope.at("core func", destructor)
            destroy = self._border.core(found, ("i32",), (), "the end of a resource")
        return Resource(scope.instance.handles, destroy, "resource")

    def _resource_function(self, scope: Scope, what: str, index: int) -> CoreFunction:
        kind = scope.at("type", index).kind
        if getattr(kind, "kind", "") != "resource":
            raise Broken("makes a function of what is no resource")
        resource, handles = self.resources(kind), scope.instance.handles
        if what != "drop" and resource.owner is not handles:
            raise Broken(f"wants to make a {resource.name}, which is not its own")

        def new(representation: int) -> int:
            return handles.add(resource, representation & 0xFFFFFFFF, True)

        def rep(index: int) -> int:
            return handles.representation(index & 0xFFFFFFFF, resource)

        def drop(index: int) -> None:
            representation = handles.drop(index & 0xFFFFFFFF, resource)
            if representation is not None:
                resource.end(representation)

        function, results = {"new": (new, "i"), "rep": (rep, "i"), "drop": (drop, "")}[what]
        entry = host.Entry(self._gate, function, f"{what} of a resource", "i", results)
        extern = Extern(self._gate.store, entry.raw)
        return CoreFunction(extern, ("i32",), ("i32",) if results else ())


def _items(scope: Scope, named: tuple[tuple[str, str, int], ...]) -> dict[str, Item]:
    return {name: (sort, scope.at(sort, index)) for name, sort, index in named}
