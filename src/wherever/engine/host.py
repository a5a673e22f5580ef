"""Functions of Python that a guest may call.

The engine calls one function of ours for each signature, with the entry of the function of
Python that is meant. What such a function raises stops the guest, and comes out of the call that
Python made into the guest, as it was.
"""

from __future__ import annotations

import ctypes
import weakref

from wherever.engine import abi, values
from wherever.engine.interrupt import armoured
from wherever.engine.library import lib, new_vec
from wherever.engine.nativestack import here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.gate import Gate
    from wherever.engine.store import Store

_VALTYPES = {"i": abi.VAL_I32, "I": abi.VAL_I64, "f": abi.VAL_F32, "F": abi.VAL_F64}
_MOST_VIEWS = 256

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)

_TEMPLATE = """
def make(_here, _views, _look, _give):
    def trampoline(_entry, _caller, _at, _count):
        try:
            _before, _here.at = _here.at, _at
            _entry.kept.inside += 1
            try:
                {views} = _views.get(_at) or _look(_at)
                _result = _entry.function({arguments})
                try:
                    {puts}
                except (TypeError, ValueError, OverflowError):
                    _give(_entry, _at, _result)
                return None
            finally:
                _entry.kept.inside -= 1
                _here.at = _before
        except BaseException as _error:
            _kept = _entry.kept
            if _kept.error is None:
                _kept.error = _error
            if _kept.spare:
                _trap, _kept.spare = _kept.spare
                return _trap
            return None
    return trampoline
"""
"""What the engine calls. The last part makes no call, so that nothing interrupts it.

`_here.at` tells how much native stack is left to guests that are called from within.
"""


class Entry:
    """A function of Python that one guest may call.

    Args:
        gate: the way into that guest's store.
        function: what is called with the decoded arguments.
        name: what messages call it.
        params: the kinds of its parameters.
        results: the kinds of its results.
    """

    __slots__ = ("_callback", "function", "kept", "name", "raw", "results")

    def __init__(
        self, gate: Gate, function: Callable[..., Any], name: str, params: str, results: str
    ) -> None:
        self.kept = gate.kept
        self.function = function
        self.name = name
        self.results = results
        self.raw = (ctypes.c_uint64 * 4)()
        if gate.fast:
            refuse = _refuser(name, results)
            self._callback = gate.fast.Host(function, params, results, gate.kept.keep, refuse)
            callback, environment = gate.fast.host_call, self._callback.environment
        else:
            self._callback = _trampoline(params, results)
            callback, environment = self._callback, id(self)
        # The engine knows this object by its address from here on.
        gate.entries.append(self)
        if not gate.fast and not gate.kept.spare:
            gate.kept.fill()
        _new(gate.store, params, results, callback, environment, self.raw)


def _new(
    store: Store, params: str, results: str, callback: Any, environment: int, raw: Any
) -> None:
    """Makes a function of the store's, which is then what `raw` says."""
    place = ctypes.addressof(raw) + abi.EXTERN_OF
    make, context = store.lib.wasmtime_func_new_unchecked, store.context
    if store.engine.settings.native:  # which knows types by their letters
        make(context, f"{params}>{results}".encode(), callback, environment, None, place)
        return
    kind = _functype(params, results)
    make(context, kind, callback, environment, None, place)
    lib.wasm_functype_delete(kind)


def _refuser(name: str, results: str) -> Callable[[int, Any], None]:
    """Makes what raises why a result does not fit; position -1 is for several together."""

    def refuse(position: int, value: Any) -> None:
        if position >= 0:
            values.refuse(f"{name} gave a result", results[position], value)
        raise TypeError(
            f"{name} gave {type(value).__name__}, not a tuple of {len(results)} results"
        )

    return refuse


_trampolines: weakref.WeakValueDictionary[tuple[str, str], Any] = weakref.WeakValueDictionary()


def _trampoline(params: str, results: str) -> Any:
    known = _trampolines.get((params, results))
    if known is not None:
        return known
    letters = "".join(sorted(set(params + results)))
    size = 2 * max(len(params), len(results), 1)
    views: dict[int, Any] = {}
    array = ctypes.c_uint64 * size

    def look(at: int) -> Any:
        slots = values.Slots(array.from_address(at)).views
        if len(views) >= _MOST_VIEWS:
            views.clear()
        views[at] = found = tuple(slots[letter] for letter in letters or "i")
        return found

    def give(entry: Entry, at: int, result: Any) -> None:
        given = (result,) if len(results) == 1 else result
        if not isinstance(given, (tuple, list)) or len(given) != len(results):
            _refuser(entry.name, results)(-1, result)
        slots = values.Slots(array.from_address(at))
        for index, value in enumerate(given):
            try:
                slots.put(index, results[index], value)
            except (TypeError, OverflowError):
                _refuser(entry.name, results)(index, value)

    puts = [f"_{values.place(kind, at)} = _{at}" for at, kind in enumerate(results)]
    if len(results) == 1:
        puts = [f"_{values.place(results, 0)} = _result"]
    elif results:
        checked = "if _result.__class__ is not tuple: raise TypeError"
        puts = [checked, "".join(f"_{at}, " for at in range(len(results))) + "= _result", *puts]
    source = _TEMPLATE.format(
        views="".join(f"_{letter}, " for letter in letters or "i"),
        arguments=", ".join(values.taken(kind, at, "_") for at, kind in enumerate(params)),
        puts="\n                    ".join(puts) or "pass",
    )
    space: dict[str, Any] = {}
    exec(compile(source, "<a host function>", "exec"), space)
    made = _CALLBACK(armoured(space["make"](here, views, look, give)))
    _trampolines[params, results] = made
    return made


def _functype(params: str, results: str) -> Any:
    vectors = []
    for letters in (params, results):
        vector = new_vec()
        # The library aborts where it is asked for a v128 by number.
        kinds = [
            lib.wasmtime_wasm_valtype_v128()
            if letter == "v"
            else lib.wasm_valtype_new(_VALTYPES[letter])
            for letter in letters
        ]
        lib.wasm_valtype_vec_new(vector, len(kinds), (ctypes.c_void_p * (len(kinds) or 1))(*kinds))
        vectors.append(vector)
    return lib.wasm_functype_new(*vectors)
