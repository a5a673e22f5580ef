"""How code is compiled: the settings that make one artifact differ from another."""

from __future__ import annotations

from wherever.engine import abi
from wherever.engine.library import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_STACK = 1 << 20
"""Bytes of native stack that a guest may use when nobody says otherwise."""


class Settings:
    """What the compiler is asked for; engines and artifacts of one `key` fit together.

    Args:
        fuel: count instructions, so that a run can be limited by them.
        deterministic: the same result on every machine: canonical NaN, no threads,
            one meaning for relaxed SIMD; implies `fuel`.
        baseline: compile with the fast compiler, for code that runs slower.
    """

    __slots__ = ("baseline", "deterministic", "fuel")

    def __init__(
        self, fuel: bool = False, deterministic: bool = False, baseline: bool = False
    ) -> None:
        self.fuel = fuel or deterministic
        self.deterministic = deterministic
        self.baseline = baseline and not deterministic

    @property
    def key(self) -> str:
        """A short name, part of an artifact's file name: `o`, `b`, `of`, `bf` or `d`."""
        if self.deterministic:
            return "d"
        return ("b" if self.baseline else "o") + ("f" if self.fuel else "")

    @classmethod
    def from_key(cls, key: str) -> Settings:
        """The settings that `key` names."""
        return cls("f" in key, "d" in key, "b" in key)

    def optimised(self) -> Settings:
        """The same, from the optimising compiler."""
        return Settings(self.fuel, self.deterministic)

    def configuration(self, stack: int = DEFAULT_STACK) -> Any:
        """A new `wasm_config_t` for these settings, owned by the caller.

        Epochs are always on: one artifact serves every place a package runs in.
        """
        config = lib.wasm_config_new()
        lib.wasmtime_config_epoch_interruption_set(config, True)
        lib.wasmtime_config_consume_fuel_set(config, self.fuel)
        # The library aborts where a guest's stack does not fit into its asynchronous one.
        lib.wasmtime_config_async_stack_size_set(config, stack + (1 << 20))
        lib.wasmtime_config_max_wasm_stack_set(config, stack)
        if self.deterministic:
            lib.wasmtime_config_wasm_threads_set(config, False)
            lib.wasmtime_config_cranelift_nan_canonicalization_set(config, True)
            lib.wasmtime_config_wasm_relaxed_simd_deterministic_set(config, True)
        else:
            lib.wasmtime_config_wasm_threads_set(config, True)
            lib.wasmtime_config_shared_memory_set(config, True)
        if self.baseline:
            lib.wasmtime_config_strategy_set(config, abi.STRATEGY_WINCH)
        return config
