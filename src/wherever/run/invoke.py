"""Calls one function of a module with arguments written as text, as `--invoke` does."""

from __future__ import annotations

import struct

from wherever.engine.instance import call
from wherever.errors import InputError, NotRunnable
from wherever.wasm.signatures import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.store import Store
    from wherever.run.job import Job
    from wherever.wasi.preview1 import Linked

_BITS = {"i32": 32, "i64": 64}
_FLOATS = {"f32": "<f", "f64": "<d"}


class Invocation:
    """A function's name, its arguments as the engine takes them, and its results' types."""

    __slots__ = ("name", "results", "slots")

    def __init__(self, name: str, slots: list[int], results: tuple[str, ...]) -> None:
        self.name = name
        self.slots = slots
        self.results = results

    def __call__(self, store: Store, linked: Linked) -> list[str]:
        """Call it, after `_initialize` where there is one; its results as text.

        Raises:
            Failed: it trapped, exited by a call, or was stopped.
        """
        initialize = linked.main.export(b"_initialize") if linked.is_reactor else None
        if initialize is not None and self.name != "_initialize":
            call(store, initialize)
        function = linked.main.export(self.name.encode())
        assert function is not None
        found = call(store, function, self.slots, len(self.results))
        return [show(value, kind) for value, kind in zip(found, self.results, strict=True)]


def prepare(job: Job, facts: dict[str, Any]) -> Invocation:
    """What `job.entry` and `job.invoke` ask for, checked against the module's own types.

    Raises:
        NotRunnable: there is no such function, or not one of numbers.
        InputError: the arguments are not what it takes.
    """
    if facts["kind"] != "module":
        raise NotRunnable(
            f"{job.name} is a component, and only functions of modules can be invoked",
            "run it without --invoke",
        )
    types = {name: text for name, kind, text in facts["exports"] if kind == "func"}
    text = types.get(job.entry)
    if text is None:
        raise _unknown(job, list(types))
    parameters, results = signature(text)
    whole = f"{job.entry}{text}"
    for kind in (*parameters, *results):
        if kind not in _BITS and kind not in _FLOATS:
            raise NotRunnable(
                f"{job.name}: {whole} takes or gives {kind}, which cannot be written as text",
                "call it from Python, with wherever.load",
            )
    words = job.invoke or []
    if len(words) != len(parameters):
        needed = f"{len(parameters)} argument" + ("" if len(parameters) == 1 else "s")
        raise InputError(f"{job.name}: {job.entry} takes {needed}, not {len(words)}: {whole}")
    slots = [_slot(word, kind, whole) for word, kind in zip(words, parameters, strict=True)]
    return Invocation(job.entry, slots, results)


def show(slot: int, kind: str) -> str:
    """A result as text: integers signed, floats as short as they can be.

    Example:
        >>> show(0xFFFFFFFF, "i32"), show(0x3DCCCCCD, "f32")
        ('-1', '0.1')
    """
    if kind in _BITS:
        bits = _BITS[kind]
        value = slot & ((1 << bits) - 1)
        return str(value - (1 << bits) if value >> (bits - 1) else value)
    if kind == "f64":
        return repr(struct.unpack("<d", struct.pack("<Q", slot))[0])
    data = struct.pack("<I", slot & 0xFFFFFFFF)
    single: float = struct.unpack("<f", data)[0]
    for digits in range(6, 10):
        short = float(f"{single:.{digits}g}")
        if struct.pack("<f", short) == data:
            return repr(short)
    return repr(single)


def _slot(word: str, kind: str, whole: str) -> int:
    try:
        if kind in _BITS:
            bits = _BITS[kind]
            value = int(word, 0)
            if not -(1 << (bits - 1)) <= value < 1 << bits:
                raise ValueError
            return value & ((1 << bits) - 1)
        number = float.fromhex(word) if "0x" in word.lower() else float(word)
        return int.from_bytes(struct.pack(_FLOATS[kind], number), "little")
    except (ValueError, OverflowError):
        raise InputError(f"{word[:80]!r} is no {kind}, which {whole} needs") from None


def _unknown(job: Job, names: list[str]) -> NotRunnable:
    from difflib import get_close_matches

    near = get_close_matches(job.entry[:200], names[:5000], n=1, cutoff=0.6)
    if near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = f"there is: {', '.join(names[:8])}" if names else "it exports no function at all"
    return NotRunnable(f"{job.name} has no function called {job.entry}", hint)
