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


def use_library(lock: Any, lib: Library) -> None:
    """Has what is behind a lock called by functions of a library in place of the engine's."""
    lock.call = address("wasmtime_func_call_unchecked", lib)
    lock.data = address("wasmtime_memory_data", lib)
    lock.size = address("wasmtime_memory_data_size", lib)


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
