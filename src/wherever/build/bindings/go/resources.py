"""Resources in Go: handles of others' values, and the program's own values behind handles."""

from __future__ import annotations

from wherever.build.bindings.go.functions import head
from wherever.build.bindings.go.spelling import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Interface, Type


def lent(kind: Type, names: Names) -> list[str]:
    """A resource that others implement: a handle."""
    name = named(kind, names)
    codec = f"handle(of{name}, func(value {name}) uint32 {{ return value.handle }}"
    return [
        *documented(kind.docs),
        f"type {name} struct{{ handle uint32 }}",
        "",
        *_import(kind.home, f"[resource-drop]{kind.name}", f"drop{name}(handle uint32)"),
        f"// Drop gives up a {name}. One that was given to others, or lent, is not to be dropped.",
        f"func (self {name}) Drop() {{ drop{name}(self.handle) }}",
        "",
        f"func of{name}(handle uint32) {name} {{ return {name}{{handle}} }}",
        "",
        f"var abiOwn{name} = {codec}, nil)",
        f"var abiBorrow{name} = {codec}, {name}.Drop)",
        "",
    ]


def owned(kind: Type, interface: Interface, names: Names) -> list[str]:
    """A resource that the program implements: values with its methods."""
    name, module = named(kind, names), f"[export]{kind.home}"
    methods = []
    for function in interface.functions:
        if function.resource == kind and function.kind == "method":
            methods += [f"\t{line}" for line in documented(function.docs)]
            methods.append(f"\t{head(function, names)}")
    return [
        *documented(kind.docs or f"{name} is a value of the program."),
        "//",
        "// A method Drop() is called when nobody has a handle of it; one that came back as a",
        "// parameter of its own, and not lent, is the program's again and has no handle.",
        f"type {name} interface {{",
        *methods,
        "}",
        "",
        *_import(module, f"[resource-new]{kind.name}", f"new{name}(number uint32) uint32"),
        *_import(module, f"[resource-rep]{kind.name}", f"number{name}(handle uint32) uint32"),
        *_import(module, f"[resource-drop]{kind.name}", f"drop{name}(handle uint32)"),
        f"var held{name} held[{name}]",
        f"var abiOwn{name} = own(&held{name}, new{name}, number{name}, drop{name})",
        f"var abiBorrow{name} = borrow(&held{name})",
        "",
        f"//go:wasmexport {kind.home}#[dtor]{kind.name}",
        f"func end{name}(number uint32) {{ held{name}.end(number) }}",
        "",
    ]


def documented(docs: str) -> list[str]:
    """What the WIT says."""
    return [f"// {line}".rstrip() for line in docs.splitlines()]


def _import(module: str, name: str, declared: str) -> list[str]:
    return [f"//go:wasmimport {module or '$root'} {name}", f"func {declared}", ""]
