"""Types of a world in Zig."""

from __future__ import annotations

from wherever.build.bindings.zig.functions import core, imported
from wherever.build.bindings.zig.spelling import quoted, snake, spelt
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.zig.spelling import Spelling
    from wherever.wit.model import Interface, Type


def defined(kind: Type, spelling: Spelling) -> list[str]:
    """A record, variant, enum or flags."""
    match kind.kind:
        case "record":
            what = "struct"
            inner = [f"{snake(label)}: {spelling.type(each)}," for label, each in kind.fields]
        case "flags":
            bits = 8 * abi.size(kind)
            what = f"packed struct(u{bits})"
            inner = [f"{snake(label)}: bool = false," for label, _ in kind.parts]
            if bits > len(kind.parts):
                inner.append(f"_: u{bits - len(kind.parts)} = 0,")
        case "enum":
            what = f"enum(u{8 * abi.tag_size(kind)})"
            inner = [f"{snake(label)}," for label, _ in kind.parts]
        case _:
            what = "union(enum)"
            inner = [
                f"{snake(label)}{'' if each is None else f': {spelling.type(each)}'},"
                for label, each in kind.parts
            ]
    name = spelt(kind.name, kind.home)
    return [f"pub const {name} = {what} {{", *(f"    {line}" for line in inner), "};", ""]


def lent(kind: Type, interface: Interface, spelling: Spelling) -> list[str]:
    """A resource that others implement: a handle, and what can be done with it."""
    inner = []
    for function in interface.functions:
        if function.resource == kind:
            inner += ["", *imported(interface.name, function, spelling)]
    drop = f"[resource-drop]{kind.name}"
    inner += _method("deinit", "void", interface.name, drop, kind, spelling)
    return _handle("Yours until `deinit`, or until it is given to others.", kind, inner)


def owned(kind: Type, interface: Interface, spelling: Spelling) -> list[str]:
    """A resource that the program implements: the handle that others have."""
    name, module = spelling.named(kind), f"[export]{interface.name}"
    new, value = f"[resource-new]{kind.name}", spelling.param("value")
    inner = [
        f"pub const Value = program.{spelling.names.prefix(interface.name)}.{spelt(kind.name)};",
        "",
        "/// Gives a value to callers; it lies in memory of its own until they all have left it.",
        f"pub fn init({value}: {name}.Value) {name} {{",
        f"    {core(module, new, 'u32', 'u32')}",
        f"    return .{{ .handle = _core.{quoted(new)}(memory.held({name}.Value, {value})) }};",
        "}",
        *_method("get", f"*{name}.Value", module, f"[resource-rep]{kind.name}", kind, spelling),
        *_method("deinit", "void", module, f"[resource-drop]{kind.name}", kind, spelling),
    ]
    return _handle("What callers have of a value of the program.", kind, inner)


def _handle(docs: str, kind: Type, inner: list[str]) -> list[str]:
    lines = ["handle: u32,", "", "pub const wit_handle = true;", *inner]
    shown = [f"    {line}".rstrip() for line in lines]
    return [f"/// {docs}", f"pub const {spelt(kind.name, kind.home)} = struct {{", *shown, "};", ""]


def _method(
    label: str, result: str, module: str, imports: str, kind: Type, spelling: Spelling
) -> list[str]:
    """A function of the handle, by one that the host has for every resource."""
    is_void = result == "void"
    called = f"_core.{quoted(imports)}({spelling.param('self')}.handle)"
    return [
        "",
        f"pub fn {label}({spelling.param('self')}: {spelling.named(kind)}) {result} {{",
        f"    {core(module, imports, 'u32', 'void' if is_void else 'u32')}",
        f"    {called};" if is_void else f"    return @ptrFromInt({called});",
        "}",
    ]
