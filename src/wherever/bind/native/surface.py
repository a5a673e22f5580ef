"""A library as the languages above C show it: its types, functions, resources and callbacks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wherever.bind.c.header import is_host, resources
from wherever.wit.model import gathered, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.header import Header
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface, Type

NAMED = ("record", "enum", "flags", "variant")


@dataclass(frozen=True)
class Member:
    """A function, and the interface that it is of."""

    interface: Interface
    function: Function


class Surface:
    """One library.

    Args:
        header: its C header, and the names in that.

    Attributes:
        own: what every C name begins with.
        types: each type once, those that others hold before them.
        named: the types of those that are declared by name.
        ours: the resources that the library has.
        hosts: the resources that the host has.
        callbacks: what the host gives, but for methods of its resources.
    """

    def __init__(self, library: Library, header: Header) -> None:
        self.library = library
        self.header = header
        self.own = header.names.own
        self.types = gathered((*library.needs, *library.api))
        self.named = [kind for kind in self.types if kind.kind in NAMED]
        found = resources(library)
        self.ours = [kind for kind in found if not is_host(library, kind)]
        self.hosts = [kind for kind in found if is_host(library, kind)]
        self.callbacks = [
            Member(interface, function)
            for interface in library.needs
            for function in interface.functions
            if function.kind != "method"
        ]
        exported = [each for each in library.api if each.functions and each.name]
        self._top = exported[0].name if len(exported) == 1 else ""

    def scope(self, home: str) -> str:
        """What stands before the names of an interface: "" for what is at the top level."""
        return "" if home in ("", self._top) else short(home)

    def scopes(self) -> list[tuple[str, list[Member]]]:
        """The functions that are called, by where they stand: the top level first."""
        found: dict[str, list[Member]] = {"": []}
        for interface in self.library.api:
            free = [each for each in interface.functions if each.resource is None]
            if free:
                members = (Member(interface, each) for each in free)
                found.setdefault(self.scope(interface.name), []).extend(members)
        return list(found.items())

    def functions(self) -> list[Member]:
        """All that is called, in one order: functions, then what belongs to resources."""
        found = [member for _, members in self.scopes() for member in members]
        return [*found, *(member for kind in self.ours for member in self.members(kind))]

    def called_back(self) -> list[Member]:
        """All that the library calls, in one order: methods of the host's resources first."""
        methods = [
            member
            for kind in self.hosts
            for member in self.members(kind)
            if member.function.kind == "method"
        ]
        return [*methods, *self.callbacks]

    def members(self, resource: Type) -> list[Member]:
        """The constructor, the methods and the static functions of a resource."""
        return [
            Member(interface, function)
            for interface in (*self.library.needs, *self.library.api)
            for function in interface.functions
            if function.resource == resource
        ]

    def called(self, member: Member) -> str:
        """The C function that is called."""
        return self.header.functions[member.interface.name, member.function.core]

    def callback(self, member: Member) -> str:
        """The member of the callbacks."""
        return self.header.callbacks[member.interface.name, member.function.core]

    def drop(self, kind: Type) -> str:
        """The C function that drops a resource of the library; the member for the host's."""
        return self.header.drops[kind]

    def c(self, kind: Type) -> str:
        """The C type."""
        return self.header.names.type(kind)

    def stem(self, kind: Type) -> str:
        """A word for a type that is its own."""
        return self.header.names.stem(kind).removeprefix(f"{self.own}_")

    def is_host(self, kind: Type) -> bool:
        """Whether a resource is the host's."""
        return kind in self.hosts


class Unique:
    """Names of which each stands for one thing.

    Args:
        taken: words that nothing may be called.
    """

    def __init__(self, taken: str = "") -> None:
        self._used = set(taken.split())

    def free(self, name: str) -> str:
        """The name, with underscores behind it where something else has it."""
        while name in self._used:
            name += "_"
        self._used.add(name)
        return name


def pascal(name: str) -> str:
    """A name in capitals and no dashes.

    >>> pascal("very-large")
    'VeryLarge'
    """
    return "".join(
        part[:1].upper() + part[1:].lower() for part in re.split(r"[^A-Za-z0-9]+", name) if part
    )


def camel(name: str) -> str:
    """The same, but for the first letter.

    >>> camel("very-large")
    'veryLarge'
    """
    text = pascal(name)
    return text[:1].lower() + text[1:]


def short(name: str) -> str:
    """An interface's name without its package and version.

    >>> short("lab:market/host@1.0.0")
    'host'
    """
    return re.sub(r"@.*", "", name).rpartition("/")[2]


def is_plain_constructor(function: Function) -> bool:
    """Whether a function makes a resource, and has no error of its own to tell of."""
    result = function.result
    return function.kind == "constructor" and result is not None and result.kind == "own"


def holds_resource(kind: Type | None) -> bool:
    """Whether a value of a type is, or has in it, something that cannot be copied."""
    return any(each.kind == "resource" for each in within([kind]))


def parts_of(kind: Type) -> tuple[tuple[str, Type | None, str], ...]:
    """The parts of a type with what the WIT says of them."""
    notes = kind.notes or ("",) * len(kind.parts)
    return tuple((label, each, note) for (label, each), note in zip(kind.parts, notes, strict=True))


def ok_of(kind: Type | None) -> Type | None:
    """What a result is when it is none of errors."""
    return dict(kind.parts).get("ok") if kind is not None else None


def err_of(kind: Type | None) -> Type | None:
    """What a result is when it is an error."""
    return dict(kind.parts).get("err") if kind is not None else None
