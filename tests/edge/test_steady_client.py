"""The healthy client asks when it should, and sees what others make it wait."""

from __future__ import annotations

import asyncio

from tests.edge.steady_client import Steady, beside, steady
from tests.edge.test_abuse_clients import served


async def fine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers all, in one piece or in chunks."""
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_every_request_is_asked_and_timed() -> None:
    async def story() -> tuple[dict[int, int], int, int]:
        async with served(fine) as address:
            seen = await steady(address, rate=200, seconds=0.5)
            return seen.statuses, seen.broken, len(seen.latencies)

    assert asyncio.run(story()) == ({200: 100}, 0, 100)


def test_other_statuses_and_broken_answers_are_counted_apart() -> None:
    turns = iter(range(1000))

    async def mixed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            turn = next(turns) % 4
            if turn == 0:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")
                return
            status = b"503 Busy" if turn == 1 else b"200 OK"
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok" % status)

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await mixed(reader, writer)
        await writer.drain()
        writer.close()

    async def story() -> tuple[dict[int, int], int, int]:
        async with served(closing) as address:
            seen = await steady(address, rate=200, seconds=0.4, connections=1)
            return seen.statuses, seen.broken, len(seen.latencies)

    assert asyncio.run(story()) == ({200: 40, 503: 20}, 20, 40)


def test_a_pause_of_the_server_shows_in_all_that_were_due_meanwhile() -> None:
    async def stopping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in range(1000):
            await reader.readuntil(b"\r\n\r\n")
            if turn == 50:
                await asyncio.sleep(0.5)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def story() -> int:
        async with served(stopping) as address:
            seen = await steady(address, rate=100, seconds=1, connections=1)
            return sum(latency > 100 for latency in seen.latencies)

    # A client that waits for one answer before it asks anew would see one slow request.
    assert asyncio.run(story()) >= 30


def test_it_asks_from_a_process_of_its_own_while_something_else_is_done() -> None:
    async def story() -> tuple[dict[int, int], int]:
        async with served(fine) as address, beside(address, 100, 0.5) as result:
            assert not result.done()
            await asyncio.sleep(0.1)
        return result.result().statuses, result.result().broken

    assert asyncio.run(story()) == ({200: 50}, 0)


def test_the_part_of_the_latencies_is_that_of_all_below_it() -> None:
    seen = Steady({200: 101}, 0, [float(each) for each in range(101)])
    assert (seen.at(0), seen.at(0.5), seen.at(0.99), seen.at(1)) == (0, 50, 99, 100)
