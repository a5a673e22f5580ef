"""A guest's memory, read and written from Python; nothing reaches beyond it or outlives it."""

from __future__ import annotations

import ctypes

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.gate import Gate
    from wherever.engine.instance import Extern

_LARGEST = 1 << 62


class Memory:
    """The memory of one guest.

    Args:
        gate: the way into its store.
        extern: the memory, as the library knows it.
        moves: it may come to lie elsewhere when it grows.

    An address may be given as guests give it, as an i32: negative ones lie in the upper half.

    Example:
        >>> import wherever
        >>> text = b'(module (memory (export "memory") 1) (data (i32.const 8) "hello"))'
        >>> with wherever.load(text) as guest:
        ...     guest.memory.write(13, b", you")
        ...     guest.memory.read(8, 10)
        b'hello, you'
    """

    def __init__(self, gate: Gate, extern: Extern, moves: bool = False) -> None:
        self._gate = gate
        self._extern = extern
        self._address = extern.address
        self._moves = moves
        self._view = memoryview(b"")
        if gate.fast:
            known = ctypes.string_at(extern.address, 24)
            made = gate.fast.Memory(known, gate.lock, self._refuse)
            # They stand before the methods of the class, and do the same.
            vars(self).update(read=made.read, write=made.write)

    def read(self, address: int, size: int) -> bytes:
        """A copy of `size` bytes at `address`.

        Raises:
            IndexError: they reach beyond the memory's end.
            InputError: the guest was closed.
        """
        address, size = address.__index__(), size.__index__()
        with self._gate.lock:
            end = address + size
            if not 0 <= address <= end <= len(self._view) or self._moves or self._gate.is_closed:
                address, end = self._reach(address, size)
            return bytes(self._view[address:end])

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Copies `data` to `address`.

        Raises:
            IndexError: it reaches beyond the memory's end; nothing was written.
            InputError: the guest was closed.
        """
        address = address.__index__()
        given = memoryview(data)
        source = given.cast("B") if given.nbytes else b""
        with self._gate.lock:
            end = address + len(source)
            if not 0 <= address <= end <= len(self._view) or self._moves or self._gate.is_closed:
                address, end = self._reach(address, len(source))
            if source:
                self._view[address:end] = source

    def view(self) -> memoryview:
        """The memory itself, as large as it is now: what the guest writes later shows in it.

        The store of a closed guest is kept until the last view of its memory is gone.

        Raises:
            InputError: the guest was closed, or its memory may move when it grows.
        """
        with self._gate.lock:
            self._check()
            if self._moves:
                raise InputError(
                    "a view of this memory cannot be kept, as it may move when it grows",
                    "use read() and write()",
                )
            array = self._array()
            self._gate.borrow(array)
            return memoryview(array).cast("B")

    def __len__(self) -> int:
        """Bytes that it has now."""
        with self._gate.lock:
            self._check()
            return self._size()

    def __repr__(self) -> str:
        size = f"{self._size()} bytes" if self._gate.store.pointer else "closed"
        return f"<memory of a guest: {size}>"

    def _check(self) -> None:
        if not self._gate.store.pointer or self._gate.is_closed:
            raise InputError("this guest was closed", "load it again")

    def _size(self) -> int:
        store = self._gate.store
        size: int = store.lib.wasmtime_memory_data_size(store.context, self._address)
        return size

    def _array(self) -> Any:
        size, store = self._size(), self._gate.store
        start = store.lib.wasmtime_memory_data(store.context, self._address)
        return (ctypes.c_uint8 * size).from_address(start or 0)

    def _reach(self, address: int, size: int) -> tuple[int, int]:
        """Where `size` bytes at `address` begin and end in `_view`, which then holds them all."""
        self._check()
        start = address + (1 << 32) if -(1 << 31) <= address < 0 else address
        # A memory never shrinks, so a view that was enough once stays so.
        self._view = memoryview(self._array()).cast("B") if self._size() else memoryview(b"")
        if size < 0 or start < 0 or start + size > len(self._view):
            self._refuse(address, size)
        return start, start + size

    def _refuse(self, address: Any, size: int) -> None:
        """Raises why these bytes cannot be had."""
        self._check()
        wanted = f"{_said(size)} byte{'s' * (size != 1)} at {_said(address.__index__())}"
        raise IndexError(f"the guest's memory of {self._size()} bytes does not hold {wanted}")


def _said(number: int) -> str:
    return str(number) if -_LARGEST < number < _LARGEST else "a far too large number"
