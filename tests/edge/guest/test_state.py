"""What one tenant gives its guest never reaches another, whatever happens in between."""

from __future__ import annotations

import asyncio
import random

from tests.edge.guest.answering import request, settings, sites

REQUESTS, AT_ONCE, SEED = 3000, 16, 5


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    """The answer's body; b"" where there is none."""
    writer.write(request(path).replace(b"connection: close\r\n", b""))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(size)


async def visit(port: int, number: int, seen: dict[str, list[bytes]], requests: int) -> None:
    """One client: secrets of two tenants in turn, and now and then a crash."""
    chance = random.Random(SEED + number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for count in range(requests):
        tenant = chance.choice(["red", "blue"])
        what = chance.choice(["trap", "keep", "exit", "twice"]) if chance.random() < 0.1 else ""
        if what:
            await ask(reader, writer, f"/{tenant}/{what}")
        else:
            secret = f"{tenant}-{number}-{count}"
            seen[tenant].append(await ask(reader, writer, f"/{tenant}/secret?{secret}"))
    writer.close()
    await writer.wait_closed()


def test_two_tenants_never_see_each_others_secrets() -> None:
    pooled = settings(isolation="pool", reuse=50)
    seen: dict[str, list[bytes]] = {"red": [], "blue": []}
    with sites(red=pooled, blue=pooled) as served:

        async def all_of_them() -> None:
            port = served.address[1]
            each = REQUESTS // AT_ONCE
            await asyncio.gather(*(visit(port, n, seen, each) for n in range(AT_ONCE)))

        asyncio.run(all_of_them())
    for tenant, found in seen.items():
        assert len(found) > REQUESTS / 3
        # What was found is what the same tenant left there: instances are used again.
        left = [secret for secret in found if secret]
        assert len(left) > len(found) / 4
        assert all(secret.startswith(tenant.encode()) for secret in left)


def test_a_fresh_instance_finds_nothing_at_all() -> None:
    with sites(red=settings()) as served:
        assert [served.text(f"/red/secret?{n}") for n in range(3)] == ["", "", ""]
