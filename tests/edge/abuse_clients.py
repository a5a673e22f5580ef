"""Clients that mean harm, each telling what the server did to it, and one that is healthy.

They speak over plain sockets, so that what is sent is exactly what is written here, and what is
not read stays unread. None of them judges: a test compares what they saw with what is documented.
"""

from __future__ import annotations

import asyncio
import re
import select
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

Address = tuple[str, int] | str
"""A host and a port, or the path of a unix socket."""

PATIENCE = 60.0
"""Seconds that a client goes on before it says that the server let it."""

PIECE = 65536
HEAD = b"Host: localhost\r\n"


@dataclass(frozen=True)
class Saw:
    """What a server did to a client.

    Attributes:
        statuses: of all responses, in order.
        end: how the connection ended: the server closed it, reset it, or it was still open when
            the client's patience ended.
        sent: bytes that the server's side took, its kernel's buffers among them.
        got: bytes that came back.
        seconds: from the first byte to the end.
    """

    statuses: tuple[int, ...]
    end: Literal["closed", "reset", "open"]
    sent: int
    got: int
    seconds: float

    @property
    def verdict(self) -> tuple[tuple[int, ...], str]:
        """What is the same in every run: whether a server's end comes as a reset is chance."""
        return self.statuses, "open" if self.end == "open" else "over"


async def trickled_head(address: Address, gap: float = 0.5, patience: float = PATIENCE) -> Saw:
    """A head of which a byte comes now and then, without an end."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"GET / HTTP/1.1\r\n" + HEAD + b"x-slow: "
        while True:
            await asyncio.sleep(gap)
            yield b"a"

    return await _talk(address, pieces(), patience)


async def trickled_body(
    address: Address, gap: float = 0.5, patience: float = PATIENCE, target: str = "/"
) -> Saw:
    """A good head, and a body of which a byte comes now and then."""

    async def pieces() -> AsyncIterator[bytes]:
        yield _post(target, b"Content-Length: 1000000\r\n")
        while True:
            await asyncio.sleep(gap)
            yield b"a"

    return await _talk(address, pieces(), patience)


async def silent(address: Address, patience: float = PATIENCE) -> Saw:
    """A connection over which nothing comes."""
    return await _talk(address, _once(b""), patience)


async def half_closed(
    address: Address, patience: float = PATIENCE, request: bytes | None = None
) -> Saw:
    """A client that sends its side's end at once after a request, whole unless one is given."""
    sent = request or b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n"
    return await _talk(address, _once(sent), patience, half_close=True)


async def flood_of_headers(
    address: Address, count: int = 10_000, patience: float = PATIENCE
) -> Saw:
    """A request with so many short headers."""
    fields = b"".join(b"x-%d: y\r\n" % number for number in range(count))
    return await _talk(address, _once(b"GET / HTTP/1.1\r\n" + HEAD + fields + b"\r\n"), patience)


async def long_header(address: Address, size: int = 1 << 20, patience: float = PATIENCE) -> Saw:
    """A request with one header of so many bytes."""
    fields = b"x-long: " + b"a" * size + b"\r\n"
    return await _talk(address, _once(b"GET / HTTP/1.1\r\n" + HEAD + fields + b"\r\n"), patience)


LENGTHS = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "two lengths in one": b"Content-Length: 5, 6\r\n",
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "a signed length": b"Content-Length: +5\r\n",
    "a negative length": b"Content-Length: -5\r\n",
    "a length in hex": b"Content-Length: 0x5\r\n",
    "a length beyond 64 bits": b"Content-Length: 36893488147419103237\r\n",
}
"""Headers that say in two ways, or in none, where a body ends."""


async def conflicting_lengths(
    address: Address, headers: bytes = LENGTHS["two lengths"], patience: float = PATIENCE
) -> Saw:
    """A body whose length is in doubt, and behind it a request that must not be believed."""
    hidden = b"GET /hidden HTTP/1.1\r\n" + HEAD + b"\r\n"
    return await _talk(address, _once(_post("/", headers) + b"0\r\n\r\n" + hidden), patience)


CHUNKS = {
    "no number": b"zz\r\nabc\r\n",
    "a signed size": b"+3\r\nabc\r\n",
    "a negative size": b"-3\r\nabc\r\n",
    "a size with 0x": b"0x3\r\nabc\r\n",
    "a size beyond 64 bits": b"10000000000000003\r\nabc\r\n",
    "a longer piece than said": b"3\r\nabcdef\r\n",
    "no end of line": b"3\nabc\n0\n\n",
    "an endless extension": b"3;" + b"a" * (1 << 20) + b"\r\nabc\r\n",
    "a trailer that is none": b"0\r\nno colon here\r\n\r\n",
}
"""What no chunk looks like."""


