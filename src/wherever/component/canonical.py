"""The canonical ABI: values as they lie in a guest's memory, and as core values.

A `Codec` is made once for each type. Between two components, values are in a neutral form:

| type | neutral form |
|---|---|
| bool, integers, floats | bool, int, float |
| char, string | str |
| list of u8 | bytes; any object with a buffer is taken |
| other lists, records, tuples | list, tuple |
| variant, option, result | (number of the case, value or None) |
| enum, flags | int |
| own, borrow | int: what the handle stands for |

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

from wherever.component import compounds, pointed, scalars
from wherever.component.broken import Broken
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.component.codec import Codec
    from wherever.component.handles import Resource
    from wherever.wit.model import Type


class Codecs:
    """The codecs of one component: each type's is made once.

    Args:
        resource: finds the resource that a handle's type names.
        shape: turns a type's neutral codec into one of other values, where it wants to: called
            with the type and its codec, for every type inside of others too.
    """

    def __init__(
        self,
        resource: Callable[[Type], Resource],
        shape: Callable[[Type, Codec], Codec] | None = None,
    ) -> None:
        self._resource = resource
        self._shape = shape
        self._made: dict[Type, Codec] = {}

    def __getitem__(self, kind: Type) -> Codec:
        known = self._made.get(kind)
        if known is None:
            known = self._new(kind)
            if self._shape is not None:
                known = self._shape(kind, known)
            self._made[kind] = known
        return known

    def _new(self, kind: Type) -> Codec:
        name = kind.kind
        if name in scalars.NUMBERS:
            return scalars.number(kind)
        if name == "bool":
            return scalars.boolean(kind)
        if name == "char":
            return scalars.character(kind)
        if name == "string":
            return pointed.string(kind)
        if name == "list":
            return (
                pointed.octets(kind)
                if kind.inner.kind == "u8"
                else pointed.listed(kind, self[kind.inner])
            )
        if name in ("record", "tuple"):
            return compounds.record(kind, [self[each] for _, each in kind.fields])
        if name == "flags":
            return scalars.flags(kind)
        if name in abi.SUMS:
            return compounds.cases(
                kind, [None if each is None else self[each] for _, each in kind.parts]
            )
        if name in ("own", "borrow"):
            return scalars.handle(kind, self._resource(kind.inner))
        raise Broken(f"has a value of type {name}, which cannot cross")
