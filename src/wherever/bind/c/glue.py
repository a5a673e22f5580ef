"""The C between a library's header and the guest's code."""

from __future__ import annotations

from wherever.bind.c import wasi
from wherever.bind.c.header import ERRORS, is_host, resources, signature
from wherever.bind.c.machine import Imported, Lowered, Place, Resource
from wherever.bind.c.names import word
from wherever.bind.c.types import BY_VALUE, gathered
from wherever.bind.c.values import Values
from wherever.errors import InputError
from wherever.wit import abi
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.bind.c.guest import Declared, Guest
    from wherever.bind.c.header import Header
    from wherever.bind.c.linking import Linked
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface

_CORE = {"i32": "uint32_t", "i64": "uint64_t", "f32": "float", "f64": "double"}
_PASSED = {"i32": "(uint32_t){}", "i64": "{}", "f32": "rt_to_f32({})", "f64": "rt_to_f64({})"}
_GOT = {"f32": "rt_of_f32({})", "f64": "rt_of_f64({})"}
_GIVEN = "given_"
_PREVIEW1 = "wasi_snapshot_preview1"


class Glue:
    """The C of one library.

    Args:
        stands_on: its core instances.
        codes: their modules as C.
    """

    def __init__(
        self, library: Library, header: Header, stands_on: Linked, codes: tuple[Guest, ...]
    ) -> None:
        self._library = library
        self._header = header
        self._linked = stands_on
        self._codes = codes
        self._numbers = {kind: at for at, kind in enumerate(resources(library))}
        self._host = {kind: is_host(library, kind) for kind in self._numbers}
        self._values = Values(header.names, self._numbers, self._host.__getitem__)
        self._own = header.names.own

    @property
    def is_alone(self) -> bool:
        """Whether it is one module, which gets WASI preview 1 from `wasi.c`."""
        return self._linked.instances == (None,)

    def text(self) -> str:
        """All of it.

        Raises:
            InputError: the guest calls what C bindings do not give it, or has a value that they
                cannot carry.
        """
        lines: list[str] = []
        for kind in gathered((*self._library.needs, *self._library.api)):
            lines += self._values.functions(kind)
        lines += self._start()
        for interface in self._library.api:
            for function in interface.functions:
                lines += self._export(interface, function)
        lines += [line for kind in self._numbers for line in self._drop(kind)]
        lines += self._imports()
        lines += self._errors()
        return "\n".join([*lines, ""])

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
            passed = [_PASSED[core].format(f"v[{at}]") for at, core in enumerate(flat)]
        body.append("h->lowering = false;")
        call = self._called(entry.core, *passed)
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
                got = _GOT.get(core, "{}").format("r")
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
            body.append(f"{self._called(entry.post_return, *returned)};")
        if any(kind.kind in ("borrow",) for _, kind in function.params):
            body.append("rt_check_borrowed(h);")
        body += ["rt_leave(h);", f"return {self._own.upper()}_OK;"]
        return [signature(self._header, interface, function, _GIVEN), *_body(body)]

    def _drop(self, kind: Type) -> list[str]:
        """What callers give up a resource of the library with."""
        if self._host[kind]:
            return []
        body = [
            "rt_handle *h = (rt_handle *)handle;",
            "RT_CALL(h)",
            f"uint32_t rep = rt_hosts(h, self, {self._numbers[kind]})->is.guest;",
            "rt_remove(&h->hosts, (uint32_t)self);",
            "h->lowering = false;",
            *self._ended(kind, "rep"),
            "rt_leave(h);",
            f"return {self._own.upper()}_OK;",
        ]
        name, own = self._header.drops[kind], self._own
        head = f"int {name}({own}_t *handle, {self._header.names.type(kind)} self)"
        return [head, *_body(body)]

    def _called(self, place: Place, *passed: str) -> str:
        """A call of a core function of the guest, as an expression."""
        declared = self._codes[place.instance].exports.get(place.name)
        if declared is None:
            raise InputError(f"{place.name} is not in this component", "build it again")
        return f"{declared.name}({', '.join([f'&handle->guest{place.instance}', *passed])})"

    def _ended(self, kind: Type, rep: str) -> list[str]:
        name = f"{kind.home}#[dtor]{kind.name}"
        for number, code in enumerate(self._codes):
            if name in code.exports:
                return [f"{self._called(Place(number, name), rep)};"]
        return [f"(void){rep};"]

    def _imports(self) -> list[str]:
        known = {
            (interface.name or "$root", function.core): (interface, function)
            for interface in self._library.needs
            for function in interface.functions
        }
        lines: list[str] = []
        for code, instance in zip(self._codes, self._linked.instances, strict=True):
            for (module, name), declared in code.imports.items():
                if instance is None:
                    if module == _PREVIEW1:
                        continue
                    found: Any = Imported(module, name)
                else:
                    found = instance.find(module, name)
                if isinstance(found, Lowered):
                    if found.memory not in (None, self._linked.memory):
                        found = None
                    found = found and found.function
                if isinstance(found, Place):
                    lines += self._forwarded(declared, found)
                elif isinstance(found, Imported) and (key := _key(found)) in known:
                    lines += self._import(declared, *known[key])
                elif isinstance(found, Imported) and found.interface.startswith("wasi:"):
                    lines += self._wasi(declared, found.interface, found.name)
                elif isinstance(found, Resource) and module.startswith("wasi:"):
                    lines += self._wasi(declared, module, name)
                elif name.startswith("[resource-"):
                    lines += self._resource(module, name, declared)
                elif instance is None:
                    raise InputError(
                        f"the library calls {name} of {module}, which C bindings do not give it",
                        "build it from C, C++, Zig or Rust for WASI preview 1",
                    )
                else:
                    lines += self._missing(declared, f"{module}: {name}")
        return lines

    def _forwarded(self, declared: Declared, place: Place) -> list[str]:
        """What one core instance gets of another."""
        passed = (f"a{at}" for at in range(len(declared.params) - 1))
        returned = "" if declared.result == "void" else "return "
        return [
            _head(declared),
            *_body([self._handle(), f"{returned}{self._called(place, *passed)};"]),
        ]

    def _wasi(self, declared: Declared, interface: str, name: str) -> list[str]:
        function = wasi.function(interface, name)
        if not function:
            return self._missing(declared, f"{interface}: {name}")
        passed = ["(rt_handle *)(void *)self"]
        passed += [f"a{at}" for at in range(len(declared.params) - 1)]
        returned = "" if declared.result == "void" else "return "
        return [_head(declared), *_body([f"{returned}{function}({', '.join(passed)});"])]

    def _missing(self, declared: Declared, told: str) -> list[str]:
        """What nobody gives: the guest ends where it calls it."""
        rest = [f"(void)a{at};" for at in range(len(declared.params) - 1)]
        fail = f'rt_fail((rt_handle *)(void *)self, RT_IMPORT, "it is not given {told}");'
        return [_head(declared), *_body([*rest, fail])]

    def _handle(self) -> str:
        return f"{self._own}_t *handle = ({self._own}_t *)(void *)self;"

    def _import(self, declared: Declared, interface: Interface, function: Function) -> list[str]:
        member = self._header.callbacks[interface.name, function.core]
        names, flat = self._header.names, abi.flat_params(function)
        body = [
            f"{self._own}_t *handle = ({self._own}_t *)(void *)self;",
            "rt_handle *h = (rt_handle *)handle;",
            "struct rt_arena *arena = &h->scratch;",
            "(void)arena;",
        ]
        given: list[str] = []
        own = Type("tuple", function.params)
        if abi.in_memory(function):
            size, align = abi.size(own), abi.align(own)
            body.append(f"const uint8_t *at = rt_at(h, a0, {size}, {align});")
        elif flat:
            values = (_GOT.get(core, "{}").format(f"a{at}") for at, core in enumerate(flat))
            body.append(f"uint64_t v[] = {{{', '.join(values)}}};")
        first = offset = 0
        for number, (_, kind) in enumerate(function.params):
            body.append(f"{names.type(kind)} p{number};")
            if abi.in_memory(function):
                offset = abi.up(offset, abi.align(kind))
                body += self._values.load(kind, f"(at + {offset})", f"p{number}")
                offset += abi.size(kind)
            else:
                body += self._values.lift(kind, "v", first, f"p{number}")
                first += len(abi.flat(kind))
            given.append(f"p{number}" if kind.kind in BY_VALUE else f"&p{number}")
        told = f"{interface.name or 'the world'}: {function.core}".replace("%", "%%")
        body += [
            f"if (handle->imports.{member} == NULL)",
            f'    rt_fail(h, RT_IMPORT, "no callback was given for {told}");',
        ]
        result = function.result
        if result is not None:
            body += [f"{names.type(result)} result;", "memset(&result, 0, sizeof result);"]
            given.append("&result")
        arguments = ", ".join(["handle", "handle->imports.context", *given])
        body += [
            "handle->calls_out = true;",
            "h->message[0] = 0;",
            f"int failed = handle->imports.{member}({arguments});",
            "handle->calls_out = false;",
            "if (failed != 0)",
            f'    rt_callback_failed(h, "{told}");',
        ]
        returns = []
        if result is not None and len(abi.flat(result)) > 1:
            size, align = abi.size(result), abi.align(result)
            into = f"a{len(declared.params) - 2}"
            body += [
                f"uint8_t *to = rt_at(h, {into}, {size}, {align});",
                *self._values.store(result, "to", "result"),
            ]
        elif result is not None:
            (core,) = abi.flat(result)
            body += ["uint64_t r[1];", *self._values.lower(result, "result", "r", 0)]
            returns = [f"return {_PASSED[core].format('r[0]')};"]
        return [_head(declared), *_body([*body, "rt_release(&h->scratch);", *returns])]

    def _resource(self, module: str, name: str, declared: Declared) -> list[str]:
        what, _, short = name.removeprefix("[resource-").partition("]")
        home = module.removeprefix("[export]").replace("$root", "")
        found = [kind for kind in self._numbers if (kind.home, kind.name) == (home, short)]
        body = ["rt_handle *h = (rt_handle *)(void *)self;"]
        if not found:
            raise InputError(
                f"the library has a {short} of {home}, which C bindings do not give it",
                "build it from C, C++, Zig or Rust for WASI preview 1",
            )
        (kind,) = found
        number = self._numbers[kind]
        if what == "new":
            body.append(f"return rt_new(h, {number}, a0);")
        elif what == "rep":
            body.append(f"return rt_guests(h, a0, {number})->is.guest;")
        else:
            body += [
                f"{self._own}_t *handle = ({self._own}_t *)(void *)self;",
                "struct rt_slot was;",
                "(void)handle;",
                f"if (!rt_drop(h, {number}, a0, &was))",
                "    return;",
            ]
            if self._host[kind]:
                member = f"handle->imports.{self._header.drops[kind]}"
                body += [
                    f"if ({member} != NULL)",
                    f"    {member}(handle->imports.context, was.is.host);",
                ]
            else:
                body += self._ended(kind, "was.is.guest")
        return [_head(declared), *_body(body)]

    def _start(self) -> list[str]:
        """Room for the guest, and how an instance of it begins and ends."""
        own, linked = self._own, self._linked
        drops = []
        for kind, number in self._numbers.items():
            if self._host[kind]:
                member = f"handle->imports.{self._header.drops[kind]}"
                drops += [
                    f"if (slot->type == {number} && {member} != NULL)",
                    f"    {member}(handle->imports.context, slot->is.host);",
                ]
        room = [
            "(void)align, (void)size;",
            'rt_fail(h, RT_INVALID, "the library takes nothing that needs memory");',
        ]
        if linked.realloc is not None:
            called = self._called(linked.realloc, "0", "0", "align", "size")
            room = [f"{own}_t *handle = ({own}_t *)h;", f"return {called};"]
        begin = ["rt_handle *h = (rt_handle *)handle;", "h->realloc = lib_realloc;"]
        for number, code in enumerate(self._codes):
            given = [f"&handle->guest{number}", *(f"({kind})(void *)handle" for kind in code.given)]
            made = [f"{code.instantiate}({', '.join(given)});"]
            if linked.memory is not None and linked.memory.instance == number:
                memory = f"h->memory = {self._called(linked.memory)};"
                made = [memory, *made] if self.is_alone else [*made, memory]
            if self.is_alone and "_initialize" in code.exports:
                made.append(f"{self._called(Place(0, '_initialize'))};")
            begin += made
        end = [
            "for (uint32_t at = 0; at < handle->rt.guests.count; at++) {",
            "    struct rt_slot *slot = &handle->rt.guests.slots[at];",
            "    if (slot->what != RT_OWN)",
            "        continue;",
            *(f"    {line}" for line in drops),
            "}",
        ]
        for number, code in enumerate(self._codes):
            end += [
                f"{code.free}(&handle->guest{number});",
                f"memset(&handle->guest{number}, 0, sizeof handle->guest{number});",
            ]
        return [
            "static uint32_t lib_realloc(rt_handle *h, uint32_t align, uint32_t size)",
            *_body(room),
            f"static void lib_begin({own}_t *handle)",
            *_body(begin),
            f"static void lib_end({own}_t *handle)",
            *_body(end),
        ]

    def _errors(self) -> list[str]:
        upper = self._own.upper()
        cases = (f'    "{upper}_{name}",' for name, _ in ERRORS)
        return [
            f"const char *{self._own}_error_name(int error)",
            *_body(
                [
                    "static const char *const names[] = {",
                    *cases,
                    "};",
                    "int count = (int)(sizeof names / sizeof *names);",
                    'return error < 0 || error >= count ? "unknown" : names[error];',
                ]
            ),
        ]


def _key(found: Imported) -> tuple[str, str]:
    return (found.interface or "$root", found.name)


def _head(declared: Declared) -> str:
    first, *rest = declared.params
    params = [f"{first} self", *(f"{kind} a{at}" for at, kind in enumerate(rest))]
    return f"{declared.result} {declared.name}({', '.join(params)})"


def _body(lines: list[str]) -> list[str]:
    return ["{", *(f"    {line}" for line in lines), "}"]


def _value(label: str, kind: Type) -> str:
    name = f"{_GIVEN}{word(label)}"
    return name if kind.kind in BY_VALUE else f"(*{name})"
