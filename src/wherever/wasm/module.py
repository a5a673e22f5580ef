"""One pass over a core module: what its sections say, code and data stepped over."""

from __future__ import annotations

from wherever.wasm.coretypes import (
    CoreType,
    Limits,
    global_type,
    memory_type,
    rec_type,
    skip_constant,
    table_type,
)
from wherever.wasm.cursor import FILE, SECTION, Cursor, Malformed
from wherever.wasm.head import MAGIC, MODULE

KINDS = ("func", "table", "memory", "global", "tag")
SECTIONS = {
    0: "custom", 1: "type", 2: "import", 3: "function", 4: "table", 5: "memory", 6: "global",
    7: "export", 8: "start", 9: "element", 10: "code", 11: "data", 12: "data count", 13: "tag",
}  # fmt: skip
# Where each section stands in the order that the format demands.
_RANK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 13: 6, 6: 7, 7: 8, 8: 9, 9: 10, 12: 11, 10: 12, 11: 13}
ExternType = int | str | Limits | tuple[str, Limits]
MAX_FUNCTIONS = 1_000_000
"""Functions of one module; engines stop here too."""


class CoreModule:
    """What the sections of a core module say. Imports come first in each list of a kind."""

    def __init__(self, at: Cursor) -> None:
        self.begin = at.pos
        self.end = at.end
        self.features: set[str] = set()
        self.sections: list[tuple[int, int, int]] = []  # id, offset, size
        self.customs: list[tuple[str, int, int]] = []  # name, offset, size of what follows it
        self.types: list[CoreType] = []
        self.imports: list[tuple[str, str, str]] = []
        self.exports: list[tuple[str, str, int]] = []
        self.imported_functions: list[int] = []  # type indices
        self.function_count = 0  # with the imported ones
        self.tables: list[tuple[str, Limits]] = []
        self.imported_tables = 0
        self.memories: list[Limits] = []
        self.imported_memories = 0
        self.globals: list[str] = []
        self.imported_globals = 0
        self.tags: list[int] = []  # type indices
        self.start: int | None = None
        self.element_count = 0
        self.data_count = 0
        self._functions: Cursor | None = None
        self._function_types: list[int] = []
        self._texts: dict[int, str] = {}
        _walk(self, at)

    def function_type(self, index: int) -> int | None:
        """The index of a function's type; None where the file names none."""
        imported = len(self.imported_functions)
        if index < imported:
            return self.imported_functions[index]
        index -= imported
        at = self._functions
        if at is None or index >= self.function_count - imported:
            return None
        known = self._function_types
        if len(known) <= index:
            u32 = at.u32
            known.extend([u32() for _ in range(index + 1 - len(known))])
        return known[index]

    def _signature(self, index: int | None) -> str:
        if index is None or index >= len(self.types):
            return ""
        text = self._texts.get(index)
        if text is None:
            # Kept, so that many functions of one type share one text.
            text = self._texts[index] = signature_text(self.types[index])
        return text

    def type_text(self, kind: str, index: int) -> str:
        """The type of the `index`th `kind`, as text; empty where the file names none."""
        if kind == "func":
            return self._signature(self.function_type(index))
        if kind == "memory" and index < len(self.memories):
            return memory_text(self.memories[index])
        if kind == "table" and index < len(self.tables):
            return table_text(*self.tables[index])
        if kind == "global" and index < len(self.globals):
            return self.globals[index]
        if kind == "tag" and index < len(self.tags):
            return self._signature(self.tags[index])
        return ""


def signature_text(kind: CoreType) -> str:
    """`(i32, i64) -> i32`; `() -> ()` takes and gives nothing; two results in parentheses."""
    if kind[0] != "func":
        return ""
    params, results = kind[1], kind[2]
    after = results[0] if len(results) == 1 else f"({', '.join(results)})"
    return f"({', '.join(params)}) -> {after}"


def memory_text(limits: Limits) -> str:
    """`1..16`: pages at the start and at most; then `shared`, `i64`, and odd page sizes."""
    low, high, shared, is64, page = limits
    text = f"{low}..{'' if high is None else high}"
    if shared:
        text += " shared"
    if is64:
        text += " i64"
    return text if page == 65536 else f"{text} page {page}"


def table_text(element: str, limits: Limits) -> str:
    """`funcref 1..16`: what it holds, elements at the start and at most."""
    return f"{element} {memory_text((*limits[:4], 65536))}"


def scan_module(at: Cursor) -> CoreModule:
    """Read the module that fills `at`, preamble first."""
    return CoreModule(at)


def _walk(module: CoreModule, at: Cursor) -> None:
    at.work.spend(FILE, at.pos)
    head = at.inner(8)
    if bytes(at.data[head.pos : head.end]) != MODULE:
        known = bytes(at.data[head.pos : head.pos + 4]) == MAGIC
        raise Malformed("an unknown version" if known else "no module starts here", head.pos)
    last = 0
    while at.pos < at.end:
        at.work.spend(SECTION, at.pos)
        begin = at.pos
        kind = at.u8()
        size = at.u32()
        if kind not in SECTIONS:
            raise Malformed(f"unknown section {kind}", begin)
        if size > at.end - at.pos:
            raise Malformed(
                f"the {SECTIONS[kind]} section announces {size} bytes, {at.end - at.pos} are left",
                begin,
            )
        inner = at.inner(size)
        module.sections.append((kind, inner.pos, size))
        if kind == 0:
            module.customs.append(custom_section(inner))
            continue
        rank = _RANK[kind]
        if rank <= last:
            raise Malformed(f"the {SECTIONS[kind]} section is out of order", begin)
        last = rank
        _READERS[kind](module, inner)
    # Memories and tables are judged together, as several of them are a feature of their own.
    if len(module.memories) > 1:
        module.features.add("multi-memory")
    if len(module.tables) > 1:
        module.features.add("reference-types")


