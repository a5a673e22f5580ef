"""Functions of a world in Zig, imported and exported."""

from __future__ import annotations

from wherever.build.bindings.zig.spelling import called, plain, quoted, spelt
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.zig.spelling import Spelling
    from wherever.wit.model import Function, Interface, Type

_CORE = {"i32": "u32", "i64": "u64", "f32": "f32", "f64": "f64"}


def head(function: Function, home: str, spelling: Spelling) -> str:
    """A function's name, parameters and result."""
    params = spelling.params(function.params)
    return f"fn {called(function, home)}({params}) {spelling.result(function)}"


def place(function: Function, interface: Interface, spelling: Spelling) -> list[str]:
    """The names that lead to a function of the program, from its main file."""
    outer = [spelling.names.prefix(interface.name)] if interface.name else []
    inner = [] if function.resource is None else [spelt(function.resource.name, interface.name)]
    return [*outer, *inner, called(function, interface.name)]


def documented(function: Function) -> list[str]:
    """What the WIT says of it."""
    return [f"/// {line}".rstrip() for line in function.docs.splitlines()]


def imported(home: str, function: Function, spelling: Spelling) -> list[str]:
    """A function to call."""
    cores = [_CORE[each] for each in _cores(function)]
    if abi.returns_in_memory(function):
        cores.append("u32")
    result = "void"
    if function.result is not None and not abi.returns_in_memory(function):
        result = _CORE[abi.flat(function.result)[0]]
    given = ", ".join(spelling.param(label) for label, _ in function.params)
    return [
        *documented(function),
        f"pub {head(function, home, spelling)} {{",
        f"    {core(home, function.core, ', '.join(cores), result)}",
        f"    return abi.call({spelling.result(function)}, _core.{quoted(function.core)},"
        f" .{{ {given} }});",
        "}",
    ]


def core(home: str, label: str, params: str, result: str) -> str:
    """What the module imports, by its exact name."""
    found = f'extern "{home or "$root"}" fn {quoted(label)}({params}) {result}'
    return f"const _core = struct {{ {found}; }};"


def exported(interface: Interface, function: Function, spelling: Spelling) -> list[str]:
    """The function that the module exports, around that of the program."""
    label = f"{interface.name}#{function.core}" if interface.name else function.core
    cores = _cores(function)
    params = ", ".join(f"a{at}: {_CORE[each]}" for at, each in enumerate(cores))
    given = ", ".join(f"a{at}" for at in range(len(cores)))
    found = place(function, interface, spelling)
    path = ", ".join(f'"{plain(each)}"' for each in found)
    result, in_memory = "void", abi.returns_in_memory(function)
    if function.result is not None:
        result = "u32" if in_memory else _CORE[abi.flat(function.result)[0]]
    kind = f"fn ({spelling.params(function.params)}) {spelling.result(function)}"
    shown = head(function, interface.name, spelling).replace('"', '\\"')
    lines = _exporting(
        label,
        f"fn call({params}) callconv(.c) {result}",
        f'comptime abi.wants(program, &.{{ {path} }}, "{shown}");',
        f"return abi.serve({kind}, program.{'.'.join(found)}, .{{ {given} }});",
    )
    if in_memory:
        declared = "fn call(_: u32) callconv(.c) void"
        lines += _exporting(f"cabi_post_{label}", declared, "memory.done();")
    return lines


def ended(interface: Interface, resource: Type, spelling: Spelling) -> list[str]:
    """The end of a resource that the program implements."""
    kind = f"{spelling.home(interface.name, 'world')}.{spelt(resource.name)}"
    label = f"{interface.name}#[dtor]{resource.name}"
    declared = "fn call(at: u32) callconv(.c) void"
    return _exporting(label, declared, f"memory.ended({kind}.Value, at);")


def _exporting(label: str, declared: str, *body: str) -> list[str]:
    """A function of the module; its name in the file is none that others could have, too."""
    return [
        "comptime {",
        "    @export(&struct {",
        f"        {declared} {{",
        *(f"            {line}" for line in body),
        "        }",
        f'    }}.call, .{{ .name = "{label}" }});',
        "}",
        "",
    ]


def _cores(function: Function) -> tuple[str, ...]:
    return ("i32",) if abi.in_memory(function) else abi.flat_params(function)
