"""What a guest asks of the host while it answers: bodies, calls of its own, time."""

from __future__ import annotations

import asyncio

from wherever.edge.exchange import Gone
from wherever.edge.guest import shim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from wherever.edge.guest.running import Running

_AHEAD = 1 << 16


class Asking:
    """What one request's guest has asked for and not yet been given.

    Args:
        running: the request.
        body: all of its body, where it was gathered before.
    """

    def __init__(self, running: Running, body: bytes) -> None:
        self._running = running
        self._ahead = body or (running.exchange.body or b"")
        self._has_ended = running.exchange.body is not None or bool(body)
        self._is_broken = False
        self._reading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waited: asyncio.TimerHandle | None = None
        self._wants: int | None = None
        self._place = (0, 0)

    def do(self, op: int, stream: int, buffer: int, size: int, arg: int) -> int | None:
        """The result, or None where `Running.go_on` will tell it."""
        running = self._running
        if op == shim.READ:
            return self._read(buffer, size, arg != 0)
        if op == shim.HEAD:
            return 0 if running.send_head() else shim.BROKEN
        if op == shim.WRITE:
            return self._write(running.guest.assembled.read(buffer, size))
        if op == shim.FINISH:
            trailers = shim.fields(running.guest.assembled.read(buffer, size))
            running.exchange.finish(trailers)
            return 0
        if op == shim.TRAILERS:
            return running.give(buffer, size, shim.block(running.exchange.trailers))
        if op == shim.WAIT:
            return self._wait(arg, size)
        if op == shim.FETCH:
            return running.error(15)  # HTTP-request-denied
        return shim.BROKEN

    def close(self) -> None:
        """The request is over."""
        for task in self._tasks:
            task.cancel()
        if self._waited is not None:
            self._waited.cancel()

    # ----- the request's body

    def _read(self, buffer: int, size: int, waits: bool) -> int | None:
        if self._ahead:
            given = self._running.give(buffer, size, self._ahead)
            self._ahead = self._ahead[given:]
            return given
        if self._has_ended:
            return 0
        if self._is_broken:
            return shim.BROKEN
        if self._reading is None:
            self._reading = self._start(self._next())
        if not waits:
            return shim.NOT_YET
        self._wants, self._place = shim.READ, (buffer, size)
        return None

    async def _next(self) -> None:
        try:
            self._ahead = await self._running.exchange.read()
            self._has_ended = not self._ahead
        except Gone:
            self._is_broken = True
        self._reading = None
        self._wake()

    def _wake(self) -> None:
        """Something has come: the guest goes on where it waits for that."""
        wants, self._wants = self._wants, None
        if wants == shim.READ:
            result = self._read(*self._place, waits=True)
            if result is not None:
                self._running.go_on(result)
        elif wants == shim.WAIT:
            if self._waited is not None:
                self._waited.cancel()
                self._waited = None
            self._running.go_on(0)

    # ----- the answer

    def _write(self, data: bytes) -> int | None:
        exchange = self._running.exchange
        if exchange.is_gone:
            return shim.BROKEN
        exchange.write(data)
        self._start(self._drained())
        return None

    async def _drained(self) -> None:
        try:
            await self._running.exchange.drain()
        except Gone:
            self._running.go_on(shim.BROKEN)
            return
        self._running.go_on(0)

    # ----- time

    def _wait(self, until: int, streams: int) -> int | None:
        """Waits until a moment of the monotonic clock, or until a body has come."""
        if streams and (self._ahead or self._has_ended or self._is_broken):
            return 0
        self._wants = shim.WAIT
        if until >= 0:
            loop = asyncio.get_running_loop()
            self._waited = loop.call_at(until / 1e9, self._wake)
        return None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