def custom_section(at: Cursor) -> tuple[str, int, int]:
    """The name of a custom section, and the offset and size of what follows it."""
    name = at.name()
    return name, at.pos, at.end - at.pos


def _types(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(2)):
        module.types.extend(rec_type(at, module.features))
    at.finish("the type section")


def _imports(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(4)):
        source, name = at.name(), at.name()
        kind = at.u8()
        if kind in (0x7E, 0x7F) and not name:
            module.features.add("compact-imports")
            _compact(module, at, source, kind)
        else:
            _add(module, source, name, kind, extern_type(at, module.features, kind))
    at.finish("the import section")


def _compact(module: CoreModule, at: Cursor, source: str, form: int) -> None:
    if form == 0x7F:
        for _ in range(at.count(2)):
            name = at.name()
            kind = at.u8()
            _add(module, source, name, kind, extern_type(at, module.features, kind))
        return
    kind = at.u8()
    detail = extern_type(at, module.features, kind)
    for _ in range(at.count()):
        _add(module, source, at.name(), kind, detail)


def extern_type(at: Cursor, features: set[str], kind: int) -> ExternType:
    """What follows the kind of an import: a type, or the index of one."""
    if kind == 0x20:
        features.add("custom-descriptors")
    if kind in (0, 0x20):
        return at.u32()
    if kind == 1:
        return table_type(at, features)
    if kind == 2:
        return memory_type(at, features)
    if kind == 3:
        return global_type(at, features)
    if kind == 4:
        return _tag(at, features)
    at.pos -= 1
    raise at.bad(f"unknown kind of import 0x{kind:02x}")


def _add(module: CoreModule, source: str, name: str, kind: int, detail: ExternType) -> None:
    kind &= 0x0F
    if isinstance(detail, str):
        module.globals.append(detail)
        module.imported_globals += 1
        if detail.startswith("mut "):
            module.features.add("mutable-globals")
    elif isinstance(detail, int) and kind == 4:
        module.tags.append(detail)
    elif isinstance(detail, int):
        module.imported_functions.append(detail)
        module.function_count += 1
    elif len(detail) == 2:
        module.tables.append(detail)
        module.imported_tables += 1
    else:
        module.memories.append(detail)
        module.imported_memories += 1
    module.imports.append((source, name, KINDS[kind]))


def _tag(at: Cursor, features: set[str]) -> int:
    if at.u8():
        at.pos -= 1
        raise at.bad("unknown kind of tag")
    features.add("exceptions")
    return at.u32()


def _functions(module: CoreModule, at: Cursor) -> None:
    begin = at.pos
    number = at.u32()
    if number > MAX_FUNCTIONS or number > at.end - at.pos:
        raise Malformed(f"{number} functions do not fit", begin)
    # Types of functions are looked up later, and only those of exported ones.
    at.work.spend(number >> 3, begin)
    module.function_count += number
    module._functions = at


def _tables(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(3)):
        if at.peek() == 0x40:
            at.pos += 1
            if at.u8():
                raise at.bad("unknown form of table")
            module.features.add("function-references")
            module.tables.append(table_type(at, module.features))
            if not skip_constant(at, module.features):
                return
        else:
            module.tables.append(table_type(at, module.features))
    at.finish("the table section")


def _memories(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(2)):
        module.memories.append(memory_type(at, module.features))
    at.finish("the memory section")


def _globals(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(3)):
        module.globals.append(global_type(at, module.features))
        if not skip_constant(at, module.features):
            # Some languages put whole tables of methods here; the globals after them stay
            # without types rather than make the module unreadable.
            return
    at.finish("the global section")


def _tags(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(2)):
        module.tags.append(_tag(at, module.features))
    at.finish("the tag section")


def _exports(module: CoreModule, at: Cursor) -> None:
    for _ in range(at.count(3)):
        name = at.name()
        kind = at.u8()
        if kind > 4:
            at.pos -= 1
            raise at.bad(f"unknown kind of export 0x{kind:02x}")
        index = at.u32()
        if kind == 3 and index < len(module.globals) and module.globals[index].startswith("mut "):
            module.features.add("mutable-globals")
        module.exports.append((name, KINDS[kind], index))
    at.finish("the export section")


def _start(module: CoreModule, at: Cursor) -> None:
    module.start = at.u32()
    at.finish("the start section")


def _elements(module: CoreModule, at: Cursor) -> None:
    module.element_count = at.u32()
    _first_segment(module, at)


def _data(module: CoreModule, at: Cursor) -> None:
    module.data_count = at.u32()
    _first_segment(module, at)


def _first_segment(module: CoreModule, at: Cursor) -> None:
    # Segments are not read; the flags of the first one are at hand.
    if at.pos < at.end and at.peek() in (1, 3, 5, 7):
        module.features.add("bulk-memory")


def _data_count(module: CoreModule, at: Cursor) -> None:
    module.features.add("bulk-memory")
    module.data_count = at.u32()
    at.finish("the data count section")


def _code(module: CoreModule, at: Cursor) -> None:
    number = at.u32()
    defined = module.function_count - len(module.imported_functions)
    if number != defined:
        raise Malformed(f"{defined} functions have {number} bodies", at.pos)


_READERS = {
    1: _types, 2: _imports, 3: _functions, 4: _tables, 5: _memories, 6: _globals, 7: _exports,
    8: _start, 9: _elements, 10: _code, 11: _data, 12: _data_count, 13: _tags,
}  # fmt: skip
