"""Lines and names for backtraces, in a form that a stranger's module cannot make a bomb of.

The engine reads DWARF in the process that runs the guest, at each trap, without limits, and DWARF
is full of references: a file of 300 kB, in which a thousand units name one table of lines, took
7 GB there. So the engine never sees a guest's units. It gets the tables of lines, each once, each
with a unit of ours before it that says which addresses the table is about.
"""

from __future__ import annotations

from wherever.errors import NotRunnable
from wherever.wasm.functionnames import calm
from wherever.wasm.leb import leb, number
from wherever.wasm.linetable import Table, Unusual, read

LARGEST = 4 << 20
"""Bytes of tables that are kept; a module with more has no source lines in its backtraces."""

MOST_TEXT = 16 << 20
"""Bytes of file names, as the engine will spell them out."""

_ABBREVIATIONS = bytes([1, 0x11, 0, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0, 0])
"""One kind of unit: its table's place, its first address, and how many addresses follow."""

_KEPT = (b".debug_line", b".debug_str", b".debug_line_str")
_MODULE = b"\0asm\1\0\0\0"
_COMPONENT = b"\0asm\x0d\0\1\0"
_HOLD_PROGRAMS = (1, 4)
"""Sections of a component that hold a module or a component."""

_DEEPEST = 100
"""Components in components."""


def tamed(module: bytes, depth: int = 0) -> bytes:
    """The program with no DWARF but its tables of lines, and with names that stay small.

    What is no such program stays as it is.

    Args:
        module: a module or a component.
        depth: how many components it lies in.

    Raises:
        NotRunnable: components lie in each other, more than a hundred deep.

    Example:
        >>> tamed(b"\\0asm\\1\\0\\0\\0")
        b'\\x00asm\\x01\\x00\\x00\\x00'
    """
    nested = module[:8] == _COMPONENT
    if not (nested or module[:8] == _MODULE):
        return module
    if b".debug_" not in module and b"name" not in module:
        return module
    if depth > _DEEPEST:
        raise NotRunnable("it is a component within too many others")
    kept: list[bytes] = [module[:8]]
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(module):
        begin = at
        try:
            size, at = number(module, at + 1)
        except IndexError:
            return module  # the engine says what is wrong with it
        end = at + size
        if end > len(module):
            return module
        kind = module[begin]
        if kind == 0:
            try:
                length, start = number(module, at)
            except IndexError:
                return module
            name = module[start : start + length] if length <= end - start else b""
            if name.startswith(b".debug_"):
                if name in _KEPT and name not in found:
                    found[name] = module[start + length : end]
                at = end
                continue
            if name == b"name" and not nested:
                calmed = calm(module[start + length : end])
                if calmed is not None:
                    kept.append(_section(name, calmed))
                at = end
                continue
        if nested and kind in _HOLD_PROGRAMS:
            inner = tamed(module[at:end], depth + 1)
            kept.append(bytes([kind]) + leb(len(inner)) + inner)
        else:
            kept.append(module[begin:end])
        at = end
    more = b"" if nested else _sections(*(found.get(name, b"") for name in _KEPT))
    return b"".join(kept) + more


def _sections(lines: bytes, text: bytes, line_text: bytes) -> bytes:
    tables = _tables(lines, text, line_text)
    if not tables:
        return b""
    units = b"".join(_unit(table) for table in tables)
    sections = {
        b".debug_abbrev": _ABBREVIATIONS,
        b".debug_info": units,
        b".debug_line": lines,
        b".debug_str": text,
        b".debug_line_str": line_text,
    }
    return b"".join(_section(name, data) for name, data in sections.items() if data)


def _tables(lines: bytes, text: bytes, line_text: bytes) -> list[Table]:
    """The tables that tell of addresses; none where they are too much, or not understood."""
    if len(lines) > LARGEST:
        return []
    tables: list[Table] = []
    at, left = 0, MOST_TEXT
    try:
        while at < len(lines):
            table = read(lines, at, text, line_text, left)
            at, left = table.end, left - table.text
            if table.first < table.last:
                tables.append(table)
    except (Unusual, IndexError):
        return []
    return tables


def _unit(table: Table) -> bytes:
    count = table.last - table.first
    entry = b"".join(value.to_bytes(4, "little") for value in (table.begin, table.first, count))
    # DWARF 4, the abbreviations at 0, addresses of four bytes; the first kind of entry.
    body = b"\4\0" + bytes(4) + b"\4" + b"\1" + entry
    return len(body).to_bytes(4, "little") + body


def _section(name: bytes, data: bytes) -> bytes:
    body = bytes([len(name)]) + name + data
    return b"\0" + leb(len(body)) + body
