"""Core modules that are instantiated one after the other, and calls into them that give way.

A call begins and is then polled: each poll runs the guest until it has ended, until a tick of the
clock has passed, or until it asks the host for something. So one thread serves many guests, none
of which can keep it. The guest asks by writing down what it wants and calling `host.ask`, which
lets the epoch's deadline pass: the next function that it enters gives way.

`_assembly.c` does the same without ctypes, where it was compiled.
"""

from __future__ import annotations

import ctypes
import time

from wherever.engine import abi
from wherever.engine.asking import Linked, accelerator
from wherever.engine.instance import Extern, Failed, Instance, instantiate
from wherever.engine.library import lib
from wherever.engine.store import NEVER, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn, Protocol

    from wherever.engine.budget import Budget
    from wherever.engine.runtime import Code, Engine

    class Assembled(Protocol):
        """Instances of an assembly's parts, and the call that is under way in them.

        Attributes:
            cpu: seconds of processor time of all polls.
        """

        cpu: float

        def begin(self, entry: int, /) -> None:
            """Begins a call of an entry, which `poll` then carries on; one at a time."""

        def renew(self) -> None:
            """A request begins: `cpu` is 0 again, and all of its fuel is there."""

        def poll(self) -> bool:
            """Runs the guest until it ends, gives way or asks; whether the call has ended.

            Raises:
                Failed: it trapped, or reached a limit of its store.
            """

        def number(self, entry: int, /) -> int:
            """Calls an entry that gives a number, to its end.

            Raises:
                Failed: it trapped.
            """

        def read(self, at: int, size: int, /) -> bytes:
            """A copy of bytes of the first part's memory.

            Raises:
                IndexError: they reach beyond its end.
            """

        def write(self, at: int, data: bytes, /) -> None:
            """Copies bytes into the first part's memory.

            Raises:
                IndexError: they reach beyond its end.
            """

        def words(self, at: int, count: int, /) -> tuple[int, ...]:
            """Numbers of 32 bits out of the first part's memory."""

        def put(self, at: int, /, *numbers: int) -> None:
            """Writes numbers of 32 bits into the first part's memory."""

        def ask(self, entry: int, place: int, data: bytes, at: int, /, *numbers: int) -> bool:
            """Copies `data` to `place` and the numbers to `at`, and begins the call of an entry.

            It does `renew` first. Returns whether its first turn was enough, as `poll` does.
            """

        def answer(self, at: int, more: int, /) -> tuple[int, bytes, bytes, int, int, int, int]:
            """What seven numbers at `at` tell of: a number, two pieces of memory, two numbers.

            Then the number at `more`, and what `memory` gives.
            """

        def memory(self) -> int:
            """Bytes of the memories that parts have of their own and export, as they are now."""

        def drop(self) -> None:
            """Ends the call that is under way, wherever it is; nothing else can be called then."""

        def close(self) -> None:
            """Frees the instances; a second call does nothing."""


_START = 500
"""Ticks that start functions may take together."""


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
        self.sources = tuple((number, name) for number, name in sources)


class Assembly:
    """What is instantiated for each guest: the first part asks the host, the others use it.

    Args:
        engine: for which all the code was loaded.
        parts: in order; the first imports functions of `host` alone.
        entries: the functions that are called, which take nothing: a part, and its export.
        fuel: instructions from one `renew` to the next, for engines that count them.

    Attributes:
        fuel: the same, 0 where none are counted.
        engine: the same.
        parts: the same.
        entries: the same; calls name them by their place here.
        memories: the memories that parts have of their own and export: the part, and the name.
        fast: the same as the accelerator has it, or None.
    """

    def __init__(
        self,
        engine: Engine,
        parts: Sequence[Part],
        entries: Sequence[tuple[int, bytes]],
        fuel: int = 0,
    ) -> None:
        self.engine = engine
        self.fuel = fuel
        self.parts = tuple(parts)
        self.entries = tuple(entries)
        self.memories = tuple(
            (number, name.encode())
            for number, part in enumerate(parts)
            if any(not imported for *_, imported, _ in part.code.facts["memories"])
            for name, kind, _ in part.code.facts["exports"]
            if kind == "memory"
        )
        linked = Linked(engine, parts[0].code)
        self._linked = linked
        fast = accelerator()
        self.fast: Any = fast and fast.Assembly(
            engine.pointer,
            linked.pre.value,
            tuple((part.code.pointer, part.sources) for part in self.parts[1:]),
            self.entries,
            self.memories,
            _failed,
            (linked, self.parts),
            _START,
            fuel,
            abi.STORE_LIMITS_OF,
            abi.STORE_LIMITS_WORDS,
        )

    def open(self, budget: Budget) -> Assembled:
        """Instances of all parts, in a store of their own.

        Raises:
            Failed: a start function trapped, or they do not fit into the budget.
        """
        if self.fast:
            made: Assembled = self.fast.open(
                budget.memory,
                budget.elements,
                budget.instances,
                budget.tables,
                budget.memories,
                budget.binding,
            )
            return made
        return _Assembled(self, budget)

    def first(self, store: Store) -> Instance:
        """An instance of the first part."""
        raw, trap = (ctypes.c_uint64 * 2)(), ctypes.c_void_p()
        error = lib.wasmtime_instance_pre_instantiate(
            self._linked.pre, store.context, raw, ctypes.byref(trap)
        )
        if error or trap.value:
            raise Failed(error, trap.value)
        return Instance(store, raw)


