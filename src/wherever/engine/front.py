"""The front door, where there is one: `_front.c`, compiled when Wherever was installed.

It runs the plainest of programs without ctypes, whose import costs half as much as Python's own
start. Its absence is not an error, and `WHEREVER_ACCELERATOR=0` leaves it unused: the other way
to run a program does the same, with the same words.
"""

from __future__ import annotations

import _imp
import sys
from _frozen_importlib import ModuleSpec

from wherever.engine import wheel
from wherever.engine.ending import Ending, of_text
from wherever.engine.settings import LARGEST_STACK, SMALLEST_STACK
from wherever.system import os

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
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    # Its place is known, and to look for it costs more than to load it.
    place = f"{__file__.rpartition('/')[0]}/_front{_imp.extension_suffixes()[0]}"
    try:
        module = _imp.create_dynamic(ModuleSpec(_NAME, None, origin=place))
        _imp.exec_dynamic(module)
    except ImportError:
        return None
    sys.modules[_NAME] = module
    return module


_NAME = "wherever.engine._front"


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
