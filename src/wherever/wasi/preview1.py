"""Instantiates a preview-1 program: guarded, or plain where nothing has to be counted."""

from __future__ import annotations

import _thread
import ctypes

from wherever.engine import abi
from wherever.engine.instance import Extern, Failed, Instance, instantiate, link
from wherever.engine.library import lib, new_vec
from wherever.engine.runtime import message
from wherever.engine.trap import Ending
from wherever.errors import InternalError
from wherever.wasi import guard as guards
from wherever.wasi.signatures import MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.runtime import Code, Engine
    from wherever.engine.settings import Settings
    from wherever.engine.store import Store
    from wherever.engine.ticker import Watch

PROVIDED = "provide"
GUEST = "guest"


class Parts:
    """The loaded code of one program: what is instantiated, and where its imports come from.

    Args:
        main: the program.
        provide: a module whose exports `MODULE#NAME` satisfy imports of `main`, or None.
        starter: a module that starts `main`, whose exports it imports as `guest`, or None.
        shim: the jumps that stand in for preview 1 until the guard is there, or None.
        guard: what stands behind the shim, or None for a plain program.
    """

    __slots__ = ("_plans", "guard", "is_reactor", "main", "provide", "shim", "starter")

    def __init__(
        self,
        main: Code,
        provide: Code | None = None,
        starter: Code | None = None,
        shim: Code | None = None,
        guard: Code | None = None,
    ) -> None:
        self.main = main
        self.provide = provide
        self.starter = starter
        self.shim = shim
        self.guard = guard
        self.is_reactor = any(name == "_initialize" for name, _, _ in main.facts["exports"])
        self._plans: dict[int, list[tuple[str, bytes]]] = {}

    def plan(self, code: Code) -> list[tuple[str, bytes]]:
        """For each import of `code`, in order: whose export satisfies it, and its name."""
        known = self._plans.get(code.pointer)
        if known is None:
            known = []
            for module, name, _, _ in code.facts["imports"]:
                if module in (MODULE, GUEST):
                    known.append((module, name.encode()))
                else:
                    known.append((PROVIDED, f"{module}#{name}".encode()))
            self._plans[code.pointer] = known
        return known


def imported(*codes: Code | None) -> list[str]:
    """The functions of preview 1 that any of these imports, sorted."""
    names = {
        name
        for code in codes
        if code is not None
        for module, name, _, _ in code.facts["imports"]
        if module == MODULE
    }
    return sorted(names)


def can_guard(facts: dict[str, Any]) -> bool:
    """Whether the guard can stand between this program and the library.

    It needs a memory that the program exports, and it is in place only after the program's start
    function has run.
    """
    if facts["kind"] != "module" or facts["start"] or len(facts["memories"]) == 0:
        return False
    exports = {name: kind for name, kind, _ in facts["exports"]}
    if exports.get("memory") != "memory":
        return False
    _, _, shared, is_64, _, page = facts["memories"][0]
    imports_only_functions = all(kind == "func" for _, _, kind, _ in facts["imports"])
    return not shared and not is_64 and page == 65536 and imports_only_functions


class Linked:
    """A program whose parts are instantiated.

    Attributes:
        entry: the instance whose exports are called: the starter's, or else the program's.
        main: the program's own instance.
        guard: the guard's instance, or None.
        memory: the program's exported memory, or None.
        is_reactor: it has an `_initialize`, to be called before anything else.
        notes: the guard's own memory, or None.
    """

    __slots__ = ("entry", "guard", "is_reactor", "main", "memory", "notes", "store")

    def __init__(
        self, store: Store, main: Instance, entry: Instance, is_reactor: bool = False
    ) -> None:
        self.store = store
        self.is_reactor = is_reactor
        self.main = main
        self.entry = entry
        self.guard: Instance | None = None
        self.memory = main.export(b"memory")
        self.notes: Notes | None = None

    def memory_bytes(self) -> int | None:
        """The present size of the exported memory; memories never shrink."""
        if self.memory is None or self.memory.kind != abi.EXTERN_MEMORY:
            return None
        size: int = lib.wasmtime_memory_data_size(self.store.context, self.memory.address)
        return size

    def report(self) -> list[int]:
        """What the guard has counted: the first `guard.COUNTS` of `guard.STATE`."""
        assert self.notes is not None
        return list((ctypes.c_uint64 * guards.COUNTS).from_address(self.notes.address))

    def captured(self, filled: int) -> bytes:
        """The records of captured output that are in the guard's buffer."""
        assert self.notes is not None
        return ctypes.string_at(self.notes.address + guards.BUFFER, filled)

    def release(self) -> None:
        """The run is over: the guard's memory may serve another one."""
        if self.notes is not None:
            self.notes.release()
            self.notes = None


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
        pages = guards.PAGES
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

    def begin(self, allowed: tuple[int, int, int, int, int]) -> None:
        """Wipes the counts and writes the limits."""
        state = (ctypes.c_uint64 * len(guards.STATE)).from_address(self.address)
        state[:] = [*[0] * guards.COUNTS, *allowed, 0]

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
    return not (settings.baseline or settings.deterministic)


