"""A store: what one guest owns while it lives, with its limits; dropped whole at its end."""

from __future__ import annotations

import ctypes

from wherever.engine import abi, ticker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.budget import Budget
    from wherever.engine.runtime import Engine
    from wherever.engine.ticker import Watch

NEVER = 1 << 62
"""Instructions, or ticks, that nobody gets to the end of."""


class Store:
    """The home of one guest's instances, memories and tables.

    One thread at a time may use it. `close` frees everything; nothing of the store may be
    touched afterwards.

    Attributes:
        lib: the functions by which it is known: the engine's, or those of native code.

    Args:
        engine: the engine whose code will run here.
        budget: how its memory is bounded.
        fuel: instructions it may run, for engines that count them; None for no limit.
        watch: what may stop it; None where this process can be left at any time.
    """

    __slots__ = ("_given", "_watch_key", "context", "engine", "lib", "pointer", "watch")

    def __init__(
        self, engine: Engine, budget: Budget, fuel: int | None = None, watch: Watch | None = None
    ) -> None:
        self.lib = lib = engine.lib
        pointer = lib.wasmtime_store_new(engine.pointer, None, None)
        self.pointer: int = pointer
        self.context: int = lib.wasmtime_store_context(pointer)
        self.engine = engine
        self.watch = watch
        lib.wasmtime_store_limiter(
            pointer,
            budget.memory,
            budget.elements,
            budget.instances,
            budget.tables,
            budget.memories,
        )
        if budget.binding:
            _trap_where_refused(self.context, budget)
        self._given = 0
        if engine.settings.fuel:
            self._given = NEVER if fuel is None else fuel
            lib.wasmtime_context_set_fuel(self.context, self._given)
        self._watch_key = 0
        if watch is None:
            lib.wasmtime_context_set_epoch_deadline(self.context, NEVER)
        else:
            self._watch_key = ticker.watch(lib, pointer, self.context, watch)

    def can_be_halted(self) -> None:
        """Have `halt` end what runs here; nobody else's epochs may pass in this process."""
        self.lib.wasmtime_context_set_epoch_deadline(self.context, 1)

    def halt(self) -> None:
        """Traps the guest at its next loop or call; for any thread, while the store is open."""
        self.lib.wasmtime_engine_increment_epoch(self.engine.pointer)

    def fuel_used(self) -> int | None:
        """Instructions run so far, where the engine counts them."""
        if not self._given:
            return None
        left = ctypes.c_uint64()
        self.lib.wasmtime_context_get_fuel(self.context, ctypes.byref(left))
        return self._given - left.value

    def close(self) -> None:
        """Frees the store; a second call does nothing."""
        pointer, self.pointer = self.pointer, 0
        if pointer:
            if self._watch_key:
                ticker.unwatch(self._watch_key)
            self.lib.wasmtime_store_delete(pointer)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _trap_where_refused(context: int, budget: Budget) -> None:
    """Ends the guest that asks for more memory than it may have, instead of letting it go on.

    The library has this as a switch, but no function of its C interface that sets it. Where the
    words around it are not what was just written, it is left alone: then a refused guest goes on.
    """
    words = (ctypes.c_uint64 * abi.STORE_LIMITS_WORDS).from_address(context + abi.STORE_LIMITS_OF)
    told = [1, budget.memory, 1, budget.elements, budget.instances, budget.tables, budget.memories]
    if words[:-1] == told:
        flag = ctypes.addressof(words) + 8 * (abi.STORE_LIMITS_WORDS - 1)
        ctypes.c_uint8.from_address(flag).value = 1
