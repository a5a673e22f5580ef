"""The module of a crate that says what its C looks like."""

from __future__ import annotations

from wherever.bind.c.types import BY_VALUE
from wherever.bind.rust.spelling import has_value, word
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member, Surface
    from wherever.bind.rust.spelling import Spelling
    from wherever.wit.model import Type

_HEAD = """\
//! The library's C, as its header has it.
#![allow(non_camel_case_types, clippy::upper_case_acronyms)]

use crate::ffi;
use std::ffi::{c_char, c_int, c_void};

#[repr(C)]
pub struct Handle {
    _private: [u8; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub data: *const c_char,
    pub length: usize,
}
#[repr(C)]
pub struct Options {
    pub size: usize,
    pub memory_limit: u64,
    pub stack_limit: u64,
    pub timeout_ms: u32,
    pub imports: *const Imports,
    pub output: Option<extern "C" fn(*mut c_void, c_int, *const c_char, usize)>,
    pub context: *mut c_void,
}
"""

_CALLS = (
    ("open", "*const Options, *mut *mut Handle, *mut c_char", "c_int"),
    ("close", "*mut Handle", "c_int"),
    ("reset", "*mut Handle", "c_int"),
    ("interrupt", "*mut Handle", ""),
    ("set_timeout", "*mut Handle, u32", "c_int"),
    ("error_message", "*const Handle", "*const c_char"),
    ("alloc", "*mut Handle, usize", "*mut c_void"),
    ("fail", "*mut Handle, *const c_char", "c_int"),
)


def text(surface: Surface, spelling: Spelling) -> str:
    """All of it."""
    lines = [_HEAD]
    for kind in surface.types:
        lines += _type(spelling, kind)
    lines += ["#[repr(C)]", "pub struct Imports {", "    pub context: *mut c_void,"]
    for name, head in callbacks(surface, spelling):
        lines.append(f"    pub {word(name)}: Option<{head}>,")
    lines += ["}", "", 'extern "C" {']
    for name, taken, result in _CALLS:
        given = ", ".join(f"a{at}: {each}" for at, each in enumerate(taken.split(", ")))
        lines.append(f'    #[link_name = "{surface.own}_{name}"]')
        lines.append(f"    pub fn {name}({given}){f' -> {result}' if result else ''};")
    for _, members in surface.scopes():
        for member in members:
            lines += _function(surface, spelling, member)
    for kind in surface.ours:
        for member in surface.members(kind):
            lines += _function(surface, spelling, member)
        lines.append(f"    pub fn {surface.drop(kind)}(handle: *mut Handle, id: u64) -> c_int;")
    return "\n".join([*lines, "}", ""])


def callbacks(surface: Surface, spelling: Spelling) -> list[tuple[str, str]]:
    """The members of the callbacks in the order of the header, and their types."""
    found = []
    for interface in surface.library.needs:
        for function in interface.functions:
            name = surface.header.callbacks[interface.name, function.core]
            params = ["*mut Handle", "*mut c_void"]
            params += [passed(spelling, kind) for _, kind in function.params]
            if function.result is not None:
                params.append(f"*mut {spelling.ffi(function.result)}")
            found.append((name, f'extern "C" fn({", ".join(params)}) -> c_int'))
    drops = [
        (surface.drop(kind), 'extern "C" fn(*mut c_void, *mut c_void)') for kind in surface.hosts
    ]
    return [*found, *drops]


def passed(spelling: Spelling, kind: Type) -> str:
    """A parameter of a C function."""
    name = spelling.ffi(kind)
    return name if kind.kind in BY_VALUE else f"*const {name}"


def _function(surface: Surface, spelling: Spelling, member: Member) -> list[str]:
    params = ["handle: *mut Handle"]
    for at, (_, kind) in enumerate(member.function.params):
        params.append(f"a{at}: {passed(spelling, kind)}")
    if member.function.result is not None:
        params.append(f"result: *mut {spelling.ffi(member.function.result)}")
    return [f"    pub fn {surface.called(member)}({', '.join(params)}) -> c_int;"]


def _type(spelling: Spelling, kind: Type) -> list[str]:
    what = kind.kind
    name = spelling.ffi(kind).removeprefix("ffi::") if what != "resource" else ""
    head = ["#[repr(C)]", "#[derive(Clone, Copy)]", f"pub struct {name} {{"]
    if what == "list":
        return [*head, f"    pub data: *const {spelling.ffi(kind.inner)},",
                "    pub length: usize,", "}"]  # fmt: skip
    if what == "record":
        body = [f"    pub {word(label)}: {spelling.ffi(each)}," for label, each in kind.fields]
        return [*head, *body, "}"]
    if what == "tuple":
        body = [f"    pub f{at}: {spelling.ffi(each)}," for at, (_, each) in enumerate(kind.fields)]
        return [*head, *body, "}"]
    if what == "option":
        inner = spelling.ffi(kind.inner)
        return [*head, "    pub is_some: bool,", f"    pub value: {inner},", "}"]
    if what not in ("result", "variant"):
        return []
    mark = "is_err: bool" if what == "result" else f"tag: u{8 * abi.tag_size(kind)}"
    lines = [*head, f"    pub {mark},"]
    if not has_value(kind):
        return [*lines, "}"]
    held = [
        f"    pub {word(label)}: {spelling.ffi(each)},"
        for label, each in kind.parts
        if each is not None
    ]
    return [
        *lines,
        f"    pub value: {name}_value,",
        "}",
        "#[repr(C)]",
        "#[derive(Clone, Copy)]",
        f"pub union {name}_value {{",
        *held,
        "}",
    ]
