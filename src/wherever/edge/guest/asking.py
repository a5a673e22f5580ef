"""What a guest asks of the host while it answers: bodies, requests of its own, time."""

from __future__ import annotations

import asyncio

from wherever.edge.exchange import Gone
from wherever.edge.guest import shim
from wherever.net.error import NetError
from wherever.wasi.asked import block, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from wherever.edge.guest.fetching import AnyCall, Fetching
    from wherever.edge.guest.filing import Filing
    from wherever.edge.guest.running import Running


class Asking:
    """What one request's guest has asked for and not yet been given.

    Args:
        running: the request.
        body: all of its body, where it was gathered before.

    Attributes:
        is_unseen: nothing was asked for but files, and none of them was changed.
    """

    def __init__(self, running: Running, body: bytes) -> None:
        self._running = running
        self._ahead = body or (running.exchange.body or b"")
        self._has_ended = running.exchange.body is not None or bool(body)
        self._is_broken = False
        self._reading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._again: Callable[[], int | None] | None = None
        self._calls: Fetching | None = None
        self._filing: Filing | None = None
        self.is_unseen = True

    def do(self, op: int, stream: int, buffer: int, size: int, arg: int) -> int | None:
        """The result, or None where `Running.go_on` will tell it."""
        running = self._running
        if op == shim.FILE:
            return self._file(stream, buffer)
        self.is_unseen = False
        if op == shim.READ:
            if stream:
                return self._until(lambda: self._receive(stream, buffer, size), arg != 0)
            return self._until(lambda: self._read(buffer, size), arg != 0)
        if op == shim.HEAD:
            return 0 if running.send_head() else shim.BROKEN
        if op == shim.WRITE:
            data = running.guest.assembled.read(buffer, size)
            return self._send(stream, data) if stream else self._write(data)
        if op == shim.FINISH:
            return self._finish(stream, running.guest.assembled.read(buffer, size))
        if op == shim.TRAILERS:
            return self._trailers(stream, buffer, size)
        if op == shim.WAIT:
            return self._wait(arg, running.guest.assembled.words(buffer, size // 4))
        if op == shim.FETCH:
            return self._fetch(running.guest.assembled.read(buffer, size))
        if op == shim.ANSWERED:
            return self._answered(stream, buffer, size)
        if op == shim.CLOSE and self._calls is not None:
            self._calls.end(stream)
        return 0

    def close(self) -> None:
        """The request is over."""
        self._settle()
        for task in self._tasks:
            task.cancel()
        calls, self._calls = self._calls, None
        if calls is not None:
            calls.close()

    def _file(self, what: int, buffer: int) -> int | None:
        from wherever.edge.guest.filing import Filing

        if self._filing is None:
            self._filing = Filing(self._running)
        result = self._filing.do(what, buffer)
        if self._filing.has_changed:
            self.is_unseen = False
        return result

    # ----- waiting

    def _until(self, take: Callable[[], int | None], waits: bool) -> int | None:
        """What `take` gives; where that is nothing yet, the guest waits for it or is told so."""
        result = take()
        if result is None and not waits:
            return shim.NOT_YET
        if result is None:
            self._again = take
        return result

    def _wake(self) -> None:
        """Something has come: the guest goes on where that is what it waits for."""
        again, self._again = self._again, None
        if again is None:
            return
        # What changes within this is a part of its result, and not one more.
        result = again()
        if result is None:
            self._again = again
        else:
            self._settle()
            self._running.go_on(result)

    def _settle(self) -> None:
        """Nothing is waited for any more: a clock that goes on would end what comes next."""
        self._again = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, until: int, streams: tuple[int, ...]) -> int | None:
        """Waits until a moment of the monotonic clock, or until something of a stream is there."""

        def look() -> int | None:
            return 0 if any(self._is_ready(stream) for stream in streams) else None

        result = self._until(look, True)
        if result is None and until >= 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(until / 1e9, self._timed)
        return result

    def _timed(self) -> None:
        self._settle()
        self._running.go_on(0)

    def _is_ready(self, stream: int) -> bool:
        if stream:
            return self._calls is None or self._calls.is_ready(stream)
        if not (self._ahead or self._has_ended or self._is_broken):
            self._read_on()
            return False
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ----- the request's body

    def _read(self, buffer: int, size: int) -> int | None:
        if self._ahead:
            given = self._running.give(buffer, size, self._ahead)
            self._ahead = self._ahead[given:]
            return given
        if self._has_ended:
            return 0
        if self._is_broken:
            return shim.BROKEN
        self._read_on()
        return None

    def _read_on(self) -> None:
        if self._reading is None:
            self._reading = self._start(self._next())

    async def _next(self) -> None:
        try:
            self._ahead = await self._running.exchange.read()
            self._has_ended = not self._ahead
        except Gone:
            self._is_broken = True
        self._reading = None
        self._wake()

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

    def _finish(self, stream: int, trailers: bytes) -> int:
        if not stream:
            # Not sent before the guest has ended: how it ends is counted and logged with it.
            self._running.trailers = shim.said_fields(200, trailers, False)
            return 0
        call = self._call(stream)
        if call is None:
            return shim.BROKEN
        try:
            call.finish(fields(trailers))
        except NetError:
            return shim.BROKEN
        return 0

    def _trailers(self, stream: int, buffer: int, size: int) -> int:
        trailers = self._running.exchange.trailers
        if stream:
            call = self._call(stream)
            trailers = [] if call is None else list(call.trailers)
        return self._running.give(buffer, size, block(trailers))

    # ----- requests of the guest's own

    def _call(self, stream: int) -> AnyCall | None:
        return None if self._calls is None else self._calls.call(stream)

    def _fetch(self, data: bytes) -> int:
        from wherever.edge.guest.fetching import Fetching

        running = self._running
        if self._calls is None:
            self._calls = Fetching(running.app.outside, running.exchange, self._wake)
        try:
            return self._calls.start(data)
        except NetError as error:
            running.app.refused(running.exchange, error.what)
            return running.error(error.number)

    def _answered(self, stream: int, buffer: int, size: int) -> int:
        if self._calls is None or self._calls.call(stream) is None:
            return self._running.error(7)  # connection-terminated
        try:
            head = self._calls.head(stream)
        except NetError as error:
            self._running.app.refused(self._running.exchange, error.what)
            return self._running.error(error.number)
        if head is None:
            return shim.NOT_YET
        if len(head) > size:
            return self._running.error(26)  # HTTP-response-header-section-size
        return self._running.give(buffer, size, head)

    def _receive(self, stream: int, buffer: int, size: int) -> int | None:
        call = self._call(stream)
        if call is None:
            return shim.BROKEN
        try:
            piece = call.read(size)
        except NetError:
            return shim.BROKEN
        return None if piece is None else self._running.give(buffer, size, piece)

    def _send(self, stream: int, data: bytes) -> int | None:
        left = data

        def send() -> int | None:
            nonlocal left
            call = self._call(stream)
            if call is None:
                return shim.BROKEN
            try:
                left = left[call.write(left) :]
            except NetError:
                return shim.BROKEN
            return None if left else 0

        return self._until(send, True)
