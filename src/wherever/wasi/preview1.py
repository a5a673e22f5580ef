"""Instantiates a preview-1 program: guarded, or plain where nothing has to be counted."""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.instance import Extern, Failed, Instance, instantiate, link
from wherever.engine.library import lib
from wherever.engine.trap import Ending
from wherever.errors import InternalError
from wherever.wasi.linker import forget, linker_of, refuse
from wherever.wasi.notes import BUFFER, COUNTS, WHY, Notes
from wherever.wasi.signatures import MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.assembly import Part
    from wherever.engine.runtime import Code
    from wherever.engine.store import Store
    from wherever.engine.ticker import Watch
    from wherever.wasi.commands import Command
    from wherever.wasi.outgoing import Outgoing

PROVIDED = "provide"
GUEST = "guest"
OUTSIDE = "wherever:net"


class Parts:
    """The loaded code of one program: what is instantiated, and where its imports come from.

    Args:
        main: the program.
        provide: a module whose exports `MODULE#NAME` satisfy imports of `main`, or None.
        starter: a module that starts `main`, whose exports it imports as `guest`, or None.
        shim: the jumps that stand in for preview 1 until the guard is there, or None.
        guard: what stands behind the shim, or None for a plain program.
        command: the component that `main` runs, or None.
    """

    __slots__ = ("_plans", "command", "guard", "is_reactor", "main", "provide", "shim", "starter")

    def __init__(
        self,
        main: Code,
        provide: Code | None = None,
        starter: Code | None = None,
        shim: Code | None = None,
        guard: Code | None = None,
        command: Command | None = None,
    ) -> None:
        self.main = main
        self.command = command
        self.provide = provide
        self.starter = starter
        self.shim = shim
        self.guard = guard
        self.is_reactor = ("_initialize", "func", "() -> ()") in main.facts["exports"]
        self._plans: dict[int, list[tuple[str, bytes]]] = {}

    def plan(self, code: Code) -> list[tuple[str, bytes]]:
        """For each import of `code`, in order: whose export satisfies it, and its name."""
        known = self._plans.get(code.pointer)
        if known is None:
            known = []
            for module, name, _, _ in code.facts["imports"]:
                if module in (MODULE, GUEST, OUTSIDE):
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
        memories: those of the component that it runs; it has one of its own for that.
        notes: the guard's own memory, or None.
    """

    __slots__ = ("entry", "guard", "is_reactor", "main", "memories", "memory", "notes", "store")

    def __init__(
        self, store: Store, main: Instance, entry: Instance, is_reactor: bool = False
    ) -> None:
        self.store = store
        self.is_reactor = is_reactor
        self.main = main
        self.entry = entry
        self.guard: Instance | None = None
        self.memory = main.export(b"memory")
        self.memories: list[Extern] = []
        self.notes: Notes | None = None

    def memory_bytes(self) -> int | None:
        """The present size of the exported memory; memories never shrink."""
        if self.memories:
            return sum(self._size(memory) for memory in self.memories)
        if self.memory is None or self.memory.kind != abi.EXTERN_MEMORY:
            return None
        return self._size(self.memory)

    def _size(self, memory: Extern) -> int:
        size: int = lib.wasmtime_memory_data_size(self.store.context, memory.address)
        return size

    def report(self) -> list[int]:
        """What the guard has counted: the first `guard.COUNTS` of `guard.STATE`."""
        assert self.notes is not None
        return list((ctypes.c_uint64 * COUNTS).from_address(self.notes.address))

    def captured(self, filled: int) -> bytes:
        """The records of captured output that are in the guard's buffer."""
        assert self.notes is not None
        return ctypes.string_at(self.notes.address + BUFFER, filled)

    def release(self) -> None:
        """The run is over: the guard's memory may serve another one, and what it kept may go."""
        forget(self.store.engine, self)
        if self.notes is not None:
            self.notes.release()
            self.notes = None


