"""What the guest's code imports: callbacks, resources, WASI, and what its instances share.

Functions do not look at `self`: through a table, wasm2c gives them where the pointer lies, and not
the pointer. The handle whose call is under way in the thread is the one.
"""

from __future__ import annotations

import re

from wherever.bind.c import wasi
from wherever.bind.c.exports import GOT, PASSED, body_of, head
from wherever.bind.c.header import is_host, resources
from wherever.bind.c.machine import Imported, Lowered, Place, Resource
from wherever.bind.c.types import BY_VALUE
from wherever.errors import InputError
from wherever.wit import abi
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.bind.c.exports import Exports
    from wherever.bind.c.guest import Declared, Guest
    from wherever.bind.c.header import Header
    from wherever.bind.c.linking import Linked
    from wherever.bind.c.values import Values
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface

_PREVIEW1 = "wasi_snapshot_preview1"
_AGAIN = re.compile(r" \[v\d+\]$")
"""What `wasm-tools` puts behind the name of an import that is not the first of that name."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 :/@.#_\[\]-]")


class Imports:
    """The imports of one library.

    Args:
        linked: its core instances.
        codes: their modules as C.
        values: how values cross.
        exports: what the instances have.
    """

    def __init__(
        self,
        library: Library,
        header: Header,
        linked: Linked,
        codes: tuple[Guest, ...],
        values: Values,
        exports: Exports,
    ) -> None:
        self._library = library
        self._header = header
        self._linked = linked
        self._codes = codes
        self._values = values
        self._exports = exports
        self._own = header.names.own
        self._numbers = {kind: at for at, kind in enumerate(resources(library))}
        self._host = {kind: is_host(library, kind) for kind in self._numbers}
        self._handle = f"{self._own}_t *handle = ({self._own}_t *)rt_current;"

    def functions(self) -> list[str]:
        """All that the guest's modules import, as C functions of the names that wasm2c uses.

        Raises:
            InputError: one imports what C bindings do not give it.
        """
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
                        lines += self._again(declared, code.imports.get((module, _once(name))))
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

    def _again(self, declared: Declared, first: Declared | None) -> list[str]:
        """What a module imports once more, under another name; nothing where it is the first."""
        if first is None or first == declared:
            return []
        passed = ", ".join(["self", *(f"a{at}" for at in range(len(declared.params) - 1))])
        returned = "" if declared.result == "void" else "return "
        return [head(declared), *body_of([f"{returned}{first.name}({passed});"])]

    def _forwarded(self, declared: Declared, place: Place) -> list[str]:
        """What one core instance gets of another."""
        passed = (f"a{at}" for at in range(len(declared.params) - 1))
        returned = "" if declared.result == "void" else "return "
        return [
            head(declared),
            *body_of([self._handle, f"{returned}{self._exports.called(place, *passed)};"]),
        ]

    def _wasi(self, declared: Declared, interface: str, name: str) -> list[str]:
        function = wasi.function(interface, name)
        if not function:
            return self._missing(declared, f"{interface}: {name}")
        passed = ["rt_current"]
        passed += [f"a{at}" for at in range(len(declared.params) - 1)]
        returned = "" if declared.result == "void" else "return "
        return [head(declared), *body_of([f"{returned}{function}({', '.join(passed)});"])]

    def _missing(self, declared: Declared, told: str) -> list[str]:
        """What nobody gives: the guest ends where it calls it."""
        rest = [f"(void)a{at};" for at in range(len(declared.params) - 1)]
        said = f"the library is not given {plainly(told)}"
        fail = f'rt_fail(rt_current, RT_IMPORT, "{said}");'
        return [head(declared), *body_of([*rest, fail])]

    def _import(self, declared: Declared, interface: Interface, function: Function) -> list[str]:
        member = self._header.callbacks[interface.name, function.core]
        names, flat = self._header.names, abi.flat_params(function)
        body = [
            f"{self._own}_t *handle = ({self._own}_t *)rt_current;",
            "rt_handle *h = (rt_handle *)handle;",
            "struct rt_arena *arena = &h->scratch;",
            "(void)arena;",
            "rt_calls_out(h);",
        ]
        given: list[str] = []
        own = Type("tuple", function.params)
        if abi.in_memory(function):
            size, align = abi.size(own), abi.align(own)
            body.append(f"const uint8_t *at = rt_at(h, a0, {size}, {align});")
        elif flat:
            values = (GOT.get(core, "{}").format(f"a{at}") for at, core in enumerate(flat))
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
        told = plainly(f"{interface.name or 'the world'}: {function.core}")
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
            returns = [f"return {PASSED[core].format('r[0]')};"]
        return [head(declared), *body_of([*body, "rt_called_out(h);", *returns])]

    def _resource(self, module: str, name: str, declared: Declared) -> list[str]:
        what, _, short = name.removeprefix("[resource-").partition("]")
        home = module.removeprefix("[export]").replace("$root", "")
        found = [kind for kind in self._numbers if (kind.home, kind.name) == (home, short)]
        body = ["rt_handle *h = rt_current;"]
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
                f"{self._own}_t *handle = ({self._own}_t *)rt_current;",
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
                body += self._exports.ended(kind, "was.is.guest")
        return [head(declared), *body_of(body)]


def plainly(text: str) -> str:
    """A name that a component says, as it may stand in a string of C and in a format.

    >>> plainly('host: log')
    'host: log'
    >>> plainly('"); abort(); ("%s')
    '??? abort??? ???s'
    """
    return _NOT_PLAIN.sub("?", text)


def _key(found: Imported) -> tuple[str, str]:
    return (found.interface or "$root", found.name)


def _once(name: str) -> str:
    """The name of what is imported once more.

    >>> _once("fd_write [v2]"), _once("fd_write")
    ('fd_write', 'fd_write')
    """
    return _AGAIN.sub("", name)
