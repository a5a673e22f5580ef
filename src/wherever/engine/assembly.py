"""Core modules that are instantiated one after the other, and calls into them that give way.

A call begins and is then polled: each poll runs the guest until it has ended, until a tick of the
clock has passed, or until it asks the host for something. So one thread serves many guests, none
of which can keep it. The guest asks by writing down what it wants and calling `host.ask`, which
lets the epoch's deadline pass: the next function that it enters gives way.
"""

from __future__ import annotations

import ctypes
import time

from wherever.engine import abi
from wherever.engine.instance import Extern, Failed, Instance, instantiate
from wherever.engine.library import lib, new_vec
from wherever.engine.runtime import message
from wherever.engine.store import Store
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.budget import Budget
    from wherever.engine.runtime import Code, Engine

_START = 100
"""Ticks that start functions may take together."""

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)


class Part:
    """One instance to make.

    Args:
        code: of its module.
        sources: where each import comes from, in order: the number of an earlier part, and the
            name of its export.
    """

    __slots__ = ("code", "sources")

    def __init__(self, code: Code, sources: Sequence[tuple[int, bytes]]) -> None:
        self.code = code
        self.sources = tuple(sources)


class Assembly:
    """What is instantiated for each guest: the first part asks the host, the others use it.

    Args:
        engine: for which all the code was loaded.
        parts: in order; the first imports functions of `host` alone.
        entries: the exports of the first part that are called, which take nothing.

    Attributes:
        memories: the memories that parts have of their own and export: the part, and the name.
    """

    def __init__(self, engine: Engine, parts: Sequence[Part], entries: Sequence[bytes]) -> None:
        self.engine = engine
        self.parts = tuple(parts)
        self.entries = tuple(entries)
        self.memories = [
            (number, name.encode())
            for number, part in enumerate(parts)
            if any(not imported for *_, imported, _ in part.code.facts["memories"])
            for name, kind, _ in part.code.facts["exports"]
            if kind == "memory"
        ]
        self._linker = lib.wasmtime_linker_new(engine.pointer)
        self._pre = ctypes.c_void_p()
        for name, callback, params, results in _HOST:
            _define(self._linker, name, callback, params, results)
        error = lib.wasmtime_linker_instantiate_pre(
            self._linker, parts[0].code.pointer, ctypes.byref(self._pre)
        )
        if error:
            raise InternalError(f"the engine refused our shim: {message(error)}")

    def __del__(self) -> None:
        if self._pre:
            lib.wasmtime_instance_pre_delete(self._pre)
        lib.wasmtime_linker_delete(self._linker)

    def open(self, budget: Budget) -> Assembled:
        """Instances of all parts, in a store of their own.

        Raises:
            Failed: a start function trapped, or they do not fit into the budget.
        """
        return Assembled(self, budget)

    def first(self, store: Store) -> Instance:
        """An instance of the first part."""
        raw, trap = (ctypes.c_uint64 * 2)(), ctypes.c_void_p()
        error = lib.wasmtime_instance_pre_instantiate(
            self._pre, store.context, raw, ctypes.byref(trap)
        )
        if error or trap.value:
            raise Failed(error, trap.value)
        return Instance(store, raw)


class Assembled:
    """Instances of an assembly's parts, and the call that is under way in them.

    Attributes:
        store: theirs.
        address: where the first part's memory lies.
        instances: the parts, in order.
    """

    def __init__(self, assembly: Assembly, budget: Budget) -> None:
        self.store = Store(assembly.engine, budget)
        self._assembly = assembly
        self._future = 0
        self._trap = ctypes.c_void_p()
        self._error = ctypes.c_void_p()
        try:
            lib.wasmtime_context_set_epoch_deadline(self.store.context, _START)
            self.instances = instances = [assembly.first(self.store)]
            for part in assembly.parts[1:]:
                instances.append(self._instance(instances, part))
            self._entries = {name: self._export(name) for name in assembly.entries}
            self._memory = self._export(b"memory")
            self.address: int = lib.wasmtime_memory_data(self.store.context, self._memory.address)
            lib.wasmtime_context_epoch_deadline_async_yield_and_update(self.store.context, 1)
            lib.wasmtime_context_set_epoch_deadline(self.store.context, 1)
        except BaseException:
            self.store.close()
            raise

    def _instance(self, instances: list[Instance], part: Part) -> Instance:
        imports = (ctypes.c_uint64 * (4 * len(part.sources) or 1))()
        at = ctypes.addressof(imports)
        get, context = lib.wasmtime_instance_export_get, self.store.context
        for number, name in part.sources:
            if not get(context, instances[number].raw, name, len(name), at):
                raise InternalError(f"a part exports no {name.decode(errors='replace')}")
            at += abi.EXTERN_SIZE
        return instantiate(self.store, part.code, imports, len(part.sources))

    def _export(self, name: bytes) -> Extern:
        found = self.instances[0].export(name)
        if found is None:
            raise InternalError(f"our shim exports no {name.decode()}")
        return found

    def size(self) -> int:
        """Bytes of the first part's memory."""
        return self._size(self._memory)

    def _size(self, memory: Extern) -> int:
        found: int = lib.wasmtime_memory_data_size(self.store.context, memory.address)
        return found

    def number(self, entry: bytes) -> int:
        """What an entry gives that gives a number, and does nothing else.

        Raises:
            Failed: it trapped.
        """
        result = (ctypes.c_uint64 * (abi.VAL_SIZE // 8))()
        self._future = self._called(entry, result, 1)
        while not self.poll():
            pass
        return result[1] & 0xFFFFFFFF

    def memory(self) -> int:
        """Bytes of the memories that the parts export, as they are now."""
        found = 0
        for number, name in self._assembly.memories:
            memory = self.instances[number].export(name)
            found += 0 if memory is None else self._size(memory)
        return found

    def begin(self, entry: bytes) -> None:
        """Begins a call, which `poll` then carries on; none may be under way."""
        self._future = self._called(entry, None, 0)

    def _called(self, entry: bytes, results: Any, count: int) -> int:
        made: int = lib.wasmtime_func_call_async(
            self.store.context,
            self._entries[entry].address,
            None,
            0,
            results,
            count,
            ctypes.byref(self._trap),
            ctypes.byref(self._error),
        )
        return made

    def poll(self) -> bool:
        """Runs the guest until it ends, gives way or asks; whether the call has ended.

        Raises:
            Failed: it trapped, or reached a limit of the store.
        """
        if not lib.wasmtime_call_future_poll(self._future):
            return False
        self.drop()
        error, trap = self._error.value, self._trap.value
        if error or trap:
            self._error.value = self._trap.value = None
            raise Failed(error, trap)
        return True

    def drop(self) -> None:
        """Ends the call that is under way, wherever it is; the instances are of no more use."""
        future, self._future = self._future, 0
        if future:
            lib.wasmtime_call_future_delete(future)

    def close(self) -> None:
        """Frees the instances; a second call does nothing."""
        self.drop()
        self.store.close()


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


_HOST = ((b"ask", _CALLBACK(_ask), "", ""), (b"now", _CALLBACK(_now), "i", "I"))
"""What the first part may import of the host."""
