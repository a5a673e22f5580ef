"""Instances and what they export."""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.library import lib
from wherever.engine.trap import Ending, discard, ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.runtime import Code
    from wherever.engine.store import Store

_Raw = ctypes.c_uint64 * 2
_Extern = ctypes.c_uint64 * 4


class Failed(Exception):
    """An instantiation or a call that did not come back with a result."""

    def __init__(self, error: int | None, trap: int | None) -> None:
        super().__init__()
        self._error = error
        self._trap = trap
        self._ending: Ending | None = None

    @property
    def ending(self) -> Ending:
        """Why; the library is asked at the first look, for it costs more than a call."""
        if self._ending is None:
            self._ending = ending(self._error, self._trap)
        return self._ending

    def __str__(self) -> str:
        return self.ending.message

    def __del__(self) -> None:
        if self._ending is None:
            discard(self._error, self._trap)


class Extern:
    """Something that an instance exports: its kind, and the bytes the library knows it by."""

    __slots__ = ("address", "raw", "store")

    def __init__(self, store: Store, raw: Any) -> None:
        self.store = store
        self.raw = raw
        self.address = ctypes.addressof(raw) + abi.EXTERN_OF

    @property
    def kind(self) -> int:
        """One of `abi.EXTERN_FUNC`, `abi.EXTERN_MEMORY` and their like."""
        return int(self.raw[0]) & 0xFF


class Instance:
    """A module, instantiated in a store."""

    __slots__ = ("raw", "store")

    def __init__(self, store: Store, raw: Any) -> None:
        self.store = store
        self.raw = raw

    def export(self, name: bytes) -> Extern | None:
        """The export of that name, if there is one."""
        raw = _Extern()
        get, context = self.store.lib.wasmtime_instance_export_get, self.store.context
        found = get(context, self.raw, name, len(name), raw)
        return Extern(self.store, raw) if found else None


def instantiate(store: Store, code: Code, imports: Any, count: int) -> Instance:
    """A new instance whose imports are given in order, as an array of `wasmtime_extern_t`.

    Raises:
        Failed: its start function trapped, or it does not fit into the store's limits.
    """
    raw, trap = _Raw(), ctypes.c_void_p()
    error = store.lib.wasmtime_instance_new(
        store.context, code.pointer, imports, count, raw, ctypes.byref(trap)
    )
    if error or trap.value:
        raise Failed(error, trap.value)
    return Instance(store, raw)


def link(linker: Any, store: Store, code: Code) -> Instance:
    """A new instance whose imports a linker provides.

    Raises:
        Failed: an import is missing, its start function trapped, or it does not fit.
    """
    raw, trap = _Raw(), ctypes.c_void_p()
    error = lib.wasmtime_linker_instantiate(
        linker, store.context, code.pointer, raw, ctypes.byref(trap)
    )
    if error or trap.value:
        raise Failed(error, trap.value)
    return Instance(store, raw)


def can_begin(store: Store, item: Extern) -> bool:
    """Whether it is a function that takes nothing and gives nothing, as what begins a program is.

    The library ends the process where a function is called with fewer values than it has.
    """
    if item.kind != abi.EXTERN_FUNC:
        return False
    kind = lib.wasmtime_func_type(store.context, item.address)
    sizes = [
        ctypes.c_size_t.from_address(values(kind)).value
        for values in (lib.wasm_functype_params, lib.wasm_functype_results)
    ]
    lib.wasm_functype_delete(kind)
    return sizes == [0, 0]


def call(store: Store, function: Extern, slots: Sequence[int] = (), results: int = 0) -> list[int]:
    """Calls a function of integers; `slots` are its arguments as unsigned 64-bit values.

    Raises:
        Failed: it trapped, or was stopped.
    """
    count = max(len(slots), results)
    raw = (ctypes.c_uint64 * (2 * count or 1))()
    for index, value in enumerate(slots):
        raw[2 * index] = value
    trap = ctypes.c_void_p()
    error = store.lib.wasmtime_func_call_unchecked(
        store.context, function.address, raw, count, ctypes.byref(trap)
    )
    if error or trap.value:
        raise Failed(error, trap.value)
    return [raw[2 * index] for index in range(results)]
