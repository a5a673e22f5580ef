"""Two tenants of one server, whose requests come in any order, each with a secret."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from tests.edge.abuse.harm import HARM
from tests.edge.abuse.serving import app

NAMES = ("red", "blue")
AT_ONCE = 16
SEED = 7


def tenants(folder: Path) -> str:
    """The two as apps: the same code, in few instances that answer often."""
    code = folder / "tenant.wat"
    code.write_text(HARM)
    pooled = 'isolation = "pool"', "pool = 16", "reuse = 500"
    return "\n".join(app(name, code, *pooled) for name in NAMES)


def wrong_in(address: tuple[str, int], requests: int, crashes: float) -> str:
    """What is wrong with what each tenant found; nothing where each found only its own.

    Args:
        address: of the server.
        requests: of both tenants together.
        crashes: the share of them that end in a trap.
    """
    found = asyncio.run(_found(address, requests, crashes))
    for name, seen in found.items():
        left = [secret for secret in seen if secret]
        others = [secret for secret in left if not secret.startswith(name.encode() + b"-")]
        if others:
            return f"{name} found {others[0]!r}"
        if len(seen) < requests // 3:
            return f"{name} was answered {len(seen)} times"
        # Without crashes most requests find an instance that was used.
        if not crashes and len(left) < len(seen) * 0.7:
            return f"{name} found something only {len(left)} times of {len(seen)}"
    return ""


async def _found(address: tuple[str, int], requests: int, crashes: float) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {name: [] for name in NAMES}

    async def client(number: int) -> None:
        chance = random.Random(SEED + number)
        reader, writer = await asyncio.open_connection(*address)
        for count in range(requests // AT_ONCE):
            name = chance.choice(NAMES)
            crash = chance.random() < crashes
            path = f"/{name}/trap" if crash else f"/{name}/keep?{name}-{number}-{count}"
            writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split()[0])
            said = await reader.readexactly(size)
            status = int(head.split()[1])
            if status != (500 if crash else 200):
                raise AssertionError(f"{path}: {status} {said!r}")
            if not crash:
                found[name].append(said)
        writer.close()

    await asyncio.gather(*(client(number) for number in range(AT_ONCE)))
    return found
