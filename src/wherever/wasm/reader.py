"""From bytes to the frozen values of `model`."""

from __future__ import annotations

from wherever.wasm.component import SECTIONS as COMPONENT_SECTIONS
from wherever.wasm.component import ComponentScan
from wherever.wasm.cursor import open_bytes
from wherever.wasm.customs import module_name, producers
from wherever.wasm.model import (
    Component,
    Custom,
    Export,
    Import,
    Memory,
    Module,
    Section,
    Table,
)
from wherever.wasm.module import SECTIONS as MODULE_SECTIONS
from wherever.wasm.module import CoreModule, signature_text
from wherever.wasm.scan import scan, section
from wherever.wasm.wittext import Texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.model import Producers


def read(data: bytes | bytearray | memoryview) -> Module | Component:
    """Read a module or component; code and data stay where they are, in `data`.

    Raises:
        NotRunnable: it is neither, or malformed (`Malformed`, with the offset).

    >>> read(b"\\0asm\\1\\0\\0\\0\\5\\3\\1\\0\\1").memories[0].largest
    4294967296
    """
    view = open_bytes(data)
    scanned = scan(view)
    if isinstance(scanned, CoreModule):
        return _module(scanned, view)
    return _component(scanned, view, Texts())


def _module(scanned: CoreModule, view: memoryview) -> Module:
    seen: dict[str, int] = {}
    imports = []
    for module, name, kind in scanned.imports:
        index = seen.get(kind, 0)
        seen[kind] = index + 1
        imports.append(Import(module, name, kind, scanned.type_text(kind, index)))
    return Module(
        size=scanned.end - scanned.begin,
        name=_name(scanned, view),
        imports=tuple(imports),
        exports=tuple(
            [
                Export(name, kind, scanned.type_text(kind, index))
                for name, kind, index in scanned.exports
            ]
        ),
        types=tuple([signature_text(kind) or kind[0] for kind in scanned.types]),
        functions=scanned.function_count,
        memories=tuple(
            [
                Memory(low, high, shared, is64, number < scanned.imported_memories, page)
                for number, (low, high, shared, is64, page) in enumerate(scanned.memories)
            ]
        ),
        tables=tuple(
            [
                Table(element, low, high, is64, number < scanned.imported_tables)
                for number, (element, (low, high, _, is64, _)) in enumerate(scanned.tables)
            ]
        ),
        globals=tuple(scanned.globals),
        tags=tuple([scanned.type_text("tag", number) for number in range(len(scanned.tags))]),
        start=scanned.start,
        elements=scanned.element_count,
        data=scanned.data_count,
        customs=_customs(scanned),
        sections=_sections(scanned, MODULE_SECTIONS),
        producers=_producers(scanned, view),
        features=frozenset(scanned.features),
        source=view,
    )


def _component(scanned: ComponentScan, view: memoryview, texts: Texts) -> Component:
    return Component(
        size=scanned.end - scanned.begin,
        name=_name(scanned, view),
        imports=tuple(
            [
                Import("", name, extern[0], texts.extern(extern), tuple(texts.functions(extern)))
                for name, extern in scanned.imports.items()
            ]
        ),
        exports=tuple(
            [
                Export(name, extern[0], texts.extern(extern), tuple(texts.functions(extern)))
                for name, extern in scanned.exports.items()
            ]
        ),
        modules=tuple([_module(module, view) for module in scanned.modules]),
        components=tuple([_component(inner, view, texts) for inner in scanned.components]),
        instances=scanned.instance_count,
        customs=_customs(scanned),
        sections=_sections(scanned, COMPONENT_SECTIONS),
        producers=_producers(scanned, view),
        features=frozenset(scanned.features),
        source=view,
    )


def _name(scanned: CoreModule | ComponentScan, view: memoryview) -> str:
    wanted = "name" if isinstance(scanned, CoreModule) else "component-name"
    for name, offset, size in scanned.customs:
        if name == wanted:
            return module_name(section(view, offset, size))
    return ""


def _producers(scanned: CoreModule | ComponentScan, view: memoryview) -> Producers:
    for name, offset, size in scanned.customs:
        if name == "producers":
            return producers(section(view, offset, size))
    return {}


def _customs(scanned: CoreModule | ComponentScan) -> tuple[Custom, ...]:
    return tuple([Custom(*custom) for custom in scanned.customs])


def _sections(scanned: CoreModule | ComponentScan, names: dict[int, str]) -> tuple[Section, ...]:
    return tuple([Section(names[kind], offset, size) for kind, offset, size in scanned.sections])
