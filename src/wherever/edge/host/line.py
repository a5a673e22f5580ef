"""Messages between a server's processes: one JSON object a line."""

from __future__ import annotations

import asyncio
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

LONGEST = 64 << 20
"""Bytes of one message: the settings of thousands of apps are one."""


class Line:
    """One end of a stream of messages."""

    __slots__ = ("_reader", "_writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, sock: socket.socket) -> Line:
        """The line over a connected socket, which belongs to it from now on."""
        return cls(*await asyncio.open_connection(sock=sock, limit=LONGEST))

    def send(self, **message: Any) -> None:
        """Sends a message, sooner or later; to one who has gone it is lost."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """The next message, or None where the other end has gone."""
        try:
            line = await self._reader.readline()
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    async def flush(self) -> None:
        """Waits until what was sent is on its way."""
        try:
            await self._writer.drain()
        except OSError:
            pass

    def close(self) -> None:
        """Ends the line."""
        self._writer.close()
