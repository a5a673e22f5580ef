"""Functions of C, each as one that WIT has: which parameters go in, and what comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from wherever.build.deriving import c_names
from wherever.build.deriving.c_shapes import Shape, Shapes, Unsayable, maybe, pairs_of_call
from wherever.build.deriving.c_types import CType, parsed
from wherever.build.deriving.derived import kebab
from wherever.wit.model import Function, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from wherever.build.deriving.c_source import Declared

_NULL = re.compile(r"\bNULL\b|\bnull(?:ptr| pointer)\b")


@dataclass(frozen=True, slots=True)
class Arg:
    """What C is given for one parameter; the glue has a local of its number.

    Attributes:
        mode: "value", the pointer of a "list" and its "length", "out" for a place to write to,
            "both" for one that holds the value given, the "room" for a list and its "capacity", or
            the "storage" of a struct that is a handle.
        c: the type of the local.
        label: the parameter in WIT, "" where there is none.
        shape: what it is of; of a "room", the list that comes back.
        by: the number of the other one, of a list and its length.
        is_place: C wants its address.
        cast: the pointer that C declares, "" for what is none.
        size: how many an array holds.
    """

    mode: str
    c: str
    label: str = ""
    shape: Shape | None = None
    by: int = 0
    is_place: bool = False
    cast: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function of WIT that a function of C does.

    Attributes:
        name: what C calls it.
        function: what WIT calls it.
        args: what it is given, in C's order.
        results: what comes back: shapes, each with the number of the local, and of the one with
            the length; -1 is what C returns.
        returned: the type that C returns, "" for none.
    """

    name: str
    function: Function
    args: tuple[Arg, ...]
    results: tuple[tuple[Shape, int, int], ...]
    returned: str


def call(
    declared: Declared,
    shapes: Shapes,
    makers: dict[str, str],
    used: set[str],
    stored: Container[str] = (),
) -> Call:
    """How a function is called.

    Args:
        declared: the function.
        shapes: the types of its header.
        makers: the function that is the constructor of a handle, by the struct's id.
        used: names that functions have already, with their resource.
        stored: the ids of handles whose memory is ours.

    Raises:
        Unsayable: WIT has no word for a part of it.
    """
    made = next((at for at, name in makers.items() if name == declared.name), "")
    return _Maker(declared, shapes, declared.name if made in stored else "").call(makers, used)


