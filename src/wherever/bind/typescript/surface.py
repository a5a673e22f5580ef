"""What stands where in a package: the functions, classes and types of a library, by their names."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherever.bind.typescript.names import camel, free, pascal, short
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface, Type

OURS = ("open", "configure", "close")
"""Functions that every package has."""

OUR_TYPES = (
    "Library", "Functions", "Imports", "OpenOptions", "CallOptions", "Option", "Disposable",
    "AsyncDisposable", "ResultError", "TrapError", "LimitError", "ClosedError", "Promise", "Array",
    "Symbol", "Error", "AbortSignal", "PromiseLike", "Function", "Object", "String", "Number",
    "BigInt", "Boolean", "Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array",
    "Int32Array", "BigUint64Array", "BigInt64Array", "Float32Array", "Float64Array",
)  # fmt: skip
"""Types that declarations speak of, whatever a library's own are called."""

EVERY_OBJECT = ("close", "constructor", "prototype", "name", "length")
"""What objects of every class have, or the class itself."""


@dataclass(slots=True)
class Named:
    """A function with its name in TypeScript."""

    name: str
    function: Function


@dataclass(slots=True)
class Class:
    """A resource with its name and its functions."""

    name: str
    type: Type
    functions: list[Named] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """What an interface gives.

    Attributes:
        interface: the interface.
        exported: whether the library gives it, and not its host.
        at: the name of the object that holds its functions, "" for the top.
        space: the namespace of its types, "" for the top.
        functions: those that belong to no resource.
        classes: its resources.
        types: its other types with their names.
    """

    interface: Interface
    exported: bool
    at: str
    space: str
    functions: list[Named] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    types: list[tuple[str, Type]] = field(default_factory=list)


@dataclass(slots=True)
class Surface:
    """All groups of a package, and the TypeScript names of all types that have one."""

    groups: list[Group]
    named: dict[Type, str]


def surface(library: Library) -> Surface:
    """Where everything of a library stands.

    Raises:
        InputError: it imports and exports one interface with resources, which cannot be told apart.
    """
    exports = [each for each in library.api if each.functions or each.types]
    needs = [each for each in library.needs if each.functions or each.types]
    alone = [each for each in exports if each.name and each.functions]
    ends = [short(each.name) for each in needs]
    taken = {*OURS}
    spaces: set[str] = {*OURS}
    groups = []
    for interface in exports:
        is_top = not interface.name or (len(alone) == 1 and interface is alone[0])
        at = "" if is_top else free(camel(short(interface.name)), taken)
        spaces.add(at)
        groups.append(Group(interface, True, at, at))
    for interface in needs:
        end = short(interface.name)
        name = end if ends.count(end) == 1 else interface.name.partition("@")[0]
        at = camel(name.replace(":", "-").replace("/", "-")) if name else ""
        groups.append(Group(interface, False, at, at and free(at, spaces)))
    _check(groups)
    found = Surface(groups, {})
    homes = {each.interface.name for each in groups}
    types: dict[str, set[str]] = {}
    for group in groups:
        members = taken if group.exported and not group.at else set()
        own = [
            (name, kind)
            for name, kind in group.interface.types
            if kind.home == group.interface.name or kind.home not in homes
        ]
        _fill(group, own, members, types.setdefault(group.space, {*OUR_TYPES}), found.named)
    return found


def _fill(
    group: Group,
    own_types: list[tuple[str, Type]],
    members: set[str],
    types: set[str],
    named: dict[Type, str],
) -> None:
    classes: dict[Type, Class] = {}
    for own, kind in own_types:
        if kind in named:
            continue
        if kind.kind == "resource":
            name = free(pascal(own), types)
            classes[kind] = Class(name, kind)
            members.add(name)
            if group.exported:
                types.add(f"{name}Class")
            named[kind] = _path(group.space, name)
        elif kind.name:
            name = free(pascal(own), types)
            named[kind] = _path(group.space, name)
            group.types.append((name, kind))
    group.classes = list(classes.values())
    inside: dict[Type, set[str]] = {}
    for function in group.interface.functions:
        if function.resource is None:
            group.functions.append(Named(free(camel(function.name), members), function))
            continue
        owner = classes[function.resource]
        used = inside.setdefault(function.resource, {*EVERY_OBJECT})
        is_made = function.kind == "constructor"
        name = "create" if is_made else camel(function.name)
        owner.functions.append(Named(free(name, used), function))


def _path(space: str, name: str) -> str:
    return f"{space}.{name}" if space else name


def _check(groups: list[Group]) -> None:
    exported = {each.interface.name for each in groups if each.exported}
    for each in groups:
        if (
            not each.exported
            and each.interface.name in exported
            and any(kind.kind == "resource" for _, kind in each.interface.types)
        ):
            raise InputError(
                f"the library imports and exports {each.interface.name}, which has resources",
                "export them from an interface of another name",
            )
