"""The classes of a component's types, and how their values cross."""

from __future__ import annotations

import enum
from dataclasses import dataclass, make_dataclass
from operator import attrgetter
from typing import Any, Union

from wherever.component.codec import Codec, said
from wherever.component.python.names import camel, snake, upper
from wherever.component.python.values import Err, Ok, Some
from wherever.errors import ResultError
from wherever.wit.model import Function, Interface, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HINTS: dict[str, Any] = {
    "bool": bool, "char": str, "string": str, "f32": float, "f64": float,
    **{f"{sign}{bits}": int for sign in "us" for bits in (8, 16, 32, 64)},
}  # fmt: skip

_LIST: Any = list
_TUPLE: Any = tuple
_UNION: Any = Union
_SOME: Any = Some
_OK: Any = Ok
_ERR: Any = Err
_ENUM: Any = enum.Enum
_FLAG: Any = enum.Flag

_CLASSED = ("record", "variant", "enum", "flags")


class Classes:
    """The classes of all named types of some interfaces.

    Args:
        interfaces: where they come from.
        module: what they say they belong to.
    """

    def __init__(self, interfaces: Iterable[Interface], module: str) -> None:
        self._module = module
        self._made: dict[Type, Any] = {}
        self._errors: dict[Type, type[ResultError]] = {}
        interfaces = list(interfaces)
        self._raised = {
            error for each in interfaces for own in each.functions for error in _error_of(own)
        }
        self.resources: dict[Type, Any] = {}
        for interface in interfaces:
            for _, kind in interface.types:
                if kind.kind in _CLASSED:
                    self.of(kind)

    def of(self, kind: Type) -> Any:
        """The class of a named type."""
        if kind not in self._made:
            made: Any = {
                "record": self._record,
                "variant": self._variant,
                "enum": self._enum,
                "flags": self._flags,
            }[kind.kind](kind)
            made.__module__ = self._module
            self._made[kind] = made
        return self._made[kind]

    def error(self, kind: Type | None) -> type[ResultError]:
        """What is raised for an error of that type: the type's own class where it can be."""
        if kind is None or not kind.name:
            return ResultError
        if kind.kind in ("record", "variant"):
            found: type[ResultError] = self.of(kind)
            return found
        if kind not in self._errors:
            name = camel(kind.name)
            name += "Exception" if name.endswith("Error") else "Error"
            self._errors[kind] = type(name, (ResultError,), {"__module__": self._module})
        return self._errors[kind]

    @property
    def errors(self) -> dict[str, type[ResultError]]:
        """Exceptions that are no class of a type, by name."""
        return {each.__name__: each for each in self._errors.values()}

    def hint(self, kind: Type | None) -> Any:
        """The annotation for values of a type."""
        if kind is None:
            return None
        if kind.kind in _HINTS:
            return _HINTS[kind.kind]
        if kind.kind == "list":
            return bytes if kind.inner.kind == "u8" else _LIST[self.hint(kind.inner)]
        if kind.kind == "option":
            inner = self.hint(kind.inner)
            return _UNION[_SOME[inner] if can_be_none(kind.inner) else inner, None]
        if kind.kind == "tuple":
            return _TUPLE[tuple(self.hint(each) for _, each in kind.fields)]
        if kind.kind == "result":
            ok, err = (self.hint(each) for _, each in kind.parts)
            return _UNION[_OK[ok], _ERR[err]]
        if kind.kind in ("own", "borrow"):
            return self.resources.get(kind.inner, Any)
        return self.of(kind)

    def shape(self, kind: Type, codec: Codec) -> Codec:
        """A codec of Python's values, from that of a type's neutral ones."""
        pair = self._pair(kind)
        return codec if pair is None else shaped(kind, codec, *pair)

    def _pair(self, kind: Type) -> tuple[Callable[[Any], Any], Callable[[Any], Any]] | None:
        if kind.kind == "option":
            nests = can_be_none(kind.inner)
            return (_some_of, _of_some) if nests else (_value_of, _of_value)
        if kind.kind == "result":
            return _result_of, _of_result
        if kind.kind not in _CLASSED:
            return None
        if not kind.name and kind.kind != "record":
            return None
        made = self.of(kind)
        if kind.kind == "record":
            return _record_pair(made, [snake(name) for name, _ in kind.parts])
        if kind.kind == "variant":
            return _variant_pair(made, [camel(name) for name, _ in kind.parts])
        if kind.kind == "enum":
            return _enum_pair(made)
        return made, _flags_of(made)

    def _record(self, kind: Type) -> Any:
        names = [snake(name) for name, _ in kind.parts]
        hints = [self.hint(each) for _, each in kind.parts]
        fields = list(zip(names, hints, strict=True))
        if kind in self._raised:
            made: Any = make_dataclass(camel(kind.name), fields, bases=(ResultError,))
            made.__hash__ = object.__hash__
        else:
            made = make_dataclass(camel(kind.name), fields, slots=True)
        made.__doc__ = _docs(kind, names)
        return made

    def _variant(self, kind: Type) -> Any:
        bases = (ResultError,) if kind in self._raised else ()
        base = type(camel(kind.name), bases, {"__doc__": kind.docs or None})
        notes = kind.notes or ("",) * len(kind.parts)
        for (name, payload), note in zip(kind.parts, notes, strict=True):
            own = camel(name)
            space: dict[str, Any] = {"__doc__": note or None, "__annotations__": {}}
            if payload is not None:
                space["__annotations__"]["value"] = self.hint(payload)
            case: Any = dataclass(type(own, (base,), space))
            case.__qualname__ = f"{base.__name__}.{own}"
            case.__module__ = self._module
            if bases:
                case.__hash__ = object.__hash__
            setattr(base, own, case)
        return base

    def _enum(self, kind: Type) -> Any:
        made = _ENUM(
            camel(kind.name), [(upper(name), at) for at, (name, _) in enumerate(kind.parts)]
        )
        made.__doc__ = kind.docs or None
        return made

    def _flags(self, kind: Type) -> Any:
        made = _FLAG(
            camel(kind.name), [(upper(name), 1 << at) for at, (name, _) in enumerate(kind.parts)]
        )
        made.__doc__ = kind.docs or None
        return made


