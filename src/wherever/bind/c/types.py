"""A library's types as C has them."""

from __future__ import annotations

from wherever.bind.c.names import snake, tag, word
from wherever.wit import abi
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.names import Names
    from wherever.wit.model import Type

BY_VALUE = ("string", "list", "enum", "flags", "own", "borrow", *(PLAIN - {"string"}))
"""Kinds that are passed as they are; pointers to the others are."""


def definition(kind: Type, names: Names, is_host: bool) -> list[str]:
    """The lines that define a type; none where it needs no definition.

    Args:
        is_host: for a resource: whether the host has it, and not the library.
    """
    if kind.kind in PLAIN or kind.kind in ("own", "borrow"):
        return []
    name = names.type(kind)
    lines = comment(kind.docs)
    if kind.kind == "resource":
        if is_host:
            return [*lines, f"typedef void *{name};", ""]
        return [*lines, f"typedef uint64_t {name};", ""]
    if kind.kind == "enum":
        return [*lines, f"typedef {tag(kind)} {name};", *_constants(kind, names, _number), ""]
    if kind.kind == "flags":
        bits = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t"}[abi.size(kind)]
        return [*lines, f"typedef {bits} {name};", *_constants(kind, names, _bit), ""]
    body: list[str]
    if kind.kind == "list":
        body = [f"const {names.type(kind.inner)} *data;", "size_t length;"]
    elif kind.kind in ("record", "tuple"):
        body = []
        notes = kind.notes or ("",) * len(kind.parts)
        for (label, each), note in zip(kind.fields, notes, strict=True):
            body += [*comment(note), f"{names.type(each)} {word(label)};"]
    elif kind.kind == "option":
        body = ["bool is_some;", f"{names.type(kind.inner)} value;"]
    else:
        body = [
            {"result": "bool is_err;"}.get(kind.kind, f"{tag(kind)} tag;"),
            *_union(kind, names),
        ]
    constants = [*_constants(kind, names, _number)] if kind.kind == "variant" else []
    return [
        *lines,
        "typedef struct {",
        *(f"    {line}" for line in body),
        f"}} {name};",
        *constants,
        "",
    ]


def comment(docs: str) -> list[str]:
    """Words as a comment."""
    text = docs.strip().replace("*/", "* /").splitlines()
    if not text:
        return []
    return (
        [
            f"/* {text[0]}",
            *(f"   {line}".rstrip() for line in text[1:-1]),
            *([f"   {text[-1]} */"] if len(text) > 1 else []),
        ]
        if len(text) > 1
        else [f"/* {text[0]} */"]
    )


def _union(kind: Type, names: Names) -> list[str]:
    held = [
        f"    {names.type(each)} {word(label)};" for label, each in kind.parts if each is not None
    ]
    return ["union {", *held, "} value;"] if held else []


def _constants(kind: Type, names: Names, value: object) -> list[str]:
    assert callable(value)
    stem = names.stem(kind).upper()
    cases = (
        f"    {stem}_{snake(label).upper()} = {value(at)},"
        for at, (label, _) in enumerate(kind.parts)
    )
    return (
        ["enum {", *cases, "};"]
        if value is _number or len(kind.parts) < 32
        else [
            f"#define {stem}_{snake(label).upper()} {value(at)}"
            for at, (label, _) in enumerate(kind.parts)
        ]
    )


def _number(at: int) -> str:
    return str(at)


def _bit(at: int) -> str:
    return f"{1 << at:#x}"
