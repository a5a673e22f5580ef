"""How Go writes the names and types of WIT."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Function, Type

_PLAIN = {
    **{f"u{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "bool": "bool",
    "f32": "float32",
    "f64": "float64",
    "char": "rune",
    "string": "string",
}
_TAKEN = frozenset(
    "break case chan const continue default defer else fallthrough for func go goto if import"
    " interface map package range return select struct switch type var bool string error rune"
    " float32 float64 int uint int8 int16 int32 int64 uint8 uint16 uint32 uint64 any nil true"
    " false done take up math unsafe held own borrow lent handle".split()
)


def spelt(name: str) -> str:
    """A type, function or field, that others see.

    >>> spelt("dark-green"), spelt("acme_math")
    ('DarkGreen', 'AcmeMath')
    """
    words = re.split(r"[-_]", name)
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def param(name: str) -> str:
    """A parameter.

    >>> param("max-size"), param("type")
    ('maxSize', 'type_')
    """
    first, *rest = name.split("-")
    text = first.lower() + "".join(map(spelt, rest))
    return f"{text}_" if text in _TAKEN or re.fullmatch(r"(?:a|v)\d+", text) else text


def called(function: Function) -> str:
    """What a function is called in its interface or resource."""
    if function.resource is None:
        return spelt(function.name)
    own = spelt(function.name)
    if function.kind == "method":
        return "Drop_" if own == "Drop" else own
    resource = spelt(function.resource.name)
    return f"New{resource}" if function.kind == "constructor" else f"{resource}{own}"


def named(kind: Type, names: Names) -> str:
    """What a type with a name is called."""
    return f"{spelt(names.prefix(kind.home)) if kind.home else 'World'}{spelt(kind.name)}"


def go(kind: Type | None, names: Names) -> str:
    """A type."""
    if kind is None:
        return "struct{}"
    if kind.kind in _PLAIN:
        return _PLAIN[kind.kind]
    if kind.kind in ("own", "borrow"):
        return named(kind.inner, names)
    if kind.name:
        return named(kind, names)
    parts = [go(each, names) for _, each in kind.parts]
    match kind.kind:
        case "list":
            return f"[]{parts[0]}"
        case "option":
            return f"*{parts[1]}"
        case "result":
            return f"Result[{parts[0]}, {parts[1]}]"
    return f"Tuple{len(parts)}[{', '.join(parts)}]"


def codec(kind: Type | None, names: Names) -> str:
    """The expression of a type's codec."""
    if kind is None:
        return "abiNone"
    if kind.kind in _PLAIN:
        return f"abi{spelt(kind.kind)}"
    if kind.kind in ("own", "borrow"):
        return f"abi{kind.kind.title()}{named(kind.inner, names)}"
    if kind.name:
        return f"abiOf{named(kind, names)}"
    parts = [codec(each, names) for _, each in kind.parts]
    match kind.kind:
        case "list":
            return "abiBytes" if parts[0] == "abiU8" else f"listOf({parts[0]})"
        case "option":
            return f"optionOf({parts[1]})"
        case "result":
            return f"resultOf({parts[0]}, {parts[1]})"
    return f"tuple{len(parts)}Of({', '.join(parts)})"
