"""Engines of this process, and the code they have loaded."""

from __future__ import annotations

import _thread
import ctypes
import os
from _weakref import ref

from wherever.engine import faults
from wherever.engine.library import lib, new_vec, take_bytes
from wherever.engine.settings import DEFAULT_STACK, LARGEST_STACK, SMALLEST_STACK, Settings
from wherever.errors import InputError, InternalError
from wherever.version import refuse_free_threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.cache import Artifact

_MANY_CODES = 256


class _Native:
    """Frees loaded code.

    Not `Code` itself: while an object's `__del__` runs, another thread can still get it by a weak
    reference; what is freed by a slot of it goes after those references do.
    """

    __slots__ = ("_delete", "_pointer")

    def __init__(self, delete: Any, pointer: int) -> None:
        self._delete = delete
        self._pointer = pointer

    def __del__(self) -> None:
        self._delete(self._pointer)


class Code:
    """A module or component, loaded and ready to be instantiated any number of times.

    It holds its file open for as long as it lives; what was instantiated may outlive it.
    """

    __slots__ = ("__weakref__", "_native", "artifact", "facts", "is_component", "pointer")

    def __init__(self, artifact: Artifact, pointer: int) -> None:
        self.artifact = artifact
        self.facts = artifact.facts
        self.is_component = artifact.facts["kind"] == "component"
        self.pointer = pointer
        self._native = _Native(
            lib.wasmtime_component_delete if self.is_component else lib.wasmtime_module_delete,
            pointer,
        )


class Engine:
    """A compiled-code world of its own: one for each settings, stack size and allocator."""

    __slots__ = ("_codes", "lib", "pointer", "pooled", "settings", "stack")

    def __init__(self, settings: Settings, stack: int, pool: int) -> None:
        if not SMALLEST_STACK <= stack <= LARGEST_STACK:
            raise InputError(
                f"a stack of {stack:,} B cannot be had",
                f"give it {SMALLEST_STACK >> 10}k to {LARGEST_STACK >> 20}m",
            )
        with_lines = os.environ.get("WASMTIME_BACKTRACE_DETAILS")
        # Source lines in backtraces are asked for by a variable that is read just here; code
        # compiled with them loads only where they are asked for.
        os.putenv("WASMTIME_BACKTRACE_DETAILS", "1")
        config = configuration(settings, stack)
        if with_lines is None:
            os.unsetenv("WASMTIME_BACKTRACE_DETAILS")
        else:
            os.putenv("WASMTIME_BACKTRACE_DETAILS", with_lines)
        if pool:
            _use_pool(config, pool)
        self.lib = lib
        self.pointer: int = lib.wasm_engine_new_with_config(config)
        faults.remember()
        self.settings = settings
        self.stack = stack
        self.pooled = pool > 0
        self._codes: dict[tuple[str, str], ref[Code]] = {}

    def code(self, artifact: Artifact) -> Code:
        """The loaded code of an artifact that was compiled with this engine's settings.

        Raises:
            InternalError: the engine does not take it; a damaged cache entry ends here.
        """
        # By the path alone, an entry that has taken another's place would get the other's code.
        key = artifact.path, artifact.digest
        reference = self._codes.get(key)
        known = reference() if reference is not None else None
        if known is not None:
            return known
        kind = "component" if artifact.facts["kind"] == "component" else "module"
        load = getattr(lib, f"wasmtime_{kind}_deserialize_file")
        out = ctypes.c_void_p()
        error = load(self.pointer, os.fsencode(artifact.path), ctypes.byref(out))
        if error:
            raise InternalError(
                f"the engine does not take {artifact.path}: {message(error)}",
                "run: wherever cache clear",
            )
        code = Code(artifact, out.value or 0)
        if len(self._codes) >= _MANY_CODES:
            gone = [key for key, reference in list(self._codes.items()) if reference() is None]
            for old in gone:
                self._codes.pop(old, None)
        self._codes[key] = ref(code)
        return code


_engines: dict[tuple[str, int, int], Engine] = {}
_making = _thread.allocate_lock()
"""Held while an engine is made, since a variable of the process is changed meanwhile."""


def engine(settings: Settings, stack: int = DEFAULT_STACK, pool: int = 0) -> Engine:
    """The engine of this process for these settings; made at the first call.

    Args:
        settings: what its code is compiled with.
        stack: bytes of native stack a guest may use.
        pool: instances to reserve room for beforehand, 0 to allocate on demand.
    """
    refuse_free_threading()
    key = (settings.key, stack, pool)
    found = _engines.get(key)
    if found is None:
        with _making:
            found = _engines.get(key)
            if found is None:
                found = _engines[key] = Engine(settings, stack, pool)
    return found


def configuration(settings: Settings, stack: int = DEFAULT_STACK) -> Any:
    """A new `wasm_config_t` for these settings, owned by the caller."""
    config = lib.wasm_config_new()
    for name, value in settings.switches(stack):
        getattr(lib, f"wasmtime_config_{name}_set")(config, value)
    return config


def _after_fork() -> None:
    global _making
    _making = _thread.allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def message(error: Any) -> str:
    """The text of a `wasmtime_error_t`, which is freed."""
    vec = new_vec()
    lib.wasmtime_error_message(error, vec)
    lib.wasmtime_error_delete(error)
    return take_bytes(vec).decode("utf-8", "replace")


_POOL_TABLES, _POOL_MEMORIES, _POOL_ELEMENTS = 4, 2, 20_000


def fits_pool(facts: dict[str, Any]) -> bool:
    """Whether a pooled engine takes a module with these facts."""
    tables = [low for low, _, imported in facts["tables"] if not imported]
    memories = [imported for *_, imported, _ in facts["memories"] if not imported]
    return (
        len(tables) <= _POOL_TABLES
        and len(memories) <= _POOL_MEMORIES
        and max(tables, default=0) <= _POOL_ELEMENTS
    )


def _use_pool(config: Any, slots: int) -> None:
    pool = lib.wasmtime_pooling_allocation_config_new()
    for name, value in (
        ("total_core_instances", slots * 16),
        ("total_memories", slots * 2),
        ("total_tables", slots * 4),
        ("total_stacks", slots),
        ("max_memories_per_module", _POOL_MEMORIES),
        ("max_tables_per_module", _POOL_TABLES),
        ("table_elements", _POOL_ELEMENTS),
        ("max_core_instance_size", 1 << 20),
        ("max_memory_size", 1 << 32),
        # What a guest writes to first stays in place for the next one, and is wiped: that is
        # cheaper than having its pages taken and given anew.
        ("linear_memory_keep_resident", 48 << 10),
        ("table_keep_resident", 16 << 10),
        ("async_stack_keep_resident", 64 << 10),
    ):
        getattr(lib, f"wasmtime_pooling_allocation_config_{name}_set")(pool, value)
    lib.wasmtime_pooling_allocation_strategy_set(config, pool)
    lib.wasmtime_pooling_allocation_config_delete(pool)
