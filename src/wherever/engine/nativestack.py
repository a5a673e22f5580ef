"""How much native stack this thread has left: a guest that is given more than that ends us."""

from __future__ import annotations

import _thread
import ctypes
import sys

from wherever.errors import InputError, LimitReached

MARGIN = 512 << 10
"""Bytes of a thread's stack that stay free for the host below those of a guest."""


class _Here(_thread._local):
    """This thread.

    Attributes:
        at: 0 outside of guests; the stack's address inside the innermost host function;
            -1 where nobody has looked at this thread yet.
        low: the lowest address of its stack.
    """

    at = -1
    low = 0


here = _Here()


def check(stack: int) -> None:
    """Makes sure that a guest with so many bytes of stack may start here.

    Raises:
        LimitReached: host functions and guests call each other too deep.
        InputError: the thread's own stack is too small.
    """
    if here.at < 0:
        low, size = bounds()
        if size < stack + MARGIN:
            raise shortage(size, stack)
        here.low = low
        here.at = 0
    elif here.at and here.at - here.low < stack + MARGIN:
        raise shortage(here.at - here.low, stack)


def shortage(left: int, stack: int) -> InputError | LimitReached:
    """The error for a thread that has `left` bytes for a guest that may use `stack` of them."""
    size = bounds()[1]
    if size < stack + MARGIN:
        return InputError(
            f"this thread's stack of {size >> 10} KiB is too small for a guest's {stack >> 10} KiB",
            f"call threading.stack_size({_round(stack + 2 * MARGIN)}) before starting the thread",
        )
    return LimitReached(
        "stack",
        f"guests and host functions call each other too deep: {left >> 10} KiB of this thread's"
        f" stack are left, and a guest may use {stack >> 10} KiB",
        "let host functions return before the guest is called again",
    )


def bounds() -> tuple[int, int]:
    """The lowest address of this thread's stack, and its size in bytes.

    Where that cannot be known, the answer is as if it were of the usual size.
    """
    unknown = 0, 8 << 20
    if not sys.platform.startswith("linux"):
        return unknown
    system = ctypes.CDLL(None)
    itself = system.pthread_self
    itself.restype = ctypes.c_void_p
    attributes = (ctypes.c_uint64 * 16)()
    if system.pthread_getattr_np(ctypes.c_void_p(itself()), attributes):
        return unknown
    low, size = ctypes.c_void_p(), ctypes.c_size_t()
    system.pthread_attr_getstack(attributes, ctypes.byref(low), ctypes.byref(size))
    system.pthread_attr_destroy(attributes)
    return low.value or 0, size.value


def _round(size: int) -> int:
    return -(-size // (1 << 20)) << 20
