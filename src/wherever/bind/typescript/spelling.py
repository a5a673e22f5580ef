"""Types of WIT as TypeScript says them."""

from __future__ import annotations

import json
import textwrap

from wherever.bind.typescript.names import camel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wherever.wit.model import Type

PLAIN_TYPES = {
    "bool": "boolean", "u64": "bigint", "s64": "bigint", "char": "string", "string": "string",
    **dict.fromkeys(("u8", "u16", "u32", "s8", "s16", "s32", "f32", "f64"), "number"),
}  # fmt: skip

ARRAYS = {
    "u8": "Uint8Array", "s8": "Int8Array", "u16": "Uint16Array", "s16": "Int16Array",
    "u32": "Uint32Array", "s32": "Int32Array", "u64": "BigUint64Array", "s64": "BigInt64Array",
    "f32": "Float32Array", "f64": "Float64Array",
}  # fmt: skip
"""What lists of numbers are."""


def text(kind: Type | None, named: Mapping[Type, str]) -> str:
    """A type where it is used; named ones by their names.

    Example:
        >>> from wherever.wit.model import Type
        >>> text(Type("list", (("", Type("u8")),)), {}), text(None, {})
        ('Uint8Array', 'void')
    """
    if kind is None:
        return "void"
    return named.get(kind) or _written(kind, named)


def definition(name: str, kind: Type, named: Mapping[Type, str]) -> Iterator[str]:
    """The lines that define a type of a name."""
    yield from docs(kind.docs)
    notes = kind.notes or ("",) * len(kind.parts)
    if kind.kind in ("record", "flags"):
        yield f"interface {name} {{"
        for (own, part), note in zip(kind.parts, notes, strict=True):
            yield from (f"  {line}" for line in docs(note))
            yield f"  {_field(camel(own), part, named)}"
        yield "}"
    elif kind.kind == "enum" or kind.kind == "variant":
        yield f"type {name} ="
        for at, ((own, part), note) in enumerate(zip(kind.parts, notes, strict=True)):
            yield from (f"  {line}" for line in docs(note))
            case = json.dumps(own) if kind.kind == "enum" else _case(own, part, named)
            yield f"  | {case}{';' if at == len(kind.parts) - 1 else ''}"
    else:
        yield f"type {name} = {_written(kind, named)};"


def is_tagged(option: Type) -> bool:
    """Whether an option cannot be undefined, as its value itself may be."""
    inner = option.inner
    return inner.kind == "option" and not is_tagged(inner)


def docs(said: str, more: tuple[str, ...] = ()) -> list[str]:
    """A comment of what the WIT says, or nothing."""
    lines = [*said.strip().replace("*/", "*\\/").splitlines(), *more]
    if not lines:
        return []
    if len(lines) == 1 and len(lines[0]) < 90:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def indented(lines: list[str]) -> list[str]:
    """Lines two spaces further in."""
    return textwrap.indent("\n".join(lines), "  ").split("\n") if lines else []


def _written(kind: Type, named: Mapping[Type, str]) -> str:
    match kind.kind:
        case "own" | "borrow":
            return named[kind.inner]
        case "list":
            inner = kind.inner
            return ARRAYS.get(inner.kind) or f"Array<{text(inner, named)}>"
        case "option":
            if is_tagged(kind):
                return f"Option<{text(kind.inner, named)}>"
            return f"{text(kind.inner, named)} | undefined"
        case "result":
            ok, error = (_case(name, part, named) for name, part in kind.parts)
            return f"({ok} | {error})"
        case "tuple":
            return f"[{', '.join(text(part, named) for _, part in kind.parts)}]"
    return PLAIN_TYPES[kind.kind]


def _case(name: str, kind: Type | None, named: Mapping[Type, str]) -> str:
    value = "val?: undefined" if kind is None else f"val: {text(kind, named)}"
    return f"{{ tag: {json.dumps(name)}; {value} }}"


def _field(name: str, kind: Type | None, named: Mapping[Type, str]) -> str:
    if kind is None:
        return f"{name}?: boolean | undefined;"
    optional = kind.kind == "option" and not is_tagged(kind)
    return f"{name}{'?' if optional else ''}: {text(kind, named)};"
