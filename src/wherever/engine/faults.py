"""Whether a guest's faults still come to the engine: what traps is, to the system, a signal.

The engine's handler knows a guest's fault from one of the host, and hands those of the host on to
the handler that was there before. Whoever puts another handler before it, such as faulthandler
when it is enabled late, takes a trap for the end of the process.
"""

from __future__ import annotations

import ctypes

from wherever.errors import InputError

_SIGSEGV = 11
_WORDS = 32
"""Room for the system's structure, which begins with the handler."""


class _Handler:
    sigaction = None
    ours = 0


_seen = (ctypes.c_uint64 * _WORDS)()


def _handler() -> int:
    if _Handler.sigaction is None:
        _Handler.sigaction = getattr(ctypes.CDLL(None), "sigaction", None)
        if _Handler.sigaction is None:
            return 0
    _Handler.sigaction(_SIGSEGV, None, _seen)
    return _seen[0]


def remember() -> None:
    """The first engine has just been made, and with it its handler."""
    if not _Handler.ours:
        _Handler.ours = _handler()


def come_here() -> bool:
    """Whether a guest may be run in this process."""
    return _handler() == _Handler.ours


def check() -> None:
    """Makes sure that a guest may be run in this process.

    Raises:
        InputError: its traps would end the process.
    """
    if not come_here():
        raise InputError(
            "something has replaced the engine's handler of faults, so a guest's trap would end"
            " this process",
            "enable faulthandler, and what else handles SIGSEGV, before the first guest is loaded",
        )
