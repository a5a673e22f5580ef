"""Types of components: values, functions, instances, resources, and the scopes they live in.

A type is a small tuple whose first item names its form; types refer to each other directly,
so nothing is looked up after decoding. A primitive type is its name, a plain string.

    ("record" | "variant", ((name, type or None), ...))     ("flags" | "enum", (name, ...))
    ("tuple", (type, ...))     ("list" | "option" | "own" | "borrow", type)
    ("array", type, length)    ("map", key, value)    ("result", ok or None, error or None)
    ("stream" | "future", type or None)               ("resource",)
    ("func", ((name, type), ...), result or None, is_async)
    ("instance", exports)      ("component", imports, exports)
    ("named", name, type, owner)    what an interface calls a type; owner is that interface
"""

from __future__ import annotations

from wherever.wasm.coretypes import rec_type, value_type
from wherever.wasm.cursor import MAX_DEPTH, PART, Cursor
from wherever.wasm.module import extern_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Type = str | tuple[Any, ...]
    Extern = tuple[str, Any]
    """(sort, type): what a name in an interface stands for."""

PRIMITIVES = {
    0x7F: "bool", 0x7E: "s8", 0x7D: "u8", 0x7C: "s16", 0x7B: "u16", 0x7A: "s32", 0x79: "u32",
    0x78: "s64", 0x77: "u64", 0x76: "f32", 0x75: "f64", 0x74: "char", 0x73: "string",
    0x64: "error-context",
}  # fmt: skip
SORTS = {1: "func", 2: "value", 3: "type", 4: "component", 5: "instance"}
RESOURCE = ("resource",)


class Scope:
    """The index spaces of a component, a component type or an instance type."""

    __slots__ = ("components", "core_types", "depth", "features", "funcs", "instances", "modules",
                 "parent", "types", "values")  # fmt: skip

    def __init__(self, parent: Scope | None, features: set[str]) -> None:
        self.parent = parent
        self.features = features
        self.depth: int = parent.depth + 1 if parent else 0
        self.types: list[Type] = []
        self.core_types = 0
        self.funcs: list[Type] = []
        self.instances: list[tuple[str, dict[str, Extern]]] = []
        self.components: list[Type] = []
        self.modules = 0
        self.values = 0

    def type(self, at: Cursor, index: int) -> Type:
        """The type of that index, or an error at this place."""
        if index >= len(self.types):
            raise at.bad(f"type {index} of {len(self.types)}")
        return self.types[index]

    def outer(self, at: Cursor, count: int) -> Scope:
        """The scope that many levels out."""
        scope: Scope | None = self
        for _ in range(min(count, MAX_DEPTH * 2)):
            scope = scope.parent if scope else None
        if scope is None or count > MAX_DEPTH * 2:
            raise at.bad(f"no enclosing scope {count} levels out")
        return scope

    def define(self, name: str, extern: Extern) -> None:
        """Append what an import or export introduces to the index space of its sort."""
        sort, kind = extern
        if sort == "func":
            self.funcs.append(kind)
        elif sort == "type":
            self.types.append(kind)
        elif sort == "instance":
            self.instances.append((name, kind[1]))
        elif sort == "component":
            self.components.append(kind)
        elif sort == "module":
            self.modules += 1
        elif sort == "value":
            self.values += 1


def value(at: Cursor, scope: Scope) -> Type:
    """A value type: a primitive, or the index of a type."""
    byte = at.peek()
    name = PRIMITIVES.get(byte)
    if name is not None:
        at.pos += 1
        if byte == 0x64:
            scope.features.add("component-model-error-context")
        return name
    index = at.signed(33)
    if index < 0:
        raise at.bad(f"unknown value type 0x{byte:02x}")
    return scope.type(at, index)


def _optional(at: Cursor, scope: Scope) -> Type | None:
    flag = at.u8()
    if flag > 1:
        raise at.bad("neither absent nor present")
    return value(at, scope) if flag else None


def _labels(at: Cursor, scope: Scope) -> tuple[tuple[str, Type], ...]:
    return tuple([(at.name(), value(at, scope)) for _ in range(at.count(2))])


def _variant(at: Cursor, scope: Scope) -> Type:
    cases = []
    for _ in range(at.count(3)):
        cases.append((at.name(), _optional(at, scope)))
        if at.u8():
            raise at.bad("a case that refines another")
    return ("variant", tuple(cases))


def result_list(at: Cursor, scope: Scope) -> Type | None:
    """What a function gives back: one type, or nothing."""
    form = at.u8()
    if form == 0:
        return value(at, scope)
    if form != 1 or at.u8():
        raise at.bad("unknown form of results")
    return None


def read_type(at: Cursor, scope: Scope) -> Type:
    """One entry of a component's type section."""
    byte = at.u8()
    if byte in PRIMITIVES:
        return PRIMITIVES[byte]
    if byte in _ONE:
        return (_ONE[byte], value(at, scope))
    if byte in (0x69, 0x68):
        return ("own" if byte == 0x69 else "borrow", scope.type(at, at.u32()))
    if byte == 0x72:
        return ("record", _labels(at, scope))
    if byte == 0x71:
        return _variant(at, scope)
    if byte == 0x6F:
        return ("tuple", tuple([value(at, scope) for _ in range(at.count(cost=PART))]))
    if byte in (0x6E, 0x6D):
        names = tuple([at.name() for _ in range(at.count(cost=PART))])
        return ("flags" if byte == 0x6E else "enum", names)
    if byte == 0x6A:
        return ("result", _optional(at, scope), _optional(at, scope))
    if byte in (0x40, 0x43):
        if byte == 0x43:
            scope.features.add("component-model-async")
        return ("func", _labels(at, scope), result_list(at, scope), byte == 0x43)
    if byte in (0x66, 0x65):
        scope.features.add("component-model-async")
        return ("stream" if byte == 0x66 else "future", _optional(at, scope))
    if byte == 0x67:
        scope.features.add("component-model-fixed-length-lists")
        return ("array", value(at, scope), at.u32())
    if byte == 0x63:
        scope.features.add("component-model-map")
        return ("map", value(at, scope), value(at, scope))
    if byte in (0x3F, 0x3E):
        return _resource(at, byte)
    if byte in (0x41, 0x42):
        imports, exports = _declarations(at, scope, byte == 0x41)
        return ("component", imports, exports) if byte == 0x41 else ("instance", exports)
    at.pos -= 1
    raise at.bad(f"unknown form of type 0x{byte:02x}")


