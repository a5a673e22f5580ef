"""Values that are one core value: numbers, booleans, characters, flags, handles.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

import struct

from wherever.component.broken import Broken
from wherever.component.codec import Codec, said
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from wherever.component.codec import Call
    from wherever.component.handles import Resource
    from wherever.wit.model import Type

NUMBERS = {
    "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q",
    "f32": "f", "f64": "d",
}  # fmt: skip

RANGES = {
    f"{letter}{bits}": (0, (1 << bits) - 1)
    if letter == "u"
    else (-(1 << bits - 1), (1 << bits - 1) - 1)
    for letter in "us"
    for bits in (8, 16, 32, 64)
}


def number(kind: Type) -> Codec:
    name = kind.kind
    packed = struct.Struct("<" + NUMBERS[name])
    unpack, pack = packed.unpack_from, packed.pack_into
    if name in ("f32", "f64"):

        def put_float(call: Call, at: int, value: Any) -> None:
            try:
                pack(call.data, at, value)
            except struct.error:
                raise TypeError(f"{name}: {said(value)} is not a number") from None
            except OverflowError:
                pack(call.data, at, float("inf") if value > 0 else float("-inf"))

        def push_float(_: Call, value: Any, out: list[Any]) -> None:
            if value.__class__ is not float and not isinstance(value, (int, float)):
                raise TypeError(f"{name}: {said(value)} is not a number")
            out.append(float(value))

        return Codec(
            kind,
            lambda call, at: unpack(call.data, at)[0],
            put_float,
            lambda _, values: next(values),
            push_float,
        )
    low, high = RANGES[name]
    bits = int(name[1:])
    mask, half = (1 << bits) - 1, 1 << bits - 1
    is_signed = name[0] == "s"

    def put(call: Call, at: int, value: Any) -> None:
        try:
            pack(call.data, at, value)
        except struct.error:
            refuse(value)

    def push(_: Call, value: Any, out: list[Any]) -> None:
        if value.__class__ is not int or not low <= value <= high:
            value = refuse(value)
        out.append(value)

    def refuse(value: Any) -> int:
        if isinstance(value, bool) or not hasattr(type(value), "__index__"):
            raise TypeError(f"{name}: {said(value)} is not a whole number")
        number = int(value.__index__())
        if not low <= number <= high:
            raise OverflowError(f"{name}: {said(number)} is not between {low} and {high}")
        return number

    def lift(_: Call, values: Iterator[Any]) -> int:
        value: int = next(values) & mask
        return value - (mask + 1) if is_signed and value >= half else value

    return Codec(kind, lambda call, at: unpack(call.data, at)[0], put, lift, push)


def boolean(kind: Type) -> Codec:
    def put(call: Call, at: int, value: Any) -> None:
        if value is not True and value is not False:
            raise TypeError(f"bool: {said(value)} is neither True nor False")
        call.data[at] = value

    def push(_: Call, value: Any, out: list[Any]) -> None:
        if value is not True and value is not False:
            raise TypeError(f"bool: {said(value)} is neither True nor False")
        out.append(int(value))

    return Codec(
        kind,
        lambda call, at: call.data[at] != 0,
        put,
        lambda _, values: next(values) != 0,
        push,
    )


def character(kind: Type) -> Codec:
    unpack = struct.Struct("<I").unpack_from
    pack = struct.Struct("<I").pack_into

    def read(number: int) -> str:
        if number >= 0x110000 or 0xD800 <= number <= 0xDFFF:
            raise Broken(f"gave 0x{number:x}, which is no character")
        return chr(number)

    def code(value: Any) -> int:
        if not isinstance(value, str) or len(value) != 1:
            raise TypeError(f"char: {said(value)} is not one character")
        if 0xD800 <= ord(value) <= 0xDFFF:
            raise ValueError("char: half of a surrogate pair is no character")
        return ord(value)

    return Codec(
        kind,
        lambda call, at: read(unpack(call.data, at)[0]),
        lambda call, at, value: pack(call.data, at, code(value)),
        lambda _, values: read(next(values) & 0xFFFFFFFF),
        lambda _, value, out: out.append(code(value)),
    )


def flags(kind: Type) -> Codec:
    size = abi.size(kind)
    mask = (1 << len(kind.parts)) - 1
    unpack = struct.Struct("<" + {1: "B", 2: "H", 4: "I"}[size]).unpack_from
    pack = struct.Struct("<" + {1: "B", 2: "H", 4: "I"}[size]).pack_into

    def bits(value: Any) -> int:
        if not isinstance(value, int) or not 0 <= value <= mask:
            raise TypeError(f"{kind.name or 'flags'}: {said(value)} is none of its flags")
        return int(value)

    return Codec(
        kind,
        lambda call, at: unpack(call.data, at)[0] & mask,
        lambda call, at, value: pack(call.data, at, bits(value)),
        lambda _, values: next(values) & mask,
        lambda _, value, out: out.append(bits(value)),
    )


def handle(kind: Type, resource: Resource) -> Codec:
    is_own = kind.kind == "own"
    unpack, pack = struct.Struct("<I").unpack_from, struct.Struct("<I").pack_into

    def read(call: Call, index: int) -> int:
        if is_own:
            return call.handles.give(index, resource)
        if call.scope is None:
            raise Broken(f"returned a borrowed {resource.name}")
        return call.handles.lend(index, resource, call.scope)

    def write(call: Call, value: Any) -> int:
        if not isinstance(value, int):
            raise TypeError(f"{said(value)} is no {resource.name}")
        if is_own:
            return call.handles.add(resource, value, True)
        if resource.owner is call.handles:
            return value
        return call.handles.add(resource, value, False, call.scope)

    return Codec(
        kind,
        lambda call, at: read(call, unpack(call.data, at)[0]),
        lambda call, at, value: pack(call.data, at, write(call, value)),
        lambda call, values: read(call, next(values) & 0xFFFFFFFF),
        lambda call, value, out: out.append(write(call, value)),
    )
