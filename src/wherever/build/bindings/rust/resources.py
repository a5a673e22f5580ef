"""Resources in Rust: handles of others' values, and the program's own values behind handles."""

from __future__ import annotations

from wherever.build.bindings.rust.functions import called, gives_itself, imported, params
from wherever.build.bindings.rust.spelling import path, rust, spelt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Function, Interface, Type


def lent(kind: Type, interface: Interface, names: Names) -> list[str]:
    """A resource that others implement: a handle, and what can be done with it."""
    name = spelt(kind.name)
    functions = [
        line
        for function in interface.functions
        if function.resource == kind
        for line in imported(interface, function, names)
    ]
    return [
        *documented(kind.docs),
        "#[derive(Debug, PartialEq)]",
        f"pub struct {name} {{",
        "    handle: u32,",
        "}",
        *([f"impl {name} {{", *(f"    {line}" for line in functions), "}"] if functions else []),
        f"impl Drop for {name} {{",
        "    fn drop(&mut self) {",
        *_import(interface.name, f"[resource-drop]{kind.name}", "handle: u32", ""),
        "        unsafe {",
        "            if !GIVEN {",
        "                import_(self.handle);",
        "            }",
        "        }",
        "    }",
        "}",
        f"impl Lent for {name} {{",
        "    unsafe fn lent<'a>(bits: u32) -> &'a Self {",
        f"        static NOWHERE: {name} = {name} {{ handle: 0 }};",
        f"        if GIVEN {{ &NOWHERE }} else {{ lend({name} {{ handle: bits }}) }}",
        "    }",
        "    fn bits(&self) -> u32 {",
        "        self.handle",
        "    }",
        "}",
        f"handle!({name}, |bits| {name} {{ handle: bits }}, |value| {{",
        "    let handle = value.handle;",
        "    std::mem::forget(value);",
        "    handle",
        "});",
    ]


def wanted(kind: Type, interface: Interface, names: Names) -> list[str]:
    """What the program's type of a resource has to have."""
    name = spelt(kind.name)
    functions = [each for each in interface.functions if each.resource == kind]
    return [
        *documented(kind.docs),
        f"pub type {name} = <crate::Component as Exports>::{name};",
        f"/// For the program's {name} to have. It is dropped when nobody has a handle of it.",
        f"pub trait {name}Exports: Sized + 'static {{",
        *(f"    {line}" for each in functions for line in head(each, names)),
        "}",
    ]


def owned(kind: Type, names: Names) -> list[str]:
    """The handles of a resource that the program implements."""
    module, name = f"[export]{kind.home}", path(kind, names)
    return [
        f"impl Resource for {name} {{",
        "    unsafe fn made(number: u32) -> u32 {",
        *_import(module, f"[resource-new]{kind.name}", "number: u32", " -> u32"),
        "        import_(number)",
        "    }",
        "    unsafe fn number(handle: u32) -> u32 {",
        *_import(module, f"[resource-rep]{kind.name}", "handle: u32", " -> u32"),
        "        import_(handle)",
        "    }",
        "    unsafe fn left(handle: u32) {",
        *_import(module, f"[resource-drop]{kind.name}", "handle: u32", ""),
        "        import_(handle)",
        "    }",
        "}",
        f"impl Lent for {name} {{",
        "    unsafe fn lent<'a>(bits: u32) -> &'a Self {",
        "        held(bits)",
        "    }",
        "    fn bits(&self) -> u32 {",
        "        unreachable!()",
        "    }",
        "}",
        f'#[unsafe(export_name = "{kind.home}#[dtor]{kind.name}")]',
        f'unsafe extern "C" fn {_ended(kind, names)}(number: u32) {{',
        f"    ended::<{name}>(number);",
        "}",
        "",
    ]


def head(function: Function, names: Names) -> list[str]:
    """A function for the program to have."""
    result = "" if function.result is None else f" -> {rust(function.result, names)}"
    if gives_itself(function):
        result = " -> Self"
    given = ", ".join(params(function, names))
    return [*documented(function.docs), f"fn {called(function)}({given}){result};"]


def documented(docs: str) -> list[str]:
    """What the WIT says."""
    return [f"/// {line}".rstrip() for line in docs.splitlines()]


def _ended(kind: Type, names: Names) -> str:
    return names.free(f"export_{names.prefix(kind.home)}_{kind.name.replace('-', '_')}_end")


def _import(module: str, name: str, given: str, result: str) -> list[str]:
    return [
        f'        #[link(wasm_import_module = "{module or "$root"}")]',
        '        unsafe extern "C" {',
        f'            #[link_name = "{name}"]',
        f"            fn import_({given}){result};",
        "        }",
    ]