_ONE = {0x70: "list", 0x6B: "option"}


def _resource(at: Cursor, byte: int) -> Type:
    value_type(at, set())
    if at.u8():
        at.u32()
        if byte == 0x3E and at.u8():
            at.u32()
    return RESOURCE


def _declarations(
    at: Cursor, outside: Scope, is_component: bool
) -> tuple[dict[str, Extern], dict[str, Extern]]:
    scope = Scope(outside, outside.features)
    if scope.depth > MAX_DEPTH:
        raise at.bad(f"more than {MAX_DEPTH} types inside each other")
    imports: dict[str, Extern] = {}
    exports: dict[str, Extern] = {}
    for _ in range(at.count(2)):
        kind = at.u8()
        if kind == 0:
            core_type(at, scope)
        elif kind == 1:
            scope.types.append(read_type(at, scope))
        elif kind == 2:
            alias(at, scope)
        elif kind == 4 or (kind == 3 and is_component):
            name = extern_name(at)
            extern = extern_desc(at, scope, name)
            scope.define(name, extern)
            (exports if kind == 4 else imports)[name] = extern
        else:
            at.pos -= 1
            raise at.bad(f"unknown declaration 0x{kind:02x}")
    return imports, exports


def extern_name(at: Cursor) -> str:
    """The name of an import or export; what else is said about it is stepped over."""
    form = at.u8()
    if form > 2:
        at.pos -= 1
        raise at.bad(f"unknown form of name 0x{form:02x}")
    name = at.name()
    if form == 2:
        for _ in range(at.count(2)):
            at.u8()
            at.name()
    return name


def extern_desc(at: Cursor, scope: Scope, name: str) -> Extern:
    """What an import or export is: its sort and its type."""
    form = at.u8()
    if form == 0:
        if at.u8() != 0x11:
            raise at.bad("unknown core kind of import or export")
        at.u32()
        return ("module", None)
    if form == 2:
        scope.features.add("component-model-values")
        return ("value", value(at, scope))
    if form == 3:
        bound = at.u8()
        if bound > 1:
            raise at.bad("unknown bound of a type")
        target = RESOURCE if bound else scope.type(at, at.u32())
        return ("type", ("named", name, target, ""))
    if form in (1, 4, 5):
        index_at = at.pos
        kind = scope.type(at, at.u32())
        sort = SORTS[form]
        if kind[0] != sort:
            at.pos = index_at
            raise at.bad(f"the type of a {sort} is none")
        return (sort, kind)
    at.pos -= 1
    raise at.bad(f"unknown kind of import or export 0x{form:02x}")


def alias(at: Cursor, scope: Scope) -> None:
    """One alias: an item of an instance or of an enclosing scope gets an index here."""
    sort = at.u8()
    core = at.u8() if sort == 0 else -1
    target = at.u8()
    if target == 0:
        index = at.u32()
        name = at.name()
        if index >= len(scope.instances):
            raise at.bad(f"instance {index} of {len(scope.instances)}")
        if sort == 0:
            scope.modules += core == 0x11
            return
        owner, exports = scope.instances[index]
        extern = exports.get(name)
        if extern is None or extern[0] != SORTS.get(sort):
            raise at.bad("an alias of an export that its instance does not have")
        if extern[0] == "type" and extern[1][0] == "named" and not extern[1][3]:
            extern = ("type", (*extern[1][:3], owner))
        scope.define(name, extern)
    elif target == 1:
        at.u32()
        at.name()
    elif target == 2:
        outer = scope.outer(at, at.u32())
        index = at.u32()
        if sort == 3:
            scope.types.append(outer.type(at, index))
        elif sort == 4:
            if index >= len(outer.components):
                raise at.bad(f"component {index} of {len(outer.components)}")
            scope.components.append(outer.components[index])
        elif sort == 0:
            scope.modules += core == 0x11
            scope.core_types += core == 0x10
        else:
            raise at.bad("an outer alias of what cannot be aliased")
    else:
        at.pos -= 1
        raise at.bad(f"unknown kind of alias 0x{target:02x}")


def core_type(at: Cursor, scope: Scope) -> None:
    """Step over a core type of a component: a module's type, or one as modules have."""
    scope.core_types += 1
    seen: set[str] = set()
    if at.peek() == 0x50:
        at.pos += 1
        for _ in range(at.count(2)):
            _module_declaration(at, scope, seen)
        return
    if at.peek() == 0:
        at.pos += 1
    rec_type(at, seen)


def _module_declaration(at: Cursor, scope: Scope, seen: set[str]) -> None:
    kind = at.u8()
    if kind == 0:
        at.name()
        at.name()
        extern_type(at, seen, at.u8())
    elif kind == 1:
        if at.peek() == 0:
            at.pos += 1
        rec_type(at, seen)
    elif kind == 2:
        at.skip(2)
        at.u32()
        at.u32()
    elif kind == 3:
        at.name()
        extern_type(at, seen, at.u8())
    else:
        at.pos -= 1
        raise at.bad(f"unknown declaration 0x{kind:02x}")
