"""What a value needs to cross a border, and how the values of one type do.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

from typing import Protocol

from wherever.component.broken import Broken
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from struct import Struct
    from typing import Any

    from wherever.component.handles import Handles, Scope
    from wherever.wit.model import Type

MOST_BYTES = (1 << 31) - 1
"""Bytes of one string or list."""

MOST_SHARED = 1 << 28
"""Bytes that the values of one call may take, where the guest's memory is not even larger: they may
share theirs, so that a list in little memory could be of strings that no host has room for."""

_NOTHING = memoryview(b"")


class View(Protocol):
    """A memory that never shrinks or moves, but may grow: what was in reach once stays so.

    Attributes:
        data: what of it was seen so far.
    """

    data: memoryview

    def grown(self) -> memoryview:
        """All of it, as it is now; `data` too from now on."""


class Call:
    """What values need while they cross: a memory, room in it, and a table of handles.

    Args:
        view: the memory, or None.
        realloc: makes room: (old, old size, alignment, new size) -> address; or None.
        encoding: of strings: "utf8", "utf16" or "latin1+utf16".
        handles: those of the instance whose memory it is.
        scope: the call in which handles are lent, or None.
    """

    __slots__ = ("_grow", "_view", "data", "encoding", "handles", "read", "scope")

    def __init__(
        self,
        view: View | None,
        realloc: Callable[[int, int, int, int], int] | None,
        encoding: str,
        handles: Handles,
        scope: Scope | None,
    ) -> None:
        self._view = view
        self._grow = realloc
        self.encoding = encoding
        self.handles = handles
        self.scope = scope
        self.read = 0
        self.data = view.data if view is not None else _NOTHING

    def room(self, size: int, align: int) -> int:
        """The address of new memory.

        Raises:
            Broken: the guest gave memory that it does not have, or misaligned.
        """
        if size > MOST_BYTES:
            raise OverflowError(f"{size} bytes are more than a guest can be given at once")
        if self._grow is None or self._view is None:
            raise Broken("takes no values that need memory")
        address = self._grow(0, 0, align, size) & 0xFFFFFFFF
        end = address + size
        if end > len(self.data):
            self.data = self._view.grown()
        if address % align or end > len(self.data):
            raise Broken(f"has no {size} bytes at {address}, where it said that there is room")
        return address

    def count(self, size: int) -> None:
        """Notes that so many more bytes were read.

        Raises:
            Broken: they are more than the guest can have meant.
        """
        self.read += size
        if self.read > MOST_SHARED and self.read > len(self.data):
            raise Broken(f"gave values of more than {MOST_SHARED} bytes, which share their memory")

    def span(self, address: int, size: int, align: int, what: str) -> memoryview:
        """The bytes that a guest pointed to.

        Raises:
            Broken: it does not have them, or gave too many.
        """
        if address % align:
            raise Broken(f"gave {what} at {address}, which is no multiple of {align}")
        end = address + size
        if end > len(self.data) and self._view is not None:
            self.data = self._view.grown()
        if end > len(self.data):
            raise Broken(
                f"gave {what} of {size} bytes at {address}, beyond the end of its memory"
                f" of {len(self.data)}"
            )
        self.read += size
        if self.read > MOST_SHARED:
            self.count(0)
        return self.data[address:end]


class Codec:
    """How the values of one type cross.

    Attributes:
        size: bytes in memory.
        align: what its address is a multiple of.
        flat: the core values it is passed as: `("i32", "f64")`.
        load: (call, address) -> value. The address is within memory.
        store: (call, address, value).
        lift: (call, iterator of core values) -> value.
        lower: (call, value, list that gets the core values).
        numbers: of a record of nothing but numbers: how it lies in memory, else None.
        rows: where a list of them can be read and written without this: how they lie, what takes a
            value's parts, and what makes a value of them; else None.
    """

    __slots__ = ("align", "flat", "lift", "load", "lower", "numbers", "rows", "size", "store")

    def __init__(
        self,
        kind: Type,
        load: Callable[[Call, int], Any],
        store: Callable[[Call, int, Any], None],
        lift: Callable[[Call, Iterator[Any]], Any],
        lower: Callable[[Call, Any, list[Any]], None],
    ) -> None:
        self.size = abi.size(kind)
        self.align = abi.align(kind)
        self.flat = abi.flat(kind)
        self.load = load
        self.store = store
        self.lift = lift
        self.lower = lower
        self.numbers: Struct | None = None
        self.rows: tuple[Struct, Callable[[Any], tuple[Any, ...]], Callable[..., Any]] | None = None


def said(value: Any) -> str:
    """A value and its type, short and on one line."""
    text = repr(value) if isinstance(value, (bool, int, float, str)) else ""
    if text and len(text) <= 60:
        return text
    return f"a {type(value).__name__}"
