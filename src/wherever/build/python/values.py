"""What runs inside a library: values of the tool's classes become the user's, and back.

This file is copied into every Python library and imports nothing of ours. The shapes that it reads
were made from the annotations, by `wherever.build.deriving.python`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

Convert = Callable[[Any], Any]
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


class Unfit(Exception):
    """A value that is not what its annotation says, and where in the whole it is."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.path: list[str] = []

    def __str__(self) -> str:
        place = "".join(reversed(self.path))
        return f"{place}: {self.args[0]}" if place else str(self.args[0])


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
            return _int(*rest)
        if word == "option":
            return _optional(self.out(rest[0]))
        if word == "octets":
            number = _int(-128, 127) if rest[0] else _int(0, 255)
            return lambda values: bytes([number(v) & 255 for v in _listed(values)])
        if word == "list":
            return _list(self.out(rest[0]))
        if word == "tuple":
            return _tuple([self.out(each) for each in rest[0]])
        if word == "dict":
            return _dict(*(self.out(each) for each in rest))
        return _PLAIN[word]

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
            return _resource(found(rest[0]), self.classes[name])
        made = getattr(self._made, own)
        if word == "record":
            return self._record_out(made, *rest)
        if word == "literal":
            return _one_of(dict(zip(rest[0], made, strict=True)))
        if word == "enum":
            members = [getattr(found(rest[0]), each) for each in rest[1]]
            return _one_of(dict(zip(members, made, strict=True)))
        if word == "flags":
            owner = found(rest[0])
            return _flags(owner, [getattr(owner, each) for each in rest[1]], made)
        known: list[tuple[Any, Any, Convert | None]] = []
        for at, (runtime, inner) in enumerate(rest[0]):
            case = self.case(name, at)
            if inner[0] == "empty":
                known.append((found(inner[1]), case, None))
            else:
                known.append((self._runtime(runtime), case, self.out(inner)))
        return _variant(known)

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
                    raise _unfit(owner.__name__, value)
                got = [value.get(own) if optional else value[own] for own, _, optional in each]
            else:
                if not isinstance(value, owner):
                    raise _unfit(owner.__name__, value)
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
    return _str(str(error)) or type(error).__name__


def _unfit(wanted: str, value: object) -> Unfit:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return Unfit(f"{wanted} is wanted, and this is {type(value).__name__}: {shown}")


def _same(value: Any) -> Any:
    return value


def _optional(inner: Convert) -> Convert:
    return lambda value: None if value is None else inner(value)


def _empty(owner: Any) -> Convert:
    return lambda value: owner()


def _case_in(convert: Convert) -> Convert:
    return lambda value: convert(value.value)


def _int(low: int, high: int) -> Convert:
    def number(value: Any) -> Any:
        if not isinstance(value, int):
            raise _unfit("int", value)
        if not low <= value <= high:
            raise Unfit(f"{str(value)[:40]} is not from {low} to {high}")
        return value

    return number


def _float(value: Any) -> Any:
    if not isinstance(value, (float, int)):
        raise _unfit("float", value)
    try:
        return float(value)
    except OverflowError:
        raise Unfit("an int that is too large for a float") from None


def _bool(value: Any) -> Any:
    if not isinstance(value, bool):
        raise _unfit("bool", value)
    return value


def _str(value: Any) -> Any:
    if not isinstance(value, str):
        raise _unfit("str", value)
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        raise Unfit(f"a text with half a character: {value[:40]!a}") from None
    return value


def _char(value: Any) -> Any:
    if len(_str(value)) != 1:
        raise _unfit("a single character", value)
    return value


def _bytes(value: Any) -> Any:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise _unfit("bytes", value)
    return bytes(value)


_PLAIN = {"float": _float, "bool": _bool, "str": _str, "char": _char, "bytes": _bytes}


def _listed(values: Any) -> Any:
    if isinstance(values, (str, bytes, dict)) or not hasattr(type(values), "__iter__"):
        raise _unfit("list", values)
    return values


def _list(convert: Convert) -> Convert:
    def listed(values: Any) -> Any:
        done = []
        for at, value in enumerate(_listed(values)):
            try:
                done.append(convert(value))
            except Unfit as error:
                error.path.append(f"[{at}]")
                raise
        return done

    return listed


def _tuple(parts: Sequence[Convert]) -> Convert:
    def tupled(values: Any) -> Any:
        if not isinstance(values, tuple) or len(values) != len(parts):
            raise _unfit(f"a tuple of {len(parts)}", values)
        done = []
        for at, (convert, value) in enumerate(zip(parts, values, strict=True)):
            try:
                done.append(convert(value))
            except Unfit as error:
                error.path.append(f"[{at}]")
                raise
        return tuple(done)

    return tupled


def _dict(key: Convert, value: Convert) -> Convert:
    def listed(values: Any) -> Any:
        try:
            pairs = values.items()
        except AttributeError:
            raise _unfit("dict", values) from None
        done = []
        for k, v in pairs:
            try:
                done.append((key(k), value(v)))
            except Unfit as error:
                error.path.append(f"[{str(k)[:40]!r}]")
                raise
        return done

    return listed


def _one_of(members: dict[Any, Any]) -> Convert:
    def member(value: Any) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise _unfit(f"one of {', '.join(map(str, members))}"[:200], value) from None

    return member


def _flags(owner: Any, bits: Sequence[Any], made: Any) -> Convert:
    def flags(value: Any) -> Any:
        if not isinstance(value, owner):
            raise _unfit(owner.__name__, value)
        total = 0
        for at, bit in enumerate(bits):
            if value & bit:
                total |= 1 << at
        return made(total)

    return flags


def _resource(owner: Any, made: Any) -> Convert:
    def resource(value: Any) -> Any:
        if not isinstance(value, owner):
            raise _unfit(owner.__name__, value)
        handle = made.__new__(made)
        handle._own = value
        return handle

    return resource


def _variant(cases: Sequence[tuple[Any, Any, Convert | None]]) -> Convert:
    exact = {owner: (case, convert) for owner, case, convert in cases if isinstance(owner, type)}
    names = [getattr(owner, "__name__", "bytes") for owner, _, _ in cases]

    def variant(value: Any) -> Any:
        chosen = exact.get(type(value))
        if chosen is None:
            for owner, case, convert in cases:
                if isinstance(value, owner):
                    chosen = case, convert
                    break
            else:
                if isinstance(value, int) and float in exact:
                    chosen = exact[float]
                else:
                    raise _unfit(" or ".join(names), value)
        case, convert = chosen
        return case() if convert is None else case(convert(value))

    return variant
