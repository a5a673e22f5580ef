"""Core modules without extended constant expressions, which Node 20 has only behind a flag.

A linked library places its data at a base that another module gives: `base + 16`. Such segments
become passive ones and are put in place by a start function, which then calls the one there was.
"""

from __future__ import annotations

from wherever.bind.typescript.sections import Section, reader, sections
from wherever.wasm.cursor import Cursor, Malformed
from wherever.wasm.leb import leb

TYPE, IMPORT, FUNCTION, GLOBAL, START, ELEMENT, CODE, DATA, COUNT = 1, 2, 3, 6, 8, 9, 10, 11, 12
_ORDER = (TYPE, IMPORT, FUNCTION, 4, 5, 13, GLOBAL, 7, START, ELEMENT, COUNT, CODE, DATA)
"""Sections in the order they have; what stands between them stays where it is."""

_CONST, _GET, _END, _SET, _CALL, _PREFIX = 0x41, 0x23, 0x0B, 0x24, 0x10, 0xFC
_FUNCTION_TYPE = b"\x60\x00\x00"
_MUTABLE = 1


def plain(module: bytes) -> bytes:
    """The module with every constant expression as the first version of WebAssembly knows them."""
    found = sections(module)
    start = bytearray()
    globals_ = _globals(found, start)
    elements = _elements(found, start)
    datas = _datas(found, start)
    if not start:
        return module
    return _joined(found, globals_, elements, datas, bytes(start))


def _expression(cursor: Cursor) -> tuple[bytes, bool]:
    """The instructions of a constant expression without its end, and whether it has several."""
    begin = cursor.pos
    count = 0
    while (code := cursor.u8()) != _END:
        count += 1
        if code == _CONST:
            cursor.signed(32)
        elif code == 0x42:
            cursor.signed(64)
        elif code in (0x43, 0x44):
            cursor.skip(4 if code == 0x43 else 8)
        elif code in (_GET, 0xD2):
            cursor.u32()
        elif code == 0xD0:
            cursor.signed(33)
        elif code == 0xFD:
            cursor.u32()
            cursor.skip(16)
        elif code not in (0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E):
            raise cursor.bad(f"constant expressions have no instruction 0x{code:02x}")
    return bytes(cursor.data[begin : cursor.pos - 1]), count > 1


def _body(sections: list[Section], kind: int) -> bytes | None:
    return next((each.body for each in sections if each.kind == kind), None)


def _globals(sections: list[Section], start: bytearray) -> bytes | None:
    body = _body(sections, GLOBAL)
    if body is None:
        return None
    shared = _exported_globals(sections)
    index = _imported(sections, 3)
    cursor = reader(body)
    count = cursor.u32()
    out = bytearray(leb(count))
    for number in range(index, index + count):
        begin = cursor.pos
        cursor.signed(33)  # the type; those that refer to types take more than a byte
        kind = bytes(cursor.data[begin : cursor.pos])
        mutable = cursor.u8()
        code, is_long = _expression(cursor)
        # An exported one must stay as its importers know it.
        if not is_long or kind not in _ZEROS or (number in shared and mutable != _MUTABLE):
            out += kind + bytes([mutable]) + code + bytes([_END])
            continue
        out += kind + bytes([_MUTABLE]) + _ZEROS[kind] + bytes([_END])
        start += code + bytes([_SET]) + leb(number)
    return bytes(out)


_ZEROS = {b"\x7f": b"\x41\x00", b"\x7e": b"\x42\x00"}


def _elements(sections: list[Section], start: bytearray) -> bytes | None:
    body = _body(sections, ELEMENT)
    if body is None:
        return None
    cursor = reader(body)
    count = cursor.u32()
    out = bytearray(leb(count))
    for number in range(count):
        begin = cursor.pos
        flags = cursor.u32()
        is_active = not flags & 1
        table = cursor.u32() if flags & 2 and is_active else 0
        code, is_long = _expression(cursor) if is_active else (b"", False)
        rest = cursor.pos
        if flags & 3:
            cursor.u8() if not flags & 4 else cursor.signed(33)
        size = cursor.u32()
        for _ in range(size):
            if flags & 4:
                _expression(cursor)
            else:
                cursor.u32()
        if not is_long:
            out += cursor.data[begin : cursor.pos]
            continue
        # Passive ones always say of what kind they are.
        kind = b"" if flags & 2 else (b"\x70" if flags & 4 else b"\x00")
        out += bytes([1 | (flags & 4)]) + kind + cursor.data[rest : cursor.pos]
        start += code + b"\x41\x00\x41" + _signed(size)
        start += bytes([_PREFIX, 12]) + leb(number) + leb(table)
        start += bytes([_PREFIX, 13]) + leb(number)
    return bytes(out)


