"""From annotations to types of WIT, with everything that they name."""

from __future__ import annotations

import ast
from dataclasses import replace

from wherever.build.deriving.derived import kebab
from wherever.build.deriving.python import classes
from wherever.build.deriving.python.said import Said, Where, option, shown, written
from wherever.build.deriving.python.source import Definition, dotted
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.said import Shape
    from wherever.build.deriving.python.source import Meaning, Sources

_BITS = {name: (name[0] == "s", int(name[1:])) for name in "u8 u16 u32 u64 s8 s16 s32 s64".split()}
_NARROW = {**dict.fromkeys(_BITS, "int"), "f32": "float", "f64": "float", "char": "str"}
"""Types that Python has no words for, with those that stand for them."""

_PLAIN: dict[str, Said] = {
    "bool": Said(Type("bool"), ("bool",), "bool"),
    "str": Said(Type("string"), ("str",), "str"),
    **{
        name: Said(Type("list", (("", Type("u8")),)), ("bytes", name), "bytes")
        for name in ("bytes", "bytearray", "memoryview")
    },
}
_PLACES = ("typing", "collections.abc")
_LISTS = {
    **{f"builtins.{name}": name for name in ("list", "set", "frozenset")},
    "typing.List": "list",
    "typing.FrozenSet": "frozenset",
    "typing.AbstractSet": "set",
    **{f"{place}.{name}": "set" for place in _PLACES for name in ("Set", "MutableSet")},
    **{
        f"{place}.{name}": "list"
        for place in _PLACES
        for name in "Sequence MutableSequence Iterable Iterator Collection Reversible".split()
    },
}
_GENERATORS = tuple(f"{place}.Generator" for place in _PLACES)
_MAPPINGS = tuple(f"{place}.{name}" for place in _PLACES for name in ("Mapping", "MutableMapping"))
_DICTS = ("builtins.dict", "typing.Dict", *_MAPPINGS)
_TUPLES = ("builtins.tuple", "typing.Tuple")
_THROUGH = ("typing.Final", "typing.Required", "typing.ReadOnly")
_INSTEAD = {
    "typing.Any": "name the type that it has",
    "builtins.object": "name the type that it has",
    "datetime.datetime": "take a str, as datetime.isoformat() writes it",
    "datetime.date": "take a str, as date.isoformat() writes it",
    "datetime.timedelta": "take a float of seconds",
    "decimal.Decimal": "take a str",
    "fractions.Fraction": "take a tuple[int, int]",
    "uuid.UUID": "take a str",
    "pathlib.Path": "take a str",
    "builtins.complex": "take a tuple[float, float]",
    "typing.Callable": "functions cannot be handed over: take what they would work with",
    "collections.abc.Callable": "functions cannot be handed over: take what they would work with",
}


