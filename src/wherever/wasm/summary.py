"""A summary in builtin types, small enough to lie beside a compiled artifact."""

from __future__ import annotations

from wherever.wasm.component import ComponentScan
from wherever.wasm.cursor import Malformed, open_bytes
from wherever.wasm.customs import producers
from wherever.wasm.module import CoreModule
from wherever.wasm.scan import scan, section
from wherever.wasm.wittext import Texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Facts = dict[str, Any]

MAX_ENTRIES = 10_000
"""Imports and exports of one file, and memories and tables in all its modules."""

MAX_MADE = 1_000
"""Instances of core modules and components that one component comes to, itself included."""

MAX_TEXT = 4_000_000
"""Characters of all names and types together."""


def facts(data: bytes | bytearray | memoryview) -> Facts:
    """Summarise a module or component in a dict that `marshal` and `json` can keep.

    Keys: kind ("module" or "component"), imports [(module, name, kind, type)], exports
    [(name, kind, type)], memories [(min pages, max or None, shared, is64, imported, bytes a
    page)], tables [(min, max or None, imported)], start, features, producers, modules,
    components and instances (how many are nested), core_instances (how many modules it makes
    instances of), core_memories and core_tables (those of each of these, and of modules that no
    instance is made of), wit (has an embedded WIT). Names are the file's own:
    escape them before they are shown.

    Raises:
        NotRunnable: neither module nor component, malformed, or more than `MAX_ENTRIES`.

    >>> facts(b"\\0asm\\1\\0\\0\\0\\5\\3\\1\\0\\1")["memories"]
    [(1, None, False, False, False, 65536)]
    """
    view = open_bytes(data)
    scanned = scan(view)
    is_module = isinstance(scanned, CoreModule)
    modules = [scanned] if isinstance(scanned, CoreModule) else scanned.all_modules()
    made = [scanned] if isinstance(scanned, CoreModule) else _made(scanned, modules)
    idle = [module for module in modules if module not in made]
    imports, exports = _names(scanned)
    found: Facts = {
        "kind": "module" if is_module else "component",
        "imports": imports,
        "exports": exports,
        "memories": _memories(scanned) if isinstance(scanned, CoreModule) else [],
        "tables": _tables(scanned) if isinstance(scanned, CoreModule) else [],
        "start": scanned.start is not None if isinstance(scanned, CoreModule) else scanned.start,
        "features": sorted(scanned.features),
        "producers": _producers(scanned, view),
        "modules": 0 if is_module else len(modules),
        "components": 0 if isinstance(scanned, CoreModule) else len(scanned.all_components()),
        "instances": 0 if isinstance(scanned, CoreModule) else scanned.instance_count,
        "core_instances": 0 if is_module else len(made),
        "core_memories": [m for module in made + idle for m in _memories(module) if not m[4]],
        "core_tables": [t for module in made + idle for t in _tables(module) if not t[2]],
        "wit": any(name.startswith("component-type") for name, _, _ in scanned.customs),
    }
    _bound(found)
    return found


def _names(
    scanned: CoreModule | ComponentScan,
) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str, str]]]:
    _refuse_crowds(len(scanned.imports) + len(scanned.exports))
    if isinstance(scanned, ComponentScan):
        text = Texts().extern
        return (
            [("", name, extern[0], text(extern)) for name, extern in scanned.imports.items()],
            [(name, extern[0], text(extern)) for name, extern in scanned.exports.items()],
        )
    seen = {"func": 0, "table": 0, "memory": 0, "global": 0, "tag": 0}
    imports = []
    for module, name, kind in scanned.imports:
        imports.append((module, name, kind, scanned.type_text(kind, seen[kind])))
        seen[kind] += 1
    return imports, [
        (name, kind, scanned.type_text(kind, index)) for name, kind, index in scanned.exports
    ]


def _memories(module: CoreModule) -> list[tuple[int, int | None, bool, bool, bool, int]]:
    imported = module.imported_memories
    return [
        (low, high, shared, is64, number < imported, page)
        for number, (low, high, shared, is64, page) in enumerate(module.memories)
    ]


def _tables(module: CoreModule) -> list[tuple[int, int | None, bool]]:
    imported = module.imported_tables
    return [
        (limits[0], limits[1], number < imported)
        for number, (_, limits) in enumerate(module.tables)
    ]


def _producers(
    scanned: CoreModule | ComponentScan, view: memoryview
) -> dict[str, list[tuple[str, str]]]:
    for name, offset, size in scanned.customs:
        if name == "producers":
            return producers(section(view, offset, size))
    return {}


def _refuse_crowds(entries: int) -> None:
    if entries > MAX_ENTRIES:
        raise Malformed(
            f"{entries} imports, exports, memories and tables (at most {MAX_ENTRIES})", 0
        )


def _bound(found: Facts) -> None:
    names = found["imports"] + found["exports"]
    _refuse_crowds(len(names) + len(found["core_memories"]) + len(found["core_tables"]))
    if sum(len(text) for entry in names for text in entry) > MAX_TEXT:
        raise Malformed(f"names and types of more than {MAX_TEXT} characters", 0)


def _made(component: ComponentScan, modules: list[CoreModule]) -> list[CoreModule]:
    """The module of each core instance that a component comes to have.

    Where it is not the component's own, it may be any: then the one with the most memories.
    """
    found: list[CoreModule] = []
    largest = max(modules, key=lambda module: len(module.memories), default=None)
    left = [component]
    seen = 0
    while left:
        scan = left.pop()
        seen += 1
        for index in scan.made_of_modules:
            module = scan.own_modules.get(index, largest)
            if module is not None:
                found.append(module)
        for index in scan.made_of_components:
            nested = scan.own_components.get(index)
            if nested is None:
                found.extend(modules)
            else:
                left.append(nested)
            _refuse_many(seen + len(found) + len(left))
        _refuse_many(seen + len(found) + len(left))
    return found


def _refuse_many(made: int) -> None:
    if made > MAX_MADE:
        raise Malformed(f"it makes more than {MAX_MADE} instances of modules and components", 0)
