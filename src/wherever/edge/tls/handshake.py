"""Connections before they are one: accepted, their handshake, and the protocol it agreed on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from time import monotonic
from typing import cast

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from wherever.edge.http.flow import Flow
    from wherever.edge.http.server import Server

_ACCEPTED_AT_ONCE = 64
_PAUSE_S = 0.5
_WAITING_BYTES = 64 * 1024


class Listener:
    """A socket at which TLS is spoken. We accept there ourselves, to count from the first moment.

    Args:
        server: whose it is; its loop runs.
        listening: the socket, which is closed with this.
        context: what is shown to clients.
    """

    def __init__(self, server: Server, listening: socket.socket, context: ssl.SSLContext) -> None:
        self._server = server
        self._listening = listening
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._listen()

    def close(self) -> None:
        """Accepts no more. What was accepted goes on."""
        if self._listening.fileno() >= 0:
            self._server.loop.remove_reader(self._listening)
            self._listening.close()

    def _listen(self) -> None:
        if self._listening.fileno() >= 0:
            self._server.loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                # There is no room for another. They wait in the kernel until there is.
                self._server.loop.remove_reader(self._listening)
                self._server.loop.call_later(_PAUSE_S, self._listen)
                return
            handshake = Handshake(self._server, accepted)
            if not self._server.welcome(handshake):
                handshake.abort()
            task = self._server.loop.create_task(handshake.shake(self._context))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


class Handshake:
    """It counts as a connection, and is the first to go where there are too many.

    Attributes:
        due: `time.monotonic()` at which it has taken too long.
        write_due: 0: the handshake has its time as a whole.
        is_idle: nobody has asked for anything yet.
        is_met: nor does anybody know who is there.
    """

    __slots__ = ("_is_over", "_server", "_sock", "due", "write_due")

    is_idle = True
    is_met = False

    def __init__(self, server: Server, accepted: socket.socket) -> None:
        self._server = server
        self._sock = accepted
        self._is_over = False
        self.due = monotonic() + server.limits.head_seconds
        self.write_due = 0.0
        accepted.setblocking(False)
        if accepted.family != socket.AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def shake(self, context: ssl.SSLContext) -> None:
        """Shakes hands; whatever was agreed on takes the connection from there."""
        server, limits = self._server, self._server.limits
        # Strangers try what they like, and nobody asked: there is nothing to say of it.
        with contextlib.suppress(OSError, TimeoutError):
            await server.loop.connect_accepted_socket(
                lambda: _Agreed(self, server),
                self._sock,
                ssl=context,
                ssl_handshake_timeout=limits.head_seconds,
                # A connection sees itself who says no farewell; this is for who takes nothing.
                ssl_shutdown_timeout=limits.write_seconds,
            )
        self.end()

    def end(self) -> None:
        """It is over, whatever came of it."""
        if not self._is_over:
            self._is_over = True
            self._server.forget(self)

    # What the server calls.

    def drain(self, now: float) -> None:
        """A client that has begun to speak is heard: nothing happens."""

    def part(self) -> None:
        """Ends it: somebody else needs the room."""
        self.abort()

    def expire(self, now: float) -> None:
        """It has taken too long."""
        self.abort()

    def abort(self) -> None:
        """Ends it at once: the loop finds that nothing more comes."""
        self.due = 0
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class _Agreed(asyncio.Protocol):
    """Stands in for a protocol until it is known which."""

    def __init__(self, handshake: Handshake, server: Server) -> None:
        self._handshake = handshake
        self._server = server

    def connection_made(self, made: asyncio.BaseTransport) -> None:
        # An uvloop transport is none of asyncio's classes.
        transport = cast("asyncio.Transport", made)
        spoken = transport.get_extra_info("ssl_object")
        protocol: Flow = self._server.protocol(spoken.selected_alpn_protocol() or "")
        self._handshake.end()
        # As without TLS: what waits for a slow reader is memory.
        transport.set_write_buffer_limits(_WAITING_BYTES)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