def _datas(sections: list[Section], start: bytearray) -> bytes | None:
    body = _body(sections, DATA)
    if body is None:
        return None
    cursor = reader(body)
    count = cursor.u32()
    out = bytearray(leb(count))
    for number in range(count):
        begin = cursor.pos
        flags = cursor.u32()
        memory = cursor.u32() if flags == 2 else 0
        code, is_long = _expression(cursor) if flags != 1 else (b"", False)
        rest = cursor.pos
        size = cursor.u32()
        cursor.skip(size)
        if not is_long:
            out += cursor.data[begin : cursor.pos]
            continue
        out += b"\x01" + cursor.data[rest : cursor.pos]
        start += code + b"\x41\x00\x41" + _signed(size)
        start += bytes([_PREFIX, 8]) + leb(number) + leb(memory)
        start += bytes([_PREFIX, 9]) + leb(number)
    return bytes(out)


def _joined(
    sections: list[Section],
    globals_: bytes | None,
    elements: bytes | None,
    datas: bytes | None,
    start: bytes,
) -> bytes:
    types = _body(sections, TYPE) or b"\0"
    functions = _body(sections, FUNCTION) or b"\0"
    code = _body(sections, CODE) or b"\0"
    before = _body(sections, START)
    if before is not None:
        start += bytes([_CALL]) + before
    own = _imported(sections, 0) + _count(functions)
    body = b"\0" + start + bytes([_END])
    new = {
        TYPE: _more(types, _FUNCTION_TYPE),
        FUNCTION: _more(functions, leb(_count(types))),
        START: leb(own),
        CODE: _more(code, leb(len(body)) + body),
    }
    if globals_ is not None:
        new[GLOBAL] = globals_
    if elements is not None:
        new[ELEMENT] = elements
    if datas is not None:
        new[DATA] = datas
        new[COUNT] = leb(_count(datas))
    out = bytearray(b"\0asm\1\0\0\0")
    waiting = [kind for kind in _ORDER if kind in new]
    for each in sections:
        while waiting and each.kind and _ORDER.index(waiting[0]) < _ORDER.index(each.kind):
            kind = waiting.pop(0)
            out += bytes([kind]) + leb(len(new[kind])) + new[kind]
        if waiting and waiting[0] == each.kind:
            waiting.pop(0)
        found = new.get(each.kind, each.body) if each.kind else each.body
        out += bytes([each.kind]) + leb(len(found)) + found
    for kind in waiting:
        out += bytes([kind]) + leb(len(new[kind])) + new[kind]
    return bytes(out)


def _imported(sections: list[Section], wanted: int) -> int:
    """How many functions (0) or globals (3) a module imports."""
    body = _body(sections, IMPORT)
    if body is None:
        return 0
    cursor = reader(body)
    found = 0
    for _ in range(cursor.u32()):
        cursor.name()
        cursor.name()
        kind = cursor.u8()
        found += kind == wanted
        if kind == 0:
            cursor.u32()
        elif kind in (1, 2):
            if kind == 1:
                cursor.signed(33)
            flags = cursor.u32()
            cursor.u64()
            if flags & 1:
                cursor.u64()
        elif kind == 3:
            cursor.signed(33)
            cursor.u8()
        elif kind == 4:
            cursor.u8()
            cursor.u32()
        else:
            raise Malformed(f"an import of the unknown kind {kind}", cursor.pos)
    return found


def _exported_globals(sections: list[Section]) -> set[int]:
    body = _body(sections, 7)
    if body is None:
        return set()
    cursor = reader(body)
    found = set()
    for _ in range(cursor.u32()):
        cursor.name()
        kind = cursor.u8()
        index = cursor.u32()
        if kind == 3:
            found.add(index)
    return found


def _count(body: bytes) -> int:
    return reader(body).u32()


def _more(body: bytes, item: bytes) -> bytes:
    """A list with one item more."""
    cursor = reader(body)
    count = cursor.u32()
    return leb(count + 1) + body[cursor.pos :] + item


def _signed(value: int) -> bytes:
    out = bytearray()
    while True:
        low = value & 0x7F
        value >>= 7
        is_last = (value == 0 and not low & 0x40) or (value == -1 and bool(low & 0x40))
        out.append(low | (0 if is_last else 0x80))
        if is_last:
            return bytes(out)
