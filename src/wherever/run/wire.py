"""What a worker and its owner say to each other: short frames over a socket, and descriptors.

A frame is one letter, the length of the rest in four bytes, and the rest. Jobs go to the worker
by `marshal`; what comes back is plain text between zero bytes, because a worker that runs
strangers' code is not to be believed more than needed.
"""

from __future__ import annotations

import _socket
import _thread
import sys

from wherever.run.ended import Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

JOB = b"J"
"""To the worker: a job, with the descriptors for its stdin, stdout and stderr."""

BEGAN = b"B"
"""From the worker: it has the job, and loads or compiles its program."""

STARTED = b"S"
"""From the worker: the guest starts now, and its time begins to count."""

TRACE = b"T"
"""From the worker: one line of a trace."""

NOTE = b"N"
"""From the worker: what the guest wants of the network and was not granted, in words."""

MOST_NOTES = 32
"""How many of these are kept."""

ENDED = b"E"
"""From the worker: how the run ended, what it used, and whether the worker waits for more."""

REFUSED = b"X"
"""From the worker: the run could not be started; the error's class, words, and the same."""

LARGEST_REPLY = 1 << 20
"""Bytes of the longest frame that is taken from a worker."""

PATIENCE_S = 0.2
"""Seconds that a frame waits for another that is being sent."""

_HEAD = 5
_CHUNK = 1 << 16
_MOST_FDS = 8


class Garbled(Exception):
    """The other side sent something that is not a frame of ours."""


class Line:
    """One end of the socket between a worker and its owner.

    Args:
        sock: a connected stream socket of the Unix family.
        largest: bytes of the longest frame to accept.
        takes_fds: accept descriptors too; they gather in `fds`.
    """

    __slots__ = ("_buffer", "_largest", "_sending", "_takes_fds", "fds", "sock")

    def __init__(self, sock: _socket.socket, largest: int, takes_fds: bool = False) -> None:
        self.sock = sock
        self.fds: list[int] = []
        self._buffer = bytearray()
        self._sending = _thread.allocate_lock()
        self._largest = largest
        self._takes_fds = takes_fds

    def send(self, tag: bytes, payload: bytes, fds: Sequence[int] = ()) -> None:
        """Sends a frame, and descriptors with it; several threads may.

        Raises:
            OSError: the other side is gone, or takes nothing for as long as the socket waits, or
                another thread has been sending for `PATIENCE_S`.
        """
        data = tag + len(payload).to_bytes(4, "big") + payload
        rights = b"".join(fd.to_bytes(4, sys.byteorder) for fd in fds)
        extra = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)] if fds else []
        if not self._sending.acquire(True, PATIENCE_S):
            raise TimeoutError("another frame does not get through")
        try:
            sent = self.sock.sendmsg([data], extra, _socket.MSG_NOSIGNAL)
            if sent < len(data):
                self.sock.sendall(memoryview(data)[sent:], _socket.MSG_NOSIGNAL)
        finally:
            self._sending.release()

    def fill(self) -> bool:
        """Reads what is there, waiting as the socket does; False at the end of the stream.

        Raises:
            OSError: the connection broke, or nothing came in time.
        """
        if not self._takes_fds:
            data = self.sock.recv(_CHUNK)
            self._buffer += data
            return bool(data)
        room = _socket.CMSG_SPACE(4 * _MOST_FDS)
        data, extra, _, _ = self.sock.recvmsg(_CHUNK, room, _socket.MSG_CMSG_CLOEXEC)
        for level, kind, rights in extra:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                for at in range(0, len(rights) - 3, 4):
                    self.fds.append(int.from_bytes(rights[at : at + 4], sys.byteorder))
        self._buffer += data
        return bool(data)

    def take(self) -> tuple[bytes, bytes] | None:
        """The next whole frame that was read: its letter and the rest.

        Raises:
            Garbled: what was read cannot be a frame.
        """
        buffer = self._buffer
        if len(buffer) < _HEAD:
            return None
        size = int.from_bytes(buffer[1:_HEAD], "big")
        if size > self._largest or buffer[0] not in b"JBSTNEX":
            raise Garbled(f"a frame {bytes(buffer[:1])!r} of {size} bytes")
        if len(buffer) < _HEAD + size:
            return None
        frame = bytes(buffer[:1]), bytes(buffer[_HEAD : _HEAD + size])
        del buffer[: _HEAD + size]
        return frame


def pack_ending(ended: Ended, again: bool) -> bytes:
    """The frame that says how a run ended; `again`: the worker waits for the next job."""
    fields = [
        "1" if again else "0",
        ended.kind,
        str(ended.exit_code),
        ended.limit,
        repr(ended.wall_s),
        repr(ended.cpu_s),
        *(_number(value) for value in (ended.fuel, ended.memory, ended.output, ended.host_calls)),
        ended.message.replace("\0", "")[:10_000],
        *(frame.replace("\0", "")[:1000] for frame in ended.backtrace[:100]),
    ]
    return "\0".join(fields).encode("utf-8", "surrogateescape")


def unpack_ending(payload: bytes) -> tuple[Ended, bool]:
    """What `pack_ending` was given.

    Raises:
        Garbled: it was not made by `pack_ending`.
    """
    again, kind, code, limit, wall, cpu, *rest = _fields(payload, 11)
    try:
        ended = Ended(kind, int(code), limit, rest[4], tuple(rest[5:]))
        ended.wall_s, ended.cpu_s = float(wall), float(cpu)
        ended.fuel, ended.memory, ended.output, ended.host_calls = (
            int(text) if text else None for text in rest[:4]
        )
    except ValueError:
        raise Garbled("an ending that does not add up") from None
    return ended, again == "1"


def pack_refusal(name: str, what: str, hint: str, limit: str, again: bool) -> bytes:
    """The frame that says that a run was refused: the parts of an error of `wherever.errors`."""
    fields = [
        "1" if again else "0",
        name,
        limit,
        *(text.replace("\0", "") for text in (what, hint)),
    ]
    return "\0".join(fields).encode("utf-8", "surrogateescape")[: LARGEST_REPLY // 2]


def unpack_refusal(payload: bytes) -> tuple[str, str, str, str, bool]:
    """The name of the error's class, its words, its hint, its limit; and `again`.

    Raises:
        Garbled: it was not made by `pack_refusal`.
    """
    again, name, limit, what, hint = _fields(payload, 5)[:5]
    return name, what, hint, limit, again == "1"


def _fields(payload: bytes, least: int) -> list[str]:
    fields = payload.decode("utf-8", "replace").split("\0")
    if len(fields) < least:
        raise Garbled("a frame with too few fields")
    return fields


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
