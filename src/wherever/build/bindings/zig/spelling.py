"""How Zig writes the names and types of WIT."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Function, Type, World

_PLAIN = {
    **{f"u{bits}": f"u{bits}" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
    "bool": "bool",
    "f32": "f32",
    "f64": "f64",
    "char": "u21",
    "string": "[]const u8",
}
_KEYWORDS = frozenset(
    "addrspace align allowzero and anyerror anyframe anyopaque anytype asm break callconv catch"
    " comptime const continue defer else enum errdefer error export extern false fn for if inline"
    " isize linksection noalias noinline noreturn nosuspend null opaque or orelse packed pub resume"
    " return struct suspend switch test threadlocal true try type undefined union unreachable usize"
    " var void volatile while bool f16 f32 f64 f80 f128".split()
)
_FILE = frozenset("abi memory program std world".split())
"""Names of the file, which are used everywhere in it."""

_TOP = frozenset("arena panic scope Result Scope".split())
"""Names of the file, which nothing beside them in it can have."""

_METHODS = frozenset("deinit get handle init".split())
"""Names in a resource."""


def quoted(text: str) -> str:
    """A name that Zig reads as one.

    >>> quoted("slug"), quoted("error"), quoted("u8"), quoted("my:text/text#slug")
    ('slug', '@"error"', '@"u8"', '@"my:text/text#slug"')
    """
    free = text not in _KEYWORDS and not re.fullmatch(r"[ui]\d+", text)
    return text if free and re.fullmatch(r"[A-Za-z_]\w*", text) else f'@"{text}"'


def plain(text: str) -> str:
    """A name without quotes.

    >>> plain('@"error"')
    'error'
    """
    return text.strip('@"')


def snake(name: str) -> str:
    """A field or case.

    >>> snake("max-size"), snake("type")
    ('max_size', '@"type"')
    """
    return quoted(name.replace("-", "_").lower())


def spelt(name: str, home: str = ".") -> str:
    """A type; `home` is "" where it stands in the world itself.

    >>> spelt("dark-green"), spelt("result", "")
    ('DarkGreen', 'Result_')
    """
    text = "".join(word[:1].upper() + word[1:].lower() for word in name.split("-"))
    return f"{text}_" if not home and text in _TOP else text


def camel(name: str, home: str = ".") -> str:
    """A function; `home` is "" where it stands in the world itself.

    >>> camel("parse-all"), camel("error"), camel("arena", ""), camel("world")
    ('parseAll', '@"error"', 'arena_', 'world_')
    """
    text = spelt(name)
    text = text[:1].lower() + text[1:]
    taken = text in _FILE or (not home and text in _TOP)
    return f"{text}_" if taken else quoted(text)


def called(function: Function, home: str) -> str:
    """What a function is called in its interface or resource."""
    if function.kind == "constructor":
        return "init"
    text = camel(function.name, home)
    return f"{text}_" if function.resource is not None and text in _METHODS else text


class Spelling:
    """How one world's types, functions and parameters are written.

    A type is written as from anywhere in the file, and from other files.
    """

    def __init__(self, world: World, names: Names) -> None:
        self.names = names
        self._world = world
        self._known = {*_FILE, *_TOP, *_METHODS}
        for interface in (*world.imports, *world.exports):
            self._known.add(names.prefix(interface.name))
            self._known |= {plain(called(each, interface.name)) for each in interface.functions}

    def param(self, name: str) -> str:
        """A parameter, which may have no name that is known around it."""
        text = name.replace("-", "_").lower()
        while text in self._known:
            text += "_"
        return quoted(text)

    def home(self, home: str, root: str) -> str:
        """The path of an interface in a file; its own path is that of the world."""
        return f"{root}.{self.names.prefix(home)}" if home else root

    def named(self, kind: Type) -> str:
        """What a type with a name is called, with its home."""
        return f"{self.home(kind.home, 'world')}.{spelt(kind.name, kind.home)}"

    def type(self, kind: Type | None) -> str:
        """A type."""
        if kind is None:
            return "void"
        if kind.kind in _PLAIN:
            return _PLAIN[kind.kind]
        if kind.kind == "borrow":
            is_own = self._world.is_exported(kind.inner)
            name = self.named(kind.inner)
            return f"*{name}.Value" if is_own else f"*const {name}"
        if kind.kind == "own":
            return self.named(kind.inner)
        if kind.name:
            return self.named(kind)
        parts = [self.type(each) for _, each in kind.parts]
        match kind.kind:
            case "list":
                return f"[]const {parts[0]}"
            case "option":
                return f"?{parts[1]}"
            case "result":
                return f"world.Result({parts[0]}, {parts[1]})"
        return f"struct {{ {', '.join(parts)} }}"

    def result(self, function: Function) -> str:
        """What a function returns."""
        return self.type(function.result)

    def params(self, params: tuple[tuple[str, Type], ...]) -> str:
        """Parameters, as a function's head has them."""
        return ", ".join(f"{self.param(label)}: {self.type(each)}" for label, each in params)
