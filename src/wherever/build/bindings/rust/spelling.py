"""How Rust writes the names and types of WIT."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Type

_PLAIN = {
    **{f"u{bits}": f"u{bits}" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
    "bool": "bool",
    "f32": "f32",
    "f64": "f64",
    "char": "char",
    "string": "::std::string::String",
}
_KEYWORDS = frozenset(
    "abstract as async await become box break const continue do dyn else enum extern false final"
    " fn for gen if impl in let loop macro match mod move mut override priv pub ref return static"
    " struct trait true try type typeof unsafe unsized use virtual where while yield".split()
)
_FIXED = ("self", "super", "crate", "_")


def snake(name: str) -> str:
    """A function, field or parameter.

    >>> snake("max-size"), snake("type"), snake("self")
    ('max_size', 'r#type', 'self_')
    """
    text = name.replace("-", "_").lower()
    if text in _FIXED:
        return f"{text}_"
    return f"r#{text}" if text in _KEYWORDS else text


def spelt(name: str) -> str:
    """A type or case.

    >>> spelt("dark-green"), spelt("self")
    ('DarkGreen', 'Self_')
    """
    text = "".join(word[:1].upper() + word[1:].lower() for word in name.split("-"))
    return "Self_" if text == "Self" else text


def path(kind: Type, names: Names) -> str:
    """A type with a name, as it is written in any module of the bindings."""
    home = f"{names.prefix(kind.home)}::" if kind.home else ""
    return f"crate::world::{home}{spelt(kind.name)}"


def rust(kind: Type, names: Names, lifetime: str = "") -> str:
    """A type, as it is written in any module of the bindings.

    Args:
        lifetime: that of handles which are lent, as it follows their `&`.
    """
    if kind.kind in _PLAIN:
        return _PLAIN[kind.kind]
    if kind.kind == "borrow":
        return f"&{lifetime}{path(kind.inner, names)}"
    if kind.kind == "own":
        own = path(kind.inner, names)
        return f"crate::world::Own<{own}>" if names.is_exported(kind.inner) else own
    if kind.name:
        return path(kind, names)
    parts = ["()" if each is None else rust(each, names, lifetime) for _, each in kind.parts]
    match kind.kind:
        case "list":
            return f"::std::vec::Vec<{parts[0]}>"
        case "option":
            return f"::std::option::Option<{parts[1]}>"
        case "result":
            return f"::std::result::Result<{parts[0]}, {parts[1]}>"
    return f"({', '.join(parts)},)"
