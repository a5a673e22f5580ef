"""Components whose core modules throw exceptions, as jco reads them: it knows no exceptions.

jco looks at what a core module imports and exports, and hands it on as it is. So it is given one
with the same imports and exports and nothing inside, and what it hands on is exchanged again.
"""

from __future__ import annotations

from wherever.bind.typescript.sections import HEADER, reader, sections
from wherever.wasm.leb import leb

_MODULE, _COMPONENT = 1, 4
_CUSTOM, _TYPE, _EXPORT, _START, _CODE, _DATA, _COUNT, _TAG = 0, 1, 7, 8, 10, 11, 12, 13
_TAG_SORT = 4
_FUNCTION = 0x60
_EXCEPTION, _EXTERNAL = 0x69, 0x6F
_NOTHING = b"\x03\x00\x00\x0b"
"""A function's body: no locals, `unreachable`, and its end."""

_NAME = b"\x06hollow"


def hollowed(component: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """A component that jco understands.

    Returns:
        It, and what each hollow module in it stands for.
    """
    known: dict[bytes, bytes] = {}
    return _component(component, known), known


def _component(data: bytes, known: dict[bytes, bytes]) -> bytes:
    made = bytearray(data[:HEADER])
    for kind, body in sections(data):
        found = body
        if kind == _COMPONENT:
            found = _component(body, known)
        elif kind == _MODULE and any(each == _TAG for each, _ in sections(body)):
            found = _hollow(body, len(known))
            known[found] = body
        made += bytes([kind]) + leb(len(found)) + found
    return bytes(made)


def _hollow(module: bytes, number: int) -> bytes:
    made = bytearray(module[:HEADER])
    for kind, body in sections(module):
        if kind in (_CUSTOM, _START, _DATA, _COUNT, _TAG):
            continue
        if kind == _TYPE:
            body = _types(body)
        elif kind == _EXPORT:
            body = _exports(body)
        elif kind == _CODE:
            count = reader(body).u32()
            body = leb(count) + _NOTHING * count
        made += bytes([kind]) + leb(len(body)) + body
    name = _NAME + leb(number)  # so that no two are the same
    return bytes(made) + bytes([_CUSTOM]) + leb(len(name)) + name


def _types(body: bytes) -> bytes:
    """Function types in which exceptions are references to something outside."""
    cursor = reader(body)
    made = bytearray(body)
    for _ in range(cursor.u32()):
        if cursor.u8() != _FUNCTION:
            return body
        for _ in range(2):
            for _ in range(cursor.u32()):
                at = cursor.pos
                if cursor.u8() in (0x63, 0x64):
                    at = cursor.pos
                    cursor.signed(33)
                if made[at] == _EXCEPTION:
                    made[at] = _EXTERNAL
    return bytes(made)


def _exports(body: bytes) -> bytes:
    """Exports without tags, which no component can link."""
    cursor = reader(body)
    left = []
    for _ in range(cursor.u32()):
        begin = cursor.pos
        cursor.skip(cursor.u32())
        sort = cursor.u8()
        cursor.u32()
        if sort != _TAG_SORT:
            left.append(body[begin : cursor.pos])
    return leb(len(left)) + b"".join(left)
