"""The front door, where there is one: `_front.c`, compiled when Wherever was installed.

It runs the plainest of programs without ctypes, whose import costs half as much as Python's own
start. Its absence is not an error, and `WHEREVER_ACCELERATOR=0` leaves it unused: the other way
to run a program does the same, with the same words.
"""

from __future__ import annotations

import os

from wherever.engine import wheel
from wherever.engine.ending import Ending, of_text
from wherever.engine.settings import LARGEST_STACK, SMALLEST_STACK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.engine.budget import Budget
    from wherever.engine.cache import Artifact

    Run = Callable[[], tuple[Ending, int | None]]


def door() -> Any:
    """The C module, or None where it is absent or switched off."""
    if os.environ.get("WHEREVER_ACCELERATOR") == "0":
        return None
    try:
        return __import__("wherever.engine._front", fromlist=("load",))
    except ImportError:
        return None


def load(
    artifact: Artifact,
    stack: int,
    budget: Budget,
    args: Sequence[bytes],
    env: Sequence[tuple[bytes, bytes]],
) -> Run | None:
    """Makes a command of preview 1 ready to run, once in this process, with its own streams.

    Args:
        artifact: the command: a module that exports `_start`, a function without parameters.
        stack: bytes of native stack that it may use.
        budget: how its memory is bounded.
        args: its arguments.
        env: its environment.

    Returns:
        A function that runs it, and says how it ended and the bytes of its memory. None where
        another way has to be taken; nothing of the guest has run then.
    """
    front = door()
    if front is None or not SMALLEST_STACK <= stack <= LARGEST_STACK:
        return None
    loaded = front.load(
        os.fsencode(wheel.find()),
        os.fsencode(artifact.path),
        artifact.settings.switches(stack),
        stack,
        (budget.memory, budget.elements, budget.instances, budget.tables, budget.memories),
        budget.binding,
        tuple(args),
        tuple([text for pair in env for text in pair]),
    )
    if not loaded:
        return None

    def run() -> tuple[Ending, int | None]:
        status, code, text, memory = front.run()
        ending = Ending("exited", status) if status is not None else of_text(text, code)
        return ending, memory

    return run