def link_guarded(
    store: Store,
    parts: Parts,
    allowed: tuple[int, int, int, int, int],
    drain: Callable[[Linked], object] | None = None,
    trace: Callable[[Linked, int, int], object] | None = None,
    dev: int = 0,
    outgoing: Outgoing | None = None,
) -> Linked:
    """Instantiates shim, program and guard.

    Args:
        store: where.
        parts: with `shim` and `guard`.
        allowed: host calls, open files, bytes of output, bytes to files, and the random seed.
        drain: called when the guard's buffer of captured output is full.
        trace: called with a function's number and errno after each call.
        dev: the guest's descriptor of a folder whose `null` takes all and gives nothing, or 0.
        outgoing: what a component asks of the outside goes there; needed where `parts` has one.

    Raises:
        Failed: a start function trapped, or the store's limits are too small.
    """
    assert parts.shim is not None and parts.guard is not None
    shim = instantiate(store, parts.shim, None, 0)
    sources: dict[str, Instance | Extern] = {MODULE: shim}
    if parts.provide is not None:
        sources[PROVIDED] = _instantiate(store, parts, parts.provide, sources)
    if outgoing is not None:
        sources[OUTSIDE] = outgoing.function(store)
    main = _instantiate(store, parts, parts.main, sources)
    linker = linker_of(store.engine)
    linked = Linked(store, main, main, parts.is_reactor)
    assert linked.memory is not None
    linker.current = (linked, drain, trace)
    linker.define(store, b"g", b"memory", linked.memory)
    table = shim.export(b"t")
    assert table is not None
    linker.define(store, b"s", b"t", table)
    linked.notes = notes = Notes.take(store)
    notes.begin(allowed, dev)
    linker.define(store, b"h", b"own", notes.item)
    linked.guard = link(linker.pointer, store, parts.guard)
    if parts.starter is not None:
        sources[GUEST] = main
        linked.entry = _instantiate(store, parts, parts.starter, sources)
    if parts.command is not None:
        assert outgoing is not None
        outgoing.begin(linked.memory, notes)
        made = [main]
        for part in parts.command.parts[1:]:
            made.append(_beside(store, part, made))
        found = [made[number].export(name) for number, name in parts.command.memories]
        linked.memories = [
            each for each in found if each is not None and each.kind == abi.EXTERN_MEMORY
        ]
    return linked


def _beside(store: Store, part: Part, made: list[Instance]) -> Instance:
    """An instance of a component's part, whose imports earlier ones export."""
    imports = (ctypes.c_uint64 * (4 * len(part.sources) or 1))()
    at = ctypes.addressof(imports)
    for number, name in part.sources:
        if not lib.wasmtime_instance_export_get(
            store.context, made[number].raw, name, len(name), at
        ):
            raise InternalError(f"a part exports no {name.decode(errors='replace')}")
        at += abi.EXTERN_SIZE
    return instantiate(store, part.code, imports, len(part.sources))


def link_plain(store: Store, parts: Parts, leave: Callable[[int], object]) -> Linked:
    """Instantiates a program with the library's functions, without a guard.

    Args:
        store: where.
        parts: the program.
        leave: called by `proc_exit` with the exit code; the guest then traps.

    Raises:
        Failed: a start function trapped, or the store's limits are too small.
    """
    linker = linker_of(store.engine)
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
        refuse(error)
        linked.entry = link(linker.pointer, store, parts.starter)
    return linked


def ending(failed: Failed, report: list[int] | None, watch: Watch | None) -> Ending:
    """How a run that did not return ended; the guard's notes and the watch know more than a trap.

    Args:
        failed: what the call raised.
        report: `Linked.report()`, or None for a plain program.
        watch: what may have stopped it, or None.
    """
    why = WHY[report[0]] if report else ""
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


def _instantiate(
    store: Store, parts: Parts, code: Code, sources: dict[str, Instance | Extern]
) -> Instance:
    plan = parts.plan(code)
    imports = (ctypes.c_uint64 * (4 * len(plan) or 1))()
    at = ctypes.addressof(imports)
    get, context = lib.wasmtime_instance_export_get, store.context
    for source, name in plan:
        given = sources[source]
        if isinstance(given, Extern):
            ctypes.memmove(at, given.raw, abi.EXTERN_SIZE)
        elif not get(context, given.raw, name, len(name), at):
            raise InternalError(f"the recipe of this program provides no {name.decode()}")
        at += abi.EXTERN_SIZE
    return instantiate(store, code, imports, len(plan))
