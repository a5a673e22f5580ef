"""A healthy client under whose eyes others are abused: steady requests, and how long each took.

Requests start when they are due, whatever was answered before, and their latency counts from then,
so that a server that stops for a moment shows it. `beside` runs it in a process of its own, where
nothing that a test does can delay it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.edge.abuse_clients import Address

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Steady:
    """What came of all requests.

    Attributes:
        statuses: how often each status came.
        broken: requests that were not answered, or not wholly, or not in time.
        latencies: milliseconds of those that were answered with 200, in order of their size.
    """

    statuses: dict[int, int]
    broken: int
    latencies: list[float]

    def at(self, part: float) -> float:
        """The latency that this part of the requests did not exceed: `at(0.99)` is the p99."""
        return self.latencies[int(part * (len(self.latencies) - 1))]


async def steady(
    address: Address,
    rate: float,
    seconds: float,
    target: str = "/",
    connections: int = 16,
    patience: float = 10.0,
) -> Steady:
    """So many requests a second for so long, over connections that are kept."""
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    broken = 0
    lines: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
    for _ in range(connections):
        lines.put_nowait(_Line(address, target))

    async def ask(due: float) -> None:
        nonlocal broken
        line = await lines.get()
        try:
            async with asyncio.timeout(patience):
                status = await line.ask()
        except (OSError, EOFError, ValueError):
            broken += 1
            line.close()
        else:
            statuses[status] = statuses.get(status, 0) + 1
            if status == 200:
                latencies.append((time.monotonic() - due) * 1e3)
        finally:
            lines.put_nowait(line)

    start = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.create_task(ask(due))
    while not lines.empty():
        lines.get_nowait().close()
    return Steady(dict(sorted(statuses.items())), broken, sorted(latencies))


@asynccontextmanager
async def beside(
    address: Address, rate: float, seconds: float, target: str = "/"
) -> AsyncIterator[asyncio.Future[Steady]]:
    """The same in a process of its own, while the block runs; its result is there after it."""
    asked = json.dumps([address, rate, seconds, target])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.edge.steady_client", asked),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    result: asyncio.Future[Steady] = asyncio.get_running_loop().create_future()
    try:
        yield result
        said, _ = await process.communicate()
        values = json.loads(said)
        values["statuses"] = {int(status): n for status, n in values["statuses"].items()}
        result.set_result(Steady(**values))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class _Line:
    """One connection that is kept, opened anew where it broke."""

    def __init__(self, address: Address, target: str) -> None:
        self.address = address
        self.request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self) -> int:
        """One request; the status of its whole answer."""
        if self.writer is None:
            if isinstance(self.address, str):
                self.reader, self.writer = await asyncio.open_unix_connection(self.address)
            else:
                self.reader, self.writer = await asyncio.open_connection(*self.address)
        self.writer.write(self.request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        fields = [line.lower().partition(b":")[::2] for line in head[1:]]
        said = {name: value.strip() for name, value in fields}
        if said.get(b"transfer-encoding") == b"chunked":
            while size := int((await self.reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readuntil(b"\r\n")
        else:
            await self.reader.readexactly(int(said.get(b"content-length", b"0")))
        if said.get(b"connection") == b"close":
            self.close()
        return int(head[0].split()[1])

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def comes_first() -> bool:
    """Has this process wait for no other's turn, where the system lets it; whether it does.

    It stands for a client on another machine: what it waits for is to be the server alone.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        return False
    return True


def main() -> None:
    """Ask as the word of the command line says, and print what came of it, both as JSON."""
    address, rate, seconds, target = json.loads(sys.argv[1])
    comes_first()
    where = address if isinstance(address, str) else tuple(address)
    print(json.dumps(asdict(asyncio.run(steady(where, rate, seconds, target)))))


if __name__ == "__main__":
    main()
