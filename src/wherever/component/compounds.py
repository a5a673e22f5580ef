"""Values made of others: records and tuples, and those that are one of several cases.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

import struct

from wherever.component.broken import Broken
from wherever.component.codec import Codec, said
from wherever.component.scalars import NUMBERS
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from wherever.component.codec import Call
    from wherever.wit.model import Type


def record(kind: Type, inner: list[Codec]) -> Codec:
    places, end = [], 0
    for each in inner:
        end = abi.up(end, each.align)
        places.append(end)
        end += each.size
    count = len(inner)
    loads = [(each.load, place) for each, place in zip(inner, places, strict=True)]
    stores = [(each.store, place) for each, place in zip(inner, places, strict=True)]
    lifts = [each.lift for each in inner]
    lowers = [each.lower for each in inner]

    def parts(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != count:
            raise TypeError(f"{kind.name or kind.kind}: {said(value)} is not {count} values")
        return value

    def store(call: Call, at: int, value: Any) -> None:
        for (put, place), each in zip(stores, parts(value), strict=True):
            put(call, at + place, each)

    def lower(call: Call, value: Any, out: list[Any]) -> None:
        for push, each in zip(lowers, parts(value), strict=True):
            push(call, each, out)

    def lift_all(call: Call, values: Iterator[Any]) -> tuple[Any, ...]:
        return tuple([lift(call, values) for lift in lifts])

    def load(call: Call, at: int) -> tuple[Any, ...]:
        return tuple([each(call, at + place) for each, place in loads])

    numbers = _numbers(kind, places)
    if numbers is not None:
        unpack, pack = numbers.unpack_from, numbers.pack_into

        def put(call: Call, at: int, value: Any) -> None:
            try:
                pack(call.data, at, *parts(value))
            except (struct.error, OverflowError):
                store(call, at, value)  # which knows what to say of each

        made = Codec(kind, lambda call, at: unpack(call.data, at), put, lift_all, lower)
        made.numbers = numbers
        return made
    return Codec(kind, load, store, lift_all, lower)


def _numbers(kind: Type, places: list[int]) -> struct.Struct | None:
    """A record of nothing but numbers, as it lies in memory."""
    form, end = "<", 0
    for (_, each), place in zip(kind.fields, places, strict=True):
        letter = NUMBERS.get(each.kind)
        if letter is None:
            return None
        form += "x" * (place - end) + letter
        end = place + abi.size(each)
    return struct.Struct(form + "x" * (abi.size(kind) - end))


def cases(kind: Type, inner: list[Codec | None]) -> Codec:
    count, name = len(inner), kind.name or kind.kind
    tag = struct.Struct("<" + {1: "B", 2: "H", 4: "I"}[abi.tag_size(kind)])
    unpack, pack = tag.unpack_from, tag.pack_into
    payload = abi.payload_at(kind)
    joined = abi.flat(kind)[1:]
    is_enum = kind.kind == "enum"
    readers = [_coerced(each.flat, joined) if each is not None else None for each in inner]
    zeros = [0.0 if core in ("f32", "f64") else 0 for core in joined]

    def case(number: int) -> int:
        if number >= count:
            raise Broken(f"gave case {number} of {name}, which has {count}")
        return number

    def chosen(value: Any) -> tuple[int, Any]:
        if is_enum:
            value = (value, None)
        if (
            not isinstance(value, tuple)
            or len(value) != 2
            or not isinstance(value[0], int)
            or not 0 <= value[0] < count
            or (value[1] is not None and inner[value[0]] is None)
        ):
            raise TypeError(f"{name}: {said(value)} is none of its cases")
        return value

    def load(call: Call, at: int) -> Any:
        number = case(unpack(call.data, at)[0])
        if is_enum:
            return number
        codec = inner[number]
        return number, None if codec is None else codec.load(call, at + payload)

    def store(call: Call, at: int, value: Any) -> None:
        number, given = chosen(value)
        codec = inner[number]
        if codec is not None:
            codec.store(call, at + payload, given)
        pack(call.data, at, number)

    def lift(call: Call, values: Iterator[Any]) -> Any:
        number = case(next(values) & 0xFFFFFFFF)
        given = [next(values) for _ in joined]
        if is_enum:
            return number
        codec, reader = inner[number], readers[number]
        if codec is None or reader is None:
            return number, None
        return number, codec.lift(call, iter(reader[0](given)))

    def lower(call: Call, value: Any, out: list[Any]) -> None:
        number, given = chosen(value)
        out.append(number)
        codec, reader = inner[number], readers[number]
        if codec is None or reader is None:
            out.extend(zeros)
            return
        own: list[Any] = []
        codec.lower(call, given, own)
        own = reader[1](own)
        out.extend(own)
        out.extend(zeros[len(own) :])

    return Codec(kind, load, store, lift, lower)


def _coerced(
    own: tuple[str, ...], joined: tuple[str, ...]
) -> tuple[Callable[[list[Any]], list[Any]], Callable[[list[Any]], list[Any]]]:
    """From the joined core values of a sum to those of one case, and back."""
    pairs = list(zip(own, joined, strict=False))

    def out_of(given: list[Any]) -> list[Any]:
        return [_from_bits(value, *pair) for value, pair in zip(given, pairs, strict=False)]

    def into(values: list[Any]) -> list[Any]:
        return [_to_bits(value, *pair) for value, pair in zip(values, pairs, strict=True)]

    return out_of, into


def _from_bits(value: Any, own: str, joined: str) -> Any:
    if own == joined:
        return value
    if own == "f32":
        return struct.unpack("<f", struct.pack("<I", value & 0xFFFFFFFF))[0]
    if own == "f64":
        return struct.unpack("<d", struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF))[0]
    return value & 0xFFFFFFFF


def _to_bits(value: Any, own: str, joined: str) -> Any:
    if own == joined:
        return value
    if own == "f32":
        try:
            return struct.unpack("<I", struct.pack("<f", value))[0]
        except OverflowError:
            return 0x7F800000 if value > 0 else 0xFF800000
    if own == "f64":
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    return value & 0xFFFFFFFF
