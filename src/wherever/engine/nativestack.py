"""How much native stack this thread has left: a guest that is given more than that ends us."""

from __future__ import annotations

import _thread
import ctypes
import sys

from wherever.engine.settings import DEFAULT_STACK
from wherever.errors import InputError, LimitReached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")

_RLIMIT_STACK = 3

MARGIN = 512 << 10
"""Bytes of a thread's stack that stay free for the host below those of a guest."""


class _Here(_thread._local):
    """This thread.

    Attributes:
        at: 0 outside of guests, where one with the usual stack may start; the stack's address
            inside the innermost host function; -1 where nobody knows yet, or too little is left.
        low: the lowest address of its stack.
        size: bytes of its stack.
    """

    at = -1
    low = 0
    size = 0


here = _Here()


class Anywhere:
    """Stands in for `here` where a guest's stack is not the usual one: check before each call."""

    at = -1


def check(stack: int) -> None:
    """Makes sure that a guest with so many bytes of stack may start here.

    Raises:
        LimitReached: host functions and guests call each other too deep.
        InputError: the thread's own stack is too small.
    """
    if not here.size:
        here.low, here.size = bounds()
    if here.at < 0 and here.size >= DEFAULT_STACK + MARGIN:
        here.at = 0
    left = here.at - here.low if here.at > 0 else here.size
    if left < stack + MARGIN:
        raise shortage(left, stack)


def fits(stack: int) -> bool:
    """Whether a guest with so many bytes of stack may start here; see `check`."""
    try:
        check(stack)
    except (InputError, LimitReached):
        return False
    return True


def fits_first_thread(stack: int) -> bool:
    """Whether the stack of this process's first thread, nearly empty, is enough for a guest.

    It costs less than `fits`.
    """
    limits = (ctypes.c_uint64 * 2)()
    system = ctypes.CDLL(None)
    return bool(system.getrlimit(_RLIMIT_STACK, limits) or limits[0] >= stack + 4 * MARGIN)


def on_a_larger_stack(function: Callable[[], Result], stack: int) -> Result:
    """What `function` returns or raises, called on a thread that such a guest fits in.

    Raises:
        InputError: there can be no such thread.
    """
    done = _thread.allocate_lock()
    done.acquire()
    results: list[Result] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            done.release()

    before = _thread.stack_size(_round(stack + 4 * MARGIN))
    try:
        _thread.start_new_thread(call, ())
    except RuntimeError:
        raise InputError(
            f"there is no room for a stack of {stack >> 10} KiB", "give it less with --stack"
        ) from None
    finally:
        _thread.stack_size(before)
    done.acquire()
    if errors:
        raise errors[0]
    return results[0]


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
