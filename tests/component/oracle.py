"""A component called by `wasmtime.component`, with values that Wherever takes and gives.

What it answers is compared in its own form, so that nothing of ours stands between it and a guest.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from wasmtime import Engine, Store, WasiConfig
from wasmtime import component as wc

import wherever
from wherever.component.python.classes import case_names
from wherever.wit.model import Function, Type


class Oracle:
    """The functions of one interface that a component exports.

    Args:
        wasm: where it lies.
        interface: by its full name.
        answer: for functions that it imports from the same interface: their first argument.
    """

    def __init__(self, wasm: Path, interface: str, answer: bool = False) -> None:
        engine = Engine()
        component = wc.Component.from_file(engine, str(wasm))
        self._store = Store(engine)
        self._store.set_wasi(WasiConfig())
        linker = wc.Linker(engine)
        linker.add_wasip2()
        found = component.type.exports(engine)[interface].ty
        assert isinstance(found, wc.ComponentInstanceType)
        every = {name: each.ty for name, each in found.exports(engine).items()}
        self._types = {name: ty for name, ty in every.items() if isinstance(ty, wc.FuncType)}
        if answer:
            with linker.root() as root, root.add_instance(interface) as instance:
                for name in self._types:
                    instance.add_func(name, lambda _, *given: given[0] if given else None)
        self._instance = linker.instantiate(self._store, component)
        self._at = self._instance.get_export_index(self._store, interface)

    def differs(self, function: Function, given: tuple[Any, ...], gave: Any) -> str:
        """What it answers where it is not what ours gave, or nothing.

        It tells some cases apart by Python's types alone, and refuses a few values for that. No
        call is made then.
        """
        kinds = self._types[function.core]
        told = zip(given, function.params, kinds.params, strict=True)
        try:
            values = [theirs(value, kind, other) for value, (_, kind), (_, other) in told]
            answer = self._call(function.core, *values)
        except ValueError:
            return ""
        if function.result is None:
            return "" if answer is None and gave is None else f"{answer!r}, not {gave!r}"
        ours = theirs(gave, function.result, kinds.result)
        return "" if alike(answer, ours) else f"{answer!r}, not {ours!r}"

    def _call(self, name: str, *given: Any) -> Any:
        index = self._instance.get_export_index(self._store, name, self._at)
        assert index is not None
        function = self._instance.get_func(self._store, index)
        assert function is not None
        result = function(self._store, *given)
        function.post_return(self._store)
        return result


def theirs(value: Any, kind: Type, other: Any) -> Any:
    """A value of ours as the oracle has it."""
    match kind.kind:
        case "list":
            element = other.element
            inner = kind.inner
            return value if inner.kind == "u8" else [theirs(each, inner, element) for each in value]
        case "tuple":
            told = zip(value, kind.fields, other.elements, strict=True)
            return tuple(theirs(each, own, element) for each, (_, own), element in told)
        case "record":
            made = wc.Record()
            held = [getattr(value, name) for name in value.__dataclass_fields__]
            for each, (_, own), (label, field) in zip(held, kind.fields, other.fields, strict=True):
                setattr(made, label, theirs(each, own, field))
            return made
        case "enum":
            return kind.parts[value.value][0]
        case "flags":
            return {label for at, (label, _) in enumerate(kind.parts) if value.value >> at & 1}
        case "variant":
            number = case_names(kind).index(type(value).__name__)
            return _case(number, getattr(value, "value", None), kind, other)
        case "option":
            inner = value.value if isinstance(value, wherever.Some) else value
            return _case(int(value is not None), inner, kind, other)
        case "result":
            return _case(int(isinstance(value, wherever.Err)), value.value, kind, other)
    return value


def _case(number: int, value: Any, kind: Type, other: Any) -> Any:
    label, own = kind.parts[number]
    _, held = other._cases()[number]
    inner = None if own is None else theirs(value, own, held)
    return wc.Variant(label, inner) if other._tagged() else inner


def alike(one: Any, other: Any) -> bool:
    """Whether two of its values are the same, where not-a-numbers are, and zeros have signs."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        is_same = one == other and math.copysign(1, one) == math.copysign(1, other)
        return is_same or (math.isnan(one) and math.isnan(other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, (wc.Record, wc.Variant)):
        mine, yours = vars(one), vars(other)
        return mine.keys() == yours.keys() and all(alike(mine[each], yours[each]) for each in mine)
    return bool(one == other)
