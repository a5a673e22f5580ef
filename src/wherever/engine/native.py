"""The second tier: a guest's code as a C compiler made it, in place of the engine's own.

A shared library of it has the engine's own functions, as far as a library guest needs them, so a
store of it is used like any other. It is made only when the user asks for that, lies where the
engine's artifacts do, and is checked as they are.
"""

from __future__ import annotations

import ctypes
import os

from wherever.engine import abi, cache, ticker
from wherever.engine.fast import address
from wherever.engine.library import Library
from wherever.engine.runtime import Code, Engine
from wherever.engine.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.cache import Artifact

SETTINGS = Settings(native=True)

_MARK = "native.mark"
"""A file beside the entries that is there once any of them is native."""

_OURS = {
    "wherever_use": "vp",
    "wherever_engine_new": "pz",
    "wherever_module": "pz",
}
_ENGINES = (
    "wasmtime_store_new",
    "wasmtime_store_context",
    "wasmtime_store_limiter",
    "wasmtime_store_delete",
    "wasmtime_store_epoch_deadline_callback",
    "wasmtime_context_set_epoch_deadline",
    "wasmtime_engine_increment_epoch",
    "wasmtime_instance_new",
    "wasmtime_instance_export_get",
    "wasmtime_func_new_unchecked",
    "wasmtime_func_call_unchecked",
    "wasmtime_memory_data",
    "wasmtime_memory_data_size",
    "wasmtime_global_get",
)
PROTOTYPES = {**_OURS, **{name: abi.PROTOTYPES[name] for name in _ENGINES}}
"""What a shared library of native code has."""


class NativeCode(Code):
    """A core module's native code, which stays loaded."""

    __slots__ = ()

    def __init__(self, artifact: Artifact, facts: dict[str, Any], pointer: int) -> None:
        self.artifact = artifact
        self.facts = facts
        self.is_component = False
        self.pointer = pointer


class NativeEngine(Engine):
    """The code of one library, for guests with so much stack.

    Attributes:
        codes: its core modules, by where their bytes begin in the file.
    """

    __slots__ = ("codes",)

    def __init__(self, artifact: Artifact, made: Library, stack: int) -> None:
        self.lib = made
        self.settings = SETTINGS
        self.stack = stack
        self.pooled = False
        self.pointer = made.wherever_engine_new(stack)
        self.codes = {
            start: NativeCode(artifact, facts, made.wherever_module(number))
            for number, (start, facts) in enumerate(artifact.facts["modules"])
        }
        ticker.advance_by(self.pointer, made.wasmtime_engine_increment_epoch)


_libraries: dict[tuple[str, tuple[int, ...]], Library] = {}
_engines: dict[tuple[str, tuple[int, ...], int], NativeEngine] = {}


def is_used() -> bool:
    """Whether any native code was ever made here: only then is a file's digest worth finding."""
    return os.environ.get("WHEREVER_NATIVE") != "0" and any(
        os.path.exists(f"{where}/{_MARK}") for where in cache.places()
    )


def found(digest: str) -> Artifact | None:
    """What was kept for a file with this sha256, if anything was."""
    return cache.find(digest, SETTINGS, tiers=False) if is_used() else None


def opened(artifact: Artifact, stack: int) -> NativeEngine:
    """The engine for what `found` gave; made once for each size of stack."""
    identity = cache.stamp(os.lstat(artifact.path))
    known = _engines.get((artifact.path, identity, stack))
    if known is not None:
        return known
    made = _libraries.get((artifact.path, identity))
    if made is None:
        path = artifact.path
        made = Library(lambda: path, PROTOTYPES)
        made.wherever_use(_outside())
        made = _libraries.setdefault((path, identity), made)
    engine = NativeEngine(artifact, made, stack)
    return _engines.setdefault((artifact.path, identity, stack), engine)


def _outside() -> Any:
    """The engine's functions that native code calls, in the order of its `struct outside`."""
    places = (
        address("wasmtime_trap_new"),
        address("wasmtime_trap_new_code"),
        address("wasmtime_error_new"),
    )
    return (ctypes.c_size_t * len(places))(*places)


def kept(
    path: str, name: str, digest: str, modules: Sequence[tuple[int, Any]], seconds: float
) -> Artifact:
    """Keeps native code that was just made: from now on `found` finds it.

    Args:
        path: the shared library, in any folder.
        name: what it was made of, for people.
        digest: the sha256 of that.
        modules: where each core module begins in it, and the module's facts.
        seconds: how long it took.

    Raises:
        InputError: nothing can be kept here.
        OSError: there is no room for it.
    """
    from wherever.engine import keep
    from wherever.engine.digesting import digest_of

    where = keep.prepare()
    temp = keep.temp_name(where)
    try:
        with open(path, "rb") as made, open(temp, "xb") as file:
            os.fchmod(file.fileno(), 0o600)
            while block := made.read(1 << 20):
                file.write(block)
        with open(temp, "rb") as file:
            native = digest_of(file.fileno())
        facts = {"kind": "native", "modules": list(modules)}
        parts = [(digest, digest, None, name)]
        done = [(temp, native, os.path.getsize(temp), facts, SETTINGS.key)]
        artifact = keep.commit_all(where, parts, done, seconds)[digest]
        with open(f"{where}/{_MARK}", "ab"):
            pass
    finally:
        if os.path.exists(temp):
            os.unlink(temp)
    return artifact
