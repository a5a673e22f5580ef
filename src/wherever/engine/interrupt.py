"""Callbacks that nothing can interrupt before they are ready for it.

A signal handler of Python runs between two instructions, so a Ctrl-C can be raised at the very
first instruction of a function that the engine calls, before any `try`. ctypes then prints the
exception, forgets it, and hands the engine whatever lay in a register as the result.

An armoured function is inside its first `try` from its first instruction on. Ctrl-C, or what
else a handler raises, is then one more exception of a host function: the guest is stopped, and
the exception comes out of the call that started it. Handlers need not be replaced for it, so
those of asyncio and of the program stay as they are, and a call pays nothing.
"""

from __future__ import annotations

from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ENTRY = 128
"""The bit that marks the first byte of an entry of an exception table."""


def armoured(function: Any) -> Any:
    """The same function, whose first `try` covers its entry as well.

    The `try` must be the first statement of its body, and the function must use a variable of a
    function around it: under a debugger, or while coverage is measured, the interpreter looks for
    a handler one instruction too early, and only closures have one before their entry.

    The `try` covers exceptions that handlers of signals raise; that there is room for one more
    frame is for whoever starts the guest to see.

    Raises:
        InternalError: the function does not begin with a `try`, or is no closure.
    """
    code = function.__code__
    table = getattr(code, "co_exceptiontable", None)
    if table is None:  # not CPython: nothing is known of its handlers
        return function
    if not code.co_freevars:
        raise InternalError(f"{function.__name__} is no closure")
    if not table:
        raise InternalError(f"{function.__name__} does not begin with a try")
    start, at = _number(table, 0)
    size, at = _number(table, at)
    target, at = _number(table, at)
    depth, at = _number(table, at)
    if depth >> 1:
        raise InternalError(f"{function.__name__} does not begin with a try")
    first = _bytes(0, _ENTRY) + _bytes(start + size) + _bytes(target) + _bytes(depth)
    function.__code__ = code.replace(co_exceptiontable=first + table[at:])
    return function


def _number(table: bytes, at: int) -> tuple[int, int]:
    value = table[at] & 63
    while table[at] & 64:
        at += 1
        value = value << 6 | table[at] & 63
    return value, at + 1


def _bytes(value: int, mark: int = 0) -> bytes:
    groups = [value & 63]
    while value := value >> 6:
        groups.append(value & 63 | 64)
    groups[-1] |= mark
    return bytes(reversed(groups))
