"""The accelerator, where there is one: `_fast.c`, compiled when Wherever was installed.

It does what `calls`, `host` and `memory` do through ctypes, some five times as fast, with the
same results. Its absence is not an error. `WHEREVER_ACCELERATOR=0` leaves it unused.
"""

from __future__ import annotations

import ctypes
import os

from wherever.engine.library import Library, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.store import Store

_found: list[Any] = []


def address(name: str, lib: Library = lib) -> int:
    """Where a function of the engine's library is, or of one in its place."""
    return ctypes.cast(getattr(lib, name), ctypes.c_void_p).value or 0


def accelerator() -> Any:
    """The C module, ready for use, or None where it is absent or switched off."""
    if not _found:
        _found.append(None if os.environ.get("WHEREVER_ACCELERATOR") == "0" else _load())
    return _found[0]


def use(module: Any) -> None:
    """From now on `accelerator()` is this: the C module, or None to do without."""
    _found[:] = [module]


def lock_of(store: Store) -> Any:
    """The accelerator's lock for a store; what is behind it is called by the store's library."""
    made = accelerator().Lock(store.engine.stack)
    made.store = store.context
    if store.lib is not lib:
        made.call = address("wasmtime_func_call_unchecked", store.lib)
        made.data = address("wasmtime_memory_data", store.lib)
        made.size = address("wasmtime_memory_data_size", store.lib)
    return made


def _load() -> Any:
    try:
        module: Any = __import__("wherever.engine._fast", fromlist=("setup",))
    except ImportError:
        return None
    module.setup(
        address("wasmtime_func_call_unchecked"),
        address("wasmtime_memory_data"),
        address("wasmtime_memory_data_size"),
        address("wasmtime_trap_new"),
    )
    return module