async def malformed_chunk(
    address: Address, chunk: bytes = CHUNKS["no number"], patience: float = PATIENCE
) -> Saw:
    """A good chunk and a bad one, and behind them a request that must not be believed."""
    hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\n" + HEAD + b"\r\n"
    body = b"2\r\nok\r\n" + chunk + hidden
    return await _talk(
        address, _once(_post("/", b"Transfer-Encoding: chunked\r\n") + body), patience
    )


async def huge_body(
    address: Address,
    length: int = 10 << 30,
    patience: float = PATIENCE,
    target: str = "/",
    chunked: bool = False,
) -> Saw:
    """A body of so many bytes, announced unless it is chunked, sent until the server refuses it."""

    async def pieces() -> AsyncIterator[bytes]:
        said = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % length
        yield _post(target, said)
        data = b"a" * PIECE
        for at in range(0, length, PIECE):
            piece = data[: min(PIECE, length - at)]
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
        if chunked:
            yield b"0\r\n\r\n"

    return await _talk(address, pieces(), patience)


async def never_reading(
    address: Address, target: str = "/", count: int = 100_000, patience: float = PATIENCE
) -> Saw:
    """Request upon request, and not one answer read until the end."""

    async def pieces() -> AsyncIterator[bytes]:
        many = 100
        request = b"GET %s HTTP/1.1\r\n" % target.encode() + HEAD + b"\r\n"
        for _ in range(0, count, many):
            yield request * many

    return await _talk(address, pieces(), patience, reads=False)


async def vanished(address: Address, sent: bytes, after: float = 0.0) -> None:
    """A client that sends something, waits a moment, and resets the connection."""
    loop = asyncio.get_running_loop()
    with await _connected(address) as sock:
        await loop.sock_sendall(sock, sent)
        await asyncio.sleep(after)
        # To linger for no time is to reset.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _post(target: str, headers: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\n" % target.encode() + HEAD + headers + b"\r\n"


async def _connected(address: Address, receive_buffer: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    sock.setblocking(False)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


class _Line:
    """One connection: what was sent over it, what came, and how it ended."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sent = self.got = 0
        self.said = b""
        self.end: Literal["closed", "reset", "open"] = "open"
        self.over = asyncio.Event()

    async def send(self, data: bytes) -> None:
        """Sends what the server takes; a connection that breaks is over."""
        loop = asyncio.get_running_loop()
        view = memoryview(data)
        while view and not self.over.is_set():
            try:
                count = self.sock.send(view)
            except (BlockingIOError, InterruptedError):
                writable = asyncio.Event()
                loop.add_writer(self.sock, writable.set)
                try:
                    await _first(writable, self.over)
                finally:
                    loop.remove_writer(self.sock)
                continue
            except OSError as error:
                self.ended(error)
                return
            self.sent += count
            view = view[count:]

    async def listen(self) -> None:
        """Reads to the end."""
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self.sock, PIECE):
                self.heard(data)
        except OSError as error:
            self.ended(error)
        else:
            self.ended(None)

    def heard(self, data: bytes) -> None:
        """Notes what came; a megabyte of it is enough to see all statuses that matter."""
        self.got += len(data)
        if len(self.said) < 1 << 20:
            self.said += data

    def ended(self, error: OSError | None) -> None:
        """The server's side is over."""
        self.end = "closed" if error is None else "reset"
        self.over.set()


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def _talk(
    address: Address,
    pieces: AsyncIterator[bytes],
    patience: float,
    *,
    half_close: bool = False,
    reads: bool = True,
) -> Saw:
    """Sends the pieces, and tells what came of it.

    A client that does not read sees only that it can send no more, or that it was reset. When it
    has seen that, or its patience has ended, it reads what came.
    """
    start = time.monotonic()
    with await _connected(address, receive_buffer=0 if reads else 4096) as sock:
        line = _Line(sock)
        listening = asyncio.ensure_future(line.listen() if reads else _watch(line))
        try:
            async with asyncio.timeout(patience):
                async for piece in pieces:
                    await line.send(piece)
                    await asyncio.sleep(0)
                    if line.over.is_set():
                        break
                if half_close and not line.over.is_set():
                    sock.shutdown(socket.SHUT_WR)
                await line.over.wait()
        except TimeoutError:
            pass
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        seconds = time.monotonic() - start
        if not reads:
            await _read_at_last(line)
    found = re.findall(rb"^HTTP/1\.[01] (\d{3}) ", line.said, re.MULTILINE)
    return Saw(tuple(map(int, found)), line.end, line.sent, line.got, seconds)


async def _watch(line: _Line) -> None:
    """Waits for the end of a connection that is not read: a reset, or nothing that was unread."""
    poll = select.poll()
    poll.register(line.sock, select.POLLRDHUP)
    while True:
        for _, said in poll.poll(0):
            line.ended(ConnectionResetError() if said & select.POLLERR else None)
            return
        await asyncio.sleep(0.05)


async def _read_at_last(line: _Line) -> None:
    """Reads what came, for the moment that it takes to see whether an end stands behind it."""
    if line.end != "reset":
        line.over.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(line.listen(), 1)
