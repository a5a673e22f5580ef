"""A bounded walk over the bytes of a WebAssembly file.

Every read checks where the enclosing section ends, every list its count, and all lists
together draw on one `Work` account: a hostile file costs its reader a known amount at most.
"""

from __future__ import annotations

from wherever.errors import NotRunnable

MAX_NAME = 100_000
"""Bytes in one name; engines refuse longer ones too."""

MAX_DEPTH = 32
"""Components inside components, or types inside types."""

MAX_WORK = 1_200_000
"""What reading one file may cost, nested ones included, in units of about half a microsecond."""

ITEM, PART, SECTION, FILE = 3, 1, 12, 120
"""Costs: of an import, export, type ...; of a field or parameter; of a section; of a module."""

MAX_CONSTANTS = 2_000_000
"""Instructions that are read to step over the first values of globals."""


class Malformed(NotRunnable):
    """The bytes are not valid WebAssembly; `offset` is where, counted from the file's start."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(f"malformed WebAssembly: {what} (at byte {offset})")
        self.offset = offset


class Work:
    """What one file may cost to read, shared by all cursors on it."""

    __slots__ = ("constants", "left")

    def __init__(self, left: int = MAX_WORK) -> None:
        self.left = left
        self.constants = MAX_CONSTANTS

    def spend(self, cost: int, offset: int) -> None:
        """Take `cost` from the account, or refuse the file."""
        self.left -= cost
        if self.left < 0:
            raise Malformed("more types, names and sections than are read of one file", offset)


class Cursor:
    """A position in `data` that never leaves `[pos, end)`; offsets are those of the file."""

    __slots__ = ("data", "end", "pos", "work")

    def __init__(self, data: memoryview, pos: int, end: int, work: Work) -> None:
        self.data = data
        self.pos = pos
        self.end = end
        self.work = work

    def u8(self) -> int:
        """The next byte."""
        pos = self.pos
        if pos >= self.end:
            raise self.bad("unexpected end")
        self.pos = pos + 1
        return self.data[pos]

    def peek(self) -> int:
        """The next byte, left where it is."""
        if self.pos >= self.end:
            raise self.bad("unexpected end")
        return self.data[self.pos]

    def u32(self) -> int:
        """An unsigned LEB128 number of at most 32 bits."""
        pos = self.pos
        if pos < self.end:
            byte = self.data[pos]
            if byte < 0x80:
                self.pos = pos + 1
                return byte
        return self._unsigned(32)

    def u64(self) -> int:
        """An unsigned LEB128 number of at most 64 bits."""
        return self._unsigned(64)

    def _unsigned(self, bits: int) -> int:
        start = self.pos
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if shift + 7 > bits and byte >> (bits - shift):
                raise Malformed(f"a number of more than {bits} bits", start)
            if byte < 0x80:
                return value
            shift += 7

    def signed(self, bits: int) -> int:
        """A signed LEB128 number of at most `bits` bits (32, 33 or 64)."""
        start = self.pos
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift >= bits:
                # The last byte holds what is left of the number; the rest must repeat its sign.
                room = bits - shift + 7
                sign = byte >> (room - 1)
                if sign not in (0, (1 << (8 - room)) - 1):
                    raise Malformed(f"a signed number of more than {bits} bits", start)
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def count(self, smallest: int = 1, cost: int = ITEM) -> int:
        """The length of a list whose items take at least `smallest` bytes each."""
        start = self.pos
        number = self.u32()
        if number * smallest > self.end - self.pos:
            raise Malformed(f"a list of {number} items does not fit into its section", start)
        self.work.spend(number * cost, start)
        return number

    def name(self) -> str:
        """A length and that many bytes of UTF-8."""
        start = self.pos
        size = self.u32()
        if size > MAX_NAME:
            raise Malformed(f"a name of {size} bytes (at most {MAX_NAME})", start)
        begin = self.skip(size)
        try:
            return str(self.data[begin : begin + size], "utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a name is not UTF-8", begin + error.start) from None

    def skip(self, size: int) -> int:
        """Step over `size` bytes; the offset of the first of them."""
        begin = self.pos
        if size > self.end - begin:
            raise Malformed(f"{size} bytes announced, {self.end - begin} left", begin)
        self.pos = begin + size
        return begin

    def inner(self, size: int) -> Cursor:
        """A cursor on the next `size` bytes, which this one steps over."""
        begin = self.skip(size)
        return Cursor(self.data, begin, begin + size, self.work)

    def finish(self, what: str) -> None:
        """Refuse bytes that are left over."""
        if self.pos != self.end:
            raise self.bad(f"{self.end - self.pos} bytes left over in {what}")

    def bad(self, what: str) -> Malformed:
        """The error for `what` at this position, to be raised."""
        return Malformed(what, self.pos)


def open_bytes(data: bytes | bytearray | memoryview) -> memoryview:
    """A flat read-only-like view of `data`, without copying it."""
    view = memoryview(data)
    if view.ndim != 1 or view.itemsize != 1 or not view.contiguous or view.format != "B":
        view = view.cast("B") if view.contiguous else memoryview(view.tobytes())
    return view
