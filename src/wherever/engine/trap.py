"""Why a call into a guest came back without a result."""

from __future__ import annotations

import ctypes

from wherever.engine.ending import OURS as OURS
from wherever.engine.ending import Ending as Ending
from wherever.engine.ending import of_text
from wherever.engine.library import lib, new_vec, take_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def ending(error: Any, trap: Any) -> Ending:
    """What a `wasmtime_error_t` or a `wasm_trap_t` says; both are freed.

    Args:
        error: the address of an error, or 0 or None.
        trap: the address of a trap, or 0 or None.
    """
    code = -1
    vec = new_vec()
    if error:
        status = ctypes.c_int()
        if lib.wasmtime_error_exit_status(error, ctypes.byref(status)):
            lib.wasmtime_error_delete(error)
            return Ending("exited", status.value)
        lib.wasmtime_error_message(error, vec)
        lib.wasmtime_error_delete(error)
    else:
        out = ctypes.c_uint8()
        if lib.wasmtime_trap_code(trap, ctypes.byref(out)):
            code = out.value
        lib.wasm_trap_message(trap, vec)
        lib.wasm_trap_delete(trap)
    return of_text(take_bytes(vec), code)


def discard(error: Any, trap: Any) -> None:
    """Frees what `ending` would read, for a caller who knows already how the run ended."""
    if error:
        lib.wasmtime_error_delete(error)
    elif trap:
        lib.wasm_trap_delete(trap)
