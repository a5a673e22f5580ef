"""Calls of a guest's functions, each through a wrapper that was made for its signature."""

from __future__ import annotations

import ctypes

from wherever.engine import values
from wherever.engine.fast import address
from wherever.engine.nativestack import Anywhere, check, here, shortage
from wherever.engine.settings import DEFAULT_STACK
from wherever.engine.trap import discard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.engine.gate import Gate
    from wherever.engine.instance import Extern
    from wherever.engine.library import Library

_MOST_FACTORIES = 1024
_INDENT = "\n" + 20 * " "

_factories: dict[tuple[str, str, str, tuple[str, ...]], Any] = {}
_found: dict[Library, Any] = {}

_TEMPLATE = """
def make(_gate, _kept, _acquire, _release, _here, _check, _stack, _admit, _finish, _failed, _lost,
         _room, _put, _native, _addresses, _trap, _i, _I, _f, _F, _v):
    def guest({heading}) -> {result}:
        try:
            _acquire()
            if _here.at:
                _check(_stack)
            if not _kept.inside:
                _kept.calls += 1
            _asked = not _gate.context
            if _asked:
                _admit()
            try:
                _room()
                try:
                    {puts}
                except (TypeError, ValueError, OverflowError):
                    _put(({tuple}))
                try:
                    _error = _native(*_addresses)
                except BaseException:
                    _lost(_trap)
                    raise
                if _error or _trap[0] or _kept.error is not None:
                    _failed(_error, _trap)
                _result = {takes}
            finally:
                if _asked:
                    _finish()
        except BaseException:
            try:
                _release()
            except RuntimeError:
                pass
            raise
        _release()
        return _result
    return guest
"""
"""The wrapper without the accelerator.

Nothing runs between the writing of the arguments and the call, so a call made from within
another keeps the outer one's arguments apart. An exception where the answer should have been
comes from the handler of a signal. One that comes while the lock is waited for leaves it
untaken: then there is nothing to release. A `with` would be as safe, and cost twice as much.
"""

_BIND = """
def make():
    def guest({heading}) -> {result}:
        return ({tuple})
    return guest
"""


def parameters(count: int, names: Sequence[str] = ()) -> list[str]:
    """Names for so many parameters: those given as far as Python takes them, else `a0`, `a1`.

    Example:
        >>> parameters(3, ["width", "", "class"])
        ['width', 'a1', 'a2']
    """
    found: list[str] = []
    for index in range(count):
        name = names[index] if index < len(names) else ""
        # Names with an underscore in front are the template's own.
        good = name.isidentifier() and name.isascii() and name[0] != "_" and name not in _WORDS
        found.append(name if good and name not in found else f"a{index}")
    return found if len(set(found)) == count else [f"a{index}" for index in range(count)]


_WORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except"
    " finally for from global if import in is lambda nonlocal not or pass raise return try while"
    " with yield int float bytes tuple TypeError ValueError OverflowError RuntimeError"
    " BaseException".split()
)


def wrapper(
    gate: Gate,
    function: Extern,
    name: str,
    types: tuple[Sequence[str], Sequence[str]],
    names: Sequence[str] = (),
) -> Callable[..., Any]:
    """A Python function that calls an export.

    Args:
        gate: the way into its store.
        function: the export.
        name: what it is called, in messages too.
        types: those of its parameters and of its results, as WebAssembly spells them.
        names: those of its parameters, as far as they are known.

    The wrapper returns None, one value, or a tuple of several; i32 and i64 come signed.

    Raises:
        TypeError: from the wrapper: an argument of another type, too few or too many; or a
            parameter or result is a reference, which cannot cross.
        OverflowError: from the wrapper: a number that the parameter's type cannot hold.
        Trapped, LimitReached, GuestError: from the wrapper: the guest was stopped.
        InputError: from the wrapper: it was stopped or closed before.
    """
    params, results = values.kinds(types[0]), values.kinds(types[1])
    arguments = parameters(len(types[0]), names)
    if params is None or results is None:
        return refusing(name, types)
    made: Callable[..., Any]
    if gate.fast:
        made = _accelerated(gate, function, name, params, results, arguments)
    else:
        made = _prepared(gate, function, name, params, results, arguments)
    made.__name__ = made.__qualname__ = name
    made.__module__ = "wherever.guest"
    made.__doc__ = f"A function of the guest: {_text(types)}."
    return made


