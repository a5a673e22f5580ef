"""The classes of a component's types, and what stands for a type in annotations."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from typing import Any

from wherever.component.codec import Codec
from wherever.component.python import crossing
from wherever.component.python.names import EXCEPTION, camel, distinct, snake, spoken, upper
from wherever.component.python.values import Err, Ok, Some
from wherever.errors import ResultError
from wherever.wit.model import Function, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLASSED = ("record", "variant", "enum", "flags")
"""Kinds of types that have a class."""

_HINTS: dict[str, Any] = {
    "bool": bool, "char": str, "string": str, "f32": float, "f64": float,
    **{f"{sign}{bits}": int for sign in "us" for bits in (8, 16, 32, 64)},
}  # fmt: skip

# Types that are made here are no types to a checker.
_LIST: Any = list
_SEQUENCE: Any = Sequence
_TUPLE: Any = tuple
_SOME: Any = Some
_OK: Any = Ok
_ERR: Any = Err
_ENUM: Any = enum.Enum
_FLAG: Any = enum.Flag


class Classes:
    """The classes of all named types of a component; its instances share them.

    Args:
        homes: the module in which each type stands, and its name there.
        functions: all that may raise one of the types.

    Attributes:
        resources: the class of each resource, or its protocol where the host has it.
    """

    def __init__(
        self, homes: Mapping[Type, tuple[str, str]], functions: Iterable[Function]
    ) -> None:
        self._homes = homes
        self._made: dict[Type, Any] = {}
        self._raised = {found for each in functions if (found := error_of(each)) is not None}
        self.resources: dict[Type, Any] = {}

    def of(self, kind: Type) -> Any:
        """The class of a record, variant, enum or flags."""
        if kind not in self._made:
            module, name = self._homes.get(kind, ("", camel(kind.name) or kind.kind.title()))
            self._made[kind] = {
                "record": self._record,
                "variant": self._variant,
                "enum": self._enum,
                "flags": self._flags,
            }[kind.kind](kind, module, name)
        return self._made[kind]

    def is_raised(self, kind: Type) -> bool:
        """Whether the type is a function's error."""
        return kind in self._raised

    def hint(self, kind: Type | None, given: bool = False) -> Any:
        """The annotation for values of a type.

        Args:
            kind: the type, or None for nothing.
            given: it is the caller who gives it, so that any sequence will do for a list.
        """
        if kind is None:
            return None
        if kind.kind in _HINTS:
            return _HINTS[kind.kind]
        if kind.kind == "list":
            if kind.inner.kind == "u8":
                return bytes | bytearray | memoryview if given else bytes
            return (_SEQUENCE if given else _LIST)[self.hint(kind.inner, given)]
        if kind.kind == "option":
            inner = self.hint(kind.inner, given)
            return (_SOME[inner] if crossing.can_be_none(kind.inner) else inner) | None
        if kind.kind == "tuple":
            return _TUPLE[tuple(self.hint(each, given) for _, each in kind.fields)]
        if kind.kind == "result":
            ok, err = (self.hint(each, given) for _, each in kind.parts)
            return _OK[ok] | _ERR[err]
        if kind.kind in ("own", "borrow"):
            return self.resources.get(kind.inner, Any)
        return self.of(kind)

    def shape(self, kind: Type, codec: Codec) -> Codec:
        """A codec of Python's values, from that of a type's neutral ones."""
        if kind.kind == "option":
            return crossing.shaped(kind, codec, *crossing.option(kind))
        if kind.kind == "result":
            return crossing.shaped(kind, codec, *crossing.result())
        if kind.kind not in CLASSED:
            return codec
        made = self.of(kind)
        if kind.kind == "record":
            return crossing.record_codec(kind, codec, made, list(made.__dataclass_fields__))
        if kind.kind == "variant":
            pair = crossing.variant(made, case_names(kind))
        elif kind.kind == "enum":
            pair = crossing.enum(made)
        else:
            pair = crossing.flags(made)
        return crossing.shaped(kind, codec, *pair)

    def error(self, kind: Type, module: str, name: str) -> type[ResultError]:
        """The exception for a type whose class cannot be one: it holds a value of it."""
        space = {
            "__module__": module,
            "__doc__": f"An error that holds {camel(kind.name)}.",
            "__annotations__": {"value": self.hint(kind)},
        }
        return type(name, (ResultError,), space)

    def _record(self, kind: Type, module: str, name: str) -> Any:
        is_raised = kind in self._raised
        taken = EXCEPTION if is_raised else frozenset[str]()
        names = distinct([snake(own) for own, _ in kind.parts], taken)
        options = trailing_options([each for _, each in kind.fields])
        fields = [
            # A field of no default says so: a base class may have an attribute of that name.
            (own, self.hint(each), _none() if at >= options else dataclasses.field())
            for at, (own, (_, each)) in enumerate(zip(names, kind.fields, strict=True))
        ]
        space = {"__module__": module, **(_WHOLE if is_raised else {})}
        made: Any = dataclasses.make_dataclass(
            name,
            fields,
            bases=(ResultError,) if is_raised else (),
            namespace=space,
            slots=not is_raised,
        )
        made.__module__ = module
        made.__doc__ = _docs(kind, names, "Attributes") or made.__doc__
        return made

    def _variant(self, kind: Type, module: str, name: str) -> Any:
        is_raised = kind in self._raised
        bases = (ResultError,) if is_raised else ()
        base: Any = type(name, bases, {"__doc__": spoken(kind.docs) or None, "__module__": module})
        notes = kind.notes or ("",) * len(kind.parts)
        for own, (_, payload), note in zip(case_names(kind), kind.parts, notes, strict=True):
            space: dict[str, Any] = {
                "__module__": module,
                "__qualname__": f"{name}.{own}",
                "__doc__": spoken(note) or None,
                "__annotations__": {},
                **(_WHOLE if is_raised else {}),
            }
            if payload is not None:
                space["__annotations__"]["value"] = self.hint(payload)
                space["value"] = dataclasses.field()
            setattr(base, own, dataclasses.dataclass(type(own, (base,), space)))
        base.__new__ = _made_by_cases(base)
        return base

    def _enum(self, kind: Type, module: str, name: str) -> Any:
        members = [(name, at) for at, name in enumerate(_members(kind))]
        made = _ENUM(name, members, module=module)
        made.__doc__ = _docs(kind, [label for label, _ in members], "Members")
        return made

    def _flags(self, kind: Type, module: str, name: str) -> Any:
        members = [(name, 1 << at) for at, name in enumerate(_members(kind))]
        made = _FLAG(name, members, module=module)
        made.__doc__ = _docs(kind, [label for label, _ in members], "Members")
        return made