class _Maker:
    def __init__(self, declared: Declared, shapes: Shapes, stored: str) -> None:
        self._stored = stored
        self._declared = declared
        self._shapes = shapes
        source = shapes.source
        self._params = declared.params or ()
        self._names = [each.name for each in self._params]
        self._types = [parsed(each.type, source) for each in self._params]
        self._result = parsed(declared.result, source)
        self._lengths = pairs_of_call(self._names, self._types, shapes.resources)
        for at, each in enumerate(self._params):
            if each.array in self._names and self._types[self._names.index(each.array)].is_integer:
                self._lengths[at] = self._names.index(each.array)
        labels = [
            "-".join(c_names.words(name)) or f"arg{at}" for at, name in enumerate(self._names)
        ]
        self._labels = c_names.unique(["self", *labels])[1:]
        self._args: dict[int, Arg] = {}
        self._given: list[tuple[str, Type]] = []
        self._back: list[tuple[Shape, int, int]] = []

    def call(self, makers: dict[str, str], used: set[str]) -> Call:
        declared = self._declared
        if not (declared.name.isascii() and declared.name.strip("_0123456789$")):
            raise Unsayable("WIT has no such letters in names", "call it by those from a to z")
        if declared.has_more:
            raise Unsayable(
                "it takes any number of values",
                "take them as a list: `const char *const *words, size_t words_len`",
            )
        self._returned()
        for at in range(len(self._types)):
            if at not in self._args:
                self._param(at)
        results = [shape.wit for shape, _, _ in self._back]
        result = results[0] if results else None
        if len(results) > 1:
            result = Type("tuple", tuple((f"f{at}", each) for at, each in enumerate(results)))
        function = self._named(result, makers, used)
        if function.kind == "method":
            self._args[0] = replace(self._args[0], label="self")
        return Call(
            declared.name,
            function,
            tuple(replace(self._args[at], cast=self._cast(at)) for at in range(len(self._types))),
            tuple(self._back),
            "" if self._result.kind == "void" else self._result.spelled,
        )

    def _cast(self, at: int) -> str:
        is_plain = self._types[at].kind == "pointer" and "(" not in self._params[at].type
        return self._params[at].type if is_plain else ""

    def _named(self, result: Type | None, makers: dict[str, str], used: set[str]) -> Function:
        declared, params, whole = (
            self._declared,
            tuple(self._given),
            kebab(self._declared.name),
        )
        resource: Type | None = None
        kind, core = "function", whole
        made = next((at for at, name in makers.items() if name == declared.name), "")
        if params and params[0][1].kind == "borrow" and self._args[0].mode == "value":
            resource, kind = params[0][1].inner, "method"
            params = (("self", params[0][1]), *params[1:])
        elif made and result is not None:
            resource = self._shapes.resources[made]
            kind = "constructor" if result.kind == "own" else "static"
        if resource is not None:
            core = c_names.of_method(declared.name, resource.name)
            if f"{resource.name}.{core}" in used:
                core = whole
        full = f"{resource.name}.{core}" if resource is not None else core
        if full in used:
            raise Unsayable(f"another function is called {core} in WIT, too", "call it otherwise")
        used.add(full)
        if resource is None:
            return Function(core, core, params, result, docs=declared.docs)
        if kind == "constructor":
            label, core = f"[constructor]{resource.name}", "constructor"
        else:
            label = f"[{kind}]{resource.name}.{core}"
        return Function(core, label, params, result, kind, resource, declared.docs)

    def _says_null(self) -> bool:
        return _NULL.search(f"{self._declared.docs} {self._declared.returns}") is not None

    def _returned(self) -> None:
        kind, shapes = self._result, self._shapes
        if kind.kind == "void":
            return
        if kind.kind != "pointer":
            self._back.append((shapes.value(kind), -1, -1))
            return
        target = kind.target
        is_handle = target.name in shapes.resources
        length = -1 if is_handle else self._out_length(target)
        if length >= 0:
            shape = shapes.many(kind)
            count = self._types[length].target
            self._args[length] = Arg("out", count.spelled, is_place=True)
        else:
            shape = shapes.pointed(kind)
        if is_handle:
            self._check_owner(kind)
        self._back.append((maybe(shape) if self._says_null() else shape, -1, length))

    def _out_length(self, target: CType) -> int:
        for at in reversed(range(len(self._types))):
            kind, name = self._types[at], self._names[at]
            if at in self._lengths.values() or kind.kind != "pointer" or kind.target.is_const:
                continue
            words = set(c_names.words(name))
            is_count = bool(words & {"count", "n", "num"}) and target.is_char
            if kind.target.is_integer and c_names.is_length(name) and not is_count:
                return at
        return -1

    def _check_owner(self, kind: CType) -> None:
        name, target = self._declared.name, kind.target
        if target.is_const:
            raise Unsayable(
                f"const {kind.spelled} is lent, which a result cannot be",
                "return a new one, or what others ask of it",
            )
        takes = any(
            each.kind == "pointer"
            and (each.target.name == target.name or each.target.kind == "void")
            and not each.target.is_const
            for each in self._types
        )
        if (takes and not c_names.gives(name)) or "get" in c_names.words(name):
            raise Unsayable(
                f"nobody says who frees the {kind.spelled} that it returns",
                "have its name say new, create or copy, if its caller does",
            )

    def _param(self, at: int) -> None:
        kind, label = self._types[at], self._labels[at]
        if at == 0 and self._declared.name == self._stored:
            self._storage(kind)
        elif at in self._lengths:
            self._list(at, self._lengths[at])
        elif at in self._lengths.values():
            return
        elif self._params[at].array and not (kind.target.is_char and kind.target.is_const):
            self._array(at)
        elif kind.kind != "pointer" or self._is_read(kind):
            shape = self._shapes.value(kind)
            if kind.kind == "pointer" and _NULL.search(self._params[at].docs):
                shape = maybe(shape)
            self._value(at, label, shape)
        else:
            self._place(at)

    def _is_read(self, kind: CType) -> bool:
        target = kind.target
        if target.name in self._shapes.resources:
            return True
        return target.is_const and target.kind != "pointer"

    def _value(self, at: int, label: str, shape: Shape) -> None:
        if shape.kind == "handle":
            wit = Type("borrow", (("", self._resource(shape)),))
            shape = replace(shape, wit=wit, is_maybe=False)
            shape = maybe(shape) if _NULL.search(self._params[at].docs) else shape
        self._given.append((label, shape.wit))
        self._args[at] = Arg("value", shape.c, label, shape)

    def _resource(self, shape: Shape) -> Type:
        wit = shape.wit.inner
        return wit.inner if wit.kind == "own" else wit

    def _way(self, at: int) -> str:
        told = self._params[at].way
        return (
            told
            if told in ("out", "in,out")
            else "out"
            if c_names.is_out(self._names[at])
            else "in,out"
        )

    def _place(self, at: int) -> None:
        kind, label = self._types[at], self._labels[at]
        target = kind.target
        if target.is_char:
            raise Unsayable(
                f"`{kind.spelled}{self._names[at]}` does not say how much may be written there",
                "write `const char *` for a text that is read, and return a `char *` of malloc",
            )
        after = self._types[at + 1 : at + 2]
        if target.kind == "number" and self._way(at) != "out" and after and after[0].is_integer:
            raise Unsayable(
                f"`{kind.spelled}{self._names[at]}` may be one or many",
                "have its length follow it, or have its name say out",
            )
        shape = self._shapes.value(target)
        if target.kind == "pointer":
            self._args[at] = Arg("out", target.spelled, is_place=True)
            self._back.append((maybe(shape), at, -1))
            return
        if self._way(at) == "out":
            self._args[at] = Arg("out", target.spelled, is_place=True)
        else:
            self._given.append((label, shape.wit))
            self._args[at] = Arg("both", target.spelled, label, shape, is_place=True)
        self._back.append((shape, at, -1))

    def _storage(self, kind: CType) -> None:
        """The struct that an `init` fills is memory that lasts as long as the handle."""
        shape = self._shapes.pointed(kind)
        self._args[0] = Arg("storage", kind.spelled)
        self._back.append((shape, 0, -1))

    def _array(self, at: int) -> None:
        kind, size = self._types[at], self._params[at].size
        if size <= 0:
            raise Unsayable(
                f"`{self._names[at]}` is an array that does not say its size",
                "have its length follow it, or write how many it holds",
            )
        if kind.target.is_char:
            text = Shape("text", Type("string"), "char *")
            self._args[at] = Arg("room", "char *", "", text, size=size)
            self._back.append((text, at, -1))
            return
        shape = replace(self._shapes.many(kind), size=size, is_owned=False)
        if not kind.target.is_const and self._way(at) == "out":
            self._args[at] = Arg("room", shape.c, "", shape, size=size)
        else:
            self._given.append((self._labels[at], shape.wit))
            self._args[at] = Arg("list", shape.c, self._labels[at], shape, size=size)
        if not kind.target.is_const:
            self._back.append((shape, at, -1))

    def _list(self, at: int, by: int) -> None:
        kind, count = self._types[at], self._types[by]
        is_place = count.kind == "pointer"
        number = count.target if is_place else count
        target = kind.target
        if is_place and target.kind == "pointer":
            shape = self._shapes.many(target)
            self._args[at] = Arg("out", target.spelled, is_place=True)
            self._args[by] = Arg("out", number.spelled, is_place=True)
            self._back.append((shape, at, by))
            return
        shape = self._shapes.many(kind)
        is_read = target.is_const or target.kind == "pointer"
        if not is_read and (is_place or self._way(at) == "out"):
            label = self._labels[by]
            shape = replace(shape, is_owned=False)
            self._given.append((label, Type(number.name)))
            self._args[at] = Arg("room", shape.c, "", shape, by)
            self._args[by] = Arg("capacity", number.spelled, label, is_place=is_place)
            self._back.append((shape, at, by))
            return
        label = self._labels[at]
        if _NULL.search(self._params[at].docs) and is_read:
            shape = maybe(shape)
        self._given.append((label, shape.wit))
        self._args[at] = Arg("list", shape.c, label, shape, by)
        self._args[by] = Arg("length", number.spelled, "", shape, at)
        if not is_read:
            self._back.append((replace(shape, is_owned=False), at, by))
