"""What the world's types and functions are called in C."""

from __future__ import annotations

import re

from wherever.wit.model import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Function, Interface, Type, World

PLAIN = {
    "bool": "bool",
    "f32": "float",
    "f64": "double",
    "char": "uint32_t",
    **{f"u{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
    "string": "wit_string_t",
}

_TAKEN = frozenset(
    "alignas alignof and and_eq asm assert atomic_cancel auto bitand bitor bool break case catch"
    " char class co_await co_return co_yield compl concept const const_cast consteval constexpr"
    " constinit continue decltype default delete do double dynamic_cast else enum errno explicit"
    " export extern false float for friend goto if inline int long mutable namespace new noexcept"
    " not not_eq nullptr operator or or_eq private protected public register reinterpret_cast"
    " requires restrict return short signed sizeof static static_assert static_cast stderr stdin"
    " stdout struct switch template this thread_local throw true try typedef typeid typename"
    " typeof union unsigned using virtual void volatile wchar_t while xor xor_eq".split()
)
_ALSO = {"linux", "unix"}


def word(name: str) -> str:
    """A field or parameter, as a word that C and C++ leave free.

    >>> word("max-size"), word("int"), word("size-t")
    ('max_size', 'int_', 'size_t_')
    """
    text = name.replace("-", "_").lower()
    return f"{text}_" if text in _TAKEN or text in _ALSO or text.endswith("_t") else text


class Names:
    """The names in one world's header; each stands for one thing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._prefixes: dict[tuple[str, bool], str] = {}
        self._types: dict[Type, str] = {}
        self._used: set[str] = set()
        both = {each.name for each in world.imports} & {each.name for each in world.exports}
        for exported, interfaces in ((True, world.exports), (False, world.imports)):
            for each in interfaces:
                again = exported and each.name in both and each.name != ""
                base = f"exports_{self._prefix(each.name)}" if again else self._prefix(each.name)
                self._prefixes[each.name, exported] = base

    def prefix(self, home: str, exported: bool = False) -> str:
        """What the names of an interface begin with."""
        found = self._prefixes.get((home, exported)) or self._prefixes.get((home, not exported))
        return found or self._prefix(home)

    def type(self, kind: Type) -> str:
        """How a type is written."""
        if kind.kind in PLAIN:
            return PLAIN[kind.kind]
        if kind.kind == "borrow" and self._world.is_exported(kind.inner):
            return f"{self.type(kind.inner)} *"
        if kind.kind == "own" and self._world.is_exported(kind.inner):
            return f"{self.type(kind.inner).removesuffix('_t')}_own_t"
        if kind.kind in ("own", "borrow"):
            return self.type(kind.inner)
        if kind not in self._types:
            named = f"{self.prefix(kind.home).removeprefix('exports_')}_{_snake(kind.name)}"
            self._types[kind] = self.free(named if kind.name else f"wit_{self._told(kind)}", "_t")
        return self._types[kind]

    def function(self, interface: Interface, function: Function, exported: bool) -> str:
        """A function's name, with its interface and the resource that it is of.

        `run` of `wasi:cli/run` is `wasi_cli_run`: what would be said twice is said once.
        """
        prefix = self.prefix(interface.name, exported)
        if function.resource is not None:
            prefix = self.type(function.resource).removesuffix("_t")
        own = "new" if function.kind == "constructor" else _snake(function.name)
        if function.resource is None and prefix.endswith(f"_{own}"):
            return self.free(prefix)
        return self.free(f"{prefix}_{own}")

    def is_exported(self, resource: Type) -> bool:
        """Whether the program itself implements a resource."""
        return self._world.is_exported(resource)

    def lends(self, function: Function) -> bool:
        """Whether a call gives handles that have to be given back when it ends."""
        found = within([kind for _, kind in function.params])
        return any(each.kind == "borrow" and not self.is_exported(each.inner) for each in found)

    def free(self, stem: str, ending: str = "") -> str:
        """A name that nothing else has."""
        while stem + ending in self._used:
            stem += "_"
        self._used.add(stem + ending)
        return stem + ending

    def _prefix(self, home: str) -> str:
        """`acme_math_ops` for `acme:math/ops@1.2.0`; a name that says the same twice says it once.

        What stands in the world itself begins as its package does.
        """
        package = re.sub(r"/.*", "", self._world.name)
        if not home:
            return _snake(package)
        base = re.sub(r"@.*", "", home)
        if "/" not in base:
            return _snake(f"{package}-{base}")
        outer, _, inner = base.partition("/")
        return _snake(outer if outer.endswith(f":{inner}") else f"{outer}-{inner}")

    def _told(self, kind: Type | None) -> str:
        if kind is None:
            return "none"
        if kind.kind in ("own", "borrow"):
            handle = self.type(kind).removesuffix(" *").removesuffix("_t")
            return f"borrow_{handle}" if self.type(kind).endswith("*") else handle
        if kind.name:
            return self.type(kind).removesuffix("_t")
        if kind.kind in PLAIN:
            return kind.kind
        parts = [self._told(each) for _, each in kind.parts]
        if kind.kind == "option":
            parts = parts[1:]
        count = str(len(parts)) if kind.kind == "tuple" else ""
        return "_".join([f"{kind.kind}{count}", *parts])


def _snake(name: str) -> str:
    return re.sub(r"[-:/.]", "_", name).lower()
