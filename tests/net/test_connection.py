"""What servers say: taken where it is HTTP, named where it is not, bounded always."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.net.conftest import client, fails, get, raw, whole
from wherever.net.budget import Allowance, Budget
from wherever.net.call import Call
from wherever.net.connection import Connection
from wherever.net.error import CASES, NetError
from wherever.net.request import Timeouts

Run = Callable[[Any], Any]
OK = b"HTTP/1.1 200 OK\r\n"


def saying(answer: bytes, piece: int = 1 << 20, stays: bool = False) -> Any:
    """A server that answers with these bytes, so many at a time, and leaves, or stays."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(answer), piece):
            writer.write(answer[start : start + piece])
            await writer.drain()
            await asyncio.sleep(0)
        if stays:
            await reader.read()

    return talk


async def heard(answer: bytes, method: str = "GET", **how: Any) -> tuple[Any, ...]:
    async with raw(saying(answer, **how)) as port:
        ours = client(port)
        call = ours.start(get(port, method=method))
        try:
            return *(await whole(call)), call.headers, call.trailers
        except NetError as error:
            return (error.code, error.payload)
        finally:
            ours.close()


GOOD = {
    "a length": (OK + b"content-length: 2\r\n\r\nhi", (200, b"hi")),
    "chunks": (
        OK + b"Transfer-Encoding: Chunked\r\n\r\n1;x=y\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        (200, b"hi"),
    ),
    "until it leaves": (OK + b"\r\nhi", (200, b"hi")),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", (304, b"")),
    "announced": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
        + OK
        + b"content-length: 2\r\n\r\nhi",
        (200, b"hi"),
    ),
    "no reason": (b"HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n", (299, b"")),
}


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_answers_come_whole_however_they_are_cut(run: Run, piece: int) -> None:
    async def story() -> dict[str, tuple[Any, ...]]:
        return {name: (await heard(said, piece=piece))[:2] for name, (said, _) in GOOD.items()}

    assert run(story()) == {name: expected for name, (_, expected) in GOOD.items()}


