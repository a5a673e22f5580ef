"""A guest's request to another app of its server, in memory: it looks like one to the outside."""

from __future__ import annotations

import asyncio
from collections import deque

from wherever.edge.exchange import Gone
from wherever.net.call import BODY, HEAD, ROOM
from wherever.net.error import NetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from wherever.edge.exchange import Headers
    from wherever.edge.internal import Response

AHEAD = 64 << 10
"""Bytes of a body that may wait for who reads it."""


class NeighbourCall:
    """What `net.Call` is for an app of this server.

    Args:
        begin: calls the app, with the body that the guest writes.
        has_body: whether there will be one.
        on_change: called when something has become ready.
    """

    def __init__(
        self,
        begin: Callable[[bytes | AsyncIterator[bytes]], Awaitable[Response]],
        has_body: bool,
        on_change: Callable[[], object],
    ) -> None:
        self.status: int | None = None
        self.headers: Headers = []
        self.trailers: Headers = []
        self.error: NetError | None = None
        self._on_change = on_change
        self._begin = begin
        self._out: deque[bytes] = deque()
        self._out_size = 0
        self._is_written = not has_body
        self._in = b""
        self._has_ended = False
        self._moved = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(has_body))

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end, and nothing of it is left to be read."""
        return not self._in and (self._has_ended or self.error is not None)

    def is_ready(self, what: str) -> bool:
        """Whether a part can be taken now."""
        if self.error is not None:
            return True
        if what == HEAD:
            return self.status is not None
        if what == BODY:
            return bool(self._in) or self._has_ended
        return what != ROOM or self._out_size < AHEAD or self._has_ended

    def read(self, most: int) -> bytes | None:
        """At most so many bytes of the answer, b"" at its end, None where none are there."""
        if self._in:
            piece, self._in = self._in[:most], self._in[most:]
            self._moved.set()
            return piece
        if self.error is not None:
            raise self.error
        return b"" if self._has_ended else None

    def write(self, data: bytes) -> int:
        """Takes as much of the request's body as there is room for.

        Once the answer has ended nobody wants the rest, and all of it is taken.
        """
        if self.error is not None:
            raise self.error
        if self._has_ended:
            return len(data)
        piece = data[: max(AHEAD - self._out_size, 0)]
        if piece:
            self._out.append(piece)
            self._out_size += len(piece)
            self._moved.set()
        return len(piece)

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """The end of the request's body; apps of one server see no trailers of each other."""
        self._is_written = True
        self._moved.set()

    def close(self) -> None:
        """Nobody wants the rest."""
        self._task.cancel()

    async def _run(self, has_body: bool) -> None:
        response: Response | None = None
        try:
            response = await self._begin(self._written() if has_body else b"")
            self.status, self.headers = response.status, response.headers
            self._on_change()
            while piece := await response.read():
                self._in += piece
                self._on_change()
                while len(self._in) > AHEAD:
                    await self._move()
            self.trailers = response.trailers
            self._has_ended = True
        except Gone:
            self.error = NetError("HTTP-response-incomplete", "the app broke off its answer")
        finally:
            if response is not None and not self._has_ended:
                response.close()
        self._on_change()

    async def _written(self) -> AsyncIterator[bytes]:
        while True:
            while self._out:
                piece = self._out.popleft()
                self._out_size -= len(piece)
                self._on_change()
                yield piece
            if self._is_written:
                return
            await self._move()

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()
