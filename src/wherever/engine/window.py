"""A guest's memory as it is looked at in the middle of a call, where nobody else can be in it."""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.engine.gate import Gate
    from wherever.engine.instance import Extern


class Window:
    """A core memory of 32-bit addresses, which the engine never moves.

    Attributes:
        data: what of it was seen so far.
    """

    __slots__ = ("_extern", "_gate", "data")

    def __init__(self, gate: Gate, extern: Extern) -> None:
        self._extern = extern
        self._gate = gate
        self.data = memoryview(b"")

    def grown(self) -> memoryview:
        """All of it, as it is now."""
        store, address = self._gate.store, self._extern.address
        lib, context = store.lib, store.context
        size = lib.wasmtime_memory_data_size(context, address)
        if size != len(self.data):
            base = lib.wasmtime_memory_data(context, address)
            self.data = memoryview((ctypes.c_uint8 * size).from_address(base)).cast("B")
        return self.data
