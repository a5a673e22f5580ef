"""Instantiates a module that is called from Python: imports of preview 1 and of its caller."""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.instance import Extern, Instance, instantiate, link
from wherever.errors import InternalError
from wherever.wasi.linker import Linker
from wherever.wasi.notes import STATE, Notes
from wherever.wasi.preview1 import Linked
from wherever.wasi.signatures import MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from wherever.engine.runtime import Code
    from wherever.engine.store import Store


def link_library(
    store: Store,
    main: Code,
    given: Mapping[tuple[str, str], Extern],
    guard: tuple[Code, Code] | None,
    allowed: tuple[int, int, int, int, int],
    drain: Callable[[Linked], object],
    linker: Linker | None,
) -> Linked:
    """Instantiates a module.

    Args:
        store: where; its WASI is configured if there is a guard.
        main: the module.
        given: what satisfies its imports that are not of preview 1.
        guard: shim and guard, for a module that imports preview 1.
        allowed: host calls, open files, bytes of output, bytes to files, and the random seed.
        drain: called when the guard's buffer of captured output is full.
        linker: for a module with a guard: one that is its own as long as the store lives, as
            other guests would take the place of its `current`.

    Raises:
        Failed: a start function trapped, or the store's limits are too small.
    """
    if guard is None:
        instance = _instantiate(store, main, given, None)
        return Linked(store, instance, instance)
    shim = instantiate(store, guard[0], None, 0)
    instance = _instantiate(store, main, given, shim)
    linked = Linked(store, instance, instance)
    assert linker is not None
    linker.current = (linked, drain, None)
    table = shim.export(b"t")
    assert table is not None and linked.memory is not None
    linker.define(store, b"g", b"memory", linked.memory)
    linker.define(store, b"s", b"t", table)
    linked.notes = Notes.take(store)
    linked.notes.begin(allowed)
    linker.define(store, b"h", b"own", linked.notes.item)
    linked.guard = link(linker.pointer, store, guard[1])
    return linked


def take_captured(linked: Linked) -> bytes:
    """The records of captured output that the guard has kept since the last time."""
    if linked.notes is None:
        return b""
    slot = STATE.index("filled")
    filled = ctypes.c_uint64.from_address(linked.notes.address + 8 * slot)
    records = linked.captured(filled.value)
    filled.value = 0
    return records


def _instantiate(
    store: Store, code: Code, given: Mapping[tuple[str, str], Extern], shim: Instance | None
) -> Instance:
    imports = code.facts["imports"]
    row = (ctypes.c_uint64 * (4 * len(imports) or 1))()
    at = ctypes.addressof(row)
    for module, name, _, _ in imports:
        item = given.get((module, name))
        if item is None and module == MODULE and shim is not None:
            item = shim.export(name.encode())
        if item is None:
            raise InternalError(f"nobody has seen to the import of {module}.{name}")
        ctypes.memmove(at, item.raw, abi.EXTERN_SIZE)
        at += abi.EXTERN_SIZE
    return instantiate(store, code, row, len(imports))


def read_global(store: Store, item: Extern, kind: str) -> int | float:
    """The present value of a global of type i32, i64, f32 or f64."""
    value = (ctypes.c_uint64 * (abi.VAL_SIZE // 8))()
    store.lib.wasmtime_global_get(store.context, item.address, value)
    of = ctypes.addressof(value) + abi.VAL_OF
    types: dict[str, Any] = {
        "i32": ctypes.c_int32,
        "i64": ctypes.c_int64,
        "f32": ctypes.c_float,
        "f64": ctypes.c_double,
    }
    found: int | float = types[kind].from_address(of).value
    return found
