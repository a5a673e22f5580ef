"""Runs WASI 0.2 command components with the library's own implementation.

Its outgoing HTTP is never linked: it cannot be filtered. Its sockets are linked and refuse every
address, because common toolchains import them whether a program uses them or not.
"""

from __future__ import annotations

import _thread
import ctypes

from wherever.engine import abi
from wherever.engine.instance import Failed
from wherever.engine.library import lib
from wherever.engine.runtime import message
from wherever.engine.trap import Ending
from wherever.errors import InternalError, NotRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.runtime import Code, Engine
    from wherever.engine.store import Store

RUN = "wasi:cli/run@0.2."


def run(store: Store, code: Code, seed: int | None = None) -> Ending:
    """Calls the component's `wasi:cli/run` and says how it ended.

    Args:
        store: configured with the run's context.
        code: the component.
        seed: where given, clocks are virtual and random bytes grow from this.

    Raises:
        NotRunnable: it is not a command.
        Failed: it trapped, was stopped, or exited by a call; `Failed.ending` says so.
    """
    interface = command(code.facts)
    if seed is None:
        return _run(store, code, interface, _linker(store.engine))
    from wherever.wasi.virtual import World

    linker = _new_linker(store.engine)
    world = World(linker, code.facts["imports"], seed)
    try:
        return _run(store, code, interface, linker)
    finally:
        lib.wasmtime_component_linker_delete(linker)
        del world


def _run(store: Store, code: Code, interface: str, linker: int) -> Ending:
    instance = (ctypes.c_uint64 * (abi.COMPONENT_INSTANCE_SIZE // 8))()
    error = lib.wasmtime_component_linker_instantiate(linker, store.context, code.pointer, instance)
    if error:
        raise Failed(error, None)
    function = _function(store, instance, interface, b"run")
    result = (ctypes.c_uint64 * (abi.COMPONENT_VAL_SIZE // 8))()
    error = lib.wasmtime_component_func_call(function, store.context, None, 0, result, 1)
    if error:
        raise Failed(error, None)
    return Ending("exited", 0 if result[1] & 0xFF else 1)


def command(facts: dict[str, Any]) -> str:
    """The name of the component's export that is its main function's interface.

    Raises:
        NotRunnable: it has none: it is a library or a server.
    """
    names = [name for name, _, _ in facts["exports"]]
    for name in names:
        if name.startswith(RUN):
            return str(name)
    for name in names:
        if name.startswith("wasi:cli/run@"):
            raise NotRunnable(
                f"it is a command of {name}, which the engine cannot host yet",
                "build it for WASI 0.2",
            )
        if name.startswith(("wasi:http/incoming-handler", "wherever:http/handler")):
            raise NotRunnable(
                "it answers HTTP, and has no command to run", "serve it: wherever serve FILE"
            )
    what = f"; it exports {', '.join(names[:5])}" if names else ""
    raise NotRunnable(
        f"it is a component without a command{what}",
        "call a function of it: wherever run --invoke NAME FILE",
    )


def _function(store: Store, instance: Any, interface: str, name: bytes) -> Any:
    outer = interface.encode()
    index = lib.wasmtime_component_instance_get_export_index(
        instance, store.context, None, outer, len(outer)
    )
    inner = lib.wasmtime_component_instance_get_export_index(
        instance, store.context, index, name, len(name)
    )
    function = (ctypes.c_uint64 * (abi.COMPONENT_FUNC_SIZE // 8))()
    found = lib.wasmtime_component_instance_get_func(instance, store.context, inner, function)
    lib.wasmtime_component_export_index_delete(inner)
    lib.wasmtime_component_export_index_delete(index)
    if not found:
        raise NotRunnable(f"its {interface} has no function {name.decode()}")
    return function


_threads = _thread._local()


def _linker(engine: Engine) -> int:
    linkers: dict[int, int] | None = getattr(_threads, "linkers", None)
    if linkers is None:
        linkers = _threads.linkers = {}
    found = linkers.get(engine.pointer)
    if found is None:
        found = linkers[engine.pointer] = _new_linker(engine)
    return found


def _new_linker(engine: Engine) -> int:
    linker: int = lib.wasmtime_component_linker_new(engine.pointer)
    error = lib.wasmtime_component_linker_add_wasip2(linker)
    if error:
        raise InternalError(f"the engine refused WASI 0.2: {message(error)}")
    return linker
