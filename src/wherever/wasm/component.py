"""One pass over a component: its sections, index spaces, nested modules and components."""

from __future__ import annotations

from wherever.wasm.componenttypes import (
    SORTS,
    Scope,
    alias,
    core_type,
    extern_desc,
    extern_name,
    read_type,
    result_list,
    value,
)
from wherever.wasm.coretypes import value_type
from wherever.wasm.cursor import FILE, ITEM, MAX_DEPTH, SECTION, Cursor, Malformed
from wherever.wasm.head import COMPONENT, MAGIC
from wherever.wasm.module import CoreModule, custom_section, scan_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.componenttypes import Extern, Type

SECTIONS = {
    0: "custom", 1: "core module", 2: "core instance", 3: "core type", 4: "component",
    5: "instance", 6: "alias", 7: "type", 8: "canonical", 9: "start", 10: "import", 11: "export",
    12: "value",
}  # fmt: skip


class ComponentScan:
    """What the sections of a component say."""

    def __init__(self, at: Cursor, outside: Scope | None = None) -> None:
        self.begin = at.pos
        self.end = at.end
        self.features: set[str] = {"component-model"}
        self.sections: list[tuple[int, int, int]] = []
        self.customs: list[tuple[str, int, int]] = []
        self.imports: dict[str, Extern] = {}
        self.exports: dict[str, Extern] = {}
        self.modules: list[CoreModule] = []
        self.components: list[ComponentScan] = []
        self.own_modules: dict[int, CoreModule] = {}
        self.own_components: dict[int, ComponentScan] = {}
        self.made_of_modules: list[int] = []
        self.made_of_components: list[int] = []
        self.instance_count = 0
        self.core_instance_count = 0
        self.start = False
        self.scope = Scope(outside, self.features)
        if self.scope.depth > MAX_DEPTH:
            raise at.bad(f"more than {MAX_DEPTH} components inside each other")
        _walk(self, at)

    def all_modules(self) -> list[CoreModule]:
        """The core modules in it and in the components in it, outer ones first."""
        found = list(self.modules)
        for component in self.components:
            found.extend(component.all_modules())
        return found

    def all_components(self) -> list[ComponentScan]:
        """The components in it, at any depth."""
        found = list(self.components)
        for component in self.components:
            found.extend(component.all_components())
        return found


def scan_component(at: Cursor) -> ComponentScan:
    """Read the component that fills `at`, preamble first."""
    return ComponentScan(at)


def _walk(scan: ComponentScan, at: Cursor) -> None:
    at.work.spend(FILE, at.pos)
    head = at.inner(8)
    if bytes(at.data[head.pos : head.end]) != COMPONENT:
        known = bytes(at.data[head.pos : head.pos + 4]) == MAGIC
        raise Malformed("an unknown version" if known else "no component starts here", head.pos)
    while at.pos < at.end:
        at.work.spend(SECTION, at.pos)
        begin = at.pos
        kind = at.u8()
        size = at.u32()
        if kind not in SECTIONS:
            raise Malformed(f"unknown section {kind}", begin)
        if size > at.end - at.pos:
            raise Malformed(
                f"the {SECTIONS[kind]} section announces {size} bytes, {at.end - at.pos} are left",
                begin,
            )
        inner = at.inner(size)
        scan.sections.append((kind, inner.pos, size))
        if kind == 0:
            scan.customs.append(custom_section(inner))
        elif kind == 1:
            module = scan_module(inner)
            scan.own_modules[scan.scope.modules] = module
            scan.modules.append(module)
            scan.scope.modules += 1
            scan.features |= module.features
        elif kind == 4:
            nested = ComponentScan(inner, scan.scope)
            scan.own_components[len(scan.scope.components)] = nested
            scan.components.append(nested)
            scan.scope.components.append(("component", nested.imports, nested.exports))
            scan.features |= nested.features
        elif kind == 9:
            scan.features.add("component-model-values")
            scan.start = True
        else:
            read = _READERS[kind]
            for _ in range(inner.count()):
                read(scan, inner)
            inner.finish(f"the {SECTIONS[kind]} section")


def _core_instance(scan: ComponentScan, at: Cursor) -> None:
    scan.core_instance_count += 1
    form = at.u8()
    if form == 0:
        scan.made_of_modules.append(at.u32())
        for _ in range(at.count(3)):
            at.name()
            if at.u8() != 0x12:
                raise at.bad("a core module is given what is no instance")
            at.u32()
    elif form == 1:
        for _ in range(at.count(3)):
            at.name()
            at.u8()
            at.u32()
    else:
        raise at.bad("unknown form of core instance")


def _core_type(scan: ComponentScan, at: Cursor) -> None:
    core_type(at, scan.scope)


def _instance(scan: ComponentScan, at: Cursor) -> None:
    scan.instance_count += 1
    scope = scan.scope
    form = at.u8()
    if form == 0:
        index = at.u32()
        if index >= len(scope.components):
            raise at.bad(f"component {index} of {len(scope.components)}")
        scan.made_of_components.append(index)
        given: dict[str, Type] = {}
        for _ in range(at.count(3)):
            name = at.name()
            sort, item = _sort_index(at)
            if sort == 3:
                given[name] = scope.type(at, item)
        component: Any = scope.components[index]
        scope.instances.append(("", _supplied(component[2], given, at)))
    elif form == 1:
        exports: dict[str, Extern] = {}
        for _ in range(at.count(4)):
            name = extern_name(at)
            sort, index = _sort_index(at)
            exports[name] = _item(scan, at, sort, index)
        scope.instances.append(("", exports))
    else:
        raise at.bad("unknown form of instance")


