"""The bytes that go in and out of a connection: when they pause, and when they come too slowly."""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from time import monotonic
from typing import cast

from wherever.edge.http.head import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.http.server import Server


_AT_ONCE = 64 * 1024


class Flow(asyncio.Protocol):
    """What a connection knows of its transport.

    Attributes:
        server: whose it is.
        client: who asks.
        scheme: `http` or `https`.
        transport: its other side.
        due: `time.monotonic()` at which the client has been silent too long, or 0.
        write_due: the same for its taking what it is sent.
        written: bytes that were given to the transport.
        is_met: one side knows the other, for it could begin to speak.
    """

    is_met = True

    __slots__ = (
        "_came",
        "_closes",
        "_drains",
        "_full",
        "_half_closed",
        "_parts",
        "_paused",
        "_secured",
        "_sent",
        "_since",
        "_waited",
        "client",
        "due",
        "scheme",
        "server",
        "transport",
        "write_due",
        "written",
    )

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = ""
        self.scheme = server.scheme
        self._secured = False
        self.due = self.write_due = self._since = self._waited = 0.0
        self.written = self._sent = self._came = 0
        self._drains: list[asyncio.Future[None]] = []
        self._full = self._paused = self._half_closed = self._parts = self._closes = False

    def _meet(self, transport: asyncio.BaseTransport) -> None:
        """The other side is there."""
        # An uvloop transport is none of asyncio's classes.
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.client = peer[0] if isinstance(peer, tuple) else "unix"
        if transport.get_extra_info("sslcontext") is not None:
            self._secured = True
            self.scheme = "https"

    def pause_writing(self) -> None:
        self._full = True
        self._watch_writing()

    def resume_writing(self) -> None:
        self._full = False
        if self._parts:
            # What is left is little, but the connection ends only when it is taken.
            self._watch_writing()
            if self._closes:
                self._closes = False
                self.server.loop.call_soon(self.transport.close)
        else:
            self.write_due = 0
        self._wake()

    def give(self, data: bytes) -> None:
        """Sends this after all that was given before."""
        self.written += len(data)
        if not self._secured or len(data) <= _AT_ONCE:
            self.transport.write(data)
            return
        # A transport of TLS hands all that it gets at once to the one below, and does not count it.
        view = memoryview(data)
        for at in range(0, len(data), _AT_ONCE):
            self.transport.write(view[at : at + _AT_ONCE])

    def abort(self) -> None:
        """Ends the connection at once."""
        self.transport.abort()

    async def emptied(self) -> None:
        """Waits until what was written is mostly sent, or the client gone."""
        while self._full:
            waiter = self.server.loop.create_future()
            self._drains.append(waiter)
            await waiter

    def _wake(self) -> None:
        drains, self._drains = self._drains, []
        for waiter in drains:
            if not waiter.done():
                waiter.set_result(None)

    def _watch_writing(self) -> None:
        self._sent = self.written - self.transport.get_write_buffer_size()
        self.write_due = monotonic() + self.server.limits.write_seconds

    def _has_stalled(self, now: float) -> bool:
        """Whether the client has taken nothing for too long."""
        if not self.write_due or self.write_due > now:
            return False
        if self.written - self.transport.get_write_buffer_size() <= self._sent:
            return True
        self._watch_writing()
        return False

    def _pause(self) -> None:
        if not self._paused and not self._half_closed and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._half_closed and not self.transport.is_closing():
            self._paused = False
            self.transport.resume_reading()

    def _end(self, lingers: bool) -> None:
        """Closes when what was written is sent.

        Args:
            lingers: the client may still be sending. Were it closed on, it would forget the
                answer before it has read it; so it is listened to for a while.
        """
        self._parts = True
        self._came = 0
        self.due = 0
        self._watch_writing()
        if self._secured:
            # A transport of TLS that is closed gives what waits in it a time that is too short.
            self.due = monotonic() + self.server.limits.linger_seconds
            self._closes = self.transport.get_write_buffer_size() > 0
            if self._closes:
                self.transport.set_write_buffer_limits(0)
                return
        if not lingers or self._half_closed:
            self.transport.close()
            return
        self.due = monotonic() + self.server.limits.linger_seconds
        self._resume()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _expire_end(self, now: float) -> None:
        """The last word was said a while ago: who still takes it has more time."""
        if self._has_unsent:
            self.due = now + self.server.limits.linger_seconds
        else:
            self.transport.abort()

    @property
    def _has_unsent(self) -> bool:
        """Whether something of what was written is still on its way to the client."""
        if self.transport.get_write_buffer_size():
            return True
        if not self._secured:
            return False
        # What the transport below keeps it does not tell, but then the kernel is full as well.
        under = self.transport.get_extra_info("socket")
        try:
            waits = fcntl.ioctl(under.fileno(), termios.TIOCOUTQ, bytes(4)) if under else bytes(4)
        except (OSError, ValueError):
            return False  # It is closed by now.
        return struct.unpack("i", waits) != (0,)

    def _forget(self, size: int) -> None:
        """Some bytes came that nobody reads any more."""
        self._came += size
        if self._came > self.server.limits.linger_bytes:
            self.transport.abort()

    def _await_body(self) -> None:
        self._since = monotonic()
        self.due = self._since + self.server.limits.body_idle_seconds

    def _check_pace(self, waits_on: bool) -> None:
        """A piece of a body has come: was it worth waiting for?

        Args:
            waits_on: more is waited for at once, and not only when an app asks for it.
        """
        if not self._since:
            return
        limits = self.server.limits
        now = monotonic()
        self._waited += now - self._since
        if self._waited > limits.body_grace_seconds:
            if self._came < limits.body_rate * self._waited:
                raise Refused(408, "the body of the request came too slowly")
        self._since = now if waits_on else 0
        self.due = now + limits.body_idle_seconds if waits_on else 0
