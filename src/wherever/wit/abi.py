"""The canonical ABI's arithmetic: how types lie in memory, and as values of a core module."""

from __future__ import annotations

from wherever.wit.model import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.wit.model import Function, Type

MOST_PARAMS = 16
"""Core values that parameters may have; more of them are given in memory."""

SUMS = ("variant", "option", "result", "enum")
"""Kinds of types that are one of several cases."""

_SIZES = {
    "bool": 1,
    "u8": 1,
    "s8": 1,
    "u16": 2,
    "s16": 2,
    "u32": 4,
    "s32": 4,
    "u64": 8,
    "s64": 8,
    "f32": 4,
    "f64": 8,
    "char": 4,
    "string": 8,
    "list": 8,
    "own": 4,
    "borrow": 4,
}
_CORE = {"u64": ("i64",), "s64": ("i64",), "f32": ("f32",), "f64": ("f64",)}


def align(kind: Type) -> int:
    """What a type's place in memory is a multiple of, in bytes."""
    if kind.kind in ("string", "list"):
        return 4
    if kind.kind in _SIZES:
        return _SIZES[kind.kind]
    if kind.kind == "flags":
        return size(kind)
    inner = max((align(each) for _, each in kind.parts if each is not None), default=1)
    return max(inner, tag_size(kind)) if kind.kind in SUMS else inner


def size(kind: Type) -> int:
    """The bytes that a type takes in memory."""
    if kind.kind in _SIZES:
        return _SIZES[kind.kind]
    if kind.kind == "flags":
        count = len(kind.parts)
        return 1 if count <= 8 else 2 if count <= 16 else 4
    if kind.kind in SUMS:
        payloads = [each for _, each in kind.parts if each is not None]
        start = up(tag_size(kind), max(map(align, payloads), default=1))
        return up(start + max(map(size, payloads), default=0), align(kind))
    return places(each for _, each in kind.fields)[1]


def places(kinds: Iterable[Type]) -> tuple[list[int], int]:
    """Where values lie one after the other, and the bytes that all of them take."""
    found, end, widest = [], 0, 1
    for kind in kinds:
        end = up(end, align(kind))
        found.append(end)
        end += size(kind)
        widest = max(widest, align(kind))
    return found, up(end, widest)


def tag_size(kind: Type) -> int:
    """The bytes that say which case it is."""
    count = len(kind.parts)
    return 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4


def payload_at(kind: Type) -> int:
    """Where the value of a case lies, from the start of its sum."""
    inner = [align(each) for _, each in kind.parts if each is not None]
    return up(tag_size(kind), max(inner, default=1))


def up(place: int, to: int) -> int:
    """The next multiple.

    >>> up(5, 4), up(8, 4)
    (8, 8)
    """
    return (place + to - 1) // to * to


def flat(kind: Type) -> tuple[str, ...]:
    """The core values that a type is passed as: "i32", "i64", "f32" and "f64"."""
    if kind.kind in _CORE:
        return _CORE[kind.kind]
    if kind.kind in ("string", "list"):
        return ("i32", "i32")
    if kind.kind in ("record", "tuple"):
        return tuple(core for _, each in kind.fields for core in flat(each))
    if kind.kind not in SUMS:
        return ("i32",)
    joined: list[str] = []
    for _, each in kind.parts:
        for at, core in enumerate(flat(each) if each is not None else ()):
            if at == len(joined):
                joined.append(core)
            else:
                joined[at] = _join(joined[at], core)
    return ("i32", *joined)


def flat_params(function: Function) -> tuple[str, ...]:
    """The core values of all parameters, however many."""
    return tuple(core for _, each in function.params for core in flat(each))


def starts(function: Function) -> list[int]:
    """Which core value each parameter begins with."""
    found, at = [], 0
    for _, kind in function.params:
        found.append(at)
        at += len(flat(kind))
    return found


def in_memory(function: Function) -> bool:
    """Whether the parameters are too many to be anywhere but in memory."""
    return len(flat_params(function)) > MOST_PARAMS


def returns_in_memory(function: Function) -> bool:
    """Whether the result is more than one core value."""
    return function.result is not None and len(flat(function.result)) > 1


def points(kind: Type | None) -> bool:
    """Whether a value of the type points to memory of its own."""
    return any(each.kind in ("string", "list") for each in within([kind]))


def _join(one: str, other: str) -> str:
    if one == other:
        return one
    return "i32" if {one, other} == {"i32", "f32"} else "i64"
