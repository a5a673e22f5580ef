"""What callers call: the functions of the header, around those of the guest's code."""

from __future__ import annotations

from wherever.bind.c.header import is_host, resources, signature
from wherever.bind.c.machine import Place
from wherever.bind.c.names import word
from wherever.bind.c.types import BY_VALUE
from wherever.errors import InputError
from wherever.wit import abi
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.guest import Declared, Guest
    from wherever.bind.c.header import Header
    from wherever.bind.c.linking import Linked
    from wherever.bind.c.values import Values
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface

PASSED = {"i32": "(uint32_t){}", "i64": "{}", "f32": "rt_to_f32({})", "f64": "rt_to_f64({})"}
"""A core value of the guest's code, from one of 64 bits."""

GOT = {"f32": "rt_of_f32({})", "f64": "rt_of_f64({})"}
"""And back, where that is more than an assignment."""

_CORE = {"i32": "uint32_t", "i64": "uint64_t", "f32": "float", "f64": "double"}
_GIVEN = "given_"


class Exports:
    """The exports of one library.

    Args:
        linked: its core instances.
        codes: their modules as C.
        values: how values cross.
    """

    def __init__(
        self,
        library: Library,
        header: Header,
        linked: Linked,
        codes: tuple[Guest, ...],
        values: Values,
    ) -> None:
        self._library = library
        self._header = header
        self._linked = linked
        self._codes = codes
        self._values = values
        self._own = header.names.own

    def functions(self) -> list[str]:
        """Each function of the header.

        Raises:
            InputError: the component does not have what it says.
        """
        lines: list[str] = []
        for interface in self._library.api:
            for function in interface.functions:
                lines += self._export(interface, function)
        for number, kind in enumerate(resources(self._library)):
            if not is_host(self._library, kind):
                lines += self._drop(kind, number)
        return lines

    def called(self, place: Place, *passed: str) -> str:
        """A call of a core function of the guest, as an expression."""
        declared = self._codes[place.instance].exports.get(place.name)
        if declared is None:
            raise InputError(f"{place.name} is not in this component", "build it again")
        return f"{declared.name}({', '.join([f'&handle->guest{place.instance}', *passed])})"

    def ended(self, kind: Type, rep: str) -> list[str]:
        """Statements by which the guest ends a resource of its own."""
        name = f"{kind.home}#[dtor]{kind.name}"
        for number, code in enumerate(self._codes):
            if name in code.exports:
                return [f"{self.called(Place(number, name), rep)};"]
        return [f"(void){rep};"]

    def _export(self, interface: Interface, function: Function) -> list[str]:
        entry = self._linked.entries.get((interface.name, function.core))
        if entry is None:
            raise InputError(f"{function.core} is not in this component", "build it again")
        given = [
            f"{_GIVEN}{word(label)}" for label, kind in function.params if kind.kind not in BY_VALUE
        ]
        given += ["result"] if function.result is not None else []
        body = []
        if given:
            checked = " || ".join(f"{each} == NULL" for each in given)
            body += [f"if ({checked})", f"    return {self._own.upper()}_ARGUMENT;"]
        body += ["rt_handle *h = (rt_handle *)handle;", "RT_CALL(h)"]
        flat = abi.flat_params(function)
        if abi.in_memory(function):
            record = Type("tuple", function.params)
            body += [
                "uint8_t *at;",
                f"uint32_t place = rt_give(h, {abi.size(record)}, {abi.align(record)}, &at);",
            ]
            offset = 0
            for label, kind in function.params:
                offset = abi.up(offset, abi.align(kind))
                body += self._values.store(kind, f"(at + {offset})", _value(label, kind))
                offset += abi.size(kind)
            passed = ["place"]
        else:
            body += [f"uint64_t v[{len(flat)}];"] if flat else []
            first = 0
            for label, kind in function.params:
                body += self._values.lower(kind, _value(label, kind), "v", first)
                first += len(abi.flat(kind))
            passed = [PASSED[core].format(f"v[{at}]") for at, core in enumerate(flat)]
        body.append("h->lowering = false;")
        call = self.called(entry.core, *passed)
        returned: list[str] = []
        if function.result is None:
            body.append(f"{call};")
        else:
            arena = "struct rt_arena *arena = &h->results;"
            flat_result = abi.flat(function.result)
            if len(flat_result) > 1:
                size, align = abi.size(function.result), abi.align(function.result)
                body += [
                    f"uint32_t r = {call};",
                    arena,
                    "rt_release(arena);",
                    f"const uint8_t *found = rt_at(h, r, {size}, {align});",
                    *self._values.load(function.result, "found", "(*result)"),
                ]
            else:
                (core,) = flat_result
                got = GOT.get(core, "{}").format("r")
                body += [
                    f"{_CORE[core]} r = {call};",
                    arena,
                    "rt_release(arena);",
                    f"uint64_t found[1] = {{{got}}};",
                    *self._values.lift(function.result, "found", 0, "(*result)"),
                ]
                body.append("(void)arena;")
            returned = ["r"]
        if entry.post_return is not None:
            called = f"{self.called(entry.post_return, *returned)};"
            body += ["h->is_alone = true;", called, "h->is_alone = false;"]
        if any(kind.kind in ("borrow",) for _, kind in function.params):
            body.append("rt_check_borrowed(h);")
        body += ["rt_leave(h);", f"return {self._own.upper()}_OK;"]
        return [signature(self._header, interface, function, _GIVEN), *body_of(body)]

    def _drop(self, kind: Type, number: int) -> list[str]:
        """What callers give up a resource of the library with."""
        body = [
            "rt_handle *h = (rt_handle *)handle;",
            "RT_CALL(h)",
            f"uint32_t rep = rt_hosts(h, self, {number})->is.guest;",
            "rt_remove(&h->hosts, (uint32_t)self);",
            "h->lowering = false;",
            *self.ended(kind, "rep"),
            "rt_leave(h);",
            f"return {self._own.upper()}_OK;",
        ]
        name, own = self._header.drops[kind], self._own
        head = f"int {name}({own}_t *handle, {self._header.names.type(kind)} self)"
        return [head, *body_of(body)]


def head(declared: Declared) -> str:
    """The head of a function that the guest calls: `self`, `a0`, `a1` and so on."""
    first, *rest = declared.params
    params = [f"{first} self", *(f"{kind} a{at}" for at, kind in enumerate(rest))]
    return f"{declared.result} {declared.name}({', '.join(params)})"


def body_of(lines: list[str]) -> list[str]:
    """A function's body."""
    return ["{", *(f"    {line}" for line in lines), "}"]


def _value(label: str, kind: Type) -> str:
    name = f"{_GIVEN}{word(label)}"
    return name if kind.kind in BY_VALUE else f"(*{name})"