def _prepared(
    gate: Gate, function: Extern, name: str, params: str, results: str, names: list[str]
) -> Any:
    count = max(len(params), len(results))
    raw = (ctypes.c_uint64 * (2 * count + 2))()
    slots = values.Slots(raw)
    trap = slots.data.cast("Q")[2 * count :]
    start = ctypes.addressof(raw)
    addresses = (
        ctypes.c_void_p(gate.store.context),
        ctypes.c_void_p(function.address),
        ctypes.c_void_p(start),
        ctypes.c_size_t(count),
        ctypes.c_void_p(start + values.SLOT * count),
    )

    def failed(error: int, trap: Any, _keep: Any = (raw, function)) -> None:
        address, trap[0] = trap[0], 0
        gate.failed(name, error, address)

    def lost(trap: Any) -> None:
        address, trap[0] = trap[0], 0
        discard(0, address)
        gate.lost(name)

    def put(given: tuple[Any, ...]) -> None:
        for at, value in enumerate(given):
            try:
                slots.put(at, params[at], value)
            except (TypeError, OverflowError):
                values.refuse(f"{name}(): {names[at]}", params[at], value)

    return _factory(_TEMPLATE, params, results, names)(
        gate,
        gate.kept,
        gate.lock.acquire,
        gate.lock.release,
        here if gate.stack <= DEFAULT_STACK else Anywhere(),
        check,
        gate.stack,
        gate.admit,
        gate.finish,
        failed,
        lost,
        _room,
        put,
        _native(gate.store.lib),
        addresses,
        trap,
        *(slots.views[kind] for kind in "iIfFv"),
    )


def _accelerated(
    gate: Gate, function: Extern, name: str, params: str, results: str, names: list[str]
) -> Any:
    def failed(error: int, trap: int) -> None:
        gate.failed(name, error, trap)

    def refuse(position: int, value: Any) -> None:
        if position < 0:
            raise shortage(value, gate.stack)
        values.refuse(f"{name}(): {names[position]}", params[position], value)

    bind = _factory(_BIND, params, results, names)()
    bind.__name__ = bind.__qualname__ = name
    made = gate.fast.Function(
        ctypes.string_at(function.address, 16),
        gate.lock,
        params,
        results,
        gate.admit,
        gate.finish,
        failed,
        refuse,
        bind,
    )
    # What inspects the wrapper looks at this in its place.
    made.__wrapped__ = bind
    return made


def crosses(types: tuple[Sequence[str], Sequence[str]]) -> bool:
    """Whether a function of these types can be called from Python: it has no references."""
    return None not in (values.kinds(types[0]), values.kinds(types[1]))


def refusing(name: str, types: tuple[Sequence[str], Sequence[str]]) -> Callable[..., Any]:
    """What stands for a function that cannot be called from Python: it says why."""

    def guest(*_: Any) -> Any:
        raise TypeError(f"{name}() has the type {_text(types)}: references cannot cross to Python")

    guest.__name__ = guest.__qualname__ = name
    return guest


def _room() -> None:
    """That this can be called shows that there is room for the frames of a callback."""
    _more_room()


def _more_room() -> None:
    _enough_room()


def _enough_room() -> None:
    pass


def _native(lib: Library) -> Any:
    # Without argument types, and given objects of ctypes, a call costs a third less.
    found = _found.get(lib)
    if found is None:
        prototype = ctypes.CFUNCTYPE(ctypes.c_size_t)
        found = _found[lib] = prototype(address("wasmtime_func_call_unchecked", lib))
    return found


def _factory(template: str, params: str, results: str, names: list[str]) -> Any:
    key = template, params, results, tuple(names)
    known = _factories.get(key)
    if known is not None:
        return known
    puts = [f"_{values.place(kind, at)} = {names[at]}" for at, kind in enumerate(params)]
    takes = [values.taken(kind, at, "_") for at, kind in enumerate(results)]
    source = template.format(
        heading=", ".join(f"{names[at]}: {values.PYTHON[kind]}" for at, kind in enumerate(params)),
        result=_result(results),
        puts=_INDENT.join(puts) or "pass",
        tuple="".join(f"{name}, " for name in names),
        takes="(" + ", ".join(takes) + ")" if len(takes) > 1 else "".join(takes) or "None",
    )
    space: dict[str, Any] = {}
    exec(compile(source, "<a guest's function>", "exec", dont_inherit=True), space)
    if len(_factories) >= _MOST_FACTORIES:
        _factories.clear()
    _factories[key] = space["make"]
    return space["make"]


def _result(results: str) -> str:
    if len(results) < 2:
        return values.PYTHON[results] if results else "None"
    return "tuple[" + ", ".join(values.PYTHON[kind] for kind in results) + "]"


def _text(types: tuple[Sequence[str], Sequence[str]]) -> str:
    results = types[1][0] if len(types[1]) == 1 else f"({', '.join(types[1])})"
    return f"({', '.join(types[0])}) -> {results}"