def can_be_none(kind: Type | None) -> bool:
    """Whether a value of the type may be None in Python."""
    return kind is not None and kind.kind == "option"


def shaped(
    kind: Type, codec: Codec, out: Callable[[Any], Any], back: Callable[[Any], Any]
) -> Codec:
    """A codec whose values go through `out` when read, and through `back` when written."""
    load, store, lift, lower = codec.load, codec.store, codec.lift, codec.lower
    return Codec(
        kind,
        lambda call, at: out(load(call, at)),
        lambda call, at, value: store(call, at, back(value)),
        lambda call, values: out(lift(call, values)),
        lambda call, value, into: lower(call, back(value), into),
    )


def _error_of(function: Function) -> list[Type]:
    result = function.result
    if result is None or result.kind != "result" or result.parts[1][1] is None:
        return []
    return [result.parts[1][1]]


def _docs(kind: Type, names: list[str]) -> str | None:
    lines = [kind.docs] if kind.docs else []
    noted = [f"    {name}: {note}" for name, note in zip(names, kind.notes, strict=False) if note]
    return "\n".join([*lines, *(["", "Attributes:", *noted] if noted else [])]) or None


def _value_of(value: Any) -> Any:
    return value[1] if value[0] else None


def _of_value(value: Any) -> Any:
    return (0, None) if value is None else (1, value)


def _some_of(value: Any) -> Any:
    return Some(value[1]) if value[0] else None


def _of_some(value: Any) -> Any:
    if value is None:
        return 0, None
    if not isinstance(value, Some):
        raise TypeError(f"option: {said(value)} is neither None nor a wherever.Some")
    return 1, value.value


def _result_of(value: Any) -> Any:
    return Err(value[1]) if value[0] else Ok(value[1])


def _of_result(value: Any) -> Any:
    if isinstance(value, (Ok, Err)):
        return int(isinstance(value, Err)), value.value
    raise TypeError(f"result: {said(value)} is neither a wherever.Ok nor a wherever.Err")


def _record_pair(made: Any, names: list[str]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    get = attrgetter(*names)
    alone = len(names) == 1

    def back(value: Any) -> Any:
        try:
            found = get(value)
        except AttributeError:
            if isinstance(value, dict) and set(value) == set(names):
                return tuple([value[name] for name in names])
            raise TypeError(f"{said(value)} is no {made.__name__}") from None
        return (found,) if alone else found

    return lambda value: made(*value), back


def _variant_pair(made: Any, names: list[str]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    cases = [getattr(made, name) for name in names]
    holds = ["value" in each.__annotations__ for each in cases]
    numbers = {each: at for at, each in enumerate(cases)}

    def out(value: Any) -> Any:
        number, inner = value
        return cases[number](inner) if holds[number] else cases[number]()

    def back(value: Any) -> Any:
        number = numbers.get(type(value))
        if number is None:
            if isinstance(value, type) and value in numbers and not holds[numbers[value]]:
                return numbers[value], None
            raise TypeError(f"{said(value)} is no case of {made.__name__}")
        return number, value.value if holds[number] else None

    return out, back


def _enum_pair(made: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    members = list(made)

    def back(value: Any) -> int:
        if not isinstance(value, made):
            raise TypeError(f"{said(value)} is no {made.__name__}")
        number: int = value.value
        return number

    return lambda value: members[value], back


def _flags_of(made: Any) -> Callable[[Any], int]:
    def back(value: Any) -> int:
        if not isinstance(value, made):
            raise TypeError(f"{said(value)} is no {made.__name__}")
        bits: int = value.value
        return bits

    return back
