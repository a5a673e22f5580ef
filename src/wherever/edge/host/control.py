"""The control socket: one request a connection, one JSON line each way.

It lies in a folder that only its owner can enter, and asks the system who connects all the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct

from wherever.errors import WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.host.supervisor import Supervisor

LONGEST = 64 << 10
"""Bytes of one request."""

MOST_READ = 16 << 20
"""Bytes of a longer one that are read before it is told so."""

SECONDS = 5.0
"""That a request may take to come."""

PARTING_S = 0.5
"""Seconds that it may still take when the server ends."""


class Control:
    """Listens to what `wherever stop`, `reload`, `ps` and others ask."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._server: asyncio.Server | None = None
        self._ended: list[asyncio.StreamWriter] = []
        self._asked: set[asyncio.Task[None]] = set()

    async def start(self, sock: socket.socket) -> None:
        """Listens from now on."""
        self._server = await asyncio.start_unix_server(self._begin, sock=sock, limit=LONGEST)

    async def close(self) -> None:
        """Tells those who wait for the end that it has come."""
        if self._server is not None:
            self._server.close()
        if self._asked:
            await asyncio.wait(self._asked, timeout=PARTING_S)
        for writer in self._ended:
            _say(writer, {"stopped": True})
            try:
                await writer.drain()
            except OSError:
                pass
            writer.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(reader, writer))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        keeps = False
        try:
            if not _is_ours(writer.get_extra_info("socket")):
                return
            async with asyncio.timeout(SECONDS):
                request = json.loads(await _line(reader))
            if request["do"] == "stop":
                self._ended.append(writer)
                keeps = True
                self._supervisor.stop()
            else:
                _say(writer, await self._do(request))
                await writer.drain()
        except WhereverError as error:
            _say(writer, {"error": error.what, "hint": error.hint})
        except (OSError, ValueError, KeyError, TypeError, TimeoutError, RecursionError):
            _say(writer, {"error": "this is no request"})
        finally:
            if not keeps:
                writer.close()

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "status":
            return await self._supervisor.status()
        if request["do"] == "reload":
            return await self._supervisor.reload()
        if request["do"] == "deploy":
            return await self._supervisor.deploy(str(request["app"]), str(request["what"]))
        if request["do"] == "rollback":
            return await self._supervisor.rollback(str(request["app"]), str(request["digest"]))
        raise ValueError


async def _line(reader: asyncio.StreamReader) -> bytes:
    """One line; of one that is too long the rest is read, for who is sending hears no answer.

    Raises:
        ValueError: it is too long.
    """
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        left = MOST_READ
        while left > 0 and (piece := await reader.read(LONGEST)) and b"\n" not in piece:
            left -= len(piece)
        raise ValueError from None


def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(answer).encode() + b"\n")


def _is_ours(sock: socket.socket) -> bool:
    """Whether who connects is this user, or the machine's own."""
    told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", told)[1]
    return uid in (0, os.geteuid())
