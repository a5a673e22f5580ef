"""Calls under way: what is ready when, how long is waited, and what is left when a guest leaves."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest

from tests.net.conftest import (
    Reply,
    client,
    fails,
    get,
    proving,
    quick,
    quiet,
    raw,
    served,
    trusting,
    until,
    whole,
)
from wherever.net.call import BODY, END, HEAD, ROOM
from wherever.net.error import NetError
from wherever.net.request import Request

Run = Callable[[Any], Any]
OK = b"HTTP/1.1 200 OK\r\n"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes what comes, and says nothing."""
    while await reader.read(1 << 16):
        pass


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes nothing either."""
    await asyncio.sleep(60)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begins an answer, and does not end it."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK + b"content-length: 9\r\n\r\nhi")
    await reader.read()


# ----- what is ready


def test_a_host_sees_what_is_ready_without_waiting(run: Run) -> None:
    """As the host of a guest does: it is told of changes, looks, and takes what is there."""
    seen: list[tuple[bool, ...]] = []

    async def story() -> None:
        async with served(lambda seen: Reply(trailers=[(b"x-sum", b"5")])) as site:
            ours = client(site.port)

            def look() -> tuple[bool, ...]:
                return tuple(call.is_ready(what) for what in (HEAD, BODY, ROOM, END))

            def note() -> None:
                if look() != seen[-1]:
                    seen.append(look())

            call = ours.start(get(site.port, method="POST"), None)
            seen.append(look())
            call.on_change = note
            assert (call.read(10), call.status, call.headers) == (None, None, ())
            assert call.write(b"hello") == 5
            call.finish()
            assert not call.is_ready(ROOM) and call.write(b"") == 0
            while not call.is_ready(END):
                await call.changed()
            assert (call.status, call.read(2), call.read(9), call.read(9)) == (
                200,
                b"he",
                b"llo",
                b"",
            )
            assert call.trailers == ((b"x-sum", b"5"),)
            assert seen[0] == (False, False, True, False)
            assert seen[-1] == (True, True, False, True)
            ours.close()

    run(story())


def test_there_is_room_for_so_much(run: Run) -> None:
    async def story() -> None:
        async with raw(deaf) as port:
            ours = client(port)
            call = ours.start(get(port, method="PUT"), None)
            assert call.write(b"x" * 100_000) == 64 << 10  # before there is a connection
            assert (call.is_ready(ROOM), call.write(b"x")) == (False, 0)
            taken = 0
            for _ in range(20):
                await asyncio.sleep(0.005)
                while call.is_ready(ROOM):
                    taken += call.write(b"x" * (64 << 10))
            assert not call.is_ready(ROOM) and taken < 32 << 20
            ours.close()

    run(story())


def test_all_of_a_body_is_sent_whatever_its_size(run: Run) -> None:
    """Also where each part goes out at once, and nothing ever says that there is room again."""

    async def story() -> None:
        async with served(lambda seen: Reply(body=[b"%d" % len(seen.body)])) as site:
            ours = client(site.port)
            call = ours.start(get(site.port, method="PUT"), None)
            await asyncio.sleep(0.02)
            await call.send(b"x" * 1_000_001)
            call.finish()
            assert await whole(call) == (200, b"1000001")
            ours.close()

    run(story())


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_server_that_takes_its_time_gets_everything(run: Run, is_whole: bool) -> None:
    """What there is no room for waits with the guest, and goes on when there is room again."""
    size = 24 << 20

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % size in head
        left = size
        while left:
            left -= len(await reader.read(1 << 20))
        writer.write(OK + b"content-length: 2\r\n\r\nhi")
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            length = (b"content-length", b"%d" % size)
            request = Request.of("POST", "http", f"127.0.0.1:{port}", "/", [length])
            call = ours.start(request, b"x" * size if is_whole else None)
            if not is_whole:
                await asyncio.sleep(0.02)
                for _ in range(size >> 20):
                    await call.send(b"x" * (1 << 20))
                call.finish()
            assert await whole(call) == (200, b"hi")
            ours.close()

    run(story())


def test_a_body_of_known_length_has_no_trailers(run: Run) -> None:
    async def story() -> None:
        async with served() as site:
            ours = client(site.port)
            length = (b"content-length", b"2")
            request = Request.of("POST", "http", f"127.0.0.1:{site.port}", "/", [length])
            call = ours.start(request, None)
            call.write(b"hi")
            with pytest.raises(NetError, match="a body of known length has no trailers"):
                call.finish([(b"x-sum", b"2")])
            assert await fails(call) == "HTTP-protocol-error"
            ours.close()

    run(story())


def test_a_bug_of_ours_ends_the_call_and_is_told(run: Run) -> None:
    async def broken(host: str) -> list[str]:
        raise KeyError("oops")

    async def story() -> list[object]:
        said: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: said.append(context["exception"]))
        ours = client(80, connections=1, resolver=broken)
        codes = [await fails(ours.start(get(80, host="api.test"))) for _ in range(3)]
        assert codes == ["internal-error"] * 3
        ours.close()
        await asyncio.sleep(0.01)
        gc.collect()
        return said

    assert [repr(error) for error in run(story())] == ["KeyError('oops')"] * 3


def test_a_body_may_be_read_by_the_byte(run: Run) -> None:
    async def story() -> None:
        async with served(lambda seen: Reply(body=[b"abc" * 70_000, b"d", b"e"])) as site:
            ours = client(site.port)
            call = ours.start(get(site.port))
            body = b""
            while piece := await call.receive(7 if len(body) < 70_000 else 1000):
                body += piece
            assert body == b"abc" * 70_000 + b"de"
            ours.close()

    run(story())


def test_a_body_is_as_long_as_it_said(run: Run) -> None:
    async def wrong(port: int, body: bytes, said: bytes) -> list[str]:
        ours = client(port)
        request = Request.of("PUT", "http", f"127.0.0.1:{port}", "/", [(b"content-length", said)])
        errors = []
        with pytest.raises(NetError) as caught:
            ours.start(request, body)
        errors.append(str(caught.value))
        call = ours.start(request, None)
        with pytest.raises(NetError) as caught:
            call.write(body)
            call.finish()
        errors.append(str(caught.value))
        assert await fails(call) == "HTTP-request-body-size"
        ours.close()
        return errors

    async def story() -> None:
        async with served() as site:
            assert await wrong(site.port, b"hello", b"4") == [
                "HTTP-request-body-size: the body has 5 bytes and not 4",
                "HTTP-request-body-size: the body is longer than 4 bytes",
            ]
            assert await wrong(site.port, b"hello", b"6") == [
                "HTTP-request-body-size: the body has 5 bytes and not 6",
                "HTTP-request-body-size: the body is shorter than 6 bytes",
            ]
            await quiet()
            assert site.seen == []

    run(story())


def test_what_came_before_the_end_is_still_read(run: Run) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"content-length: 9\r\n\r\nhi")

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            call = ours.start(get(port))
            while call.error is None:
                await call.changed()
            assert call.read(100) == b"hi"
            with pytest.raises(NetError, match=r"127\.0\.0\.1 hung up in the middle"):
                call.read(100)
            ours.close()

    run(story())


# ----- how long is waited


async def waited(talk: Any, *, tls: bool = False, **given: Any) -> str:
    async with raw(talk) as port:
        ours = client(port, **({"context": trusting()} if tls else {}))
        request = Request.of("GET", "https" if tls else "http", f"127.0.0.1:{port}")
        call = ours.start(request, **given)
        try:
            await whole(call)
        except NetError as error:
            return str(error)
        finally:
            ours.close()
        return "nothing"


def test_a_handshake_that_nobody_answers(run: Run) -> None:
    assert run(waited(silent, tls=True, timeouts=quick("connect"))) == (
        "connection-timeout: no connection to 127.0.0.1 in 0.05 seconds"
    )


def test_an_answer_that_does_not_begin(run: Run) -> None:
    assert run(waited(silent, timeouts=quick("first_byte"))) == (
        "connection-read-timeout: 127.0.0.1 was silent for 0.05 seconds"
    )


def test_an_answer_that_does_not_go_on(run: Run) -> None:
    assert run(waited(endless, timeouts=quick("between_bytes"))) == (
        "connection-read-timeout: 127.0.0.1 was silent for 0.05 seconds"
    )


def test_a_question_that_is_not_taken(run: Run) -> None:
    body = b"x" * (32 << 20)
    assert run(waited(deaf, body=body, timeouts=quick("between_bytes"))) == (
        "connection-write-timeout: 127.0.0.1 was silent for 0.05 seconds"
    )


def test_a_name_that_nobody_finds(run: Run) -> None:
    async def lost(host: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    async def story() -> None:
        ours = client(80, resolver=lost)
        call = ours.start(get(80, host="api.test"), timeouts=quick("connect"))
        with pytest.raises(NetError, match=r"DNS-timeout: api\.test was not found within 0\.05"):
            await call.response()
        ours.close()

    run(story())


def test_a_slow_answer_is_not_a_silent_one(run: Run) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"content-length: 8\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.05)
            writer.write(b"x")
        await reader.read()

    assert run(waited(talk, timeouts=quick("between_bytes", seconds=0.3))) == "nothing"


def test_a_guest_that_takes_its_time_is_not_cut_off(run: Run) -> None:
    """It is the guest's turn to write, and then to read: nobody waits for the server."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"0\r\n\r\n")
        writer.write(OK + b"content-length: 1000000\r\n\r\n" + b"x" * 1_000_000)
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            short = quick("first_byte", "between_bytes", seconds=0.2)
            call = ours.start(get(port, method="PUT"), None, timeouts=short)
            await asyncio.sleep(0.3)
            await call.send(b"x")
            await asyncio.sleep(0.3)
            call.finish()
            await call.response()
            await asyncio.sleep(0.3)
            assert await whole(call) == (200, b"x" * 1_000_000)
            ours.close()

    run(story())


