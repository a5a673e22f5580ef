"""The edge under abuse, as long as it takes: `python -m tests.conformance.edge`.

`wherever serve` is started as its user starts it, with one worker. A healthy app is asked 100
times a second, each request when it is due. In turn it is alone, and beside each abuse; what
counts is by how much its p99 moves, which is printed. Statuses, workers, memory and descriptors are
judged. Then two tenants make 100,000 requests, and a body of 1 GiB goes each way, through the
command and through a server in this process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

from tests.edge import abuse_clients as clients
from tests.edge.abuse.serving import Real, app, real
from tests.edge.abuse.sites import everything
from tests.edge.abuse.tenants import tenants, wrong_in
from tests.edge.abuse_clients import Address, Saw
from tests.edge.guest import tenants as together
from tests.edge.guest.building import guest
from tests.edge.steady_client import Steady, beside

ROUNDS, SECONDS, RATE, AT_ONCE = 2, 3.0, 100.0, 8
MOST_MOVED_MS = 10.0
MIB = 1 << 20
WITHIN = 48 * MIB

GUESTS = {
    "spins": "/harm/ever",
    "spins and asks": "/wasi/spin-asking",
    "sleeps": "/wasi/sleep",
    "floods its output": "/wasi/flood",
    "fills 100 MiB at once": "/large/fill",
    "takes memory in steps": "/small/steps",
    "takes too much at once": "/small/over",
    "leaks in the pool": "/leaky/leak",
    "traps": "/harm/trap",
    "calls itself": "/harm/deep",
    "opens files": "/opening/",
    "uses files for ever": "/filing/churn",
    "sends 100 MB": "/wasi/send?100000000",
}
"""Guests, each asked by some clients all the time."""

Client = Callable[[Address], Awaitable[Saw | None]]
CLIENTS: dict[str, Client] = {
    "trickle a head": lambda to: clients.trickled_head(to, gap=0.1, patience=SECONDS),
    "trickle a body": lambda to: clients.trickled_body(to, gap=0.1, patience=SECONDS),
    "say nothing": lambda to: clients.silent(to, patience=SECONDS),
    "half-close": clients.half_closed,
    "send 10,000 headers": clients.flood_of_headers,
    "send a header of 1 MiB": clients.long_header,
    "send two lengths": clients.conflicting_lengths,
    "send a bad chunk": clients.malformed_chunk,
    "send 10 GiB": lambda to: clients.huge_body(to, target="/well/"),
    "never read": lambda to: clients.never_reading(to, target="/well/", patience=SECONDS),
    "leave": lambda to: clients.vanished(to, b"GET /wasi/sleep HTTP/1.1\r\nhost: x\r\n\r\n", 0.01),
}
"""Clients, each of which some do all the time."""

SLOW: dict[str, tuple[Client, tuple[tuple[int, ...] | None, str]]] = {
    "trickled head": (clients.trickled_head, ((408,), "over")),
    "trickled body": (lambda to: clients.trickled_body(to, target="/well/"), ((408,), "over")),
    "nothing": (lambda to: clients.silent(to, patience=90), ((), "over")),
    "no reading": (
        lambda to: clients.never_reading(to, target="/wasi/send?10000000", patience=90),
        (None, "over"),
    ),
}
"""What is told only after a time, and what such a client sees.

