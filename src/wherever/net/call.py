"""One request and its response, under way: nothing here waits, everything says when it is ready.

A guest asks for many things at once: a timer, a body, room to write. So each part of a call says
whether it `is_ready`, a callback tells of every change, and what is taken is what is there.
All of it belongs to the loop's thread; `blocking.py` is for guests in threads of their own.
"""

from __future__ import annotations

import asyncio
from collections import deque

from wherever.net.error import NetError
from wherever.net.request import check_trailers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wherever.net.budget import Budget
    from wherever.net.connection import Connection
    from wherever.net.request import Headers, Request, Timeouts

HEAD = "head"
"""The head of the response is there."""
BODY = "body"
"""There is more of the response's body, or its end."""
ROOM = "room"
"""There is room for more of the request's body."""
END = "end"
"""The response has come to its end; its trailers are there."""

IN_HIGH = 256 << 10
IN_LOW = 64 << 10
OUT_ROOM = 64 << 10

_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))


class Call:
    """A request under way. `Client.start` makes it.

    What has failed is ready: taking it raises the `NetError`, after what came before.

    Attributes:
        request: what is asked.
        status: of the response, once its head is there.
        headers: of the response, names in lower case.
        trailers: of the response, once it has ended.
        error: why it failed, or None.
        on_change: called on the loop's thread whenever something has become ready.
    """

    def __init__(
        self,
        request: Request,
        timeouts: Timeouts,
        budget: Budget,
        again: Callable[[Call], None],
        on_change: Callable[[], object] | None = None,
    ) -> None:
        self.request = request
        self.timeouts = timeouts
        self.budget = budget
        self.status: int | None = None
        self.headers: Headers = ()
        self.trailers: Headers = ()
        self.error: NetError | None = None
        self.on_change = on_change
        self.task: asyncio.Task[None] | None = None
        self._again = again
        self._connection: Connection | None = None
        self._has_repeated = self._has_streamed = False
        self._out = bytearray()
        self._written = 0
        self._is_finished = self._is_ended = self._is_held = False
        self._out_trailers: Headers = ()
        self._in: deque[bytes] = deque()
        self._in_size = self._in_at = 0
        self._waiters: list[asyncio.Future[None]] = []
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timed: tuple[float, str] | None = None

    # ----- what a guest does

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end, and nothing of it is left to be read."""
        return not self._in and (self._is_ended or self.error is not None)

    def is_ready(self, what: str) -> bool:
        """Whether a part can be taken now: `HEAD`, `BODY`, `ROOM` or `END`."""
        if self.error is not None:
            return True
        if what == HEAD:
            return self.status is not None
        if what == BODY:
            return bool(self._in) or self._is_ended
        return self._room() > 0 if what == ROOM else self._is_ended

    def read(self, most: int) -> bytes | None:
        """At most so many bytes of the response's body, b"" at its end, None where none are there.

        Raises:
            NetError: the response ends here, and is not complete.
        """
        if not self._in:
            if self._is_ended:
                return b""
            self._raise()
            return None
        pieces: list[bytes] = []
        left = most
        while self._in and left > 0:
            # A large piece is not cut anew for each small read: only how far it was read moves.
            piece = self._in[0][self._in_at : self._in_at + left]
            pieces.append(piece)
            left -= len(piece)
            self._in_at += len(piece)
            if self._in_at == len(self._in[0]):
                self._in.popleft()
                self._in_at = 0
        taken = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._in_size -= len(taken)
        if self._is_held and self._in_size < IN_LOW:
            self._hold(False)
        return taken

    def write(self, data: bytes) -> int:
        """Takes as much of the request's body as there is room for, and says how much that is.

        Once the response has ended nobody wants the rest, and all of it is taken.

        Raises:
            NetError: the call failed, or this is more than `content-length` said.
        """
        self._raise()
        if self._is_ended:
            return len(data)
        piece = bytes(data[: self._room()])
        said = self.request.length
        if said is not None and self._written + len(piece) > said:
            self._give_up(
                NetError(
                    "HTTP-request-body-size", f"the body is longer than {said} bytes", size=said
                )
            )
            self._raise()
        self._written += len(piece)
        if self._connection is None:
            self._out += piece
        elif piece:
            try:
                self._connection.give(piece)
            except NetError as error:
                self._give_up(error)
                raise
        return len(piece)

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """The end of the request's body.

        Raises:
            NetError: the call failed, or this is not the length that `content-length` said.
        """
        self._raise()
        if self._is_finished or self._is_ended:
            return
        checked = check_trailers(trailers)
        said = self.request.length
        wrong = None
        if said is not None and self._written != said:
            wrong = NetError(
                "HTTP-request-body-size",
                f"the body is shorter than {said} bytes",
                size=self._written,
            )
        elif said is not None and checked:
            wrong = NetError("HTTP-protocol-error", "a body of known length has no trailers")
        if wrong is not None:
            self._give_up(wrong)
            self._raise()
        self._is_finished = True
        self._out_trailers = checked
        if self._connection is not None:
            try:
                self._connection.end(checked)
            except NetError as error:
                self._give_up(error)
                raise
        self._watch()

    def close(self) -> None:
        """Ends the call where it has not ended: its connection is closed. Safe to repeat."""
        self._in.clear()
        self._in_size = self._in_at = 0
        if not self._is_ended and self.error is None:
            self._give_up(NetError("connection-terminated", "the guest left"))

    # ----- the same for who can wait

    async def response(self) -> int:
        """The status, once the head of the response is there."""
        while self.status is None:
            self._raise()
            await self.changed()
        return self.status

    async def receive(self, most: int = 1 << 16) -> bytes:
        """The next piece of the body, or b"" at its end."""
        while (piece := self.read(most)) is None:
            await self.changed()
        return piece

    async def send(self, data: bytes) -> None:
        """Sends all of it, as room comes."""
        while data:
            taken = self.write(data)
            data = data[taken:]
            if not taken:
                await self.changed()

    async def changed(self) -> None:
        """Returns when something has become ready."""
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    # ----- what the client does

    def start_whole(self, body: bytes) -> None:
        """The body is all there from the start, however long."""
        said = self.request.length
        if said is not None and said != len(body):
            size = len(body)
            raise NetError(
                "HTTP-request-body-size", f"the body has {size} bytes and not {said}", size=size
            )
        self._out += body
        self._written = len(body)
        self._is_finished = True

    def attach(self, connection: Connection) -> None:
        """The connection is there: sends what there is."""
        headers = [(b"host", self.request.authority.encode()), *self.request.headers]
        if self.request.length is None:
            if not self._is_finished or self._out_trailers:
                headers.append((b"transfer-encoding", b"chunked"))
            elif self._out or self.request.method in _WITH_BODY:
                headers.append((b"content-length", b"%d" % len(self._out)))
        self._connection = connection
        self._has_streamed = not self._is_finished
        try:
            connection.ask(self, tuple(headers))
            if self._out:
                connection.give(bytes(self._out))
            if self._is_finished:
                connection.end(self._out_trailers)
            else:
                self._out.clear()
        except NetError as error:
            self._give_up(error)
            return
        self.room_changed()

    def fail(self, error: NetError) -> None:
        """There is no connection, and there will be none."""
        self._give_up(error)

    # ----- what its connection does

    def head_came(self, status: int, headers: Headers) -> None:
        """The head of the response."""
        self.status = status
        self.headers = headers
        self._last = self._loop.time()
        self._watch()
        self._tell()

    def body_came(self, data: bytes) -> None:
        """A piece of the response's body."""
        self._in.append(data)
        self._in_size += len(data)
        self._last = self._loop.time()
        if self._in_size > IN_HIGH and not self._is_held:
            self._hold(True)
        self._tell()

    def room_changed(self) -> None:
        """The connection takes more, or no more for now."""
        self._last = self._loop.time()
        self._watch()
        self._tell()

    def ended(self, trailers: Headers) -> None:
        """The response is complete."""
        self.trailers = trailers
        self._is_ended = True
        self._leave()

    def lost(self, error: NetError, *, is_stale: bool) -> None:
        """The connection failed; `is_stale` where it was one that its server had left already."""
        whole = self._is_finished and not self._has_streamed
        if is_stale and whole and self.request.is_repeatable and not self._has_repeated:
            self._has_repeated = True
            self._connection = None
            self._watch()
            self._again(self)
        else:
            self._give_up(error)

    # ----- inside

    def _room(self) -> int:
        if self._is_finished:
            return 0
        if self._is_ended:
            return OUT_ROOM
        if self._connection is None:
            return OUT_ROOM - len(self._out)
        return 0 if self._connection.is_full else OUT_ROOM

    def _raise(self) -> None:
        if self.error is not None:
            raise self.error.with_traceback(None)

    def _give_up(self, error: NetError) -> None:
        if self.error is None and not self._is_ended:
            self.error = error
            self._leave()

    def _leave(self) -> None:
        """The call needs its connection no more, nor anyone who makes one."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.call is self:
            connection.drop()
        if self.task is not None and self.error is not None:
            self.task.cancel()
        self._out.clear()
        self._watch()
        self.budget.done(self)
        self._tell()

    def _hold(self, is_held: bool) -> None:
        self._is_held = is_held
        self._last = self._loop.time()
        if self._connection is not None:
            self._connection.hold(is_held)
        self._watch()

    def _tell(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        if self.on_change is not None:
            self.on_change()

    def _awaited(self) -> tuple[float, str] | None:
        """For how long the other side may be silent now, and what it is then."""
        connection = self._connection
        if connection is None:
            return None
        if connection.is_full:
            return self.timeouts.between_bytes, "connection-write-timeout"
        if not self._is_finished or self._is_held:
            return None  # it is the guest's turn
        if self.status is None:
            return self.timeouts.first_byte, "connection-read-timeout"
        return self.timeouts.between_bytes, "connection-read-timeout"

    def _watch(self) -> None:
        awaited = self._awaited()
        if awaited == self._timed:
            return
        self._timed = awaited
        self._last = self._loop.time()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if awaited is not None:
            self._timer = self._loop.call_later(awaited[0], self._look)

    def _look(self) -> None:
        self._timer = None
        if self._timed is None:
            return
        limit, code = self._timed
        left = self._last + limit - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            host = self.request.host
            self._give_up(NetError(code, f"{host} was silent for {limit:g} seconds"))
