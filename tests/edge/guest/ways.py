"""One app of a guest, asked on a connection without a socket: the short way, or the long one."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from tests.edge.guest.answering import settings
from tests.edge.guest.building import guest
from wherever.edge.config import AppSpec, Place
from wherever.edge.guests import lane_of, open_app, turns_of
from wherever.edge.host.apps import Around
from wherever.edge.http.connection import Connection
from wherever.edge.http.server import Server
from wherever.edge.internal import Neighbours
from wherever.edge.observe import layout
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.record import Record
from wherever.edge.routing import Router

SECONDS = 15.0
"""How long an answer may take on a busy machine."""

PASSING = re.compile(rb"(date|x-request-id): [^\r]*")
"""What differs from one answer to the next."""


class Sent(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.7", 4711) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Journal:
    """Keeps the log's lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def add(self, line: str) -> None:
        assert line.endswith("}\n") and line.isascii()
        self.lines.append(json.loads(line))


class Way:
    """A server of one app, in the loop that runs.

    Attributes:
        lane: the short way, or None.
        deadline: none, for the clock of guests.
        journal: what was logged.
        meter: what counts.
    """

    deadline = float("inf")

    def __init__(self, folder: Path, code: str, short: bool, **options: Any) -> None:
        self._record = Record(str(folder / ("short" if short else "long")))
        self.journal = Journal()
        journal: Any = self.journal
        self.meter = meter = Meter(self._record, journal, masked=options.pop("masked", False))
        spec = AppSpec(
            "shop", str(guest(code)), places=(Place("/..."),), serving=settings(**options)
        )
        self.app: Any = open_app(spec, Around(Neighbours({}), meter))
        router = Router()
        router.add("/...", meter.observed("shop", self.app))
        self._server = Server(router, None, "http", meter.done)
        self._server.loop = asyncio.get_running_loop()
        self.lane = lane_of(router, "http", self._server.limits) if short else None
        self._server.lanes["http"] = self.lane
        self._turns = turns_of(self._server.loop)
        # The clock is on all the time: without it nothing goes the short way.
        self._turns.begin(self)

    def turn(self) -> None:
        """It is no guest, and has nothing to do."""

    expire = turn

    def close(self) -> None:
        self._turns.end(self)
        self.app.close()
        self._record.close()

    async def ask(self, *pieces: bytes) -> bytes:
        """All that is sent back on a new connection, with what changes each time left out."""
        sent, connection = Sent(), Connection(self._server)
        connection.connection_made(sent)
        for piece in pieces:
            connection.data_received(piece)
        for _ in range(int(SECONDS * 1000)):
            if self._is_over(connection, sent):
                break
            await asyncio.sleep(0.001)
        connection.connection_lost(None)
        return PASSING.sub(rb"\1: ...", sent.data)

    def _is_over(self, connection: Connection, sent: Sent) -> bool:
        """Whether it was answered, or waits for more of the request, and no guest is at work."""
        answered = sent.is_over or connection.due or (connection.is_idle and sent.data)
        return bool(answered) and all(isinstance(each, Way) for each in self._turns._active)

    def logged(self) -> list[dict[str, Any]]:
        """The log's lines, without what differs from one time to the next."""
        passing = ("time", "id", "seconds", "cpu")
        return [
            {name: value for name, value in line.items() if name not in passing}
            for line in self.journal.lines
        ]

    def counted(self) -> dict[str, Any]:
        """What was counted, times only as how many there were."""
        words = self._record.slot("shop").words.tolist()
        return {
            "statuses": words[layout.STATUS : layout.STATUS + 6],
            "outcomes": words[layout.OUTCOME : layout.OUTCOME + len(layout.OUTCOMES)],
            "bytes": words[layout.BYTES_IN : layout.BYTES_OUT + 1],
            "cold": words[layout.COLD],
            "memory": [words[layout.MEMORY_SUM], words[layout.PEAK], *words[layout.MEMORY :][:20]],
            "under way": words[layout.RUNNING],
            "requests": sum(words[layout.REQUESTS : layout.INVOKES]),
            "runs": sum(words[layout.INVOKES : layout.CPU]),
            "cpu": sum(words[layout.CPU : layout.MEMORY]),
        }
