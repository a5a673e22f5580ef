"""Where the parts of C structs lie, on machines whose pointers have 64 bits."""

from __future__ import annotations

from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Type

_SAME = ("bool", "char", "enum", "flags")


def align(kind: Type) -> int:
    """What the place of a value is a multiple of."""
    what = kind.kind
    if what in ("string", "list", "own", "borrow"):
        return 8
    if what in _SAME or what[1:].isdigit():
        return abi.align(kind)
    inner = max((align(each) for _, each in kind.parts if each is not None), default=1)
    return max(inner, _mark(kind)) if what in ("option", "result", "variant") else inner


def size(kind: Type) -> int:
    """The bytes of a value."""
    what = kind.kind
    if what in ("string", "list"):
        return 16
    if what in ("own", "borrow"):
        return 8
    if what in _SAME or what[1:].isdigit():
        return abi.size(kind)
    if what in ("option", "result", "variant"):
        held = max((size(each) for _, each in kind.parts if each is not None), default=0)
        return abi.up(value_at(kind) + held, align(kind)) if held else _mark(kind)
    end = 0
    for _, each in kind.fields:
        end = abi.up(end, align(each)) + size(each)
    return abi.up(end, align(kind))


def value_at(kind: Type) -> int:
    """Where the value of an option, a result or a variant lies."""
    inner = max((align(each) for _, each in kind.parts if each is not None), default=1)
    return abi.up(_mark(kind), inner)


def fields(kinds: list[Type]) -> list[int]:
    """Where each field lies."""
    found, end = [], 0
    for kind in kinds:
        end = abi.up(end, align(kind))
        found.append(end)
        end += size(kind)
    return found


def block(kinds: list[Type]) -> tuple[list[int], int]:
    """Where arguments lie that are given in one block, each at a multiple of 8; and its size."""
    found, end = [], 0
    for kind in kinds:
        found.append(end)
        end = abi.up(end + size(kind), 8)
    return found, end


def _mark(kind: Type) -> int:
    return abi.tag_size(kind) if kind.kind == "variant" else 1
