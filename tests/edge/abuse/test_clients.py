"""Clients that mean harm, against the command as it is started: refused, and nobody else sees it.

Those that are slow need minutes to be told: `make conformance` has them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.edge import abuse_clients as clients
from tests.edge.abuse.serving import Real
from tests.edge.abuse_clients import Address, Saw
from tests.edge.steady_client import steady

ABUSE: dict[str, tuple[Callable[[Address], Awaitable[Saw]], tuple[tuple[int, ...], str]]] = {
    "10,000 headers": (clients.flood_of_headers, ((431,), "over")),
    "a header of 1 MiB": (clients.long_header, ((431,), "over")),
    "a body of 10 GiB": (lambda to: clients.huge_body(to, target="/well/"), ((413,), "over")),
    "one of 10 GiB in chunks": (
        lambda to: clients.huge_body(to, target="/well/", chunked=True),
        ((413,), "over"),
    ),
    **{
        name: (lambda to, lines=lines: clients.conflicting_lengths(to, lines), ((400,), "over"))
        for name, lines in clients.LENGTHS.items()
        if name != "a length beyond 64 bits"
    },
    **{
        f"a chunk with {name}": (
            lambda to, chunk=chunk: clients.malformed_chunk(to, chunk),
            ((400,), "over"),
        )
        for name, chunk in clients.CHUNKS.items()
    },
    "half of a request, and the end": (
        lambda to: clients.half_closed(to, request=b"GET /well/ HTTP/1.1\r\nhost: x\r\n"),
        ((), "over"),
    ),
    "a request, and the end": (
        lambda to: clients.half_closed(to, request=b"GET /well/ HTTP/1.1\r\nhost: x\r\n\r\n"),
        ((200,), "over"),
    ),
}
"""What a client does, and what it sees: the statuses, and that the connection is over."""


def test_clients_are_refused_as_documented_while_the_healthy_app_answers(served: Real) -> None:
    async def all_of_them() -> tuple[list[Saw], dict[int, int], int]:
        abuse = [client(served.address) for client, _ in ABUSE.values()]
        healthy = steady(served.address, rate=50, seconds=1, target="/well/")
        seen, *saw = await asyncio.gather(healthy, *abuse)
        return saw, seen.statuses, seen.broken

    workers = served.workers()
    saw, statuses, broken = asyncio.run(all_of_them())
    found = {name: each.verdict for name, each in zip(ABUSE, saw, strict=True)}
    assert found == {name: verdict for name, (_, verdict) in ABUSE.items()}
    assert (statuses, broken) == ({200: 50}, 0)
    assert served.workers() == workers


def test_clients_that_leave_early_cost_nothing_in_the_end(served: Real) -> None:
    """Hundreds that reset in the midst of a head, of a body, and of an answer."""
    ways = [
        (b"GET /well/ HTT", 0.0),
        (b"POST /well/ HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc", 0.01),
        (b"GET /wasi/send?10000000 HTTP/1.1\r\nhost: x\r\n\r\n", 0.02),
        (b"GET /wasi/sleep HTTP/1.1\r\nhost: x\r\n\r\n", 0.01),
    ]

    async def leave() -> None:
        await asyncio.gather(
            *(clients.vanished(served.address, sent, after) for sent, after in ways * 40)
        )

    asyncio.run(leave())
    before = served.held()
    for _ in range(2):
        asyncio.run(leave())
    assert served.ask("/well/") == (200, b"well")
    assert served.until(lambda: served.held().descriptors <= before.descriptors), served.held()
    within = before.memory + (24 << 20)
    assert served.until(lambda: served.held().memory < within), (before, served.held())
