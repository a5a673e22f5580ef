"""Modules that only pass calls on through a table, and those that fill that table.

Tools that make components write such a pair: a program's imports must be there before its memory
is, and what they are instead needs that memory.
"""

from __future__ import annotations

from typing import NamedTuple

from wherever.wasm.cursor import Cursor, Malformed, Work, open_bytes
from wherever.wasm.module import CoreModule, scan_module
from wherever.wasm.signatures import signature

_LOCAL_GET, _I32_CONST, _CALL_INDIRECT, _END = 0x20, 0x41, 0x11, 0x0B
_ELEMENTS, _CODE = 9, 10


class Jumps(NamedTuple):
    """A module whose functions call through its table.

    Attributes:
        slots: where each exported function jumps to.
        table: the name by which the table is exported.
    """

    slots: dict[str, int]
    table: str


class Fills(NamedTuple):
    """A module that puts what it imports into a table that it imports.

    Attributes:
        slots: the import, as module and name, that each slot gets.
        table: the import that the table is.
    """

    slots: dict[int, tuple[str, str]]
    table: tuple[str, str]


def jumps(data: bytes | memoryview) -> Jumps | None:
    """What a module is if its functions do nothing but jump; None for any other.

    Raises:
        Malformed: it is no module.
    """
    module, view = _scan(data)
    tables = [name for name, kind, _ in module.exports if kind == "table"]
    if (
        module.imports
        or len(module.tables) != 1
        or len(tables) != 1
        or _has_more(module)
        or module.element_count
    ):
        return None
    code = _section(module, view, _CODE)
    if code is None:
        return None
    slots: list[int] = []
    for index in range(code.count()):
        found = _jump(code.inner(code.u32()), module, index)
        if found is None:
            return None
        slots.append(found)
    named = {name: at for name, kind, at in module.exports if kind == "func"}
    if any(at >= len(slots) for at in named.values()):
        return None  # nor is it anything else
    return Jumps({name: slots[at] for name, at in named.items()}, tables[0])


def _jump(body: Cursor, module: CoreModule, index: int) -> int | None:
    """The slot that a function jumps to with its own arguments."""
    kind = module.function_type(index)
    text = module.type_text("func", index)
    if not text or body.u32():
        return None  # it has no type, or variables
    params, _ = signature(text)
    for number in range(len(params)):
        if body.u8() != _LOCAL_GET or body.u32() != number:
            return None
    if body.u8() != _I32_CONST:
        return None
    slot = body.signed(32)
    if body.u8() != _CALL_INDIRECT or body.u32() != kind or body.u32() != 0:
        return None
    return slot if body.u8() == _END and body.pos == body.end and slot >= 0 else None


def fills(data: bytes | memoryview) -> Fills | None:
    """What a module is if it only fills a table; None for any other.

    Raises:
        Malformed: it is no module.
    """
    module, view = _scan(data)
    tables = [(own, name) for own, name, kind in module.imports if kind == "table"]
    functions = [(own, name) for own, name, kind in module.imports if kind == "func"]
    if (
        len(tables) != 1
        or module.exports
        or len(module.tables) != 1
        or module.function_count != len(functions)
        or _has_more(module)
    ):
        return None
    elements = _section(module, view, _ELEMENTS)
    if elements is None or elements.u32() != 1 or elements.u32() != 0:
        return None
    if elements.u8() != _I32_CONST:
        return None
    start = elements.signed(32)
    if elements.u8() != _END or start < 0:
        return None
    given = [elements.u32() for _ in range(elements.count())]
    if any(index >= len(functions) for index in given):
        return None
    return Fills({start + at: functions[index] for at, index in enumerate(given)}, tables[0])


def _scan(data: bytes | memoryview) -> tuple[CoreModule, memoryview]:
    view = open_bytes(data)
    return scan_module(Cursor(view, 0, len(view), Work())), view


def _has_more(module: CoreModule) -> bool:
    """Whether it has anything besides functions and a table."""
    return bool(module.memories or module.globals or module.tags or module.data_count) or (
        module.start is not None
    )


def _section(module: CoreModule, view: memoryview, wanted: int) -> Cursor | None:
    for kind, offset, size in module.sections:
        if kind == wanted:
            return Cursor(view, offset, offset + size, Work())
    return None


__all__ = ["Fills", "Jumps", "Malformed", "fills", "jumps"]