def link_guarded(
    store: Store,
    parts: Parts,
    allowed: tuple[int, int, int, int, int],
    drain: Callable[[Linked], object] | None = None,
    trace: Callable[[Linked, int, int], object] | None = None,
) -> Linked:
    """Instantiates shim, program and guard.

    Args:
        store: where.
        parts: with `shim` and `guard`.
        allowed: host calls, open files, bytes of output, bytes to files, and the random seed.
        drain: called when the guard's buffer of captured output is full.
        trace: called with a function's number and errno after each call.

    Raises:
        Failed: a start function trapped, or the store's limits are too small.
    """
    assert parts.shim is not None and parts.guard is not None
    shim = instantiate(store, parts.shim, None, 0)
    sources = {MODULE: shim}
    if parts.provide is not None:
        sources[PROVIDED] = _instantiate(store, parts, parts.provide, sources)
    main = _instantiate(store, parts, parts.main, sources)
    linker = _linker(store.engine)
    linked = Linked(store, main, main, parts.is_reactor)
    assert linked.memory is not None
    linker.current = (linked, drain, trace)
    linker.define(store, b"g", b"memory", linked.memory)
    table = shim.export(b"t")
    assert table is not None
    linker.define(store, b"s", b"t", table)
    linked.notes = notes = Notes.take(store)
    notes.begin(allowed)
    linker.define(store, b"h", b"own", notes.item)
    linked.guard = link(linker.pointer, store, parts.guard)
    if parts.starter is not None:
        sources[GUEST] = main
        linked.entry = _instantiate(store, parts, parts.starter, sources)
    return linked


def link_plain(store: Store, parts: Parts, leave: Callable[[int], object]) -> Linked:
    """Instantiates a program with the library's functions, without a guard.

    Args:
        store: where.
        parts: the program.
        leave: called by `proc_exit` with the exit code; the guest then traps.

    Raises:
        Failed: a start function trapped, or the store's limits are too small.
    """
    linker = _linker(store.engine)
    linker.own_exit(leave)
    if parts.provide is not None:
        provide = link(linker.pointer, store, parts.provide)
        starting = parts.starter.facts["imports"] if parts.starter is not None else []
        for module, name, _, _ in (*parts.main.facts["imports"], *starting):
            if module not in (MODULE, GUEST):
                found = provide.export(f"{module}#{name}".encode())
                if found is not None:
                    linker.define(store, module.encode(), name.encode(), found)
    main = link(linker.pointer, store, parts.main)
    linked = Linked(store, main, main, parts.is_reactor)
    if parts.starter is not None:
        error = lib.wasmtime_linker_define_instance(
            linker.pointer, store.context, b"guest", 5, main.raw
        )
        _refuse(error)
        linked.entry = link(linker.pointer, store, parts.starter)
    return linked


def ending(failed: Failed, report: list[int] | None, watch: Watch | None) -> Ending:
    """How a run that did not return ended; the guard's notes and the watch know more than a trap.

    Args:
        failed: what the call raised.
        report: `Linked.report()`, or None for a plain program.
        watch: what may have stopped it, or None.
    """
    why = guards.WHY[report[0]] if report else ""
    if why == "exit":
        assert report is not None
        return Ending("exited", report[1])
    found = failed.ending
    if why:
        return Ending("limit", 0, why, found.message, found.backtrace)
    if watch is not None and watch.why in ("timeout", "cpu_time"):
        return Ending("limit", 0, watch.why, found.message, found.backtrace)
    if watch is not None and watch.why:
        return Ending(watch.why, 0, "", found.message, found.backtrace)
    return found


def _instantiate(store: Store, parts: Parts, code: Code, sources: dict[str, Instance]) -> Instance:
    plan = parts.plan(code)
    imports = (ctypes.c_uint64 * (4 * len(plan) or 1))()
    at = ctypes.addressof(imports)
    get, context = lib.wasmtime_instance_export_get, store.context
    for source, name in plan:
        if not get(context, sources[source].raw, name, len(name), at):
            raise InternalError(f"the recipe of this program provides no {name.decode()}")
        at += abi.EXTERN_SIZE
    return instantiate(store, code, imports, len(plan))


class Linker:
    """A linker with preview 1 in it; one for each thread and engine, used again and again."""

    __slots__ = ("_keep", "_leave", "current", "pointer")

    def __init__(self, engine: Engine) -> None:
        self.pointer = lib.wasmtime_linker_new(engine.pointer)
        lib.wasmtime_linker_allow_shadowing(self.pointer, True)
        _refuse(lib.wasmtime_linker_define_wasi(self.pointer))
        self.current: tuple[Any, Any, Any] = (None, None, None)
        self._keep: list[Any] = []
        self._leave: Callable[[int], object] | None = None
        self._function(b"h", b"drain", 0, self._drain)
        self._function(b"h", b"trace", 2, self._trace)

    def __del__(self) -> None:
        lib.wasmtime_linker_delete(self.pointer)

    def define(self, store: Store, module: bytes, name: bytes, item: Extern) -> None:
        _refuse(
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
        callback = _CALLBACK(body)
        self._keep.append(callback)
        parameters, results = new_vec(), new_vec()
        kinds = (ctypes.c_void_p * (count or 1))(
            *[lib.wasm_valtype_new(abi.VAL_I32) for _ in range(count)]
        )
        lib.wasm_valtype_vec_new(parameters, count, kinds)
        kind = lib.wasm_functype_new(parameters, results)
        _refuse(
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


def _linker(engine: Engine) -> Linker:
    linkers: dict[int, Linker] | None = getattr(_threads, "linkers", None)
    if linkers is None:
        linkers = _threads.linkers = {}
    found = linkers.get(engine.pointer)
    if found is None:
        found = linkers[engine.pointer] = Linker(engine)
    return found


def _refuse(error: Any) -> None:
    if error:
        raise InternalError(f"the engine refused a definition: {message(error)}")
