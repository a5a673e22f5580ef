"""What runs inside a site in Python: an event loop of asyncio where there are no sockets.

What a coroutine awaits is another coroutine, or time. Work for threads is done at once: there are
none. This file is copied into every site in Python and imports nothing of ours.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import sys
import time
from asyncio import base_events
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor

Given = TypeVarTuple("Given")
Result = TypeVar("Result")


class Stuck(RuntimeError):
    """A coroutine awaits what nothing will ever bring."""


class Loop(base_events.BaseEventLoop):
    """Runs callbacks and timers, on one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._selector: Any = _Nothing()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end; its result. What it began besides goes on the next time."""
        known = self.create_task(work)
        try:
            return self.run_until_complete(known)
        except BaseException:
            known.cancel()
            raise

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], Result], *args: *Given
    ) -> asyncio.Future[Result]:
        """Call it, now."""
        made: asyncio.Future[Result] = self.create_future()
        try:
            made.set_result(func(*args))
        except BaseException as error:
            made.set_exception(error)
        return made

    def _process_events(self, events: object) -> None:
        return None

    def _write_to_self(self) -> None:
        return None


class _Nothing:
    """What the loop waits at for sockets."""

    def select(self, timeout: float | None = None) -> tuple[()]:
        if timeout is None:
            raise Stuck("the app awaits what nothing in the sandbox will ever bring")
        if timeout > 0:
            time.sleep(timeout)
        return ()

    def close(self) -> None:
        return None


def prepare() -> None:
    """Load what anyio would load with the first request, and have it do without threads."""
    if "anyio" in sys.modules:
        backend: Any = importlib.import_module("anyio._backends._asyncio").backend_class
        backend.run_sync_in_worker_thread = _at_once


async def _at_once(func: Callable[..., Any], args: tuple[Any, ...], **options: object) -> Any:
    return contextvars.copy_context().run(func, *args)
