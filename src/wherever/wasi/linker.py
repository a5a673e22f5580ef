"""Linkers with the library's preview 1 in them, and with our functions for the guard."""

from __future__ import annotations

import _thread
import ctypes

from wherever.engine import abi
from wherever.engine.interrupt import armoured
from wherever.engine.library import lib, new_vec
from wherever.engine.runtime import message
from wherever.errors import InternalError
from wherever.wasi.signatures import MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.instance import Extern
    from wherever.engine.runtime import Engine
    from wherever.engine.store import Store


class Linker:
    """A linker with preview 1 in it; one for each thread and engine, used again and again."""

    __slots__ = ("_keep", "_leave", "current", "pointer")

    def __init__(self, engine: Engine) -> None:
        self.pointer = lib.wasmtime_linker_new(engine.pointer)
        lib.wasmtime_linker_allow_shadowing(self.pointer, True)
        refuse(lib.wasmtime_linker_define_wasi(self.pointer))
        self.current: tuple[Any, Any, Any] = (None, None, None)
        self._keep: list[Any] = []
        self._leave: Callable[[int], object] | None = None
        self._function(b"h", b"drain", 0, self._drain)
        self._function(b"h", b"trace", 2, self._trace)

    def __del__(self) -> None:
        lib.wasmtime_linker_delete(self.pointer)

    def define(self, store: Store, module: bytes, name: bytes, item: Extern) -> None:
        refuse(
            lib.wasmtime_linker_define(
                self.pointer, store.context, module, len(module), name, len(name), item.raw
            )
        )

    def own_exit(self, leave: Callable[[int], object]) -> None:
        """Shadows the library's `proc_exit`, which takes no codes of 126 and above."""
        if self._leave is None:
            self._function(MODULE.encode(), b"proc_exit", 1, self._exit)
        self._leave = leave

    def _function(self, module: bytes, name: bytes, count: int, body: Any) -> None:
        linker = self

        def guarded(environment: Any, caller: Any, slots: Any, count: int) -> int | None:
            try:
                trap: int | None = body(environment, caller, slots, count)
                return trap
            except BaseException as error:
                # Without a call, so that nothing interrupts this; the next tick stops the guest.
                linked = linker.current[0]
                if linked is not None and linked.store.watch is not None:
                    if linked.store.watch.kept is None:
                        linked.store.watch.kept = error
            return None

        callback = _CALLBACK(armoured(guarded))
        self._keep.append(callback)
        parameters, results = new_vec(), new_vec()
        kinds = (ctypes.c_void_p * (count or 1))(
            *[lib.wasm_valtype_new(abi.VAL_I32) for _ in range(count)]
        )
        lib.wasm_valtype_vec_new(parameters, count, kinds)
        kind = lib.wasm_functype_new(parameters, results)
        refuse(
            lib.wasmtime_linker_define_func_unchecked(
                self.pointer, module, len(module), name, len(name), kind, callback, None, None
            )
        )
        lib.wasm_functype_delete(kind)

    def _exit(self, _env: Any, _caller: Any, slots: Any, _count: int) -> int:
        assert self._leave is not None
        self._leave(slots[0] & 0xFF)
        trap: int = lib.wasmtime_trap_new(b"exit", 4)
        return trap

    def _drain(self, _env: Any, _caller: Any, _slots: Any, _count: int) -> int | None:
        linked, drain, _ = self.current
        drain(linked)
        return None

    def _trace(self, _env: Any, _caller: Any, slots: Any, _count: int) -> int | None:
        linked, _, trace = self.current
        trace(linked, slots[0] & 0xFFFFFFFF, slots[2] & 0xFFFFFFFF)
        return None


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.c_size_t,
)

_threads = _thread._local()


def linker_of(engine: Engine) -> Linker:
    linkers: dict[int, Linker] | None = getattr(_threads, "linkers", None)
    if linkers is None:
        linkers = _threads.linkers = {}
    found = linkers.get(engine.pointer)
    if found is None:
        found = linkers[engine.pointer] = Linker(engine)
    return found


def forget(engine: Engine, linked: object) -> None:
    """This thread's linker for an engine, where there is one, knows a guest no more."""
    linkers: dict[int, Linker] = getattr(_threads, "linkers", {})
    found = linkers.get(engine.pointer)
    if found is not None and found.current[0] is linked:
        found.current = (None, None, None)


def refuse(error: Any) -> None:
    if error:
        raise InternalError(f"the engine refused a definition: {message(error)}")
