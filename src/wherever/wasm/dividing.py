"""Modules whose bulk instructions are done in pieces, so that their host can come in between.

To fill a memory of 100 MiB is one instruction, and no clock ends it. In a divided module such an
instruction is the call of a function that does it piece by piece, in a loop, which a clock does
end. What the guest sees is the same: all is in bounds before the first byte is written, and pieces
of what overlaps are copied in the order that keeps them whole.
"""

from __future__ import annotations

from wherever.wasm.coretypes import HEAPS
from wherever.wasm.cursor import Cursor, Work, open_bytes
from wherever.wasm.instructions import (
    MEMORY_COPY,
    MEMORY_FILL,
    MEMORY_INIT,
    TABLE_COPY,
    TABLE_FILL,
    TABLE_INIT,
    Unknown,
    bulk,
    may_have_bulk,
)
from wherever.wasm.leb import leb, number
from wherever.wasm.module import scan_module
from wherever.wasm.pieces import Bulk, body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.module import CoreModule

    Key = tuple[int, tuple[int, ...]]

PREFIX = "wherever:"
"""What the names of the functions that are added begin with."""

BYTES, ELEMENTS = 1 << 18, 1 << 14
"""How much is done at once of a memory and of a table: about a tenth of a millisecond."""

_TYPES, _FUNCTIONS, _CODE = 1, 3, 10
_CALL, _NOP = b"\x10", b"\x01"
_NAMES = {
    MEMORY_INIT: "memory.init", MEMORY_COPY: "memory.copy", MEMORY_FILL: "memory.fill",
    TABLE_INIT: "table.init", TABLE_COPY: "table.copy", TABLE_FILL: "table.fill",
}  # fmt: skip
_REFERENCES = {short: bytes((byte,)) for byte, (_, short, _) in HEAPS.items()}
_I32, _I64 = b"\x7f", b"\x7e"


def divided(data: bytes) -> bytes:
    """The module with its bulk instructions in pieces.

    It is as it was where it has none, or where something in it is not known.

    Raises:
        Malformed: it is no module.

    Example:
        >>> divided(b"\\0asm\\1\\0\\0\\0")
        b'\\x00asm\\x01\\x00\\x00\\x00'
    """
    view = open_bytes(data)
    module = scan_module(Cursor(view, 0, len(view), Work()))
    code = next((each for each in module.sections if each[0] == _CODE), None)
    if code is None or not may_have_bulk(data, code[1], code[1] + code[2]):
        return data
    try:
        divider = _Divider(module, data)
        changed = divider.code(*code[1:])
    except (Unknown, IndexError):
        return data
    return divider.made(changed) if divider.helpers else data


