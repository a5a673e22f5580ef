"""C that carries values between callers and the guest, as the canonical ABI says.

Each type with parts has four functions: `load` and `store` for values in the guest's memory,
`lift` and `lower` for those that are passed as core values, all of which stand in 64 bits each.
"""

from __future__ import annotations

from wherever.bind.c.names import NUMBERS, word
from wherever.errors import InputError
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.bind.c.names import Names
    from wherever.wit.model import Type

_SIMPLE = (*NUMBERS, "bool", "char", "enum", "flags", "own", "borrow")
_ARENA = "struct rt_arena *arena"


class Values:
    """The C of one library's values.

    Args:
        numbers: of its resources.
        is_host: whether a resource is the host's.
        got: the types of which the guest gives values: as results, and to callbacks.
        given: those of which it gets values.
    """

    def __init__(
        self,
        names: Names,
        numbers: dict[Type, int],
        is_host: Callable[[Type], bool],
        got: frozenset[Type],
        given: frozenset[Type],
    ) -> None:
        self._names = names
        self._numbers = numbers
        self._is_host = is_host
        self._got = got
        self._given_ones = given

    def functions(self, kind: Type) -> list[str]:
        """The functions of a type, for the ways that its values go; none where it needs none.

        Raises:
            InputError: a callback is lent what it cannot be lent.
        """
        if kind.kind in (*_SIMPLE, "string", "resource"):
            return []
        if kind.kind == "list":
            return self._list(kind)
        name, stem = self._names.type(kind), self._names.stem(kind)
        takes = f"rt_handle *h, {_ARENA}"
        heads: list[tuple[str, list[str]]] = []
        if kind in self._got:
            heads += [
                (f"load_{stem}({takes}, const uint8_t *at, {name} *to)", self._loads(kind)),
                (f"lift_{stem}({takes}, const uint64_t *v, {name} *to)", self._lifts(kind)),
            ]
        if kind in self._given_ones:
            put = f"rt_handle *h, uint8_t *at, const {name} *from"
            lower = f"rt_handle *h, const {name} *from, uint64_t *v"
            heads += [
                (f"store_{stem}({put})", self._stores(kind)),
                (f"lower_{stem}({lower})", self._lowers(kind)),
            ]
        return [
            line
            for head, body in heads
            for line in (f"RT_UNUSED static void {head}", "{", *_in(_used(head)), *_in(body), "}")
        ]

    def load(self, kind: Type, at: str, to: str) -> list[str]:
        """`to` becomes what lies at `at`."""
        what = kind.kind
        if what in NUMBERS:
            return [f"{to} = rt_load_{what}({at});"]
        if what == "string":
            return [
                f"{to}.length = rt_load_u32({at} + 4);",
                f"{to}.data = rt_text(h, arena, rt_load_u32({at}), (uint32_t){to}.length);",
            ]
        if what == "list":
            return [
                f"read_{self._names.stem(kind)}(h, arena, rt_load_u32({at}),"
                f" rt_load_u32({at} + 4), &{to});"
            ]
        if what in _SIMPLE:
            return [f"{to} = {self._simple(kind, f'rt_load_u{8 * abi.size(kind)}({at})')};"]
        return [f"load_{self._names.stem(kind)}(h, arena, {at}, &{to});"]

    def store(self, kind: Type, at: str, value: str) -> list[str]:
        """`value` goes to `at`."""
        what = kind.kind
        if what in NUMBERS:
            return [f"rt_store_{what}({at}, {value});"]
        if what == "string":
            return [
                f"rt_store_u32({at}, rt_give_text(h, {value}.data, {value}.length));",
                f"rt_store_u32({at} + 4, (uint32_t){value}.length);",
            ]
        if what == "list":
            return [
                f"rt_store_u32({at}, give_{self._names.stem(kind)}(h, &{value}));",
                f"rt_store_u32({at} + 4, (uint32_t){value}.length);",
            ]
        if what in _SIMPLE:
            bits = 8 * abi.size(kind)
            return [f"rt_store_u{bits}({at}, (uint{bits}_t){self._given(kind, value)});"]
        return [f"store_{self._names.stem(kind)}(h, {at}, &{value});"]

    def lift(self, kind: Type, v: str, first: int, to: str) -> list[str]:
        """`to` becomes what the core values from a first one on are."""
        what, value = kind.kind, f"{v}[{first}]"
        if what in ("f32", "f64"):
            return [f"{to} = rt_to_{what}({value});"]
        if what in NUMBERS:
            return [f"{to} = ({NUMBERS[what]}){value};"]
        if what == "string":
            return [
                f"{to}.length = (uint32_t){v}[{first + 1}];",
                f"{to}.data = rt_text(h, arena, (uint32_t){value}, (uint32_t){to}.length);",
            ]
        if what == "list":
            return [
                f"read_{self._names.stem(kind)}(h, arena, (uint32_t){value},"
                f" (uint32_t){v}[{first + 1}], &{to});"
            ]
        if what in _SIMPLE:
            return [f"{to} = {self._simple(kind, f'(uint32_t){value}')};"]
        return [f"lift_{self._names.stem(kind)}(h, arena, {v} + {first}, &{to});"]

    def lower(self, kind: Type, value: str, v: str, first: int) -> list[str]:
        """The core values from a first one on become `value`."""
        what, to = kind.kind, f"{v}[{first}]"
        if what in ("f32", "f64"):
            return [f"{to} = rt_of_{what}({value});"]
        if what in NUMBERS:
            return [f"{to} = {'' if what.endswith('64') else '(uint32_t)'}{value};"]
        if what == "string":
            return [
                f"{to} = rt_give_text(h, {value}.data, {value}.length);",
                f"{v}[{first + 1}] = {value}.length;",
            ]
        if what == "list":
            return [
                f"{to} = give_{self._names.stem(kind)}(h, &{value});",
                f"{v}[{first + 1}] = {value}.length;",
            ]
        if what in _SIMPLE:
            return [f"{to} = {self._given(kind, value)};"]
        return [f"lower_{self._names.stem(kind)}(h, &{value}, {v} + {first});"]

    def _simple(self, kind: Type, value: str) -> str:
        """A value of one number that the guest gave."""
        what = kind.kind
        if what == "bool":
            return f"{value} != 0"
        if what == "char":
            return f"rt_char(h, {value})"
        if what == "enum":
            return f"({self._names.type(kind)})rt_case(h, {value}, {len(kind.parts)})"
        if what == "flags":
            return f"({self._names.type(kind)})({value} & {(1 << len(kind.parts)) - 1:#x}u)"
        number = self._numbers[kind.inner]
        if self._is_host(kind.inner):
            own = "true" if what == "own" else "false"
            return f"rt_lift_host(h, {number}, {value}, {own})"
        if what == "borrow":
            raise InputError(
                f"a callback is lent a {kind.inner.name} of the library, which C bindings"
                " cannot pass",
                "give the callback what it needs of it",
            )
        return f"rt_lift_own(h, {number}, {value})"

    def _given(self, kind: Type, value: str) -> str:
        """A value of one number that the host gave, as the guest gets it."""
        what = kind.kind
        if what == "bool":
            return f"({value} ? 1u : 0u)"
        if what == "char":
            return f"rt_given_char(h, {value})"
        if what == "enum":
            return f"rt_given_case(h, {value}, {len(kind.parts)})"
        if what == "flags":
            return f"({value} & {(1 << len(kind.parts)) - 1:#x}u)"
        number = self._numbers[kind.inner]
        if self._is_host(kind.inner):
            return f"rt_lower_host(h, {number}, {value}, {'true' if what == 'own' else 'false'})"
        if what == "borrow":
            return f"rt_hosts(h, {value}, {number})->is.guest"
        return f"rt_lower_own(h, {number}, {value})"

    def _list(self, kind: Type) -> list[str]:
        inner, name, stem = kind.inner, self._names.type(kind), self._names.stem(kind)
        held, size = self._names.type(inner), abi.size(inner)
        lines = []
        if is_raw(inner):
            lines.append(f'_Static_assert(sizeof({held}) == {size}, "{stem}");')
        if kind in self._got:
            lines += [
                f"RT_UNUSED static void read_{stem}("
                f"rt_handle *h, {_ARENA}, uint32_t place, uint32_t length, {name} *to)",
                *("{", *_in(self._reads(inner, held)), "}"),
            ]
        if kind in self._given_ones:
            lines += [
                f"RT_UNUSED static uint32_t give_{stem}(rt_handle *h, const {name} *from)",
                *("{", *_in(self._gives(inner)), "}"),
            ]
        return lines

    def _reads(self, inner: Type, held: str) -> list[str]:
        size, align = abi.size(inner), abi.align(inner)
        one = self.load(inner, f"(at + (size_t)each * {size})", "data[each]")
        each = ["for (uint32_t each = 0; each < length; each++) {", *_in(one), "}"]
        copied = [f"memcpy(data, at, (size_t)length * {size});"]
        return [
            f"const uint8_t *at = rt_at(h, place, (uint64_t)length * {size}, {align});",
            f"{held} *data = (void *)(uintptr_t)rt_nothing;",
            "if (length != 0) {",
            f"    data = rt_room(h, arena, length, sizeof({held}));",
            *_in(copied if is_raw(inner) else each),
            "}",
            "to->data = data;",
            "to->length = length;",
        ]

    def _gives(self, inner: Type) -> list[str]:
        size, align = abi.size(inner), abi.align(inner)
        one = self.store(inner, f"(at + each * {size})", "from->data[each]")
        each = ["for (size_t each = 0; each < from->length; each++) {", *_in(one), "}"]
        copied = [
            "if (from->length != 0)",
            f"    memcpy(at, from->data, from->length * {size});",
        ]
        return [
            "uint8_t *at;",
            "if (from->length != 0 && from->data == NULL)",
            '    RT_REFUSE(h, "a list of %zu values is nowhere", from->length);',
            f"if (from->length > INT32_MAX / {size})",
            '    RT_REFUSE(h, "a list of %zu values is too long", from->length);',
            f"uint32_t place = rt_give(h, from->length * {size}, {align}, &at);",
            *(copied if is_raw(inner) else each),
            "return place;",
        ]

    def _loads(self, kind: Type) -> list[str]:
        if kind.kind in ("record", "tuple"):
            return [
                line
                for offset, label, each in laid_out(kind)
                for line in self.load(each, f"(at + {offset})", f"to->{word(label)}")
            ]
        bits, place = 8 * abi.tag_size(kind), f"(at + {abi.payload_at(kind)})"
        return self._taken(
            kind, f"rt_load_u{bits}(at)", lambda each, to: self.load(each, place, to)
        )

    def _lifts(self, kind: Type) -> list[str]:
        if kind.kind in ("record", "tuple"):
            return [
                line
                for first, label, each in _passed(kind)
                for line in self.lift(each, "v", first, f"to->{word(label)}")
            ]
        return self._taken(kind, "v[0]", lambda each, to: self.lift(each, "v", 1, to))

    def _stores(self, kind: Type) -> list[str]:
        if kind.kind in ("record", "tuple"):
            return [
                line
                for offset, label, each in laid_out(kind)
                for line in self.store(each, f"(at + {offset})", f"from->{word(label)}")
            ]
        bits, place = 8 * abi.tag_size(kind), f"(at + {abi.payload_at(kind)})"
        tag = f"rt_store_u{bits}(at, (uint{bits}_t){self._tag(kind)});"
        return [tag, *self._chosen(kind, lambda each, value: self.store(each, place, value))]

    def _lowers(self, kind: Type) -> list[str]:
        if kind.kind in ("record", "tuple"):
            return [
                line
                for first, label, each in _passed(kind)
                for line in self.lower(each, f"from->{word(label)}", "v", first)
            ]
        count = len(abi.flat(kind))
        rest = [f"memset(v + 1, 0, {count - 1} * sizeof *v);"] if count > 1 else []
        return [
            f"v[0] = {self._tag(kind)};",
            *rest,
            *self._chosen(kind, lambda each, value: self.lower(each, value, "v", 1)),
        ]

    def _tag(self, kind: Type) -> str:
        if kind.kind == "variant":
            return f"rt_given_case(h, from->tag, {len(kind.parts)})"
        return f"(from->{'is_some' if kind.kind == 'option' else 'is_err'} ? 1u : 0u)"

    def _taken(self, kind: Type, tag: str, take: Callable[[Type, str], list[str]]) -> list[str]:
        """A sum that the guest gave; the bytes of the cases that it is not are 0."""
        what = {"option": "is_some", "result": "is_err"}.get(kind.kind, "tag")
        cast = f"({self._names.type(kind)}){{0}}"
        return [
            f"uint32_t chosen = rt_case(h, {tag}, {len(kind.parts)});",
            f"*to = {cast};",
            f"to->{what} = {'chosen' if what == 'tag' else 'chosen != 0'};",
            *_switch(kind, "chosen", lambda each, held: take(each, f"to->{held}")),
        ]

    def _chosen(self, kind: Type, give: Callable[[Type, str], list[str]]) -> list[str]:
        what = {"option": "is_some", "result": "is_err"}.get(kind.kind, "tag")
        return _switch(kind, f"(int)from->{what}", lambda each, held: give(each, f"from->{held}"))