def test_repeated_headers_and_trailers_are_kept_in_order(run: Run) -> None:
    answer = (
        OK + b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: keep-alive\r\nKeep-Alive: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
    )
    assert run(heard(answer)) == (
        200,
        b"",
        ((b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")),
        ((b"x-a", b"1"), (b"x-a", b"2")),
    )


def test_an_answer_to_head_has_a_length_and_no_body(run: Run) -> None:
    answer = OK + b"content-length: 1000\r\n\r\n"
    assert run(heard(answer, "HEAD", stays=True)) == (
        200,
        b"",
        ((b"content-length", b"1000"),),
        (),
    )


BAD = {
    "nothing": (b"", "connection-terminated"),
    "half a head": (OK + b"content-le", "HTTP-response-incomplete"),
    "half a body": (OK + b"content-length: 9\r\n\r\nhi", "HTTP-response-incomplete"),
    "half a chunk": (OK + b"transfer-encoding: chunked\r\n\r\n9\r\nhi", "HTTP-response-incomplete"),
    "no last chunk": (
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n",
        "HTTP-response-incomplete",
    ),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP-protocol-error"),
    "HTTP/2": (b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\r\n\r\n", "HTTP-protocol-error"),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", "HTTP-protocol-error"),
    "an upgrade": (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", "HTTP-protocol-error"),
    "a space before the colon": (OK + b"content-length : 2\r\n\r\nhi", "HTTP-protocol-error"),
    "a null": (OK + b"a: \0\r\n\r\n", "HTTP-protocol-error"),
    "two lengths": (
        OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        "HTTP-protocol-error",
    ),
    "a negative length": (OK + b"content-length: -2\r\n\r\nhi", "HTTP-protocol-error"),
    "a chunk of no size": (
        OK + b"transfer-encoding: chunked\r\n\r\nxyz\r\nhi\r\n",
        "HTTP-protocol-error",
    ),
    "a chunk without its end": (
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhiXX0\r\n\r\n",
        "HTTP-protocol-error",
    ),
    "a coding that nobody has": (
        OK + b"transfer-encoding: gzip, chunked\r\n\r\n",
        "HTTP-response-transfer-coding",
    ),
    "a large head": (
        OK + b"a: " + b"x" * 70_000 + b"\r\n\r\n",
        "HTTP-response-header-section-size",
    ),
    "a head without end": (OK + b"a: b\r\n" * 200_000, "HTTP-response-header-section-size"),
    "trailers without end": (
        OK + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 200_000,
        "HTTP-response-trailer-section-size",
    ),
    "many headers": (OK + b"a:\r\n" * 300 + b"\r\n", "HTTP-response-header-section-size"),
    "many headers, announced": (
        b"HTTP/1.1 103 \r\n" + b"a:\r\n" * 300 + b"\r\n",
        "HTTP-response-header-section-size",
    ),
    "large trailers": (
        OK + b"transfer-encoding: chunked\r\n\r\n0\r\na: " + b"x" * 20_000 + b"\r\n\r\n",
        "HTTP-response-trailer-section-size",
    ),
    "announced without end": (b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, "HTTP-protocol-error"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_an_answer_is_named(run: Run, name: str) -> None:
    answer, code = BAD[name]
    assert run(heard(answer))[0] == code


ALPHABET = st.sampled_from(
    [
        OK,
        b"HTTP/1.1 100 \r\n\r\n",
        b"HTTP/1.0 404 X\r\n",
        b"content-length: 5\r\n",
        b"content-length: 5",
        b"transfer-encoding: chunked\r\n",
        b"connection: close\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"5\r\nhello\r\n",
        b"5;a\r\n",
        b"ffffffffffffffffffff\r\n",
        b"0\r\n\r\n",
        b"hello",
        b"\0",
        b" x: y\r\n",
        b"x: y\r\n",
    ]
)


@settings(max_examples=150)
@given(st.lists(st.one_of(ALPHABET, st.binary(max_size=6)), max_size=12), st.integers(1, 40))
@example([OK, b"content-length: 5\r\n", b"\r\n", b"hello"], 3)
def test_whatever_a_server_says_the_call_comes_to_an_end(parts: list[bytes], piece: int) -> None:
    """With an answer or with a case that there is; the loop has nothing to say about it."""

    async def story() -> None:
        said: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: said.append(what))
        result = await heard(b"".join(parts), piece=piece)
        assert result[0] in CASES or 200 <= result[0] <= 999
        assert said == []

    asyncio.run(asyncio.wait_for(story(), 5))


def test_a_body_in_tiny_pieces_leaves_others_their_turn(run: Run) -> None:
    """Some 0.1 s of parsing come at once; whoever shares the loop goes on meanwhile."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def story() -> None:
        nonlocal turns
        answer = OK + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"
        task = asyncio.ensure_future(others())
        status, body, *_ = await heard(answer)
        assert (status, body) == (200, b"a" * 20_000)
        assert turns > 20_000 / 64
        task.cancel()

    run(story())


def test_a_head_of_many_lines_is_one_thing_and_a_body_another(run: Run) -> None:
    body = b"\r\n" * 5000
    answer = OK + b"x: y\r\n" * 200 + b"content-length: 10000\r\n\r\n" + body
    for piece in (3000, 1 << 20):
        assert run(heard(answer, piece=piece))[:2] == (200, body)


def test_trailers_of_some_size_come_whole(run: Run) -> None:
    trailers = tuple((b"x-%d" % number, b"y" * 300) for number in range(20))
    said = b"".join(b"%b: %b\r\n" % each for each in trailers)
    answer = OK + b"transfer-encoding: chunked\r\n\r\n9000\r\n" + b"x" * 0x9000
    for piece in (100, 1 << 20):
        heard_all = run(heard(answer + b"\r\n0\r\n" + said + b"\r\n", piece=piece))
        assert heard_all[1:] == (b"x" * 0x9000, (), trailers)


def test_a_server_that_hangs_up_at_once_takes_no_place(run: Run) -> None:
    """Before or after the request was sent, as it happens: each call is told, and none is stuck."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port, connections=1, waiting=50)
            calls = [ours.start(get(port, method="POST"), b"x") for _ in range(50)]
            ended = await asyncio.gather(*map(fails, calls))
            assert ended == ["connection-terminated"] * 50
            ours.close()

    run(story())


def test_a_connection_that_was_lost_before_it_was_used_is_given_back() -> None:
    class Owner:
        freed = 0

        def free(self, connection: Connection, *, is_good: bool) -> None:
            self.freed += 1
            connection.drop()

        def gone(self, connection: Connection) -> None:
            pass

    async def story() -> None:
        owner = Owner()
        async with raw(saying(b"")) as port:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(
                lambda: Connection(owner, ("http", "127.0.0.1", port)), "127.0.0.1", port
            )
            connection.connection_lost(None)
            budget = Budget(Allowance())
            call = Call(get(port), Timeouts(), budget, lambda call: None)
            budget.begin(call)
            call.start_whole(b"")
            call.attach(connection)
            assert (call.error and call.error.code, owner.freed, budget.open) == (
                "connection-terminated",
                1,
                0,
            )
            connection._transport.abort()

    asyncio.run(story())


def test_a_body_that_nobody_reads_stays_with_its_server(run: Run) -> None:
    given = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal given
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"content-length: %d\r\n\r\n" % (64 << 20))
        for _ in range(1024):
            writer.write(b"x" * (64 << 10))
            await writer.drain()
            given += 64 << 10

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            call = ours.start(get(port))
            assert await call.response() == 200
            await asyncio.sleep(0.3)
            assert 0 < given < 32 << 20  # what the system itself holds is some MiB
            size = 0
            while piece := await call.receive(1 << 20):
                size += len(piece)
            assert (size, given) == (64 << 20, 64 << 20)
            ours.close()

    run(story())


def test_an_answer_that_comes_early_ends_the_question(run: Run) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            call = ours.start(get(port, method="PUT"), None)
            for _ in range(100):
                await call.send(b"x" * (64 << 10))
            call.finish()
            assert await whole(call) == (413, b"no")
            ours.close()

    run(story())


def test_both_ways_at_once(run: Run) -> None:
    """The answer to each piece comes before the next one is sent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"transfer-encoding: chunked\r\n\r\n")
        while size := int(await reader.readuntil(b"\r\n"), 16):
            piece = (await reader.readexactly(size + 2))[:size]
            writer.write(b"%x\r\n%b\r\n" % (size, piece.upper()))
        writer.write(b"0\r\n\r\n")
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            call = ours.start(get(port, method="POST"), None)
            for word in (b"one", b"two", b"three"):
                await call.send(word)
                assert await call.receive() == word.upper()
            call.finish()
            assert await call.receive() == b""
            ours.close()

    run(story())


def test_a_server_that_resets_is_named(run: Run) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.transport.abort()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            assert await fails(ours.start(get(port))) == "connection-terminated"
            ours.close()

    run(story())
