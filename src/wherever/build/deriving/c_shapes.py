"""Values of C that have a type in WIT, and how the one becomes the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wherever.build.deriving import c_names
from wherever.build.deriving.c_types import CType, parsed
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from wherever.build.deriving.c_source import Record, Source

BYTE = CType("number", "u8", "uint8_t")
"""What `void` and `char` are of, where a length says how many."""


TAGGED = ("record", "union")
"""Kinds of types that a handle may point to."""


class Unsayable(Exception):
    """A type that WIT has no word for.

    Attributes:
        why: the reason.
        instead: what to write.
    """

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(why)
        self.why = why
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Shape:
    """A type on both sides.

    Attributes:
        kind: "same" where nothing has to be done, "enum", "flags", "record", "text" (ends with
            NUL), "list" (a pointer and a length), "array" (a number of them in a struct), "letters"
            (such an array of `char`), "handle", or "pointer" to one that stands elsewhere.
        wit: the type in WIT.
        c: how C declares it; of a list, its pointer.
        inner: what a list or array is of, or a pointer points to.
        values: of an enum or flags, what the cases are worth.
        fields: of a record: what C calls it (two names for a list), and its shape.
        size: how many an array holds.
        is_owned: it is for us to free, when it was handed out.
        is_maybe: it may be NULL, and is an option then.
        end: the function that frees it.
    """

    kind: str
    wit: Type
    c: str
    inner: Shape | None = None
    values: tuple[int, ...] = ()
    fields: tuple[tuple[tuple[str, ...], Shape], ...] = ()
    size: int = 0
    is_owned: bool = False
    is_maybe: bool = False
    end: str = "free"

    @property
    def of(self) -> Shape:
        """The shape of what it holds or points to."""
        assert self.inner is not None
        return self.inner


def maybe(shape: Shape) -> Shape:
    """The same, where NULL is no mistake."""
    if shape.is_maybe:
        return shape
    option = Type("option", (("none", None), ("some", shape.wit)))
    return replace(shape, wit=option, is_maybe=True)


@dataclass(slots=True)
class Shapes:
    """The shapes of one header's types.

    Attributes:
        source: the header.
        home: the interface that its types are of.
        resources: the structs that are handles, by id, and the resource's name.
        ends: the function that frees a struct, by id; "" that of strings and lists.
        taken: names that types cannot have: those of functions.
        named: the types with names, in the order that WIT wants.
    """

    source: Source
    home: str
    resources: dict[str, Type] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    named: list[Type] = field(default_factory=list)
    _known: dict[str, Shape | Unsayable | None] = field(default_factory=dict)

    def value(self, kind: CType) -> Shape:
        """A type that is given and returned as it is.

        Raises:
            Unsayable: WIT has no word for it.
        """
        match kind.kind:
            case "number":
                return Shape("same", Type(kind.name), kind.spelled)
            case "enum":
                return self._tagged(kind)
            case "record":
                if kind.name in self.resources:
                    raise Unsayable(f"{kind.spelled} is a handle", f"write {kind.spelled} *")
                return self._tagged(kind)
            case "pointer":
                return self.pointed(kind)
        raise self._unsayable(kind)

    def pointed(self, kind: CType) -> Shape:
        """What a pointer to one of something is: a string, a handle, or the value itself.

        Raises:
            Unsayable: WIT has no word for it, or it is a pointer to numbers, of which nobody knows
                how many they are.
        """
        target = kind.target
        owned = not target.is_const
        if target.is_char:
            end = self.ends.get("", "free")
            return self._noted(
                Shape("text", Type("string"), "char *", is_owned=owned, end=end), kind
            )
        if target.name in self.resources:
            wit = Type("own", (("", self.resources[target.name]),))
            return self._noted(Shape("handle", wit, kind.spelled, is_owned=owned), kind)
        if target.kind == "record":
            inner = self._tagged(target)
            end = self.ends.get(target.name, "free")
            shape = Shape("pointer", inner.wit, kind.spelled, inner, is_owned=owned, end=end)
            return self._noted(shape, kind)
        if target.kind == "number":
            raise Unsayable(
                f"{kind.name} does not say how many it points to",
                "have a length follow it: `const uint8_t *data, size_t data_len`;"
                " of a result, `size_t *out_len`",
            )
        raise self._unsayable(kind)

    def many(self, kind: CType) -> Shape:
        """What a pointer to several of something is: a list.

        Raises:
            Unsayable: WIT has no word for it.
        """
        target = kind.target
        if target.is_char or target.kind == "void":
            inner = Shape("same", Type("u8"), BYTE.spelled)
        else:
            inner = self.value(target)
        if inner.kind == "handle":
            raise Unsayable(f"{kind.name} is several handles", "give them one by one")
        shape = Shape(
            "list",
            Type("list", (("", inner.wit),)),
            f"{inner.c}{'' if inner.c.endswith('*') else ' '}*",
            inner,
            is_owned=not target.is_const,
            end=self.ends.get("", "free"),
        )
        return shape

    def _noted(self, shape: Shape, kind: CType) -> Shape:
        return maybe(shape) if kind.is_nullable else shape

    def _unsayable(self, kind: CType) -> Unsayable:
        if kind.kind == "pointer" and kind.target.kind != "pointer":
            kind = kind.target
        match kind.kind:
            case "function":
                return Unsayable("it takes or gives a function", "return all at once, as a list")
            case "void":
                return Unsayable(
                    "void * says nothing of what it points to",
                    "write the type; for bytes, have a length follow it: `const void *data,"
                    " size_t data_len`",
                )
            case "union":
                return Unsayable(
                    f"{kind.spelled or 'it'} is a union", "write a struct, or a function for each"
                )
            case "array":
                return Unsayable(f"{kind.name} is an array of arrays", "write a struct of its rows")
            case "pointer":
                return Unsayable(
                    f"{kind.name} is a pointer to pointers",
                    "have a length follow it: `const char *const *names, size_t names_len`",
                )
        return Unsayable(f"WIT has no word for {kind.name}", "write a type that it has")

    def _tagged(self, kind: CType) -> Shape:
        if kind.name not in self._known:
            self._known[kind.name] = None
            try:
                made = self._enum(kind) if kind.kind == "enum" else self._record(kind)
                self._known[kind.name] = made
            except Unsayable as error:
                self._known[kind.name] = error
        found = self._known[kind.name]
        if found is None:
            found = Unsayable(f"{kind.spelled} holds others of its kind", "hold their numbers")
        if isinstance(found, Unsayable):
            raise found
        return found

    def name(self, kind: CType) -> str:
        """What WIT calls a named type; no function has the name."""
        (name,) = c_names.unique([c_names.of_type(kind.spelled.rpartition(" ")[2])])
        while name in self.taken:
            name = f"{name}-type"
        self.taken.add(name)
        return name

    def _enum(self, kind: CType) -> Shape:
        enum = self.source.enums[kind.name]
        if not kind.spelled or not enum.constants:
            raise Unsayable("an enum has no name, or nothing in it", "give it both")
        first: dict[int, tuple[str, str]] = {}
        for name, value, docs in enum.constants:
            first.setdefault(value, (name, docs))
        bits = [value for value in first if value > 0 and value & (value - 1) == 0]
        rest = set(first).difference(bits)
        is_flags = len(bits) > 2 and rest <= {0, sum(bits)}
        values = bits if is_flags else list(first)
        labels = c_names.of_constants([first[value][0] for value in values])
        parts = tuple((label, None) for label in labels)
        notes = tuple(first[value][1] for value in values)
        what = "flags" if is_flags else "enum"
        wit = Type(what, parts, self.name(kind), self.home, enum.docs, notes)
        self.named.append(wit)
        return Shape(what, wit, kind.spelled, values=tuple(values))

    def _record(self, kind: CType) -> Shape:
        record = self.source.records[kind.name]
        if not kind.spelled or kind.spelled.endswith(" "):
            raise Unsayable("a struct has no name", "give it one")
        if not record.is_whole:
            raise Unsayable(
                f"nothing here makes a {kind.spelled}, and what it holds is not told",
                f"declare a function that returns a new {kind.spelled} *, or its fields",
            )
        if not record.fields:
            raise Unsayable(f"{kind.spelled} is empty", "leave it away")
        fields = self._fields(record, kind.spelled)
        labels = c_names.unique(["-".join(c_names.words(names[0])) for names, _, _ in fields])
        parts = tuple(
            (label, shape.wit) for label, (_, shape, _) in zip(labels, fields, strict=True)
        )
        notes = tuple(docs for _, _, docs in fields)
        wit = Type("record", parts, self.name(kind), self.home, record.docs, notes)
        self.named.append(wit)
        own = tuple((names, shape) for names, shape, _ in fields)
        end = self.ends.get(kind.name, "free")
        return Shape("record", wit, kind.spelled, fields=own, end=end)

    def _fields(self, record: Record, spelled: str) -> list[tuple[tuple[str, ...], Shape, str]]:
        types = [parsed(each.type, self.source) for each in record.fields]
        lengths = pairs([each.name for each in record.fields], types, self.resources)
        fields: list[tuple[tuple[str, ...], Shape, str]] = []
        for at, (each, kind) in enumerate(zip(record.fields, types, strict=True)):
            if at in lengths.values():
                continue
            try:
                if not each.name or each.is_bits:
                    raise Unsayable("it is a field of bits, or has no name", "give it all its bits")
                if at in lengths:
                    names: tuple[str, ...] = (each.name, record.fields[lengths[at]].name)
                    shape = self.many(kind)
                else:
                    names, shape = (each.name,), self._field(kind)
            except Unsayable as error:
                field = f"{each.name or 'a field'} of {spelled}"
                raise Unsayable(f"{field}: {error.why}", error.instead) from None
            fields.append((names, shape, each.docs))
        return fields

    def _field(self, kind: CType) -> Shape:
        if kind.kind == "pointer" and kind.target.name in self.resources:
            raise Unsayable("a handle stands in a struct", "give it by itself")
        if kind.kind != "array":
            return self.value(kind)
        if kind.target.is_char:
            return Shape("letters", Type("string"), "", size=kind.size)
        if kind.size == 0:
            raise Unsayable("an array has no size", "write a pointer and a length")
        inner = self.value(kind.target)
        return Shape("array", Type("list", (("", inner.wit),)), "", inner, size=kind.size)


def pairs(names: list[str], types: list[CType], handles: Container[str] = ()) -> dict[int, int]:
    """Which pointer has which length, by their places.

    A length is a number of the pointer's name (`data`, `data_len`), or the next one where its name
    says so; after a `const char *`, which may end by itself, only `len`, `length` and `size` do.
    Structs that are handles are alone.

    Example:
        >>> number = CType("number", "u32", "size_t")
        >>> data = CType("pointer", inner=CType("number", "u8", is_const=True))
        >>> pairs(["data", "limit", "data_len"], [data, number, number])
        {0: 2}
    """
    found: dict[int, int] = {}
    pointers = [
        at
        for at, kind in enumerate(types)
        if kind.kind == "pointer" and kind.target.name not in handles
    ]

    def counts(at: int, of: int) -> bool:
        kind, pointer = types[at], types[of]
        if at == of or at in found.values():
            return False
        if kind.kind == "pointer":  # a length that is handed back
            is_out = not pointer.target.is_const or pointer.target.kind == "pointer"
            return is_out and _is_out_length(kind)
        return kind.is_integer

    owners = {
        other: at
        for at in pointers
        for other in range(len(types))
        if other != at and c_names.is_length_of(names[other], names[at])
    }
    for other, at in owners.items():
        if at not in found and counts(other, at):
            found[at] = other
    for at in pointers:
        after = at + 1
        if at in found or at in found.values() or after == len(types) or not counts(after, at):
            continue
        name = names[after]
        if types[at].target.is_char and c_names.words(name)[-1:] in (["n"], ["count"], ["num"]):
            continue
        if types[at].target.kind == "record" and types[after].kind == "pointer":
            continue
        if after in owners:
            continue
        if c_names.is_length(name) or (not name and types[after].spelled == "size_t"):
            found[at] = after
    return found


def pairs_of_call(
    names: list[str], types: list[CType], handles: Container[str] = ()
) -> dict[int, int]:
    """Which parameter has which length.

    In a function that fills a buffer, what is left is what it reads: `src, dst, size, capacity`.
    """
    found = pairs(names, types, handles)
    used = {*found, *found.values()}
    left = [
        at
        for at, kind in enumerate(types)
        if at not in used and kind.kind == "pointer" and kind.target.name not in handles
    ]
    sizes = [
        at
        for at, kind in enumerate(types)
        if at not in used and kind.is_integer and c_names.is_length(names[at])
    ]
    is_filling = any(not types[at].target.is_const for at in found)
    if is_filling and len(left) == len(sizes) == 1:
        target = types[left[0]].target
        if target.is_const and (target.is_char or target.name in ("u8", "void")):
            found[left[0]] = sizes[0]
    return found


def _is_out_length(kind: CType) -> bool:
    return kind.target.is_integer and not kind.target.is_const
