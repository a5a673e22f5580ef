"""The definitions of a component, out of its bytes."""

from __future__ import annotations

from dataclasses import replace

from wherever.errors import NotRunnable
from wherever.wasm.component import SECTIONS
from wherever.wasm.componenttypes import PRIMITIVES, SORTS, Scope, core_type, extern_name
from wherever.wasm.coretypes import value_type
from wherever.wasm.cursor import ITEM, MAX_DEPTH, PART, Cursor, Malformed, Work, open_bytes
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
    Options,
    OuterAlias,
    ResourceFunction,
    TypeOf,
)
from wherever.wasm.head import COMPONENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.definitions import Definition

CORE_SORTS = {
    0x00: "core func", 0x01: "core table", 0x02: "core memory", 0x03: "core global",
    0x04: "core tag", 0x10: "core type", 0x11: "module", 0x12: "core instance",
}  # fmt: skip

ENCODINGS = {0: "utf8", 1: "utf16", 2: "latin1+utf16"}


def definitions(data: bytes | bytearray | memoryview) -> tuple[Definition, ...]:
    """The definitions of a component.

    Raises:
        NotRunnable: it is no component, malformed, or costs too much to read.
    """
    view = open_bytes(data)
    if bytes(view[:8]) != COMPONENT:
        raise NotRunnable("this is no component", "it is called by its core functions")
    return _Reader(0).component(Cursor(view, 0, len(view), Work()))


class _Reader:
    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._out: list[Definition] = []

    def component(self, at: Cursor) -> tuple[Definition, ...]:
        if self._depth > MAX_DEPTH:
            raise at.bad(f"more than {MAX_DEPTH} components inside each other")
        if bytes(at.data[at.pos : at.pos + 8]) != COMPONENT:
            raise at.bad("no component starts here")
        at.skip(8)
        while at.pos < at.end:
            begin, kind = at.pos, at.u8()
            inner = at.inner(at.u32())
            at.work.spend(ITEM, begin)
            if kind == 1:
                self._out.append(CoreModule(inner.pos, inner.end - inner.pos))
            elif kind == 4:
                self._out.append(Nested(_Reader(self._depth + 1).component(inner)))
            elif kind in _READERS:
                for _ in range(inner.count()):
                    self._out.append(_READERS[kind](inner, self._depth))
                inner.finish(f"the {SECTIONS[kind]} section")
            elif kind:
                raise Malformed(f"a section {SECTIONS.get(kind, kind)} that is not read", begin)
        return tuple(self._out)


def _sort(at: Cursor) -> str:
    byte = at.u8()
    sort = CORE_SORTS.get(at.u8()) if byte == 0 else SORTS.get(byte)
    if sort is None:
        raise at.bad("an unknown sort")
    return sort


def _core_instance(at: Cursor, _: int) -> Definition:
    form = at.u8()
    if form == 0:
        module = at.u32()
        given = []
        for _each in range(at.count(3)):
            name = at.name()
            if at.u8() != 0x12:
                raise at.bad("a core module is given what is no instance")
            given.append((name, at.u32()))
        return CoreInstantiate(module, tuple(given))
    if form != 1:
        raise at.bad("unknown form of core instance")
    items = []
    for _each in range(at.count(3)):
        name, byte = at.name(), at.u8()
        if byte not in CORE_SORTS:
            raise at.bad("an unknown core sort")
        items.append((name, CORE_SORTS[byte], at.u32()))
    return CoreBundle(tuple(items))


def _core_type(at: Cursor, _: int) -> Definition:
    core_type(at, Scope(None, set()))
    return CoreType()


def _instance(at: Cursor, _: int) -> Definition:
    form = at.u8()
    if form not in (0, 1):
        raise at.bad("unknown form of instance")
    component = at.u32() if form == 0 else 0
    items = []
    for _each in range(at.count(3)):
        name = extern_name(at) if form else at.name()
        sort = _sort(at)
        items.append((name, sort, at.u32()))
    return Bundle(tuple(items)) if form else Instantiate(component, tuple(items))


def _alias(at: Cursor, _: int) -> Definition:
    sort, target = _sort(at), at.u8()
    if target in (0, 1):
        if target and not sort.startswith("core "):
            raise at.bad(f"a core instance exports no {sort}")
        return ExportAlias(sort, at.u32(), at.name(), target == 1)
    if target != 2:
        raise at.bad(f"unknown kind of alias 0x{target:02x}")
    return OuterAlias(sort, at.u32(), at.u32())


def _canonical(at: Cursor, _: int) -> Definition:
    op = at.u8()
    if op < 2:
        if at.u8():
            raise at.bad("unknown form of canonical function")
        index = at.u32()
        options = _options(at)
        return Lift(index, at.u32(), options) if op == 0 else Lower(index, options)
    if op in _RESOURCE:
        return ResourceFunction(_RESOURCE[op], at.u32())
    raise at.bad("a function of tasks, streams or threads, which nothing here can play")