Where a connection is reset, what was sent before it may be lost: no statuses are asked for."""


def results() -> Iterator[tuple[str, str]]:
    """All of it: a name, and what is wrong."""
    os.environ.setdefault("WHEREVER_BACKGROUND", "0")
    with tempfile.TemporaryDirectory() as base:
        yield from _abuse(Path(base))
    for crashes in (0.0, 0.02):
        with tempfile.TemporaryDirectory() as base, real(Path(base), tenants(Path(base))) as served:
            yield f"tenants/{crashes:g} crash", wrong_in(served.address, 100_000, crashes)
    with tempfile.TemporaryDirectory() as base:
        yield from _bodies(Path(base))
    for name, wrong in together.results():
        yield f"in one process/{name}", wrong


# ----- abuse


def _abuse(folder: Path) -> Iterator[tuple[str, str]]:
    with real(folder, everything(folder)) as served:
        workers = served.workers()
        served.ask("/opening/")
        asyncio.run(_beside(served, None, 1.0))
        before = served.held()
        for name, path in GUESTS.items():
            yield f"guests/{name}", _judged(f"a guest {name}", served, _asking(path))
        for name, client in CLIENTS.items():
            yield f"clients/{name}", _judged(f"clients {name}", served, client)
        yield "clients/slow ones", asyncio.run(_slow(served))
        same = served.workers() == workers
        yield "level/workers", "" if same else f"{workers} became {served.workers()}"
        # One that leaks may wait in the pool, with all that its limit allows.
        most = before.memory + WITHIN
        good = served.until(lambda: served.held().memory < most, 20)
        yield "level/memory", "" if good else f"{before} became {served.held()}"
        good = served.until(lambda: served.held().descriptors <= before.descriptors + 2, 20)
        yield "level/descriptors", "" if good else f"{before} became {served.held()}"
        os.kill(workers[0], signal.SIGKILL)
        good = served.until(lambda: served.workers() not in ([], workers))
        yield "level/killed", "" if good and served.ask("/well/")[0] == 200 else "none came after"


def _asking(path: str) -> Client:
    async def ask(to: Address) -> None:
        assert isinstance(to, tuple)
        reader, writer = await asyncio.open_connection(*to)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        while await reader.read(MIB):
            pass
        writer.close()

    return ask


def _judged(name: str, served: Real, client: Client) -> str:
    """What is wrong with how the healthy app fared beside an abuse; its p99 is printed."""
    alone, abused = [], []
    for _ in range(ROUNDS):
        alone.append(asyncio.run(_beside(served, None, SECONDS)))
        abused.append(asyncio.run(_beside(served, client, SECONDS)))
    was, now = (median(each.at(0.99) for each in seen) for seen in (alone, abused))
    mark = "" if now - was < MOST_MOVED_MS else "  <- more than it should"
    print(f"edge: beside {name}: p99 {was:.1f} ms -> {now:.1f} ms{mark}", flush=True)
    lost = [(each.statuses, each.broken) for each in abused if set(each.statuses) != {200}]
    broken = sum(each.broken for each in abused)
    return f"the healthy app: {lost}, {broken} broken" if lost or broken else ""


async def _beside(served: Real, client: Client | None, seconds: float) -> Steady:
    async def again() -> None:
        while True:
            try:
                await client(served.address)
            except OSError:
                await asyncio.sleep(0.01)

    async with beside(served.address, RATE, seconds, "/well/") as result:
        abusing = [asyncio.create_task(again()) for _ in range(AT_ONCE if client else 0)]
        await asyncio.sleep(seconds + 0.5)
        for task in abusing:
            task.cancel()
        await asyncio.gather(*abusing, return_exceptions=True)
    return result.result()


async def _slow(served: Real) -> str:
    saw = await asyncio.gather(*(client(served.address) for client, _ in SLOW.values()))
    wrong = [
        f"{name}: {each}"
        for each, (name, (_, (statuses, end))) in zip(saw, SLOW.items(), strict=True)
        if each is None or each.verdict != (each.statuses if statuses is None else statuses, end)
    ]
    return "; ".join(wrong)


# ----- bodies


def _bodies(folder: Path) -> Iterator[tuple[str, str]]:
    """1 GiB up and down through a `wasi:http` guest, in memory that does not grow with it."""
    long = 'limits = { timeout = "5m", cpu_time = "5m" }'
    with real(folder, app("wasi", guest("answers"), 'body = "stream"', long)) as served:
        for name, carry in (("up", _up), ("down", _down)):
            carry(served, 16)
            before = served.held().memory
            said, most = carry(served, 1024)
            wrong = "" if said == 1024 * MIB else f"{said} bytes came"
            if most - before > 16 * MIB:
                wrong += f" it took {(most - before) >> 20} MiB of memory"
            print(f"edge: 1 GiB {name}: {(most - before) / MIB:.1f} MiB more at most", flush=True)
            yield f"bodies/{name}", wrong


def _up(served: Real, mebibytes: int) -> tuple[int, int]:
    """How many bytes a guest counted, and the most memory that the server had."""
    size, most, piece = mebibytes * MIB, 0, bytes(MIB)
    with socket.create_connection(served.address, 60) as sock:
        sock.sendall(
            f"POST /wasi/count HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            f"content-length: {size}\r\n\r\n".encode()
        )
        for number in range(mebibytes):
            sock.sendall(piece)
            if number % 16 == 0:
                most = max(most, served.held().memory)
        said = b"".join(iter(lambda: sock.recv(65536), b""))
    return int(said.partition(b"\r\n\r\n")[2] or b"0"), most


def _down(served: Real, mebibytes: int) -> tuple[int, int]:
    """How many bytes came of an answer, without what frames them, and the most memory."""
    count = most = 0

    async def read() -> None:
        nonlocal count, most
        reader, writer = await asyncio.open_connection(*served.address, limit=4 * MIB)
        writer.write(f"GET /wasi/send?{mebibytes * MIB} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        looked = 0
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
            count += size
            if count >> 24 != looked:
                looked = count >> 24
                most = max(most, served.held().memory)
        writer.close()

    asyncio.run(read())
    return count, most


if __name__ == "__main__":
    wrong = 0
    for what, why in results():
        print(f"{what}: {why or 'well'}", flush=True)
        wrong += bool(why)
    sys.exit(1 if wrong else 0)