class _Divider:
    """One module that is rewritten."""

    def __init__(self, module: CoreModule, data: bytes) -> None:
        self._module = module
        self._data = data
        self._has_moved = False
        self.helpers: dict[Key, int] = {}
        self._kinds: dict[Key, Bulk | None] = {}

    def code(self, at: int, size: int) -> bytes:
        """The content of the code section, with the calls in place, and without the helpers."""
        data, end = self._data, at + size
        count, at = number(data, at)
        parts: list[bytes] = []
        for _ in range(count):
            begin = at
            size, at = number(data, at)
            stop = at + size
            if stop > end:
                raise Unknown
            if may_have_bulk(data, at, stop):
                changed = self._body(at, stop)
                parts.append(leb(len(changed)) + changed)
                self._has_moved |= len(parts[-1]) != stop - begin
            else:
                parts.append(data[begin:stop])
            at = stop
        if at != end:
            raise Unknown
        return b"".join(parts)

    def _body(self, at: int, end: int) -> bytes:
        parts: list[bytes] = []
        done = at
        for begin, stop, kind, operands in bulk(self._data, at, end):
            key = kind, operands
            if key not in self._kinds:
                self._kinds[key] = self._kind(key, self._data[begin:stop])
            if self._kinds[key] is None:
                continue
            index = self.helpers.setdefault(key, self._module.function_count + len(self.helpers))
            call = _CALL + leb(index)
            parts += self._data[done:begin], call, _NOP * (stop - begin - len(call))
            done = stop
        return b"".join([*parts, self._data[done:end]])

    def _kind(self, key: Key, instruction: bytes) -> Bulk | None:
        """What an instruction does, or None where its types have no short form."""
        kind, operands = key
        module = self._module
        if kind in (MEMORY_INIT, MEMORY_COPY, MEMORY_FILL):
            wide = [limits[3] for limits in module.memories]
            value: bytes | None = _I32
        else:
            wide = [limits[3] for _, limits in module.tables]
            value = _REFERENCES.get(module.tables[operands[-1]][0]) if kind == TABLE_FILL else _I32
        piece = BYTES if kind < TABLE_INIT else ELEMENTS
        if kind in (MEMORY_FILL, TABLE_FILL):
            to = wide[operands[0]]
            return Bulk(instruction, piece, to, None, to, value, False) if value else None
        if kind in (MEMORY_INIT, TABLE_INIT):
            return Bulk(instruction, piece, wide[operands[1]], False, False, _I32, False)
        to, source = wide[operands[0]], wide[operands[1]]
        overlaps = operands[0] == operands[1]
        return Bulk(instruction, piece, to, source, to and source, _wide(source), overlaps)

    def made(self, code: bytes) -> bytes:
        """The whole module."""
        kinds = [each for key in self.helpers if (each := self._kinds[key]) is not None]
        types = [_signature(each) for each in kinds]
        known = {each: len(self._module.types) + at for at, each in enumerate(dict.fromkeys(types))}
        told = b"".join(known), len(known)
        used = b"".join(leb(known[each]) for each in types), len(types)
        bodies = b"".join(leb(len(made)) + made for made in map(body, kinds))
        data = self._data
        count = self._module.function_count - len(self._module.imported_functions)
        # Sources are told by the place of an instruction.
        moved = self._has_moved or len(leb(count)) != len(leb(count + len(kinds)))
        made = bytearray(data[:8])
        customs = iter(self._module.customs)
        is_named = False
        for kind, at, size in self._module.sections:
            content = data[at : at + size]
            if kind == 0:
                name, begin, length = next(customs)
                if moved and name.startswith((".debug_", "metadata.code.")):
                    continue
                if name == "name" and not is_named:
                    is_named = True
                    content = b"\x04name" + self._named(data[begin : begin + length])
            elif kind == _TYPES:
                content = _longer(content, *told)
            elif kind == _FUNCTIONS:
                content = _longer(content, *used)
            elif kind == _CODE:
                content = leb(count + len(kinds)) + code + bodies
            made += bytes((kind,)) + leb(len(content)) + content
        if not is_named:
            content = b"\x04name" + self._named(b"")
            made += b"\0" + leb(len(content)) + content
        return bytes(made)

    def _named(self, names: bytes) -> bytes:
        """A section of names in which ours are; what cannot be read stays as it is."""
        ours = b"".join(
            leb(index) + leb(len(name)) + name
            for (kind, _), index in self.helpers.items()
            for name in [f"{PREFIX}{_NAMES[kind]}".encode()]
        )
        count = len(self.helpers)
        try:
            at = place = 0
            while at < len(names):
                begin, kind = at, names[at]
                size, at = number(names, at + 1)
                if kind == 1:
                    content = _longer(names[at : at + size], ours, count)
                    return names[:begin] + _subsection(content) + names[at + size :]
                at += size
                if kind == 0:
                    place = at
        except IndexError:
            return names
        return names[:place] + _subsection(leb(count) + ours) + names[place:]


def _subsection(content: bytes) -> bytes:
    return b"\1" + leb(len(content)) + content


def _longer(content: bytes, more: bytes, count: int) -> bytes:
    had, at = number(content, 0)
    return leb(had + count) + content[at:] + more


def _signature(kind: Bulk) -> bytes:
    return b"\x60\x03" + _wide(kind.to) + kind.value + _wide(kind.length) + b"\x00"


def _wide(is_wide: bool) -> bytes:
    return _I64 if is_wide else _I32