def is_raw(kind: Type) -> bool:
    """Whether any bytes are a value, and the same in C as in the guest."""
    if kind.kind in NUMBERS:
        return True
    if kind.kind not in ("record", "tuple") or not all(is_raw(each) for _, each in kind.fields):
        return False
    return sum(abi.size(each) for _, each in kind.fields) == abi.size(kind)  # nothing between them


def laid_out(kind: Type) -> list[tuple[int, str, Type]]:
    """Where each field of a record lies."""
    found, end = [], 0
    for label, each in kind.fields:
        end = abi.up(end, abi.align(each))
        found.append((end, label, each))
        end += abi.size(each)
    return found


def _passed(kind: Type) -> list[tuple[int, str, Type]]:
    found, first = [], 0
    for label, each in kind.fields:
        found.append((first, label, each))
        first += len(abi.flat(each))
    return found


def _switch(kind: Type, tag: str, case: Callable[[Type, str], list[str]]) -> list[str]:
    lines: list[str] = []
    for at, (label, each) in enumerate(kind.parts):
        if each is not None:
            held = "value" if kind.kind == "option" else f"value.{word(label)}"
            lines += [f"case {at}:", *_in(case(each, held)), "    break;"]
    return [f"switch ({tag}) {{", *lines, "default:", "    break;", "}"] if lines else []


def _used(head: str) -> list[str]:
    return ["(void)h, (void)arena;"] if "arena" in head else ["(void)h;"]


def _in(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
