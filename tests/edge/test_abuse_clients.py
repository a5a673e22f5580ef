"""Each abusing client does its harm, and tells what the server did: here, a strict one and none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.edge import abuse_clients as clients

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SOON = 0.3
"""Seconds that the strict server waits for a client."""

MOST_HEAD, MOST_BODY = 65536, 1 << 20


class Strict:
    """A server that reads requests as it should, answers them, and waits for nobody.

    Attributes:
        answer: the body of every answer.
        bodies: bytes of body that it took.
        targets: of the requests that it believed.
    """

    def __init__(self, answer: bytes = b"ok") -> None:
        self.answer = answer
        self.bodies = 0
        self.targets: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        status = b""
        try:
            while not status:
                status = await self.one(reader, writer)
        except TimeoutError:
            status = b"408"
        except asyncio.IncompleteReadError:
            status = b""
        if status:
            writer.write(b"HTTP/1.1 %s No\r\ncontent-length: 0\r\n\r\n" % status)
            await drained(writer)
        await left(reader, writer)

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """One request; the status that ends the connection, or nothing."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SOON)
        except asyncio.LimitOverrunError:
            return b"431"
        lines = head.split(b"\r\n")
        if len(lines) > 100:
            return b"431"
        fields = [line.partition(b": ")[::2] for line in lines[1:-2]]
        lengths = [value for name, value in fields if name == b"Content-Length"]
        chunked = (b"Transfer-Encoding", b"chunked") in fields
        if len(lengths) + chunked > 1 or not all(value.isdigit() for value in lengths):
            return b"400"
        if lengths and int(lengths[0]) > MOST_BODY:
            return b"413"
        self.targets.append(lines[0].split()[1].decode())
        if lengths:
            for _ in range(int(lengths[0])):
                await asyncio.wait_for(reader.readexactly(1), SOON)
                self.bodies += 1
        while chunked:
            try:
                line = await asyncio.wait_for(reader.readuntil(b"\n"), SOON)
            except asyncio.LimitOverrunError:
                return b"400"
            size = line.removesuffix(b"\r\n")
            if not size.isalnum() or len(size) > 8 or set(size) - set(b"0123456789abcdef"):
                return b"400"
            self.bodies += int(size, 16)
            if self.bodies > MOST_BODY:
                return b"413"
            if (await reader.readexactly(int(size, 16) + 2))[-2:] != b"\r\n":
                return b"400"
            chunked = size != b"0"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(self.answer))
        writer.write(self.answer)
        await drained(writer)
        return b""


async def drained(writer: asyncio.StreamWriter) -> None:
    """Waits for a client to read what it was sent, and breaks with one that does not."""
    try:
        await asyncio.wait_for(writer.drain(), SOON)
    except TimeoutError:
        writer.transport.abort()
        raise asyncio.IncompleteReadError(b"", None) from None