class Reader:
    """Reads annotations, and keeps the types with names that they lead to.

    Args:
        sources: the library.
        home: the interface that types belong to.

    Attributes:
        types: those with names, each after those that it uses.
        shapes: how their values are made, by name.
        resources: the classes among them, in the order in which they were met.
        unions: of what those are made that are unions.
    """

    def __init__(self, sources: Sources, home: str) -> None:
        self.sources = sources
        self.home = home
        self.types: dict[str, Type] = {}
        self.shapes: dict[str, Shape] = {}
        self.resources: list[Definition] = []
        self.unions: dict[str, list[Said]] = {}
        self._made: dict[tuple[str, str], Said] = {}
        self._names: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []

    def of(self, node: ast.expr, where: Where, name: str = "") -> Said | None:
        """What an annotation says; None for `None`.

        Args:
            node: the annotation.
            where: the place that it stands in.
            name: what it is called, where it is what a name stands for.

        Raises:
            InputError: WIT has no words for it.
        """
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str(text)):
                return self.of(written(text, where), where, name)
            case ast.BinOp(op=ast.BitOr()):
                return self._union(_parts(node), where, name)
            case ast.Subscript():
                return self._subscript(node, where, name)
        found = self._meaning(node, where)
        if isinstance(found, Definition):
            return self.defined(found, where)
        if isinstance(found, str):
            return self._foreign(found, node, where)
        raise where.refused(f"{shown(node)} is no type", "check how it is written")

    def some(self, node: ast.expr, where: Where) -> Said:
        """What an annotation says that cannot be `None` alone."""
        found = self.of(node, where)
        if found is None:
            raise where.refused("None alone is no value", "leave it out, or add a type: int | None")
        if found.kind.kind == "record" and not found.kind.parts:
            raise where.refused(
                f"{shown(node)} has no fields, and a record of WIT has some",
                "give it one, or use it as part of a union",
            )
        return found

    def defined(self, definition: Definition, where: Where) -> Said | None:
        """What a name of the library's own says: a class, or what another name stands for."""
        made = self._made.get(definition.key)
        if made is None:
            if definition.key in self._open:
                raise where.refused(
                    f"{definition.name} holds itself, and types of WIT cannot",
                    "keep the parts in a list, and name them by their place in it",
                )
            self._open.append(definition.key)
            try:
                made = self._define(definition, where)
            finally:
                self._open.pop()
            if made is None:
                return None
            if isinstance(definition.node, ast.ClassDef):
                self._made[definition.key] = made
        if made.kind.kind == "resource":
            handle = "borrow" if where.lent else "own"
            return replace(made, kind=Type(handle, (("", made.kind),)))
        return made

    def add(self, said: Said, origin: str, where: Where) -> Said:
        """Keep a type with a name.

        Raises:
            InputError: another has that name.
        """
        name = self.take(said.kind.name, origin, where)
        if self.types.get(name, said.kind) != said.kind or self.shapes.get(name, said.shape) != (
            said.shape
        ):
            raise where.refused(f"two types are called {name}", "give one of them another name")
        self.types.setdefault(name, said.kind)
        self.shapes.setdefault(name, said.shape)
        return replace(said, shape=("named", name))

    def take(self, name: str, origin: str, where: Where) -> str:
        """Keep a name of WIT for something; the name.

        Raises:
            InputError: another has it.
        """
        if self._names.setdefault(name, origin) != origin:
            raise where.refused(
                f"{origin} and {self._names[name]} would both be called {name}",
                "give one of them another name",
            )
        return name

    def _meaning(self, node: ast.expr, where: Where) -> Meaning:
        name = dotted(node)
        found = self.sources.meaning(where.module, name) if name else None
        if found is None:
            what = "is no type" if not name else "is not known here"
            raise where.refused(f"{shown(node)} {what}", "import it, or check how it is written")
        if isinstance(found, str) and found.startswith("typing_extensions."):
            return found[:6] + found[17:]
        return found

    def _define(self, definition: Definition, where: Where) -> Said | None:
        node, name = definition.node, kebab(definition.name)
        inner = Where(definition.module, node.lineno, definition.name, where.lent, where.owner)
        if isinstance(node, ast.ClassDef):
            return classes.define(self, definition, inner)
        value = getattr(node, "value", None)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or value is None:
            raise where.refused(f"{definition.name} is no type", "name a class or a type")
        if isinstance(value, ast.Call) and len(value.args) == 2:
            if self._meaning(value.func, inner) == "typing.NewType":
                value = value.args[1]
        if name in _NARROW and self._meaning(value, inner) == f"builtins.{_NARROW[name]}":
            return _narrow(name)
        return self.of(value, inner, definition.name)

    def _foreign(self, found: str, node: ast.expr, where: Where) -> Said:
        module, _, name = found.rpartition(".")
        if module == "builtins" and name in ("int", "float"):
            return _narrow("s64" if name == "int" else "f64")
        if module == "builtins" and name in _PLAIN:
            return _PLAIN[name]
        if found in ("typing.Text", "typing.AnyStr", "typing.LiteralString"):
            return _PLAIN["str"]
        if found == "typing.Self" and where.owner is not None:
            own = self.defined(where.owner, where)
            if own is not None:
                return own
        if found in (*_LISTS, *_DICTS, *_TUPLES, *_GENERATORS):
            inside = "[str, int]" if found in _DICTS else "[str]"
            raise where.refused(
                f"{shown(node)} does not say what is in it", f"write {name}{inside}, or what it is"
            )
        raise where.refused(
            f"WIT has no word for {shown(node)}",
            _INSTEAD.get(found, "take plain values, or a dataclass of them"),
        )

    def _subscript(self, node: ast.Subscript, where: Where, name: str) -> Said | None:
        found = self._meaning(node.value, where)
        inside = node.slice
        parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
        if found in ("typing.Optional", "typing.Union"):
            none = [ast.Constant(None)] if found == "typing.Optional" else []
            return self._union([*parts, *none], where, name)
        if found == "typing.Literal":
            return classes.literal(self, parts, where, name)
        if found == "typing.Annotated":
            return self._annotated(parts, where, name)
        if found in _THROUGH:
            return self.of(parts[0], where, name)
        if found in _GENERATORS:
            return self._list("list", parts[0], where)
        if isinstance(found, str) and found in _LISTS and len(parts) == 1:
            return self._list(_LISTS[found], parts[0], where)
        if found in _DICTS and len(parts) == 2:
            key, value = (self.some(part, where) for part in parts)
            pair = Type("tuple", (("f0", key.kind), ("f1", value.kind)))
            return Said(Type("list", (("", pair),)), ("dict", key.shape, value.shape), "dict")
        if found in _TUPLES:
            return self._tuple(parts, where)
        if isinstance(found, str):
            return self._foreign(found, node, where)
        if isinstance(found, Definition) and not isinstance(found.node, ast.ClassDef):
            raise where.refused(
                f"{found.name} is no type: {found.place} gives it another meaning",
                "give that another name",
            )
        raise where.refused(
            f"{shown(node)} is a type with parameters, which WIT has not",
            "write a class of its own for each",
        )

    def _list(self, made: str, part: ast.expr, where: Where) -> Said:
        inner = self.some(part, where)
        kind = Type("list", (("", inner.kind),))
        if inner.kind.kind in ("u8", "s8"):
            return Said(kind, ("octets", inner.kind.kind == "s8", made), made)
        return Said(kind, ("list", inner.shape, made), made)

    def _tuple(self, parts: list[ast.expr], where: Where) -> Said:
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
            return self._list("tuple", parts[0], where)
        if not parts:
            raise where.refused("an empty tuple holds nothing", "leave it out")
        inner = [self.some(part, where) for part in parts]
        kind = Type("tuple", tuple((f"f{at}", each.kind) for at, each in enumerate(inner)))
        return Said(kind, ("tuple", tuple(each.shape for each in inner)), "tuple")

    def _annotated(self, parts: list[ast.expr], where: Where, name: str) -> Said | None:
        base = self.of(parts[0], where, name)
        for note in parts[1:]:
            if isinstance(note, ast.Constant) and note.value in _NARROW and base is not None:
                if base.runtime != _NARROW[note.value]:
                    raise where.refused(
                        f"{note.value} is no {base.runtime}",
                        f'write Annotated[{_NARROW[note.value]}, "{note.value}"]',
                    )
                return _narrow(note.value)
        return base

    def _union(self, parts: list[ast.expr], where: Where, name: str) -> Said | None:
        flat: list[Said] = []
        optional = False
        for part in parts:
            said = self.of(part, where)
            if said is None:
                optional = True
                continue
            if said.kind.kind == "option":
                optional = True
                inner = said.kind.inner
                said = Said(inner, said.shape[1], said.runtime)
            for each in self.unions.get(said.kind.name, [said]):
                if each not in flat:
                    flat.append(each)
        if not flat:
            return None
        one = flat[0] if len(flat) == 1 else classes.variant(self, flat, where, name)
        return option(one) if optional else one


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _narrow(name: str) -> Said:
    if name in _BITS:
        signed, bits = _BITS[name]
        low = -(1 << bits - 1) if signed else 0
        return Said(Type(name), ("int", low, low + (1 << bits) - 1), "int")
    return Said(Type(name), ("char",) if name == "char" else ("float",), _NARROW[name])
