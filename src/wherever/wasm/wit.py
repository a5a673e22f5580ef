"""The world of a component, or the one embedded in a module, as WIT text."""

from __future__ import annotations

from wherever.errors import NotRunnable
from wherever.wasm.component import ComponentScan, scan_component
from wherever.wasm.cursor import Cursor, Work, open_bytes
from wherever.wasm.customs import printable
from wherever.wasm.module import CoreModule
from wherever.wasm.scan import scan
from wherever.wasm.witinterface import Lines, interface_lines, item_lines, plain, split_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.componenttypes import Extern

MAX_ITEMS = 200_000
"""Functions and types of all interfaces together; the rest is left out."""


def world(data: bytes | bytearray | memoryview) -> str:
    """The world that a component implements, and its interfaces, as WIT text.

    Of a core module, the world in its `component-type` section. The text is safe to print and
    at most about a million characters long.

    Raises:
        NotRunnable: malformed, or a module without an embedded world.
    """
    view = open_bytes(data)
    scanned = scan(view)
    if isinstance(scanned, ComponentScan):
        declared = _declared_world(scanned)
        if declared and not scanned.imports:
            return _world(*declared)
        return _world("root", scanned.imports, scanned.exports)
    return _world(*embedded_world(scanned, view))


def embedded_world(
    module: CoreModule, view: memoryview
) -> tuple[str, dict[str, Extern], dict[str, Extern]]:
    """The name, imports and exports of the world in a module's `component-type` section."""
    for name, offset, size in module.customs:
        if name.startswith("component-type"):
            inner = scan_component(Cursor(view, offset, offset + size, Work()))
            declared = _declared_world(inner)
            if declared:
                return declared
    raise NotRunnable(
        "the module holds no WIT: it is a core module, and none of its sections describes a world"
    )


def _declared_world(
    scanned: ComponentScan,
) -> tuple[str, dict[str, Extern], dict[str, Extern]] | None:
    """A component that holds only types describes a world: the component type inside them."""
    for sort, kind in scanned.exports.values():
        if sort != "type" or kind[0] != "named" or kind[2][0] != "component":
            continue
        for name, (inner_sort, inner) in kind[2][2].items():
            if inner_sort == "component":
                return split_name(name)[1] or name, inner[1], inner[2]
    return None


def _world(name: str, imports: dict[str, Extern], exports: dict[str, Extern]) -> str:
    interfaces: dict[str, dict[str, Extern]] = {}
    lines = Lines()
    merged = 0
    lines.add("package root:component;")
    lines.add("")
    lines.add(f"world {plain(name)} {{")
    for word, externs in (("import", imports), ("export", exports)):
        for item, extern in externs.items():
            if lines.full or merged > MAX_ITEMS:
                break
            if extern[0] == "instance" and ":" in item:
                lines.add(f"  {word} {printable(item)};")
                interfaces.setdefault(item, {}).update(extern[1][1])
                merged += len(extern[1][1])
            elif extern[0] == "instance":
                lines.add(f"  {word} {plain(item)}: interface {{")
                interface_lines(lines, "    ", "", extern[1][1])
                lines.add("  }")
            else:
                item_lines(lines, "  ", word, item, extern)
    lines.add("}")
    packages: dict[tuple[str, str], dict[str, dict[str, Extern]]] = {}
    for item, inside in interfaces.items():
        package, short, version = split_name(item)
        packages.setdefault((package, version), {})[short] = inside
    for (package, version), found in packages.items():
        at_version = f"@{printable(version)}" if version else ""
        lines.add("")
        lines.add(f"package {printable(package)}{at_version} {{")
        for short, inside in found.items():
            lines.add(f"  interface {plain(short)} {{")
            full = f"{package}/{short}@{version}" if version else f"{package}/{short}"
            interface_lines(lines, "    ", full, inside)
            lines.add("  }")
        lines.add("}")
    return lines.text()