# ----- what is left


async def never(host: str) -> list[str]:
    await asyncio.sleep(60)
    return []


@pytest.mark.parametrize("leave", ["close", "run", "client"])
@pytest.mark.parametrize("stage", ["looking up", "shaking hands", "asking", "reading"])
def test_a_guest_that_leaves_leaves_nothing_open(
    run: Run, descriptors: Callable[[], int], stage: str, leave: str
) -> None:
    async def story() -> None:
        async with raw(endless if stage == "reading" else silent) as port:
            await asyncio.sleep(0)
            before = descriptors()
            resolver = {"resolver": never} if stage == "looking up" else {}
            ours = client(port, context=trusting(), **resolver)
            scheme = "https" if stage == "shaking hands" else "http"
            host = "api.test" if resolver else "127.0.0.1"
            request = Request.of("PUT", scheme, f"{host}:{port}")
            budget = ours.run()
            calls = [
                ours.start(request, None if stage == "asking" else b"", budget=budget)
                for _ in range(10)
            ]
            await asyncio.sleep(0.05)
            assert (descriptors() > before) is (stage != "looking up")
            if leave == "close":
                for call in calls:
                    call.close()
                    call.close()
            else:
                budget.close() if leave == "run" else ours.close()
            assert (budget.open, ours.budget.open) == (0, 0)
            await until(lambda: descriptors() <= before)
            assert [await fails(call) for call in calls] == ["connection-terminated"] * 10
            ours.close()

    run(story())


def test_calls_that_are_left_at_any_moment_leave_nothing_open(
    run: Run, descriptors: Callable[[], int]
) -> None:
    async def story() -> None:
        async with served(context=proving("good")) as site:
            before = descriptors()
            ours = client(site.port, context=trusting())
            for turns in range(60):
                call = ours.start(Request.of("GET", "https", f"127.0.0.1:{site.port}"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                call.close()
            ours.close()
            await until(lambda: descriptors() <= before)

    run(story())