class _Assembled:
    """`Assembled` by ctypes."""

    def __init__(self, assembly: Assembly, budget: Budget) -> None:
        self.cpu = 0.0
        self._store = Store(assembly.engine, budget, assembly.fuel or None)
        self._assembly = assembly
        self._future = 0
        self._result = (ctypes.c_uint64 * (abi.VAL_SIZE // 8))()
        self._trap = ctypes.c_void_p()
        self._error = ctypes.c_void_p()
        context = self._store.context
        try:
            lib.wasmtime_context_set_epoch_deadline(context, _START)
            self._instances = instances = [assembly.first(self._store)]
            for part in assembly.parts[1:]:
                instances.append(self._instance(instances, part))
            self._entries = [self._export(abi.EXTERN_FUNC, *entry) for entry in assembly.entries]
            self._memory = self._export(abi.EXTERN_MEMORY, 0, b"memory")
            # Its header promises an error, and it gives none: what comes back means nothing.
            lib.wasmtime_context_epoch_deadline_async_yield_and_update(context, 1)
            lib.wasmtime_context_set_epoch_deadline(context, 1)
            if assembly.fuel:
                lib.wasmtime_context_set_fuel(context, NEVER)
        except BaseException:
            self._store.close()
            raise

    def _instance(self, instances: list[Instance], part: Part) -> Instance:
        imports = (ctypes.c_uint64 * (4 * len(part.sources) or 1))()
        at = ctypes.addressof(imports)
        get, context = lib.wasmtime_instance_export_get, self._store.context
        for number, name in part.sources:
            if not get(context, instances[number].raw, name, len(name), at):
                raise LookupError(f"a part exports no {name.decode(errors='replace')}")
            at += abi.EXTERN_SIZE
        return instantiate(self._store, part.code, imports, len(part.sources))

    def _export(self, kind: int, number: int, name: bytes) -> Extern:
        found = self._instances[number].export(name)
        if found is None or found.kind != kind:
            raise LookupError(f"a part exports no {name.decode()}")
        return found

    def begin(self, entry: int) -> None:
        self._begin(entry, 0)

    def renew(self) -> None:
        self.cpu = 0.0
        if self._assembly.fuel:
            lib.wasmtime_context_set_fuel(self._store.context, self._assembly.fuel)

    def _begin(self, entry: int, results: int) -> None:
        if self._future or not self._store.pointer:
            raise RuntimeError("a call is under way, or this guest was closed")
        # Ticks that have passed since the last call are none of this one's.
        lib.wasmtime_context_set_epoch_deadline(self._store.context, 2)
        self._future = lib.wasmtime_func_call_async(
            self._store.context,
            self._entries[entry].address,
            None,
            0,
            self._result,
            results,
            ctypes.byref(self._trap),
            ctypes.byref(self._error),
        )

    def poll(self) -> bool:
        if not self._future:
            # The library would end this process.
            raise RuntimeError("no call is under way")
        began = time.thread_time()
        done = lib.wasmtime_call_future_poll(self._future)
        self.cpu += time.thread_time() - began
        if not done:
            return False
        self.drop()
        error, trap = self._error.value, self._trap.value
        if error or trap:
            self._error.value = self._trap.value = None
            _failed(error or 0, trap or 0)
        return True

    def number(self, entry: int) -> int:
        self._begin(entry, 1)
        while not self.poll():
            pass
        return self._result[1] & 0xFFFFFFFF

    def drop(self) -> None:
        future, self._future = self._future, 0
        if future:
            lib.wasmtime_call_future_delete(future)

    def close(self) -> None:
        self.drop()
        self._store.close()

    def __del__(self) -> None:
        self.close()

    def _reach(self, at: int, size: int) -> int:
        if not self._store.pointer:
            raise RuntimeError("this guest was closed")
        there = self._size(self._memory)
        if not 0 <= at <= at + size <= there:
            raise IndexError(f"{size} bytes at {at} are beyond the end of a memory of {there}")
        start: int = lib.wasmtime_memory_data(self._store.context, self._memory.address)
        return start + at

    def read(self, at: int, size: int) -> bytes:
        return ctypes.string_at(self._reach(at, size), size)

    def write(self, at: int, data: bytes) -> None:
        ctypes.memmove(self._reach(at, len(data)), data, len(data))

    def words(self, at: int, count: int) -> tuple[int, ...]:
        return tuple((ctypes.c_uint32 * count).from_address(self._reach(at, 4 * count)))

    def put(self, at: int, *numbers: int) -> None:
        place = (ctypes.c_uint32 * len(numbers)).from_address(self._reach(at, 4 * len(numbers)))
        for index, number in enumerate(numbers):
            place[index] = number

    def ask(self, entry: int, place: int, data: bytes, at: int, *numbers: int) -> bool:
        self.write(place, data)
        self.put(at, *numbers)
        self.renew()
        self.begin(entry)
        return self.poll()

    def answer(self, at: int, more: int) -> tuple[int, bytes, bytes, int, int, int, int]:
        number, head, head_size, body, body_size, one, other = self.words(at, 7)
        pieces = self.read(head, head_size), self.read(body, body_size)
        return number, *pieces, one, other, self.words(more, 1)[0], self.memory()

    def memory(self) -> int:
        found = 0
        for number, name in self._assembly.memories:
            memory = self._instances[number].export(name)
            if memory is not None and memory.kind == abi.EXTERN_MEMORY:
                found += self._size(memory)
        return found

    def _size(self, memory: Extern) -> int:
        found: int = lib.wasmtime_memory_data_size(self._store.context, memory.address)
        return found


def _failed(error: int, trap: int) -> NoReturn:
    raise Failed(error, trap)