_RESOURCE = {2: "new", 3: "drop", 4: "rep"}


def _options(at: Cursor) -> Options:
    found = Options()
    for _ in range(at.count()):
        option = at.u8()
        if option in ENCODINGS:
            found = replace(found, encoding=ENCODINGS[option])
        elif option == 3:
            found = replace(found, memory=at.u32())
        elif option == 4:
            found = replace(found, realloc=at.u32())
        elif option == 5:
            found = replace(found, post_return=at.u32())
        elif option in _OTHER:
            if option in (7, 8):
                at.u32()
            found = replace(found, other=_OTHER[option])
        else:
            raise at.bad(f"unknown canonical option 0x{option:02x}")
    return found


_OTHER = {6: "async", 7: "callback", 8: "core type", 9: "gc"}


def _import(at: Cursor, _: int) -> Definition:
    return _declared(at, extern_name(at))


def _declared(at: Cursor, name: str) -> Import:
    form = at.u8()
    if form == 0:
        if at.u8() != 0x11:
            raise at.bad("unknown core kind of import or export")
        return Import(name, "module", at.u32())
    if form == 3:
        bound = at.u8()
        if bound > 1:
            raise at.bad("unknown bound of a type")
        return Import(name, "type", ("sub",) if bound else ("eq", at.u32()))
    if form in (1, 4, 5):
        return Import(name, SORTS[form], at.u32())
    raise at.bad(f"unknown kind of import or export 0x{form:02x}")


def _export(at: Cursor, _: int) -> Definition:
    name = extern_name(at)
    sort = _sort(at)
    found = Export(name, sort, at.u32())
    if at.u8():
        _declared(at, name)
    return found


def _type(at: Cursor, depth: int) -> Definition:
    return TypeOf(_form(at, depth))


def _form(at: Cursor, depth: int) -> tuple[Any, ...]:
    byte = at.u8()
    if byte in PRIMITIVES:
        return ("value", PRIMITIVES[byte])
    if byte in (0x70, 0x6B):
        return ("list" if byte == 0x70 else "option", _value(at))
    if byte in (0x69, 0x68):
        return ("own" if byte == 0x69 else "borrow", at.u32())
    if byte == 0x72:
        return ("record", tuple((at.name(), _value(at)) for _ in range(at.count(2))))
    if byte == 0x71:
        return ("variant", tuple(_case(at) for _ in range(at.count(3))))
    if byte == 0x6F:
        return ("tuple", tuple(_value(at) for _ in range(at.count(cost=PART))))
    if byte in (0x6E, 0x6D):
        names = tuple(at.name() for _ in range(at.count(cost=PART)))
        return ("flags" if byte == 0x6E else "enum", names)
    if byte == 0x6A:
        return ("result", _optional(at), _optional(at))
    if byte in (0x40, 0x43):
        params = tuple((at.name(), _value(at)) for _ in range(at.count(2)))
        return ("func", params, _result(at), byte == 0x43)
    if byte in (0x3F, 0x3E):
        value_type(at, set())
        return ("resource", at.u32() if at.u8() else None)
    if byte in (0x41, 0x42):
        return ("component" if byte == 0x41 else "instance", _declarations(at, depth + 1))
    at.pos -= 1
    raise at.bad(f"a type 0x{byte:02x} that no value of ours has")


def _value(at: Cursor) -> str | int:
    name = PRIMITIVES.get(at.peek())
    if name is not None:
        at.pos += 1
        return name
    index = at.signed(33)
    if index < 0:
        raise at.bad("unknown value type")
    return index


def _optional(at: Cursor) -> str | int | None:
    return _value(at) if at.u8() else None


def _case(at: Cursor) -> tuple[str, str | int | None]:
    found = (at.name(), _optional(at))
    if at.u8():
        raise at.bad("a case that refines another")
    return found


def _result(at: Cursor) -> str | int | None:
    form = at.u8()
    if form == 0:
        return _value(at)
    if form != 1 or at.u8():
        raise at.bad("unknown form of results")
    return None


def _declarations(at: Cursor, depth: int) -> tuple[Definition, ...]:
    """What an instance or component type says; its exports are of the form of imports."""
    if depth > MAX_DEPTH:
        raise at.bad(f"more than {MAX_DEPTH} types inside each other")
    found: list[Definition] = []
    for _ in range(at.count(2)):
        kind = at.u8()
        if kind == 0:
            found.append(_core_type(at, depth))
        elif kind == 1:
            found.append(_type(at, depth))
        elif kind == 2:
            found.append(_alias(at, depth))
        elif kind in (3, 4):
            found.append(_declared(at, extern_name(at)))
        else:
            raise at.bad(f"unknown declaration 0x{kind:02x}")
    return tuple(found)


_READERS = {
    2: _core_instance, 3: _core_type, 5: _instance, 6: _alias, 7: _type, 8: _canonical,
    10: _import, 11: _export,
}  # fmt: skip
