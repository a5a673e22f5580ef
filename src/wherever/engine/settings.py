"""How code is compiled: the settings that make one artifact differ from another."""

from __future__ import annotations

from wherever.engine import abi

DEFAULT_STACK = 1 << 20
"""Bytes of native stack that a guest may use when nobody says otherwise."""

SMALLEST_STACK = 64 << 10
LARGEST_STACK = 256 << 20
"""The library aborts or crashes on sizes that no thread can carry."""

NATIVE = "n1"
"""The key of native code; counted up when what is in its shared libraries changes."""


class Settings:
    """What the compiler is asked for; engines and artifacts of one `key` fit together.

    Args:
        fuel: count instructions, so that a run can be limited by them.
        deterministic: the same result on every machine: canonical NaN, no threads,
            one meaning for relaxed SIMD; implies `fuel`.
        baseline: compile with the fast compiler, for code that runs slower.
        native: C of the second tier, which the engine knows nothing of; see `native`.
        divided: no single instruction takes long; see `wasm.dividing`. Its code runs in engines
            of the same settings without it.
    """

    __slots__ = ("baseline", "deterministic", "divided", "fuel", "native")

    def __init__(
        self,
        fuel: bool = False,
        deterministic: bool = False,
        baseline: bool = False,
        native: bool = False,
        divided: bool = False,
    ) -> None:
        self.fuel = fuel or deterministic
        self.deterministic = deterministic
        self.baseline = baseline and not deterministic
        self.native = native
        self.divided = divided

    @property
    def key(self) -> str:
        """A short name, part of an artifact's file name: `o`, `b`, `of`, `bf`, `d` or `NATIVE`.

        A `p` behind it stands for `divided`: in pieces.
        """
        if self.native:
            return NATIVE
        pieces = "p" if self.divided else ""
        if self.deterministic:
            return "d" + pieces
        return ("b" if self.baseline else "o") + ("f" if self.fuel else "") + pieces

    @classmethod
    def from_key(cls, key: str) -> Settings:
        """The settings that `key` names."""
        return cls("f" in key, "d" in key, "b" in key, key == NATIVE, "p" in key)

    def optimised(self) -> Settings:
        """The same, from the optimising compiler."""
        return Settings(self.fuel, self.deterministic, divided=self.divided)

    def switches(self, stack: int = DEFAULT_STACK) -> tuple[tuple[str, int], ...]:
        """What the library's configuration is told: its `wasmtime_config_NAME_set`, and the value.

        Epochs are always on: one artifact serves every place a package runs in.

        >>> Settings(baseline=True).switches(1 << 20)[-1]
        ('strategy', 2)
        """
        switches = [
            ("epoch_interruption", True),
            ("consume_fuel", self.fuel),
            # The library aborts where a guest's stack does not fit into its asynchronous one.
            ("async_stack_size", stack + (1 << 20)),
            ("max_wasm_stack", stack),
            ("wasm_threads", not self.deterministic),
        ]
        if self.deterministic:
            switches.append(("cranelift_nan_canonicalization", True))
            switches.append(("wasm_relaxed_simd_deterministic", True))
        else:
            switches.append(("shared_memory", True))
        if self.baseline:
            switches.append(("strategy", abi.STRATEGY_WINCH))
        return tuple(switches)