async def left(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends a connection so that what was said last arrives: a reset would overtake it."""
    with suppress(OSError, TimeoutError):
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()
            async with asyncio.timeout(SOON):
                while await reader.read(65536):
                    pass
    writer.close()


async def careless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that reads all, says nothing, and never leaves."""
    with suppress(OSError):
        while await reader.read(65536):
            pass
        await asyncio.sleep(60)


@asynccontextmanager
async def served(serve: Serve, path: Path | None = None) -> AsyncIterator[clients.Address]:
    """A server of the test's own, on a port or a path."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.transport.abort()

    if path is None:
        server = await asyncio.start_server(run, "127.0.0.1", 0, limit=MOST_HEAD)
    else:
        server = await asyncio.start_unix_server(run, str(path), limit=MOST_HEAD)
    try:
        at: clients.Address = str(path) if path else server.sockets[0].getsockname()
        yield at
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Client = Callable[[clients.Address], Awaitable[clients.Saw]]

ABUSE: dict[str, tuple[Client, tuple[tuple[int, ...], str]]] = {
    "a head that never ends": (
        lambda to: clients.trickled_head(to, gap=0.01, patience=5),
        ((408,), "over"),
    ),
    "a body that never ends": (
        lambda to: clients.trickled_body(to, gap=SOON * 2, patience=5),
        ((408,), "over"),
    ),
    "silence": (lambda to: clients.silent(to, patience=5), ((408,), "over")),
    "half a connection": (lambda to: clients.half_closed(to, patience=5), ((200,), "over")),
    "half a request": (
        lambda to: clients.half_closed(to, patience=5, request=b"GET / HT"),
        ((), "over"),
    ),
    "10,000 headers": (lambda to: clients.flood_of_headers(to, patience=5), ((431,), "over")),
    "a long header": (lambda to: clients.long_header(to, patience=5), ((431,), "over")),
    "10 GiB announced": (lambda to: clients.huge_body(to, patience=5), ((413,), "over")),
    "10 GiB in chunks": (
        lambda to: clients.huge_body(to, patience=5, chunked=True),
        ((413,), "over"),
    ),
}


@pytest.mark.parametrize("what", ABUSE)
def test_a_strict_server_ends_it_and_the_client_says_how(what: str) -> None:
    async def story() -> tuple[tuple[int, ...], str]:
        client, _ = ABUSE[what]
        async with served(Strict()) as address:
            return (await client(address)).verdict

    assert asyncio.run(story()) == ABUSE[what][1]


def test_lengths_in_doubt_are_refused_and_what_is_behind_them_is_not_believed() -> None:
    strict = Strict()

    async def story() -> dict[str, tuple[tuple[int, ...], str]]:
        async with served(strict) as address:
            return {
                name: (await clients.conflicting_lengths(address, headers, 5)).verdict
                for name, headers in clients.LENGTHS.items()
            }

    refused = dict.fromkeys(clients.LENGTHS, ((400,), "over"))
    refused["a length beyond 64 bits"] = ((413,), "over")
    assert asyncio.run(story()) == refused
    assert strict.targets == []


def test_chunks_that_are_none_are_refused_and_what_is_behind_them_is_not_believed() -> None:
    strict = Strict()
    chunks = {name: chunk for name, chunk in clients.CHUNKS.items() if "trailer" not in name}

    async def story() -> dict[str, tuple[tuple[int, ...], str]]:
        async with served(strict) as address:
            return {
                name: (await clients.malformed_chunk(address, chunk, 5)).verdict
                for name, chunk in chunks.items()
            }

    assert asyncio.run(story()) == dict.fromkeys(chunks, ((400,), "over"))
    assert set(strict.targets) == {"/"}


def test_a_server_that_believes_what_is_hidden_answers_it_too() -> None:
    async def gullible(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.read(5 if b"Content-Length: 5" in head else 0)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async def story() -> clients.Saw:
        async with served(gullible) as address:
            return await clients.conflicting_lengths(address, patience=SOON)

    assert asyncio.run(story()).verdict == ((200, 200), "open")


def test_who_never_reads_is_broken_with_and_sent_on_until_then() -> None:
    async def story() -> clients.Saw:
        async with served(Strict(b"a" * 100_000)) as address:
            return await clients.never_reading(address, patience=5)

    saw = asyncio.run(story())
    assert saw.end == "reset"
    assert saw.sent > 100 * 40  # it asked on as long as it was let


@pytest.mark.parametrize("what", ["trickled_head", "trickled_body", "silent", "half_closed"])
def test_a_careless_server_is_told_of_as_one(what: str) -> None:
    async def story() -> tuple[tuple[int, ...], str]:
        async with served(careless) as address:
            saw: clients.Saw = await getattr(clients, what)(address, patience=SOON)
            return saw.verdict

    assert asyncio.run(story()) == ((), "open")


def test_a_careless_server_takes_all_of_a_body() -> None:
    async def story() -> clients.Saw:
        async with served(careless) as address:
            return await clients.huge_body(address, length=2 << 20, patience=1)

    saw = asyncio.run(story())
    assert (saw.end, saw.sent) == (
        "open",
        (2 << 20) + len(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2097152\r\n\r\n"),
    )


def test_a_client_vanishes_with_a_reset() -> None:
    async def story() -> str:
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(4) == b"GET "
            try:
                await reader.read()
            except ConnectionResetError:
                end.set_result("reset")
            else:
                end.set_result("closed")

        async with served(wait) as address:
            await clients.vanished(address, b"GET ", after=0.05)
            return await end

    assert asyncio.run(story()) == "reset"


def test_unix_sockets_are_abused_alike(tmp_path: Path) -> None:
    async def story() -> list[tuple[tuple[int, ...], str]]:
        async with served(Strict(), tmp_path / "s") as address:
            return [
                (await clients.flood_of_headers(address, patience=5)).verdict,
                (await clients.half_closed(address, patience=5)).verdict,
            ]

    assert asyncio.run(story()) == [((431,), "over"), ((200,), "over")]
