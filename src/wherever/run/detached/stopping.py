"""Ending a detached program from another process."""

from __future__ import annotations

import signal
import time

from wherever.errors import InputError
from wherever.run.detached import process, state
from wherever.run.detached.keeper import GRACE_S

_LONGER_S = 10.0
"""Seconds beyond the grace after which the keeper itself is taken to be stuck."""

_PAUSE_S = 0.02


def stop(name: str, seconds: float = GRACE_S + _LONGER_S) -> None:
    """Has a program's keeper end it, and waits until it has.

    Only the very process that is known as its keeper gets a signal.

    Args:
        seconds: after which the keeper is killed, and the system kills the program.

    Raises:
        InputError: its keeper cannot be reached from here; NotFound: there is no such program.
    """
    until = time.monotonic() + seconds
    number = signal.SIGTERM
    while state.is_running(name):
        keeper = state.about(name).get("keeper")
        # Where there is none yet, it is about to be written.
        if keeper:
            was_it = process.identity(keeper["pid"]) == keeper
            has_ended = process.signalled(keeper, number, max(0.0, until - time.monotonic()))
            if was_it and has_ended:
                return  # who has the name now has taken it since
        if time.monotonic() > until:
            if number == signal.SIGKILL:
                raise InputError(
                    f"{name} runs where it cannot be reached from here",
                    "stop it on the machine, or in the container, where it was started",
                )
            number = signal.SIGKILL
            until += _LONGER_S
        if state.is_running(name):
            time.sleep(_PAUSE_S)
