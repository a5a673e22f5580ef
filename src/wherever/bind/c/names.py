"""What a library's types and functions are called in its header."""

from __future__ import annotations

import re

from wherever.wit.abi import tag_size
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface, Type

NUMBERS = {
    "f32": "float",
    "f64": "double",
    **{f"u{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
}
"""The types that are the same in C and in the guest's memory."""

_TAKEN = frozenset(
    "alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char class"
    " compl concept const consteval constexpr constinit continue decltype default delete do double"
    " else enum errno explicit export extern false float for friend goto if inline int long"
    " mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public"
    " register requires restrict return short signed sizeof static static_assert stderr stdin"
    " stdout struct switch template this throw true try typedef typeid typename typeof union"
    " unsigned using virtual void volatile while xor xor_eq linux unix"
    # What the functions themselves name.
    " handle context result".split()
)
_OURS = (
    "open close reset interrupt keep free alloc fail error_message error_name set_timeout string"
    " t options_t imports_t string_t imports"
).split()


def snake(name: str) -> str:
    """A name as C writes it.

    >>> snake("max-size")
    'max_size'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", name).lower()


def word(name: str) -> str:
    """A field or parameter, as a word that C and C++ leave free.

    >>> word("max-size"), word("int")
    ('max_size', 'int_')
    """
    text = snake(name)
    return f"{text}_" if text in _TAKEN or text.endswith("_t") else text


class Names:
    """The names in one library's header; each stands for one thing.

    Attributes:
        own: what every name begins with.
    """

    def __init__(self, library: Library) -> None:
        self.own = snake(library.name)
        self._exports = tuple(each for each in library.api if each.functions and each.name)
        self._imports = tuple(each for each in library.needs if each.functions and each.name)
        self._types: dict[Type, str] = {}
        self._used = {f"{self.own}_{each}" for each in _OURS}
        self._fields: set[str] = {"context"}

    def type(self, kind: Type) -> str:
        """How a type is written.

        A resource of the library is a number; one of the host a pointer.
        """
        if kind.kind in NUMBERS:
            return NUMBERS[kind.kind]
        if kind.kind in PLAIN:
            return {"bool": "bool", "char": "uint32_t"}.get(kind.kind, f"{self.own}_string_t")
        if kind.kind in ("own", "borrow"):
            return self.type(kind.inner)
        if kind not in self._types:
            prefix = self._prefix(kind.home) if kind.name else self.own
            stem = f"{prefix}_{snake(kind.name) if kind.name else self._told(kind)}"
            self._types[kind] = self.free(stem, "_t")
        return self._types[kind]

    def stem(self, kind: Type) -> str:
        """A type's name without its ending, for what belongs to it."""
        return self.type(kind).removesuffix("_t")

    def function(self, interface: Interface, function: Function) -> str:
        """The name of a function of the library."""
        own = "new" if function.kind == "constructor" else snake(function.name)
        if function.resource is not None:
            return self.free(f"{self.stem(function.resource)}_{own}")
        return self.free(f"{self._prefix(interface.name)}_{own}")

    def field(self, interface: Interface, function: Function) -> str:
        """The name of a callback."""
        own = "new" if function.kind == "constructor" else snake(function.name)
        if function.resource is not None:
            own = f"{snake(function.resource.name)}_{own}"
        if interface.name and len(self._imports) > 1:
            own = f"{_short(interface.name)}_{own}"
        return self.field_named(own)

    def field_named(self, name: str) -> str:
        """A member of the callbacks that nothing else is called."""
        name = word(name)
        while name in self._fields:
            name += "_"
        self._fields.add(name)
        return name

    def free(self, stem: str, ending: str = "") -> str:
        """A name that nothing else has."""
        while stem + ending in self._used:
            stem += "_"
        self._used.add(stem + ending)
        return stem + ending

    def _prefix(self, home: str) -> str:
        """What exactly one exported interface has stands below the library's own name."""
        if not home or (len(self._exports) == 1 and self._exports[0].name == home):
            return self.own
        return f"{self.own}_{_short(home)}"

    def _told(self, kind: Type | None) -> str:
        if kind is None:
            return "none"
        if kind.kind in ("own", "borrow") or kind.name:
            return self.stem(kind.inner if not kind.name else kind).removeprefix(f"{self.own}_")
        if kind.kind in PLAIN:
            return kind.kind
        parts = [self._told(each) for _, each in kind.parts]
        if kind.kind == "option":
            parts = parts[1:]
        count = str(len(parts)) if kind.kind == "tuple" else ""
        return "_".join([f"{kind.kind}{count}", *parts])


def tag(kind: Type) -> str:
    """The C type that says which case a value is: as wide as in the guest's memory."""
    return {1: "uint8_t", 2: "uint16_t", 4: "uint32_t"}[tag_size(kind)]


def _short(name: str) -> str:
    return snake(re.sub(r"@.*", "", name).rpartition("/")[2])
