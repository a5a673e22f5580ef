"""Zig: the module `world`, with the world's types and functions to call, and `exports.zig`.

The latter is what is compiled: it exports what the world wants, by the functions of the program.
"""

from __future__ import annotations

from pathlib import Path

from wherever.build.bindings.c.names import Names
from wherever.build.bindings.zig.functions import ended, exported, imported
from wherever.build.bindings.zig.spelling import Spelling, spelt
from wherever.build.bindings.zig.types import defined, lent, owned
from wherever.wit.model import every

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wit.model import Interface, Type, World

MADE = "Made by wherever from the WIT of this world; a build makes it anew."
RUNTIME = ("abi.zig", "layout.zig", "memory.zig", "values.zig")

_WORLD = """
const std = @import("std");
const program = @import("program");
const world = @This();

pub const abi = @import("abi.zig");
pub const memory = @import("memory.zig");

/// One of the two: `.{ .ok = value }` or `.{ .err = value }`.
pub const Result = abi.Result;

/// Memory that is there until the exported function has returned and its caller has read the
/// result, as everything is that a function was given. Nothing of it has to be freed.
pub const arena: std.mem.Allocator = memory.arena;

/// For long loops: what is given and allocated from here to the scope's `end` is free again then.
pub const scope = memory.scope;
pub const Scope = memory.Scope;
"""
_EXPORTS = """
const std = @import("std");
const program = @import("program");
const world = @import("world");
const abi = world.abi;
const memory = world.memory;

pub const std_options: std.Options =
    if (@hasDecl(program, "std_options")) program.std_options else .{};
pub const panic = if (@hasDecl(program, "panic"))
    program.panic
else
    std.debug.FullPanic(std.debug.defaultPanic);

comptime {
    _ = memory;
}
"""


def bindings(world: World) -> dict[str, str]:
    """The files of a world's bindings, by name."""
    spelling = Spelling(world, Names(world))
    kinds = every(world)
    lines = [f"//! {world.name}. {MADE}", _WORLD]
    for home in dict.fromkeys(each.name for each in (*world.imports, *world.exports)):
        inner = _home(home, world, kinds, spelling)
        if home:
            shown = [f"    {line}".rstrip() for line in inner]
            inner = [f"pub const {spelling.names.prefix(home)} = struct {{", *shown, "};", ""]
        lines += inner
    exports = [f"//! {world.name}. {MADE}", _EXPORTS]
    for each in world.exports:
        for function in each.functions:
            exports += exported(each, function, spelling)
        for name, kind in each.types:
            if kind.kind == "resource" and (kind.name, kind.home) == (name, each.name):
                exports += ended(each, kind, spelling)
    place = Path(__file__).parent
    return {
        "world.zig": "\n".join(lines),
        "exports.zig": "\n".join(exports),
        **{name: (place / name).read_text("utf-8") for name in RUNTIME},
    }


def _home(home: str, world: World, kinds: list[Type], spelling: Spelling) -> list[str]:
    """What stands in an interface, whether it is imported, exported or both."""
    imports = [each for each in world.imports if each.name == home]
    exports = [each for each in world.exports if each.name == home]
    lines = []
    for kind in kinds:
        if kind.name and kind.home == home and kind.kind not in ("resource", "own", "borrow"):
            lines += defined(kind, spelling)
    for each in (*imports, *exports):
        lines += _resources(each, bool(exports), spelling)
    for name, kind in (imports or exports)[0].types:
        if (kind.name, kind.home) != (name, home):
            lines += [f"pub const {spelt(name, home)} = {spelling.type(kind)};", ""]
    for each in imports:
        for function in each.functions:
            if function.resource is None:
                lines += [*imported(home, function, spelling), ""]
    return lines


def _resources(interface: Interface, exported: bool, spelling: Spelling) -> list[str]:
    lines = []
    for name, kind in interface.types:
        if kind.kind == "resource" and (kind.name, kind.home) == (name, interface.name):
            lines += (owned if exported else lent)(kind, interface, spelling)
    return lines
