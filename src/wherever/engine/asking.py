"""What the first part of an assembly asks of the host, and the accelerator of such calls."""

from __future__ import annotations

import ctypes
import os
import time

from wherever.engine import abi
from wherever.engine.fast import address
from wherever.engine.library import lib, new_vec
from wherever.engine.runtime import message
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.runtime import Code, Engine

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)


class Linked:
    """The first part with the host's functions; freed when nothing uses it."""

    def __init__(self, engine: Engine, code: Code) -> None:
        self._linker = lib.wasmtime_linker_new(engine.pointer)
        self.pre = ctypes.c_void_p()
        fast = accelerator()
        ask, now = (fast.host_ask, fast.host_now) if fast else (_ASK, _NOW)
        _define(self._linker, b"ask", ask, "", "")
        _define(self._linker, b"now", now, "i", "I")
        error = lib.wasmtime_linker_instantiate_pre(
            self._linker, code.pointer, ctypes.byref(self.pre)
        )
        if error:
            raise InternalError(f"the engine refused our shim: {message(error)}")

    def __del__(self) -> None:
        if self.pre:
            lib.wasmtime_instance_pre_delete(self.pre)
        lib.wasmtime_linker_delete(self._linker)


def _define(linker: int, name: bytes, callback: Any, params: str, results: str) -> None:
    vectors = []
    for letters in (params, results):
        vector = new_vec()
        kinds = [
            lib.wasm_valtype_new(abi.VAL_I32 if each == "i" else abi.VAL_I64) for each in letters
        ]
        lib.wasm_valtype_vec_new(vector, len(kinds), (ctypes.c_void_p * (len(kinds) or 1))(*kinds))
        vectors.append(vector)
    kind = lib.wasm_functype_new(*vectors)
    error = lib.wasmtime_linker_define_func_unchecked(
        linker, b"host", 4, name, len(name), kind, callback, None, None
    )
    lib.wasm_functype_delete(kind)
    if error:
        raise InternalError(f"the engine refused a definition: {message(error)}")


def _ask(_environment: Any, caller: Any, _slots: Any, _count: Any) -> None:
    lib.wasmtime_context_set_epoch_deadline(lib.wasmtime_caller_context(caller), 0)


def _now(_environment: Any, _caller: Any, slots: Any, _count: Any) -> None:
    slot = ctypes.c_uint64.from_address(slots)
    slot.value = time.time_ns() if slot.value & 1 else time.monotonic_ns()


_ASK, _NOW = _CALLBACK(_ask), _CALLBACK(_now)

# ----- the accelerator

_FUNCTIONS = (
    "store_new store_context store_delete store_limiter context_set_epoch_deadline"
    " context_set_fuel"
    " context_epoch_deadline_async_yield_and_update instance_pre_instantiate instance_new"
    " instance_export_get func_call_async call_future_poll call_future_delete memory_data"
    " memory_data_size caller_context engine_increment_epoch"
).split()

_found: list[Any] = []


def accelerator() -> Any:
    """The C module, ready for use, or None where it is absent or switched off."""
    if not _found:
        _found.append(None if os.environ.get("WHEREVER_ACCELERATOR") == "0" else _load())
    return _found[0]


def use(module: Any) -> None:
    """From now on `accelerator()` is this: the C module, or None to do without."""
    _found[:] = [module]


def _load() -> Any:
    try:
        module: Any = __import__("wherever.engine._assembly", fromlist=("setup",))
    except ImportError:
        return None
    module.setup(*(address(f"wasmtime_{name}") for name in _FUNCTIONS))
    return module
