"""The header: the world's types, the functions that it imports, and those to be written."""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import PLAIN, Names, word
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.wit.model import Function, Interface, Type, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."

_START = """#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
"""
_END = """#ifdef __cplusplus
}
#endif
#endif"""
_UINT = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t"}


class Header:
    """A world's header while it is written.

    Attributes:
        names: what everything is called.
        functions: the C name of each function, by whether it is exported and its core name.
        checked: the types that are defined, to be held to the canonical ABI.
    """

    def __init__(self, world: World) -> None:
        self.names = Names(world)
        self.functions: dict[tuple[bool, str, str], str] = {}
        self.checked: list[Type] = []
        self._world = world
        self._known: set[Type] = set()
        self._lines: list[str] = []

    def text(self) -> str:
        """The whole of `world.h`."""
        memory = Path(__file__).with_name("memory.h").read_text("utf-8")
        self._lines = [f"/* {self._world.name}. {MADE} */", _START, memory]
        for each in (*self._world.imports, *self._world.exports):
            self._types(each)
        for exported, interfaces in ((False, self._world.imports), (True, self._world.exports)):
            for each in interfaces:
                self._functions(each, exported)
        return "\n".join([*self._lines, _END, ""])

    def signature(self, interface: Interface, function: Function, exported: bool) -> str:
        """A function's head."""
        name = self.functions[exported, interface.name, function.core]
        params = [_declared(self.names.type(each), word(label)) for label, each in function.params]
        result = "void" if function.result is None else self.names.type(function.result)
        return _declared(result, f"{name}({', '.join(params) or 'void'})")

    def _types(self, interface: Interface) -> None:
        for name, kind in interface.types:
            self._define(kind)
            prefix = self.names.prefix(interface.name).removeprefix("exports_")
            stem = f"{prefix}_{name.replace('-', '_').lower()}"
            if f"{stem}_t" != self.names.type(kind) and kind.kind != "resource":
                alias = self.names.free(stem, "_t")
                self._lines.append(f"typedef {_declared(self.names.type(kind), alias)};\n")
        for function in interface.functions:
            for _, kind in function.params:
                self._define(kind)
            if function.result is not None:
                self._define(function.result)

    def _define(self, kind: Type) -> None:
        if kind.kind in PLAIN or kind in self._known:
            return
        self._known.add(kind)
        for _, each in kind.parts:
            if each is not None:
                self._define(each)
        if kind.kind in ("own", "borrow"):
            return
        name = self.names.type(kind)
        if kind.kind == "resource":
            self._resource(kind, name)
            return
        self.checked.append(kind)
        self._lines += [*getattr(self, f"_{kind.kind}")(kind, name), ""]

    def _list(self, kind: Type, name: str) -> list[str]:
        element = _declared(self.names.type(kind.inner), "*data")
        return ["typedef struct {", f"    {element};", "    size_t length;", f"}} {name};"]

    def _record(self, kind: Type, name: str) -> list[str]:
        fields = [
            f"    {_declared(self.names.type(each), word(label))};" for label, each in kind.fields
        ]
        return ["typedef struct {", *fields, f"}} {name};"]

    _tuple = _record

    def _option(self, kind: Type, name: str) -> list[str]:
        value = _declared(self.names.type(kind.inner), "value")
        return ["typedef struct {", "    bool is_some;", f"    {value};", f"}} {name};"]

    def _result(self, kind: Type, name: str) -> list[str]:
        return ["typedef struct {", "    bool is_err;", *self._union(kind), f"}} {name};"]

    def _variant(self, kind: Type, name: str) -> list[str]:
        tag = _UINT[abi.tag_size(kind)]
        return [
            *self._constants(kind, name, lambda at: str(at)),
            *("typedef struct {", f"    {tag} tag;", *self._union(kind), f"}} {name};"),
        ]

    def _enum(self, kind: Type, name: str) -> list[str]:
        tag = _UINT[abi.tag_size(kind)]
        return [*self._constants(kind, name, lambda at: str(at)), f"typedef {tag} {name};"]

    def _flags(self, kind: Type, name: str) -> list[str]:
        constants = self._constants(kind, name, lambda at: f"{1 << at:#x}")
        return [*constants, f"typedef {_UINT[abi.size(kind)]} {name};"]

    def _constants(self, kind: Type, name: str, value: Callable[[int], str]) -> list[str]:
        stem = name.removesuffix("_t").upper()
        return [
            f"#define {stem}_{label.replace('-', '_').upper()} {value(at)}"
            for at, (label, _) in enumerate(kind.parts)
        ]

    def _union(self, kind: Type) -> list[str]:
        held = [
            f"        {_declared(self.names.type(each), case_of(kind, label))};"
            for label, each in kind.parts
            if each is not None
        ]
        return ["    union {", *held, "    };"] if held else []

    def _resource(self, kind: Type, name: str) -> None:
        stem = name.removesuffix("_t")
        if not self._world.is_exported(kind):
            self._lines += [
                *("typedef struct {", "    uint32_t handle;", f"}} {name};"),
                *(f"void {self.names.free(f'{stem}_drop')}({name} self);", ""),
            ]
            return
        own = f"{stem}_own_t"
        self._lines += [
            f"/* Yours to define: struct {stem} {{ ... }}; */",
            f"typedef struct {stem} {name};",
            *("typedef struct {", "    uint32_t handle;", f"}} {own};"),
            "/* Gives it to callers; what it is until then, and again. */",
            f"{own} {self.names.free(f'{stem}_own')}({name} *self);",
            f"{name} *{self.names.free(f'{stem}_get')}({own} own);",
            f"void {self.names.free(f'{stem}_drop')}({own} own);",
            "/* Yours to write: called when nobody has it any more. */",
            f"void {self.names.free(f'{stem}_free')}({name} *self);",
            "",
        ]

    def _functions(self, interface: Interface, exported: bool) -> None:
        if not interface.functions:
            return
        what = "Exported, for you to write" if exported else "Imported, for you to call"
        self._lines += [f"/* {what}: {interface.name or self._world.name} */"]
        for function in interface.functions:
            key = (exported, interface.name, function.core)
            self.functions[key] = self.names.function(interface, function, exported)
            if function.docs:
                text = function.docs.replace("*/", "* /").replace("\n", "\n   ")
                self._lines.append(f"/* {text} */")
            self._lines.append(f"{self.signature(interface, function, exported)};")
        self._lines.append("")


def case_of(kind: Type, label: str) -> str:
    """What a case's value is called in the union.

    The names of the tags are taken.
    """
    text = word(label)
    return f"{text}_" if kind.kind == "variant" and text == "tag" else text


def _declared(kind: str, name: str) -> str:
    return f"{kind}{name}" if kind.endswith("*") else f"{kind} {name}"
