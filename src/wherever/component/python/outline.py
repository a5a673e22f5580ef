"""What a component is to Python before there is an instance: its names, classes and signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wherever.component.python.classes import CLASSED, Classes, error_of, trailing_options
from wherever.component.python.names import RESERVED, camel, distinct, free, short, snake, spoken
from wherever.component.python.resources import declared
from wherever.component.python.wanted import declare, protocol
from wherever.errors import ResultError
from wherever.wit.api import needed, offered
from wherever.wit.model import Function, Interface, Type, World


@dataclass(frozen=True, slots=True)
class Signature:
    """A function as Python has it.

    Attributes:
        name: its name.
        params: the name and annotation of each parameter.
        options: where those begin that need not be given.
        returns: the annotation of what it returns.
        docs: its docstring, or "".
        error: what it raises for its own error, or None.
        function: what it is in WIT.
        interface: the name of the interface that has it.
    """

    name: str
    params: tuple[tuple[str, Any], ...]
    options: int
    returns: Any
    docs: str
    error: type[ResultError] | None
    function: Function
    interface: str

    @property
    def heading(self) -> str:
        """Its parameters as they stand in a definition."""
        return ", ".join(
            f"{name}=None" if at >= self.options else name
            for at, (name, _) in enumerate(self.params)
        )

    @property
    def annotations(self) -> dict[str, Any]:
        """What `__annotations__` is."""
        params = self.params[1:] if self.function.kind == "method" else self.params
        return {**dict(params), "return": self.returns}


@dataclass(slots=True)
class Space:
    """What stands in one place: at the top of a library, or below the name of an interface.

    Attributes:
        name: the attribute of the library that it is, "" for the top.
        module: what its classes say they belong to.
        docs: what the WIT says of it.
        kinds: the types that have a class, by its name.
        members: for each name a class, a `Signature` or another `Space`.
    """

    name: str
    module: str
    docs: str = ""
    kinds: dict[str, Type] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)


class Outline:
    """What a component is to Python.

    Args:
        world: its world.
        module: what its classes say they belong to: the name that it can be imported by.

    Attributes:
        module: the same.
        top: what stands at the top.
        spaces: all that there are, the top first.
        classes: of its types.
        methods: the signatures of each resource's functions.
        wanted: for each interface that it imports, the name of a protocol among the members.
        imports: that of what is given for all of them, "" where it imports nothing.
    """

    def __init__(self, world: World, module: str) -> None:
        self.module = module
        self.top = Space("", module)
        self.spaces = [self.top]
        exports, theirs = offered(world), needed(world)
        self._exported = {each.name for each in exports}
        is_alone = sum(bool(each.name) for each in exports) == 1
        places = [(each, self._place(each, is_alone)) for each in exports]
        listed = {kind for each in exports for _, kind in each.types}
        shown = [
            (each, self._place(each, False))
            for each in theirs
            if any(self._shows(own) and own not in listed for _, own in each.types)
        ]
        homes = self._name_types([*places, *shown])
        functions = [own for each in (*theirs, *exports) for own in each.functions]
        self.classes = Classes(homes, functions)
        for kind, (home, name) in homes.items():
            if kind.kind == "resource":
                made = declared(name, home, spoken(kind.docs))
                self.classes.resources[kind] = made
        self._errors: dict[Type, type[ResultError]] = {}
        self.methods: dict[Type, list[Signature]] = {}
        for space in self.spaces:
            for name, kind in space.kinds.items():
                is_resource = kind.kind == "resource"
                made = self.classes.resources[kind] if is_resource else self.classes.of(kind)
                space.members[name] = made
        for interface in (*exports, *theirs):
            at = dict((each.name, space) for each, space in (*shown, *places))
            self._add_errors(interface, at.get(interface.name, self.top))
        for interface, space in places:
            self._add_functions(interface, space)
        for kind, signatures in self.methods.items():
            for each in signatures:
                declare(self.classes.resources[kind], each)
        for space in self.spaces[1:]:
            self.top.members[space.name] = space
        self.wanted = {each.name: self._add_protocol(each) for each in theirs if each.functions}
        self.imports = self._add_imports()

    def _place(self, interface: Interface, is_alone: bool) -> Space:
        if not interface.name or is_alone:
            self.top.docs = self.top.docs or spoken(interface.docs)
            return self.top
        own = snake(short(interface.name))
        own = free(own, RESERVED, {each.name for each in self.spaces})
        made = Space(own, f"{self.module}.{own}", spoken(interface.docs))
        self.spaces.append(made)
        return made

    def _shows(self, kind: Type) -> bool:
        """Whether a type has a class here: the host's own resources have theirs elsewhere."""
        if kind.kind == "resource":
            return kind.home in self._exported
        return kind.kind in CLASSED and bool(kind.name)

    def _name_types(self, places: list[tuple[Interface, Space]]) -> dict[Type, tuple[str, str]]:
        """The module and name of each type that has a class: where it is defined, if it can be."""
        homes: dict[Type, tuple[str, str]] = {}
        for is_own in (True, False):
            for interface, space in places:
                for own, kind in interface.types:
                    if not self._shows(kind) or (kind.home == interface.name) is not is_own:
                        continue
                    if space.kinds.get(camel(own)) == kind:
                        continue
                    name = free(camel(own), space.kinds)
                    space.kinds[name] = kind
                    homes.setdefault(kind, (space.module, name))
        return homes

    def _add_errors(self, interface: Interface, space: Space) -> None:
        """Exceptions for errors whose classes cannot be raised."""
        for function in interface.functions:
            kind = error_of(function)
            if kind is None or kind in self._errors or kind.kind not in CLASSED or not kind.name:
                continue
            if kind.kind in ("record", "variant"):
                self._errors[kind] = self.classes.of(kind)
                continue
            name = camel(kind.name)
            name = free(name + ("Exception" if name.endswith("Error") else "Error"), space.members)
            made = self.classes.error(kind, space.module, name)
            self._errors[kind] = space.members[name] = made

    def _add_functions(self, interface: Interface, space: Space) -> None:
        taken = RESERVED if space is self.top else frozenset[str]()
        spaces = {each.name for each in self.spaces} if space is self.top else taken
        for function in interface.functions:
            if function.resource is not None:
                methods = self.methods.setdefault(function.resource, [])
                name = free(snake(function.name), [each.name for each in methods])
                methods.append(self._signature(interface, function, name))
                continue
            name = free(snake(function.name), taken, spaces, space.members)
            space.members[name] = self._signature(interface, function, name)

    def _signature(
        self, interface: Interface, function: Function, name: str = "", is_host: bool = False
    ) -> Signature:
        """A function as Python has it; a host's gets what one of the guest's would give."""
        taken = ("self",) if function.kind == "constructor" else ()
        names = distinct([snake(own) for own, _ in function.params], taken)
        hints = [self.classes.hint(kind, not is_host) for _, kind in function.params]
        kinds = [kind for _, kind in function.params]
        result, error = function.result, None
        if result is not None and result.kind == "result":
            kind = error_of(function)
            error = ResultError if kind is None else self._errors.get(kind, ResultError)
            result = result.parts[0][1]
        docs = spoken(function.docs)
        if error is not None:
            own = error.__qualname__
            docs = f"{docs}\n\nRaises:\n    {own}" if docs else f"It may raise {own}."
        if function.kind == "constructor":
            name, result = "__init__", None
        return Signature(
            name or snake(function.name),
            tuple(zip(names, hints, strict=True)),
            len(names) if is_host else trailing_options(kinds),
            self.classes.hint(result, is_host),
            docs,
            error,
            function,
            interface.name,
        )

    def _add_protocol(self, interface: Interface) -> str:
        """What an object has to have that is given for an import."""
        signatures = [
            self._signature(interface, each, is_host=True)
            for each in interface.functions
            if each.resource is None
        ]
        resources = {
            camel(own): Any
            for own, kind in interface.types
            if kind.kind == "resource" and kind.home == interface.name
        }
        name = free(camel(short(interface.name)) or "Functions", self.top.members)
        docs = spoken(interface.docs) or f"What the library calls: {interface.name or 'functions'}."
        self.top.members[name] = protocol(name, self.module, docs, signatures, resources)
        return name

    def _add_imports(self) -> str:
        """What an object has to have that is given for all imports together."""
        if len(self.wanted) < 2:
            return next(iter(self.wanted.values()), "")
        own = self.wanted.get("")
        bases = () if own is None else (self.top.members[own],)
        inner = {
            snake(short(interface)): self.top.members[name]
            for interface, name in self.wanted.items()
            if interface
        }
        name = free("Imports", self.top.members)
        docs = "What the library calls."
        self.top.members[name] = protocol(name, self.module, docs, (), inner, bases)
        return name