def _supplied(exports: dict[str, Extern], given: dict[str, Type], at: Cursor) -> dict[str, Extern]:
    """The exports of an instance, with the types it was given in the place of its imports."""
    if not given:
        return exports
    at.work.spend(len(exports) * ITEM, at.pos)
    found = dict(exports)
    for name, (sort, kind) in exports.items():
        if sort == "type" and kind[0] == "named" and kind[2][0] == "named":
            target = given.get(kind[2][1])
            if target is not None:
                found[name] = ("type", ("named", name, target, ""))
    return found


def _sort_index(at: Cursor) -> tuple[int, int]:
    sort = at.u8()
    if sort == 0:
        return -at.u8(), at.u32()
    if sort not in SORTS:
        at.pos -= 1
        raise at.bad(f"unknown sort 0x{sort:02x}")
    return sort, at.u32()


def _item(scan: ComponentScan, at: Cursor, sort: int, index: int) -> Extern:
    scope = scan.scope
    if sort == 1 and index < len(scope.funcs):
        return ("func", scope.funcs[index])
    if sort == 2 and index < scope.values:
        return ("value", "")
    if sort == 3 and index < len(scope.types):
        return ("type", scope.types[index])
    if sort == 4 and index < len(scope.components):
        return ("component", scope.components[index])
    if sort == 5 and index < len(scope.instances):
        return ("instance", ("instance", scope.instances[index][1]))
    if sort == -0x11 and index < scope.modules:
        return ("module", None)
    raise at.bad(f"no {SORTS.get(sort, 'core module')} {index}")


def _alias(scan: ComponentScan, at: Cursor) -> None:
    alias(at, scan.scope)


def _type(scan: ComponentScan, at: Cursor) -> None:
    scan.scope.types.append(read_type(at, scan.scope))


def _import(scan: ComponentScan, at: Cursor) -> None:
    name = extern_name(at)
    extern = extern_desc(at, scan.scope, name)
    scan.scope.define(name, extern)
    scan.imports[name] = extern


def _export(scan: ComponentScan, at: Cursor) -> None:
    name = extern_name(at)
    sort, index = _sort_index(at)
    extern = _item(scan, at, sort, index)
    flag = at.u8()
    if flag > 1:
        raise at.bad("neither absent nor present")
    if flag:
        extern = extern_desc(at, scan.scope, name)
    elif extern[0] == "type":
        extern = ("type", ("named", name, extern[1], ""))
    scan.scope.define(name, extern)
    scan.exports[name] = extern


def _value(scan: ComponentScan, at: Cursor) -> None:
    scan.features.add("component-model-values")
    value(at, scan.scope)
    at.skip(at.u32())
    scan.scope.values += 1


# The operands of each canonical function after its opcode: t an index, o options,
# b a flag, v a core value type, r a list of results.
_OPERANDS = {
    0x02: "t", 0x03: "t", 0x04: "t", 0x05: "", 0x06: "b", 0x07: "t", 0x08: "", 0x09: "ro",
    0x0A: "vt", 0x0B: "vt", 0x0C: "b", 0x0D: "", 0x0E: "t", 0x0F: "to", 0x10: "to", 0x11: "tb",
    0x12: "tb", 0x13: "t", 0x14: "t", 0x15: "t", 0x16: "to", 0x17: "to", 0x18: "tb", 0x19: "tb",
    0x1A: "t", 0x1B: "t", 0x1C: "o", 0x1D: "o", 0x1E: "", 0x1F: "", 0x20: "bt", 0x21: "bt",
    0x22: "", 0x23: "", 0x24: "", 0x25: "", 0x26: "", 0x27: "tt", 0x28: "", 0x29: "b", 0x2A: "b",
    0x2B: "b", 0x2C: "b", 0x2D: "b", 0x40: "bt", 0x41: "btt", 0x42: "b",
}  # fmt: skip


def _canonical(scan: ComponentScan, at: Cursor) -> None:
    op = at.u8()
    if op < 2:
        if at.u8():
            raise at.bad("unknown form of canonical function")
        at.u32()
        _options(scan, at)
        if op == 0:
            kind = scan.scope.type(at, at.u32())
            if kind[0] != "func":
                raise at.bad("a function is lifted to what is no type of a function")
            scan.scope.funcs.append(kind)
        return
    operands = _OPERANDS.get(op)
    if operands is None:
        at.pos -= 1
        raise at.bad(f"unknown canonical function 0x{op:02x}")
    if op == 7:
        scan.features.add("component-model-async")
        at.u8()
        return
    if op >= 0x40 or 0x26 <= op <= 0x2D:
        scan.features.add("component-model-threading")
    elif 0x1C <= op <= 0x1E:
        scan.features.add("component-model-error-context")
    elif op > 4:
        scan.features.add("component-model-async")
    for operand in operands:
        if operand == "t":
            at.u32()
        elif operand == "b":
            at.u8()
        elif operand == "o":
            _options(scan, at)
        elif operand == "v":
            value_type(at, set())
        else:
            result_list(at, scan.scope)


def _options(scan: ComponentScan, at: Cursor) -> None:
    for _ in range(at.count()):
        option = at.u8()
        if option in (3, 4, 5, 7, 8):
            at.u32()
        elif option > 9:
            at.pos -= 1
            raise at.bad(f"unknown canonical option 0x{option:02x}")
        if option in (6, 7):
            scan.features.add("component-model-async")
        elif option > 7:
            scan.features.add("gc")


_READERS = {
    2: _core_instance, 3: _core_type, 5: _instance, 6: _alias, 7: _type, 8: _canonical,
    10: _import, 11: _export, 12: _value,
}  # fmt: skip
