"""The C between a core module's imports and exports and the functions of the header.

Values lie in memory in C as in the canonical ABI, which the glue asserts of every type. So there is
something to do only where they are passed as core values: the parameters of a function up to a
number, and a result of one value.
"""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.header import MADE, Header, case_of
from wherever.build.bindings.c.names import word
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wherever.wit.model import Function, Interface, Type, World

_CORE = {"i32": "uint32_t", "i64": "uint64_t", "f32": "float", "f64": "double"}

# From a core value that holds several cases to the one that a case has, and back.
_TAKEN = {
    ("i32", "f32"): "f32_of({})",
    ("i64", "i32"): "(uint32_t){}",
    ("i64", "f32"): "f32_of((uint32_t){})",
    ("i64", "f64"): "f64_of({})",
}
_GIVEN = {
    ("f32", "i32"): "bits_of_f32({})",
    ("i32", "i64"): "{}",
    ("f32", "i64"): "bits_of_f32({})",
    ("f64", "i64"): "bits_of_f64({})",
}


def text(world: World, header: Header) -> str:
    """The whole of `world.c`; `header` has been written."""
    return "\n".join([f"/* {world.name}. {MADE} */", *_Glue(world, header).lines, ""])


class _Glue:
    def __init__(self, world: World, header: Header) -> None:
        self._world = world
        self._header = header
        self._names = header.names
        self._temporaries = 0
        self._resources: set[Type] = set()
        memory = Path(__file__).with_name("memory.c").read_text("utf-8")
        quiet = '#pragma clang diagnostic ignored "-Weverything"'
        self.lines = [quiet, '#include "world.h"', "", memory]
        for each in header.checked:
            name = self._names.type(each)
            self.lines.append(
                f"_Static_assert(sizeof({name}) == {abi.size(each)}"
                f' && _Alignof({name}) == {abi.align(each)}, "{name}");'
            )
        for exported, interfaces in ((False, world.imports), (True, world.exports)):
            for interface in interfaces:
                for _, kind in interface.types:
                    self._resource(kind)
                for function in interface.functions:
                    self.lines.append("")
                    (self._export if exported else self._import)(interface, function)

    def _import(self, interface: Interface, function: Function) -> None:
        """The function that the program calls, around the one that the module imports."""
        called = self._header.functions[False, interface.name, function.core]
        core = f"wit_import_{called}"
        given = ["uint32_t"] if abi.in_memory(function) else self._core_params(function)
        returns = self._core_result(function)
        if abi.returns_in_memory(function):
            given = [*given, "uint32_t"]
        module = interface.name or "$root"
        self.lines += [
            f'__attribute__((import_module("{module}"), import_name("{function.core}")))',
            f"{returns} {core}({', '.join(given) or 'void'});",
            f"{self._header.signature(interface, function, False)}",
            "{",
        ]
        body: list[str] = []
        values: list[str] = []
        if abi.in_memory(function):
            body.append(f"{self._together(function)} _given = {{")
            body += [f"    {word(label)}," for label, _ in function.params]
            body.append("};")
            values = ["(uint32_t)(uintptr_t)&_given"]
        else:
            for label, kind in function.params:
                values += self._lower(kind, word(label), body)
        if function.result is None:
            body.append(f"{core}({', '.join(values)});")
        else:
            body.append(f"{self._names.type(function.result)} _result;")
            if abi.returns_in_memory(function):
                values.append("(uint32_t)(uintptr_t)&_result")
                body.append(f"{core}({', '.join(values)});")
            else:
                (flat,) = abi.flat(function.result)
                body.append(f"{_CORE[flat]} _core = {core}({', '.join(values)});")
                body += self._lift(function.result, "_result", iter(["_core"]))
            body.append("return _result;")
        self._body(body)

    def _export(self, interface: Interface, function: Function) -> None:
        """The function that the module exports, around the one that the program has."""
        name = f"{interface.name}#{function.core}" if interface.name else function.core
        flat = self._core_params(function)
        together = abi.in_memory(function)
        params = (
            ["uint32_t _a0"] if together else [f"{each} _a{at}" for at, each in enumerate(flat)]
        )
        returns = self._core_result(function)
        if abi.returns_in_memory(function):
            returns = "void *"
        called = self._header.functions[True, interface.name, function.core]
        self.lines += [
            f'__attribute__((export_name("{name}")))',
            f"{returns} wit_export_{called}({', '.join(params) or 'void'})",
            "{",
        ]
        body: list[str] = []
        arguments = [word(label) for label, _ in function.params]
        if together:
            body.append(f"{self._together(function)} *_given = (void *)(uintptr_t)_a0;")
            arguments = [f"_given->{each}" for each in arguments]
        else:
            values = (f"_a{at}" for at in range(len(flat)))
            for label, kind in function.params:
                body.append(f"{self._names.type(kind)} {word(label)};")
                body += self._lift(kind, word(label), values)
        call = f"{called}({', '.join(arguments)})"
        later = abi.points(function.result)
        ended = [*self._drops(function), *([] if later else ["wit_release(NULL);"])]
        if function.result is None:
            body += [f"{call};", *ended]
        elif abi.returns_in_memory(function):
            body += [f"static {self._names.type(function.result)} _result;", f"_result = {call};"]
            body += [*ended, "return &_result;"]
        else:
            body.append(f"{self._names.type(function.result)} _result = {call};")
            (value,) = self._lower(function.result, "_result", body)
            body += [*ended, f"return {value};"]
        self._body(body)
        if later:
            self.lines += [
                f'__attribute__((export_name("cabi_post_{name}")))',
                f"void wit_post_{called}(void *result)",
                *("{", "    (void)result;", "    wit_release(NULL);", "}"),
            ]

    def _drops(self, function: Function) -> list[str]:
        """What was lent for the call has to be given back at its end."""
        return [
            f"{self._names.type(kind).removesuffix('_t')}_drop({word(label)});"
            for label, kind in function.params
            if kind.kind == "borrow" and not self._world.is_exported(kind.inner)
        ]

    def _resource(self, kind: Type) -> None:
        if kind.kind != "resource" or kind in self._resources:
            return
        self._resources.add(kind)
        name = self._names.type(kind)
        stem = name.removesuffix("_t")
        if not self._world.is_exported(kind):
            self.lines += [
                *("", *_imported(kind.home, f"[resource-drop]{kind.name}")),
                f"void {stem}_drop_import(uint32_t);",
                f"void {stem}_drop({name} self) {{ {stem}_drop_import(self.handle); }}",
            ]
            return
        module = f"[export]{kind.home}"
        self.lines += [
            *("", *_imported(module, f"[resource-new]{kind.name}")),
            f"uint32_t {stem}_own_import({name} *);",
            *_imported(module, f"[resource-rep]{kind.name}"),
            f"{name} *{stem}_get_import(uint32_t);",
            *_imported(module, f"[resource-drop]{kind.name}"),
            f"void {stem}_drop_import(uint32_t);",
            f"{stem}_own_t {stem}_own({name} *self)",
            f"{{ return ({stem}_own_t){{{stem}_own_import(self)}}; }}",
            f"{name} *{stem}_get({stem}_own_t own)",
            f"{{ return {stem}_get_import(own.handle); }}",
            f"void {stem}_drop({stem}_own_t own)",
            f"{{ {stem}_drop_import(own.handle); }}",
            f'__attribute__((export_name("{kind.home}#[dtor]{kind.name}")))',
            f"void {stem}_free_export({name} *self) {{ {stem}_free(self); }}",
        ]

    def _lift(self, kind: Type, to: str, values: Iterator[str]) -> list[str]:
        """Statements that make `to` of core values."""
        what = kind.kind
        if what in ("string", "list"):
            return [
                f"{to}.data = (void *)(uintptr_t){next(values)};",
                f"{to}.length = {next(values)};",
            ]
        if what in ("record", "tuple"):
            return [
                line
                for label, each in kind.fields
                for line in self._lift(each, f"{to}.{word(label)}", values)
            ]
        if what in abi.SUMS and what != "enum":
            tag = next(values)
            joined = abi.flat(kind)[1:]
            held = [next(values) for _ in joined]
            lines: list[str] = []
            for at, (label, each) in enumerate(kind.parts):
                if each is not None:
                    own = zip(held, joined, abi.flat(each), strict=False)
                    taken = (_changed(_TAKEN, value, have, want) for value, have, want in own)
                    inner = self._lift(each, _payload(kind, to, label), taken)
                    lines += [f"case {at}:", *(f"    {line}" for line in inner), "    break;"]
            chosen = [f"switch ({tag}) {{", *lines, "}"] if lines else []
            return [f"{to}.{_TAGS[what]} = {tag};", *chosen]
        if what == "own" or (what == "borrow" and not self._world.is_exported(kind.inner)):
            return [f"{to}.handle = {next(values)};"]
        if what == "borrow":
            return [f"{to} = (void *)(uintptr_t){next(values)};"]
        return [f"{to} = ({self._names.type(kind)}){next(values)};"]

    def _lower(self, kind: Type, value: str, body: list[str]) -> list[str]:
        """The core values of `value`; statements that are needed first go to `body`."""
        what = kind.kind
        if what in ("string", "list"):
            return [f"(uint32_t)(uintptr_t){value}.data", f"(uint32_t){value}.length"]
        if what in ("record", "tuple"):
            return [
                core
                for label, each in kind.fields
                for core in self._lower(each, f"{value}.{word(label)}", body)
            ]
        if what in abi.SUMS and what != "enum":
            joined = abi.flat(kind)[1:]
            held = [self._temporary(core, body) for core in joined]
            lines = []
            for at, (label, each) in enumerate(kind.parts):
                if each is not None:
                    inner: list[str] = []
                    own = self._lower(each, _payload(kind, value, label), inner)
                    for name, core, have, want in zip(
                        held, own, abi.flat(each), joined, strict=False
                    ):
                        inner.append(f"{name} = {_changed(_GIVEN, core, have, want)};")
                    lines += [f"case {at}:", "    {", *(f"    {line}" for line in inner)]
                    lines += ["    }", "    break;"]
            tag = f"{value}.{_TAGS[what]}"
            body += [f"switch ((uint32_t){tag}) {{", *lines, "}"] if lines else []
            return [tag, *held]
        if what == "own" or (what == "borrow" and not self._world.is_exported(kind.inner)):
            return [f"{value}.handle"]
        if what == "borrow":
            return [f"(uint32_t)(uintptr_t){value}"]
        return [value]

    def _temporary(self, core: str, body: list[str]) -> str:
        self._temporaries += 1
        body.append(f"{_CORE[core]} _t{self._temporaries} = 0;")
        return f"_t{self._temporaries}"

    def _core_params(self, function: Function) -> list[str]:
        return [_CORE[core] for core in abi.flat_params(function)]

    def _core_result(self, function: Function) -> str:
        if function.result is None or abi.returns_in_memory(function):
            return "void"
        return _CORE[abi.flat(function.result)[0]]

    def _together(self, function: Function) -> str:
        """The parameters as one structure, as they lie in memory."""
        fields = "".join(
            f" {self._names.type(each)} {word(label)};" for label, each in function.params
        )
        return f"struct {{{fields} }}"

    def _body(self, lines: list[str]) -> None:
        self.lines += [*(f"    {line}" for line in lines), "}"]


_TAGS = {"variant": "tag", "option": "is_some", "result": "is_err"}


def _payload(kind: Type, value: str, label: str) -> str:
    return f"{value}.value" if kind.kind == "option" else f"{value}.{case_of(kind, label)}"


def _changed(table: dict[tuple[str, str], str], value: str, have: str, want: str) -> str:
    return value if have == want else table[have, want].format(value)


def _imported(module: str, name: str) -> tuple[str]:
    return (f'__attribute__((import_module("{module or "$root"}"), import_name("{name}")))',)
