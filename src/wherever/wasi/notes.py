"""The guard's own memory: where its counts and captured output lie, and who has it now."""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.instance import Extern, Failed
from wherever.engine.library import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.engine.settings import Settings
    from wherever.engine.store import Store

WHY = ("", "exit", "host_calls", "open_files", "output", "disk")
"""What the number in `why` stands for: how the guard ended the run."""

NOTES = 128
"""Where in the guard's memory the arguments of a traced call are, as 64-bit numbers."""

PAGES = 5
"""Pages of the guard's memory."""

BUFFER = 65536
"""Where in the guard's memory captured output begins."""

BUFFER_SIZE = 4 * 65536
"""Bytes of captured output that are kept until Python takes them.

They are records: u32 stream (1 or 2), u32 length, then the bytes."""

STATE = (
    "why",
    "exit",
    "calls",
    "files",
    "output",
    "disk",
    "filled",
    "max_calls",
    "max_files",
    "max_output",
    "max_disk",
    "seed",
    "dev",
    "nulls",
    "now",
)
"""What lies at the beginning of the guard's memory, eight bytes each: the counts, then what the
host writes there before the guest runs, so that neither takes a call."""

COUNTS = 7
"""How many of `STATE` are counts."""


_CALLS, _MAX_CALLS = STATE.index("calls"), STATE.index("max_calls")


class Notes:
    """The guard's own memory: its counts, and captured output.

    Where the engine allows it, it is a shared memory, which outlives the store: mapping a fresh
    one for each run would cost more than all else that the guard does.

    Attributes:
        item: what the guard imports.
        address: where it lies; it never moves.
    """

    __slots__ = ("_engine", "_shared", "address", "item")

    def __init__(self, store: Store) -> None:
        self._engine = store.engine.pointer
        self._shared = 0
        shared = shares_notes(store.engine.settings)
        kind, error = ctypes.c_void_p(), None
        pages = PAGES
        lib.wasmtime_memorytype_new(pages, True, pages, False, shared, 16, ctypes.byref(kind))
        raw = (ctypes.c_uint64 * (abi.EXTERN_SIZE // 8))()
        if shared:
            out = ctypes.c_void_p()
            error = lib.wasmtime_sharedmemory_new(self._engine, kind, ctypes.byref(out))
            self._shared = out.value or 0
            raw[0], raw[1] = abi.EXTERN_SHAREDMEMORY, self._shared
        else:
            raw[0] = abi.EXTERN_MEMORY
            at = ctypes.addressof(raw) + abi.EXTERN_OF
            error = lib.wasmtime_memory_new(store.context, kind, at)
        lib.wasm_memorytype_delete(kind)
        if error:
            raise Failed(error, None)
        self.item = Extern(store, raw)
        self.address: int = (
            lib.wasmtime_sharedmemory_data(self._shared)
            if shared
            else lib.wasmtime_memory_data(store.context, self.item.address)
        )

    @classmethod
    def take(cls, store: Store) -> Notes:
        """Notes for a run in this store."""
        free = _free_notes.get(store.engine.pointer)
        return free.pop() if free else cls(store)

    def begin(self, allowed: tuple[int, int, int, int, int], dev: int = 0) -> None:
        """Wipes the counts and writes the limits, and which descriptor is /dev, or 0."""
        state = (ctypes.c_uint64 * len(STATE)).from_address(self.address)
        state[:] = [*[0] * COUNTS, *allowed, dev, 0, 0]

    def count(self) -> bool:
        """Counts a call that does not go through the guard; False where it is one too many."""
        state = (ctypes.c_uint64 * len(STATE)).from_address(self.address)
        state[_CALLS] += 1
        if state[_CALLS] <= state[_MAX_CALLS]:
            return True
        state[0] = WHY.index("host_calls")
        return False

    def release(self) -> None:
        """These notes may be taken for another run; nothing of the present one reads them now."""
        if self._shared:
            free = _free_notes.setdefault(self._engine, [])
            if len(free) < _MOST_FREE_NOTES:
                free.append(self)

    def __del__(self) -> None:
        if self._shared:
            lib.wasmtime_sharedmemory_delete(self._shared)


_MOST_FREE_NOTES = 64
_free_notes: dict[int, list[Notes]] = {}


def shares_notes(settings: Settings) -> bool:
    """Whether guards compiled with these settings import their memory as a shared one."""
    return not settings.deterministic
