"""Two tenants side by side in used instances, and bodies without end: as many as are asked for."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

from tests.edge.guest.answering import Site, request, settings, site, sites

AT_ONCE = 16
ROUND = 2000
SEED = 5
MIB = 1 << 20
CRASHES = ("trap", "keep", "exit", "twice")


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    """The body of the answer to a request on a connection that stays."""
    writer.write(request(path).replace(b"connection: close\r\n", b""))
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(size)


async def visit(port: int, number: int, seen: dict[str, list[bytes]], requests: int) -> None:
    """One client: secrets of two tenants by chance, and now and then a crash."""
    chance = random.Random(SEED + number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for count in range(requests):
        tenant = chance.choice(["red", "blue"])
        if chance.random() < 0.04:
            await ask(reader, writer, f"/{tenant}/{chance.choice(CRASHES)}")
        else:
            secret = f"{tenant}-{number}-{count}"
            seen[tenant].append(await ask(reader, writer, f"/{tenant}/secret?{secret}"))
    writer.close()
    await writer.wait_closed()


def secrets(requests: int) -> dict[str, list[bytes]]:
    """What each tenant's guest found in its memory, request by request."""
    seen: dict[str, list[bytes]] = {"red": [], "blue": []}
    for begin in range(0, requests, ROUND):
        # A server that sees too many crashes uses no instance again: here is a new one.
        pooled = settings(isolation="pool", reuse=50, pool=AT_ONCE)
        with sites(red=pooled, blue=pooled) as served:
            asyncio.run(_round(served.address[1], min(ROUND, requests - begin), seen))
    return seen


async def _round(port: int, requests: int, seen: dict[str, list[bytes]]) -> None:
    each = requests // AT_ONCE
    await asyncio.gather(*(visit(port, n, seen, each) for n in range(AT_ONCE)))


def wrong_in(seen: dict[str, list[bytes]], requests: int) -> str:
    """What is wrong with what tenants found; nothing where each found only its own."""
    for tenant, found in seen.items():
        left = [secret for secret in found if secret]
        if len(found) < requests / 3 or len(left) < len(found) / 8:
            return f"{tenant} answered {len(found)} times, from used instances {len(left)} times"
        others = [secret for secret in left if not secret.startswith(tenant.encode())]
        if others:
            return f"{tenant} found {others[0]!r}"
    return ""


# ----- bodies


def resident() -> int:
    """Bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def upload(served: Site, mebibytes: int) -> tuple[bytes, int]:
    """What a guest answers to a body of that size, and the memory that it took."""
    piece = bytes(MIB)
    served.fetch("/count", method="POST", body=piece)
    before = most = resident()
    with served.connect() as client:
        length = f"content-length: {mebibytes * MIB}"
        client.sendall(request("/count", length, method="POST"))
        for _ in range(mebibytes):
            client.sendall(piece)
            most = max(most, resident())
        answer = b"".join(iter(lambda: client.recv(1 << 16), b""))
    return answer.partition(b"\r\n\r\n")[2], most - before


def download(served: Site, mebibytes: int) -> tuple[int, int]:
    """How many bytes came of an answer of that size, framed, and the memory that it took."""
    served.fetch(f"/send?{MIB}")
    before = most = resident()
    size = 0
    with served.connect() as client:
        client.sendall(request(f"/send?{mebibytes * MIB}"))
        while piece := client.recv(MIB):
            size += len(piece)
            most = max(most, resident())
    return size, most - before


def results() -> Iterator[tuple[str, str]]:
    """For `make conformance`: 100,000 requests of two tenants, and 1 GiB up and down."""
    yield "tenants/100000", wrong_in(secrets(100_000), 100_000)
    with site(settings(body=-1, timeout=300, cpu_time=300)) as served:
        said, grown = upload(served, 1024)
        good = said == b"%d" % (1 << 30) and grown < 16 * MIB
        yield "bodies/up", "" if good else f"{said!r}, and {grown} bytes of memory"
        size, grown = download(served, 1024)
        good = 1 << 30 < size < 1025 << 20 and grown < 16 * MIB
        yield "bodies/down", "" if good else f"{size} bytes came, and {grown} of memory"