def case_names(kind: Type) -> list[str]:
    """The classes of a variant's cases."""
    return distinct([camel(name) for name, _ in kind.parts])


def _members(kind: Type) -> list[str]:
    return distinct([upper(name) for name, _ in kind.parts])


def error_of(function: Function) -> Type | None:
    """The type of a function's error, where it has one with a value."""
    result = function.result
    return None if result is None or result.kind != "result" else result.parts[1][1]


def trailing_options(kinds: Sequence[Type]) -> int:
    """Where the options at the end begin: they need not be given.

    Example:
        >>> number, option = Type("u8"), Type("option", (("none", None), ("some", Type("u8"))))
        >>> trailing_options([option, number, option])
        2
    """
    count = len(kinds)
    while count and kinds[count - 1].kind == "option":
        count -= 1
    return count


def _none() -> Any:
    return dataclasses.field(default=None)


def _reduced(self: Any) -> Any:
    """A copy is made of the fields: `args` are only those that were given without a name."""
    values = tuple([getattr(self, name) for name in self.__dataclass_fields__])
    kept = {key: value for key, value in vars(self).items() if key.startswith("__")}
    return type(self), values, kept or None


# Exceptions are told apart by who they are where they are kept in sets, as Python's own are.
_WHOLE = {"__hash__": object.__hash__, "__reduce__": _reduced}


def _made_by_cases(base: Any) -> Any:
    """Only cases of a variant can be made."""
    make = base.__new__

    def new(cls: Any, *args: Any, **named: Any) -> Any:
        if cls is base:
            raise TypeError(f"{base.__name__} is made by its cases")
        return make(cls) if make is object.__new__ else make(cls, *args, **named)

    new.__annotations__ = {}
    return new


def _docs(kind: Type, names: Sequence[str], heading: str) -> str | None:
    lines = [spoken(kind.docs)] if kind.docs else []
    noted = [
        f"    {name}: {spoken(note)}"
        for name, note in zip(names, kind.notes, strict=False)
        if note.strip()
    ]
    return "\n".join([*lines, *(["", f"{heading}:", *noted] if noted else [])]).strip() or None
