"""Connections that asked for more than is answered at once, and wait for their next turn."""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import contextvars
    from collections.abc import Callable


class Row:
    """What is still to be done, one piece in each round of the loop.

    So it does not matter to others how many clients send request upon request: between two turns
    of these the loop serves whatever else has come.

    Args:
        loop: whose rounds are meant.
        context: in which the pieces are done.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self._loop = loop
        self._context = context
        self._steps: deque[Callable[[], object]] = deque()

    def wait(self, step: Callable[[], object]) -> None:
        """Has a step done when all before it are."""
        if not self._steps:
            self._loop.call_soon(self._next, context=self._context)
        self._steps.append(step)

    def _next(self) -> None:
        step = self._steps.popleft()
        if self._steps:
            self._loop.call_soon(self._next, context=self._context)
        step()
