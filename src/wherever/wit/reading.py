"""The world of a component, read from the component itself: no source is needed."""

from __future__ import annotations

import re
from dataclasses import replace

from wherever.errors import NotRunnable
from wherever.wasm.component import ComponentScan
from wherever.wasm.cursor import open_bytes
from wherever.wasm.scan import scan, section
from wherever.wit.docs import SECTION, Docs, read_docs
from wherever.wit.model import PLAIN, Function, Interface, Type, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MOST_PARTS = 100_000
"""Types inside of types that one component may have, each counted where it is used."""

MOST_FLAGS = 32
"""Flags of one type, as the component model has it."""

_KINDS = {"[constructor]": "constructor", "[method]": "method", "[static]": "static"}


def world(data: bytes | bytearray | memoryview) -> World:
    """What a component imports and exports; WASI's own interfaces too.

    Raises:
        NotRunnable: it is no component, malformed, or has types that no binding can say, as
            those of streams.

    Example:
        >>> world(b"\\0asm\\x0d\\0\\1\\0")
        World(name='', imports=(), exports=(), docs='')
    """
    view = open_bytes(data)
    scanned = scan(view)
    if not isinstance(scanned, ComponentScan):
        raise NotRunnable("this is a core module: it has functions of numbers, and no interfaces")
    docs: Docs = {}
    for name, offset, size in scanned.customs:
        if name == SECTION:
            docs = read_docs(section(view, offset, size))
    reader = _Reader(docs)
    return World("", reader.interfaces(scanned.imports), reader.interfaces(scanned.exports))


class _Reader:
    def __init__(self, docs: Docs) -> None:
        self._docs = docs
        self._parts = 0
        self._own: dict[str, Type] = {}

    def interfaces(self, items: dict[str, Any]) -> tuple[Interface, ...]:
        found = []
        for name, (sort, _) in items.items():
            if sort == "instance" and not _INTERFACE.fullmatch(name):
                raise NotRunnable(f"this component calls an interface {name[:60]!a}")
        own: dict[str, Any] = {}
        for name, (sort, kind) in items.items():
            if sort == "instance":
                found.append(self._interface(name, kind[1]))
            elif sort in ("func", "type"):
                own[name] = (sort, kind)
        return (*found, self._interface("", own)) if own else tuple(found)

    def _interface(self, name: str, items: dict[str, Any]) -> Interface:
        told = self._docs.get(name, {})
        types, functions = [], []
        self._own = {}
        for own, (sort, kind) in items.items():
            if sort == "type":
                _checked(own)
                found = self._told(self._type(kind, name), told.get(own))
                types.append((own, found))
                # Functions may name a type of another interface by what it is called here.
                self._own[own] = found
            elif sort == "func":
                functions.append(self._function(own, kind, name, told))
        docs = told.get("", {}).get("docs", "")
        return Interface(name, tuple(types), tuple(functions), docs)

    def _told(self, kind: Type, told: dict[str, Any] | None) -> Type:
        if not told:
            return kind
        notes = tuple(told.get("notes", ()))
        if len(notes) != len(kind.parts):
            notes = ()
        return replace(kind, docs=told.get("docs", ""), notes=notes)

    def _function(self, name: str, kind: Any, home: str, told: dict[str, Any]) -> Function:
        _, params, result, is_async = kind
        if is_async:
            raise NotRunnable(f"{name} is async, which nothing here can call")
        prefix = name.partition("]")[0] + "]" if name.startswith("[") else ""
        owner, _, short = name[len(prefix) :].partition(".")
        _checked(owner)
        _checked(short or owner)
        _unlike(each for each, _ in params)
        return Function(
            name=short or owner,
            core=name,
            params=tuple((each, self._value(own, home)) for each, own in params),
            result=self._maybe(result, home),
            kind=_KINDS.get(prefix, "function"),
            resource=Type("resource", (), owner, home) if prefix in _KINDS else None,
            docs=told.get(name, {}).get("docs", ""),
        )

    def _type(self, kind: Any, home: str) -> Type:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise NotRunnable(f"this component has more than {MOST_PARTS} types inside of types")
        if isinstance(kind, str):
            if kind not in PLAIN:
                raise NotRunnable(f"a value of type {kind} cannot cross")
            return Type(kind)
        form = kind[0]
        if form == "named":
            _, name, inner, owner = kind
            if not owner and name in self._own:
                return self._own[name]
            name = _checked(name.removeprefix(_INNER))
            found = self._type(inner, owner or home)
            is_own = not found.name and found.kind in _NAMED
            return replace(found, name=name, home=owner or home) if is_own else found
        if form == "resource":
            return Type("resource")
        if form in ("own", "borrow"):
            of = self._type(kind[1], home)
            if of.kind != "resource":
                raise NotRunnable("this component has a handle of what is no resource")
            return Type(form, (("", of),))
        if form == "list":
            return Type(form, (("", self._value(kind[1], home)),))
        if form == "option":
            return Type(form, (("none", None), ("some", self._value(kind[1], home))))
        if form == "result":
            cases = zip(("ok", "err"), kind[1:], strict=True)
            return Type(form, tuple((case, self._maybe(each, home)) for case, each in cases))
        if form == "tuple":
            parts = enumerate(kind[1])
            return Type(form, tuple((f"f{at}", self._value(each, home)) for at, each in parts))
        if form in ("flags", "enum"):
            if form == "flags" and len(kind[1]) > MOST_FLAGS:
                raise NotRunnable(f"this component has more than {MOST_FLAGS} flags in one type")
            return Type(form, tuple((name, None) for name in _unlike(kind[1])))
        if form in ("record", "variant"):
            names = _unlike(name for name, _ in kind[1])
            inner = [self._maybe(each, home) for _, each in kind[1]]
            return Type(form, tuple(zip(names, inner, strict=True)))
        raise NotRunnable(f"a value of type {form} cannot cross")

    def _value(self, kind: Any, home: str) -> Type:
        found = self._type(kind, home)
        if found.kind == "resource":
            raise NotRunnable("this component has a resource where there must be a handle of one")
        return found

    def _maybe(self, kind: Any, home: str) -> Type | None:
        return None if kind is None else self._value(kind, home)


_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_INTERFACE = re.compile(r"[A-Za-z0-9:/@.+_-]{1,500}")


def _checked(name: str) -> str:
    """A name that WIT allows; others might mean something to who makes code of them."""
    if len(name) > _LONGEST or not _LABEL.fullmatch(name):
        raise NotRunnable(f"this component calls something {name[:60]!a}, which is no name of WIT")
    return name


def _unlike(names: Iterable[str]) -> list[str]:
    """Names that differ in more than the size of their letters."""
    found = [_checked(name) for name in names]
    if len({name.lower() for name in found}) < len(found):
        raise NotRunnable(f"this component calls two things alike: {', '.join(found)[:200]}")
    return found


_LONGEST = 200

_INNER = "import-type-"
"""What tools put before a type's name in the component that they wrap around an interface."""

_NAMED = ("record", "variant", "enum", "flags", "resource")
