"""Values that lie somewhere else than where they are told of: strings and lists.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

import struct
from array import array

from wherever.component.broken import Broken
from wherever.component.codec import Codec, said
from wherever.component.scalars import NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.component.codec import Call
    from wherever.wit.model import Type

_PAIR = struct.Struct("<II")
_UTF16 = 1 << 31
_OBJECT = 32
"""Bytes that an element takes here, at least, where it is no number."""


def string(kind: Type) -> Codec:
    def read(call: Call, at: int, count: int) -> str:
        if call.encoding == "utf8":
            span, codec = call.span(at, count, 1, "a string"), "utf-8"
        elif call.encoding == "utf16" or count & _UTF16:
            count &= ~_UTF16
            span, codec = call.span(at, 2 * count, 2, "a string"), "utf-16-le"
        else:
            span, codec = call.span(at, count, 2, "a string"), "latin-1"
        try:
            return str(span, codec)
        except UnicodeDecodeError as error:
            raise Broken(f"gave a string that is no {codec}: {error.reason}") from None

    def write(call: Call, value: Any) -> tuple[int, int]:
        if not isinstance(value, str):
            raise TypeError(f"string: {said(value)} is not a string")
        is_utf8 = call.encoding == "utf8"
        try:
            data = value.encode("utf-8" if is_utf8 else "utf-16-le")
        except UnicodeEncodeError:
            raise ValueError("string: half of a surrogate pair is no character") from None
        at = call.room(len(data), 1 if is_utf8 else 2)
        call.data[at : at + len(data)] = data
        if is_utf8:
            return at, len(data)
        return at, len(data) // 2 | (_UTF16 if call.encoding == "latin1+utf16" else 0)

    return pointed(kind, read, write)


def pointed(
    kind: Type,
    read: Callable[[Call, int, int], Any],
    write: Callable[[Call, Any], tuple[int, int]],
) -> Codec:
    unpack, pack = _PAIR.unpack_from, _PAIR.pack_into

    def lower(call: Call, value: Any, out: list[Any]) -> None:
        out.extend(write(call, value))

    def store(call: Call, at: int, value: Any) -> None:
        pair = write(call, value)
        pack(call.data, at, *pair)

    return Codec(
        kind,
        lambda call, at: read(call, *unpack(call.data, at)),
        store,
        lambda call, values: read(call, next(values) & 0xFFFFFFFF, next(values) & 0xFFFFFFFF),
        lower,
    )


def octets(kind: Type) -> Codec:
    def read(call: Call, at: int, count: int) -> bytes:
        return bytes(call.span(at, count, 1, "bytes"))

    def write(call: Call, value: Any) -> tuple[int, int]:
        try:
            data = value if value.__class__ is bytes else memoryview(value).cast("B")
        except TypeError:
            data = _u8s(value)
        size = len(data)
        at = call.room(size, 1)
        call.data[at : at + size] = data
        return at, size

    return pointed(kind, read, write)


def _u8s(value: Any) -> bytes:
    """A sequence of small numbers, which is as good as bytes."""
    if isinstance(value, (list, tuple)):
        try:
            return bytes(value)
        except (TypeError, ValueError):
            pass
    raise TypeError(f"list<u8>: {said(value)} is not bytes")


def _packed(letter: str, value: Any) -> array[Any]:
    if value.__class__ is not list:
        return array(letter, value)
    numbers = array(letter)
    numbers.fromlist(value)  # in half of the time
    return numbers


def listed(kind: Type, inner: Codec) -> Codec:
    step, align = inner.size, inner.align
    letter = NUMBERS.get(kind.inner.kind)
    load, store, rows = inner.load, inner.store, inner.rows

    def read(call: Call, at: int, count: int) -> list[Any]:
        span = call.span(at, count * step, align, "a list")
        if letter:
            numbers = array(letter)
            numbers.frombytes(span)
            return numbers.tolist()
        call.count(count * _OBJECT)
        if rows is not None:
            form, _, made = rows
            return [made(*each) for each in form.iter_unpack(span)]
        return [load(call, place) for place in range(at, at + count * step, step)]

    def write(call: Call, value: Any) -> tuple[int, int]:
        if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__len__"):
            raise TypeError(f"list: {said(value)} is not a list")
        count = len(value)
        at = call.room(count * step, align)
        # Where something is wrong, the elements one by one say what.
        if letter:
            try:
                call.data[at : at + count * step] = memoryview(_packed(letter, value)).cast("B")
                return at, count
            except (TypeError, OverflowError, ValueError):
                pass
        if rows is not None:
            form, parts, _ = rows
            pack, data = form.pack_into, call.data
            try:
                for place, each in zip(range(at, at + count * step, step), value, strict=True):
                    pack(data, place, *parts(each))
                return at, count
            except (AttributeError, TypeError, OverflowError, ValueError, struct.error):
                pass
        for place, each in zip(range(at, at + count * step, step), value, strict=True):
            store(call, place, each)
        return at, count

    return pointed(kind, read, write)
