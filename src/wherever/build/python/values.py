"""What runs inside a library: values of the tool's classes become the user's, and back.

This file is copied into every Python library and imports nothing of ours but what is copied too.
The shapes that it reads were made from the annotations, by `wherever.build.deriving.python`.
"""

from __future__ import annotations

import importlib
from typing import Any

from wherever.build.python.checks import (
    PLAIN,
    Convert,
    Unfit,
    case_of,
    flags,
    handle,
    integer,
    items,
    listed,
    one_of,
    pairs,
    row,
    text,
    unfit,
)

Shape = tuple[Any, ...]

_MAKERS: dict[str, Convert] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_RUNTIME: dict[str, Any] = {
    **_MAKERS,
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "dict": dict,
    "bytes": (bytes, bytearray, memoryview),
}


class Values:
    """Makes what converts values of each shape.

    Args:
        made: the module that the tool generated for the interface.
        types: by name: what the tool calls it, its shape, and what the tool calls its parts.
    """

    def __init__(self, made: Any, types: dict[str, tuple[str, Shape, tuple[str, ...]]]) -> None:
        self._made = made
        self._types = types
        self._into: dict[str, Convert] = {}
        self._out: dict[str, Convert] = {}
        self.classes: dict[str, Any] = {}
        for name, (own, shape, _) in types.items():
            if shape[0] == "resource":
                self.classes[name] = type(own, (), {})

    def case(self, name: str, at: int) -> Any:
        """The tool's class for a case of a variant."""
        own, _, parts = self._types[name]
        return getattr(self._made, f"{own}_{parts[at]}")

    def into(self, shape: Shape) -> Convert | None:
        """What makes the user's value of one of the tool's; None where they are the same."""
        word, *rest = shape
        if word == "named":
            name = rest[0]
            if name not in self._into:
                self._into[name] = self._into_named(name)
            return self._into[name]
        if word == "bytes":
            return bytearray if rest[0] == "bytearray" else None
        if word == "octets":
            make = _MAKERS[rest[1]]
            return (lambda v: make(memoryview(v).cast("b"))) if rest[0] else make
        if word == "option":
            inner = self.into(rest[0])
            return None if inner is None else _optional(inner)
        if word == "list":
            inner, make = self.into(rest[0]), _MAKERS[rest[1]]
            if inner is None:
                return None if make is list else make
            return lambda values: make([inner(value) for value in values])
        if word == "tuple":
            parts = [self.into(each) or _same for each in rest[0]]
            if all(each is _same for each in parts):
                return None
            return lambda values: tuple([f(v) for f, v in zip(parts, values, strict=True)])
        if word == "dict":
            key, held = self.into(rest[0]) or _same, self.into(rest[1]) or _same
            return lambda pairs: {key(k): held(v) for k, v in pairs}
        return None

    def out(self, shape: Shape) -> Convert:
        """What makes one of the tool's values of the user's, or raises `Unfit`."""
        word, *rest = shape
        if word == "named":
            name = rest[0]
            if name not in self._out:
                self._out[name] = self._out_named(name)
            return self._out[name]
        if word == "int":
            return integer(*rest)
        if word == "option":
            return _optional(self.out(rest[0]))
        if word == "octets":
            number = integer(-128, 127) if rest[0] else integer(0, 255)
            return lambda values: bytes([number(v) & 255 for v in listed(values)])
        if word == "list":
            return items(self.out(rest[0]))
        if word == "tuple":
            return row([self.out(each) for each in rest[0]])
        if word == "dict":
            return pairs(*(self.out(each) for each in rest))
        return PLAIN[word]

    def _into_named(self, name: str) -> Convert:
        own, shape, _ = self._types[name]
        word, *rest = shape
        if word == "resource":
            return lambda value: value._own
        made = getattr(self._made, own)
        if word == "record":
            return self._record_in(*rest)
        if word == "literal":
            return dict(zip(made, rest[0], strict=True)).__getitem__
        if word == "enum":
            members = [getattr(found(rest[0]), each) for each in rest[1]]
            return dict(zip(made, members, strict=True)).__getitem__
        if word == "flags":
            owner = found(rest[0])
            bits = [(bit, getattr(owner, each)) for bit, each in zip(made, rest[1], strict=True)]
            return lambda value: owner(sum(own.value for bit, own in bits if bit in value))
        cases = {}
        for at, (_, inner) in enumerate(rest[0]):
            if inner[0] == "empty":
                cases[self.case(name, at)] = _empty(found(inner[1]))
            else:
                cases[self.case(name, at)] = _case_in(self.into(inner) or _same)
        return lambda value: cases[type(value)](value)

    def _out_named(self, name: str) -> Convert:
        own, shape, _ = self._types[name]
        word, *rest = shape
        if word == "resource":
            return handle(found(rest[0]), self.classes[name])
        made = getattr(self._made, own)
        if word == "record":
            return self._record_out(made, *rest)
        if word == "literal":
            return one_of(dict(zip(rest[0], made, strict=True)))
        if word == "enum":
            members = [getattr(found(rest[0]), each) for each in rest[1]]
            return one_of(dict(zip(members, made, strict=True)))
        if word == "flags":
            owner = found(rest[0])
            return flags(owner, [getattr(owner, each) for each in rest[1]], made)
        known: list[tuple[Any, Any, Convert | None]] = []
        for at, (runtime, inner) in enumerate(rest[0]):
            case = self.case(name, at)
            if inner[0] == "empty":
                known.append((found(inner[1]), case, None))
            else:
                known.append((self._runtime(runtime), case, self.out(inner)))
        return case_of(known)

    def _runtime(self, name: str) -> Any:
        if name[:1] != "@":
            return _RUNTIME[name]
        return found(self._types[name[1:]][1][1])

    def _record_in(self, key: tuple[str, str], style: str, fields: Any) -> Convert:
        owner = found(key)
        each = [
            (own, theirs, self.into(shape) or _same, init, optional)
            for own, theirs, shape, init, optional in fields
        ]
        if style == "typeddict":
            return lambda value: {
                own: convert(got)
                for own, theirs, convert, _, optional in each
                if (got := getattr(value, theirs)) is not None or not optional
            }
        given = [(own, theirs, convert) for own, theirs, convert, init, _ in each if init]
        return lambda value: owner(**{o: convert(getattr(value, t)) for o, t, convert in given})

    def _record_out(self, made: Any, key: tuple[str, str], style: str, fields: Any) -> Convert:
        owner = found(key)
        each = [(own, self.out(shape), optional) for own, _, shape, _, optional in fields]

        def record(value: Any) -> Any:
            if style == "typeddict":
                if not isinstance(value, dict):
                    raise unfit(owner.__name__, value)
                got = [value.get(own) if optional else value[own] for own, _, optional in each]
            else:
                if not isinstance(value, owner):
                    raise unfit(owner.__name__, value)
                got = [getattr(value, own) for own, _, _ in each]
            values = []
            for (own, convert, _), one in zip(each, got, strict=True):
                try:
                    values.append(convert(one))
                except Unfit as error:
                    error.path.append(f".{own}")
                    raise
            return made(*values)

        return record


def found(key: tuple[str, str]) -> Any:
    """What a module of the user's, or of Python's, calls so."""
    return getattr(importlib.import_module(key[0]), key[1])


def text_of(error: BaseException) -> str:
    """What an exception says, or its name where it says nothing."""
    return text(str(error)) or type(error).__name__


def _same(value: Any) -> Any:
    return value


def _optional(inner: Convert) -> Convert:
    return lambda value: None if value is None else inner(value)


def _empty(owner: Any) -> Convert:
    return lambda value: owner()


def _case_in(convert: Convert) -> Convert:
    return lambda value: convert(value.value)
