"""One table of lines of DWARF, read as far as it takes to know what it would cost."""

from __future__ import annotations

from wherever.errors import WhereverError


class Unusual(WhereverError):
    """A table in a form that compilers do not write, or one that costs too much."""


class Table:
    """A table: its bytes from `begin` to `end`, the addresses it is about, its names' bytes."""

    __slots__ = ("begin", "end", "first", "last", "text")

    def __init__(self, begin: int, end: int) -> None:
        self.begin = begin
        self.end = end
        self.first = 1 << 32
        self.last = 0
        self.text = 0


def read(lines: bytes, at: int, text: bytes, line_text: bytes, most: int) -> Table:
    """Reads the table at `at`.

    Args:
        lines: the section `.debug_line`.
        at: where the table begins.
        text, line_text: the sections `.debug_str` and `.debug_line_str`.
        most: bytes that the names of its files may have, each with its folder.

    Raises:
        Unusual: it is not one that can be kept.
        IndexError: it ends too early.
    """
    head = _Bytes(lines, at, len(lines))
    size = head.fixed(4)
    if size >= 0xFFFFFFF0:
        raise Unusual("a table of lines with numbers of 64 bits")
    table = Table(at, head.at + size)
    if table.end > len(lines):
        raise IndexError
    head.end = table.end
    version = head.fixed(2)
    if not 2 <= version <= 5:
        raise Unusual(f"a table of lines of version {version}")
    if version == 5 and head.fixed(2) != 4:
        raise Unusual("addresses that do not have four bytes")
    length = head.fixed(4)
    program = _Bytes(lines, head.at + length, table.end)
    if program.at > table.end:
        raise IndexError
    head.end = program.at
    step = head.fixed(1)
    if version >= 4 and head.fixed(1) != 1:
        raise Unusual("a table of lines for another kind of processor")
    head.at += 2
    span, base = head.fixed(1), head.fixed(1)
    if not span or not base:
        raise Unusual("a table of lines without a range")
    operands = head.take(base - 1)
    if version == 5:
        table.text = _names(head, text, line_text, most)
    else:
        table.text = _old_names(head, most)
    _follow(program, table, step, span, base, operands)
    return table


def _old_names(head: _Bytes, most: int) -> int:
    folders = [0]
    total = 0
    while length := head.string():
        folders.append(length)
    while length := head.string():
        folder = head.number()
        head.number()
        head.number()
        total += length + (folders[folder] if folder < len(folders) else 0) + 2
        if total > most:
            raise Unusual("names of files that take too much room")
    return total


def _names(head: _Bytes, text: bytes, line_text: bytes, most: int) -> int:
    folders: list[int] = []
    total = 0
    for turn in range(2):
        shape = [(head.number(), head.number()) for _ in range(head.fixed(1))]
        count = head.number()
        if count > head.end - head.at:
            raise Unusual("more names than there is room for")
        for _ in range(count):
            length = folder = 0
            for content, form in shape:
                value = _value(head, form, text, line_text, most)
                if content == 1:
                    length = value
                elif content == 2:
                    folder = value
            total += length + 2
            if not turn:
                folders.append(length)
            elif folder < len(folders):
                total += folders[folder]
            if total > most:
                raise Unusual("names of files that take too much room")
    return total


def _value(head: _Bytes, form: int, text: bytes, line_text: bytes, most: int) -> int:
    """The number that this value is, or the length of the text that it is."""
    if form == 0x08:  # string
        return head.string()
    if form in (0x0E, 0x1F):  # strp, line_strp
        section = text if form == 0x0E else line_text
        start = head.fixed(4)
        end = section.find(b"\0", start, start + most + 1)
        if end < 0:
            raise Unusual("a name that does not end")
        return end - start
    if form == 0x0F:  # udata
        return head.number()
    if form in (0x0B, 0x05):  # data1, data2
        return head.fixed(1 if form == 0x0B else 2)
    if form == 0x1E:  # data16, a digest
        head.take(16)
        return 0
    raise Unusual(f"a name of form {form}")


def _follow(
    program: _Bytes, table: Table, step: int, span: int, base: int, operands: bytes
) -> None:
    """Goes through the program of a table for the addresses that it tells of."""
    data, at, end = program.data, program.at, program.end
    address = start = 0
    per_const = (255 - base) // span * step
    while at < end:
        code = data[at]
        at += 1
        if code >= base:
            address += (code - base) // span * step
        elif code == 0:
            program.at = at
            size = program.number()
            at = program.at + size
            if not size or at > end:
                raise IndexError
            kind = data[program.at]
            if kind == 1:
                if 0 < start < address < 0xFFFFFFF0:
                    table.first, table.last = min(table.first, start), max(table.last, address)
                address = start = 0
            elif kind == 2 and size == 5:
                start = address = int.from_bytes(data[at - 4 : at], "little")
            elif kind != 4:  # a discriminator
                raise Unusual(f"the extended opcode {kind}")
        elif code == 8:
            address += per_const
        elif code == 9:
            address += int.from_bytes(data[at : at + 2], "little")
            at += 2
        else:
            program.at = at
            for index in range(operands[code - 1]):
                value = program.number()
                if code == 2 and not index:
                    address += value * step
            at = program.at


class _Bytes:
    """Bytes between two places, read forwards; IndexError beyond the end."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def take(self, count: int) -> bytes:
        begin, self.at = self.at, self.at + count
        if self.at > self.end:
            raise IndexError
        return self.data[begin : self.at]

    def fixed(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise Unusual("a number of more than 64 bits")

    def string(self) -> int:
        """The length of the text here, which ends with a zero byte; it is passed over."""
        end = self.data.find(b"\0", self.at, self.end)
        if end < 0:
            raise IndexError
        length, self.at = end - self.at, end + 1
        return length
