"""Requests to the outside: what goes over the wire, which connections are used, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.net.conftest import Reply, Seen, client, fails, get, raw, served, until, whole
from wherever.net.budget import Allowance, Budget
from wherever.net.client import Client
from wherever.net.connection import A_SLICE
from wherever.net.error import NetError
from wherever.net.request import Request
from wherever.net.rules import Rules

Run = Callable[[Any], Any]


# ----- what goes over the wire


async def sent(request: Callable[[int], Request], write: Callable[[Any], object] | None) -> bytes:
    """What a server gets, with its port left out."""
    got = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.extend(await reader.readuntil(b"\r\n\r\n"))
        if b"chunked" in got:
            got.extend(await reader.readuntil(b"0\r\n"))
            got.extend(await reader.readuntil(b"\r\n\r\n") if write else b"")
        elif b"length: " in got:
            got.extend(await reader.readexactly(int(got.partition(b"length: ")[2].split()[0])))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    async with raw(talk) as port:
        ours = client(port)
        call = ours.start(request(port), None if write else b"")
        if write:
            write(call)
        assert await whole(call) == (204, b"")
        ours.close()
        return bytes(got).replace(b":%d" % port, b"")


def test_a_request_is_what_the_guest_said_and_no_more(run: Run) -> None:
    def request(port: int) -> Request:
        return Request.of("GET", "http", f"127.0.0.1:{port}", "/a?b", [(b"X-A", b"1")] * 2)

    assert run(sent(request, None)) == (
        b"GET /a?b HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: 1\r\nx-a: 1\r\n\r\n"
    )


def test_an_empty_post_says_that_it_is_empty(run: Run) -> None:
    assert run(sent(lambda port: get(port, method="POST"), None)) == (
        b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n"
    )


def test_a_body_that_is_over_before_it_is_sent_has_a_length(run: Run) -> None:
    def write(call: Any) -> None:
        assert call.write(b"hello") == 5
        call.finish()

    assert run(sent(lambda port: get(port, method="PUT"), write)) == (
        b"PUT / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\n\r\nhello"
    )


def test_a_body_with_trailers_goes_in_chunks(run: Run) -> None:
    def write(call: Any) -> None:
        call.write(b"hello")
        call.finish([(b"X-Sum", b"5")])

    assert run(sent(lambda port: get(port, method="PUT"), write)) == (
        b"PUT / HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n"
    )


def test_the_environment_says_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def story() -> None:
        async with served() as site:
            ours = client(site.port)
            assert await whole(ours.start(get(site.port))) == (200, b"hello")
            ours.close()

    run(story())


HEADERS = st.lists(
    st.tuples(
        st.from_regex(rb"x-[a-z0-9!#$%&'*+.^_`|~-]{0,9}", fullmatch=True),
        st.from_regex(rb"([!-~\x80-\xff]([!-~ \t\x80-\xff]{0,9}[!-~\x80-\xff])?)?", fullmatch=True),
    ),
    max_size=4,
)
PIECES = st.lists(st.binary(min_size=1, max_size=300), max_size=5)


@settings(max_examples=60)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "BREW"]),
    HEADERS,
    PIECES,
    st.sampled_from([200, 201, 404, 500, 599]),
    HEADERS,
    PIECES,
    st.one_of(st.just([]), HEADERS),
)
def test_what_is_said_is_what_is_heard(
    method: str,
    headers: list[tuple[bytes, bytes]],
    body: list[bytes],
    status: int,
    answered: list[tuple[bytes, bytes]],
    pieces: list[bytes],
    trailers: list[tuple[bytes, bytes]],
) -> None:
    """Both ways, against h11 on the other side."""

    async def story() -> None:
        async with served(lambda seen: Reply(status, answered, pieces, trailers)) as site:
            ours = client(site.port)
            try:
                request = Request.of(method, "http", f"127.0.0.1:{site.port}", "/%C3", headers)
                call = ours.start(request, None)
                await asyncio.sleep(0)
                for piece in body:
                    await call.send(piece)
                call.finish(trailers)
                assert await whole(call) == (status, b"".join(pieces))
                assert [pair for pair in call.headers if pair[0] != b"date"] == answered
                assert list(call.trailers) == trailers
            finally:
                ours.close()
            (seen,) = site.seen
            framing = (b"host", b"transfer-encoding", b"content-length")
            assert [pair for pair in seen.headers if pair[0] not in framing] == headers
            assert (seen.method, seen.target) == (method, "/%C3")
            assert (seen.body, seen.trailers) == (b"".join(body), trailers)

    asyncio.run(asyncio.wait_for(story(), 10))


# ----- what may be reached


def no_one(_host: str) -> Any:
    raise AssertionError("a name that is not granted was looked up")


def refused(rules: list[str], request: Request) -> str:
    async def story() -> str:
        ours = Client(Rules.of(rules), resolver=no_one)
        try:
            return await fails(ours.start(request))
        except NetError as error:
            return error.code
        finally:
            ours.close()

    return asyncio.run(story())


@pytest.mark.parametrize("host", ["b.test", "api.test.b.test", "127.0.0.1", "[::1]", "localhost"])
def test_what_is_not_named_is_not_even_looked_up(host: str) -> None:
    assert refused(["api.test"], Request.of("GET", "http", host)) == "HTTP-request-denied"


def test_an_address_in_a_large_network_is_still_this_machines() -> None:
    for host in ("127.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"):
        request = Request.of("GET", "http", host)
        assert refused(["0.0.0.0/0"], request) == "destination-IP-prohibited"


def test_a_redirect_is_the_guests_to_follow_and_is_asked_about_anew(run: Run) -> None:
    async def story() -> None:
        away = Reply(302, [(b"location", b"http://127.0.0.2/secret")], [])
        async with served(lambda seen: away) as site:
            ours = Client(Rules.of([f"localhost:{site.port}"]))
            call = ours.start(get(site.port, host="localhost"))
            assert await whole(call) == (302, b"")
            assert (b"location", b"http://127.0.0.2/secret") in call.headers
            with pytest.raises(NetError, match=r"127\.0\.0\.2:80 is not granted"):
                ours.start(Request.of("GET", "http", "127.0.0.2", "/secret"))
            assert len(site.seen) == 1
            ours.close()

    run(story())


def test_a_name_server_that_changes_its_mind_gains_nothing(run: Run) -> None:
    """Public when it is asked for the first time, this machine when asked again."""
    answers = [["192.0.2.1"], ["127.0.0.1"]]
    asked = []

    async def rebinding(host: str) -> list[str]:
        asked.append(host)
        return answers[len(asked) % 2]

    async def story() -> None:
        async with served() as site:
            rules = Rules.of([f"api.test:{site.port}", f"127.0.0.2:{site.port}"])
            ours = Client(rules, resolver=rebinding)
            for _ in range(4):
                error = await fails(ours.start(get(site.port, host="api.test")))
                assert error == "destination-IP-prohibited"
            assert (len(asked), site.connections) == (4, 0)
            ours.close()

    run(story())


def test_the_address_that_was_checked_is_the_one_that_is_reached(run: Run) -> None:
    """Each connection looks its name up once, and goes where that led."""
    asked = 0

    async def moving(host: str) -> list[str]:
        nonlocal asked
        asked += 1
        return [f"127.0.0.{asked}"]

    reached = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reached.append(writer.get_extra_info("sockname")[0])
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")

    async def story() -> None:
        async with raw(talk, host="0.0.0.0") as port:
            names = (f"api.test:{port}", f"127.0.0.1:{port}", f"127.0.0.2:{port}")
            ours = Client(Rules.of(names), resolver=moving)
            ended = [await fails(ours.start(get(port, host="api.test"))) for _ in range(3)]
            assert ended == ["nothing", "nothing", "destination-IP-prohibited"]
            assert (reached, asked) == (["127.0.0.1", "127.0.0.2"], 3)
            ours.close()

    run(story())


@pytest.mark.parametrize("mix", [["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1", "::1"]])
def test_a_name_that_is_here_and_there_is_refused(run: Run, mix: list[str]) -> None:
    async def mixed(host: str) -> list[str]:
        return mix

    async def story() -> None:
        async with served() as site:
            ours = Client(Rules.of([f"api.test:{site.port}"]), resolver=mixed)
            call = ours.start(get(site.port, host="api.test"))
            assert await fails(call) == "destination-IP-prohibited"
            assert site.connections == 0
            ours.close()

    run(story())


# ----- which connection is used


def test_a_connection_is_used_again(run: Run) -> None:
    async def story() -> None:
        async with served() as site:
            ours = client(site.port)
            for _ in range(3):
                assert await whole(ours.start(get(site.port), b"x")) == (200, b"hello")
            assert (site.connections, len(site.seen)) == (1, 3)
            # Another spelling may be another server: it is not the same connection.
            await whole(ours.start(get(site.port, host="localhost")))
            assert site.connections == 2
            ours.close()

    run(story())


def test_a_connection_is_never_anothers(run: Run) -> None:
    async def story() -> None:
        async with served() as site:
            first, second = client(site.port), client(site.port)
            await whole(first.start(get(site.port)))
            await whole(second.start(get(site.port)))
            assert site.connections == 2
            first.close()
            second.close()

    run(story())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n"
        b"2\r\nhi\r\n0\r\n\r\n",
        # The answer ends where a slice does, so that the rest of it is not seen by h11.
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: ".ljust(A_SLICE - 6, b"x")
        + b"\r\n\r\nhiHTTP/1.1 200 OK\r\n",
    ],
    ids=["closing", "old", "talkative", "two lengths", "talkative at a slice"],
)
def test_a_doubtful_connection_is_not_used_again(run: Run, answer: bytes) -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            assert await whole(ours.start(get(port))) == (200, b"hi")
            assert await whole(ours.start(get(port))) == (200, b"hi")
            assert connections == 2
            ours.close()

    run(story())


def test_an_answer_before_its_question_is_not_taken(run: Run) -> None:
    """It comes while the connection is idle, meant for whoever asks next."""
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood")
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port)
            assert await whole(ours.start(get(port))) == (200, b"good")
            await until(lambda: not ours._idle)
            assert await whole(ours.start(get(port))) == (200, b"good")
            assert connections == 2
            ours.close()

    run(story())


async def stale(method: str) -> tuple[str, int, int]:
    """A server that leaves when it is asked for the second time on a connection."""
    connections = requests = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections, requests
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        requests += 1
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        requests += 1

    async with raw(talk) as port:
        ours = client(port)
        await whole(ours.start(get(port)))
        error = await fails(ours.start(get(port, method=method)))
        ours.close()
    return error, connections, requests


def test_a_question_that_changes_nothing_is_asked_again(run: Run) -> None:
    assert run(stale("GET")) == ("nothing", 2, 3)


def test_a_question_that_changes_something_is_not_asked_twice(run: Run) -> None:
    assert run(stale("POST")) == ("connection-terminated", 1, 2)


# ----- how many there are


def test_a_hundred_calls_share_sixteen_connections(run: Run) -> None:
    async def reply(seen: Seen) -> Reply:
        await asyncio.sleep(0.001)
        return Reply(body=[seen.target.encode()])

    async def story() -> None:
        async with served(reply) as site:
            ours = client(site.port, waiting=100)
            calls = [ours.start(get(site.port, f"/{number}")) for number in range(100)]
            answers = await asyncio.gather(*map(whole, calls))
            assert answers == [(200, f"/{number}".encode()) for number in range(100)]
            assert site.most_at_a_time <= 16 and len(site.seen) == 100
            ours.close()

    run(story())


def test_who_waits_too_long_for_a_connection_is_told(run: Run) -> None:
    async def never(seen: Seen) -> Reply:
        await asyncio.sleep(60)
        return Reply()

    async def story() -> None:
        async with served(never) as site:
            ours = client(site.port, connections=2, waiting=1, wait_s=0.05)
            calls = [ours.start(get(site.port)) for _ in range(4)]
            errors = []
            for call in calls[2:]:
                with pytest.raises(NetError) as caught:
                    await call.response()
                errors.append(str(caught.value))
            assert sorted(errors) == [
                "connection-limit-reached: all 2 connections are in use: 1 requests wait for one",
                "connection-limit-reached: all 2 connections are in use:"
                " none was free for 0.05 seconds",
            ]
            calls[0].close()
            third = ours.start(get(site.port))
            await until(lambda: len(site.seen) == 3)
            assert third.error is None
            ours.close()

    run(story())


def test_idle_connections_make_room(run: Run) -> None:
    async def story() -> None:
        async with served() as first, served() as second:
            rules = Rules.of([f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"])
            ours = Client(rules, connections=1)
            for site in (first, second, first):
                assert await whole(ours.start(get(site.port))) == (200, b"hello")
            await until(lambda: (first.at_a_time, second.at_a_time) == (1, 0))
            assert (first.connections, second.connections) == (2, 1)
            ours.close()

    run(story())


# ----- what it may use


def test_bytes_in_end_with_the_budget(run: Run) -> None:
    async def story() -> None:
        async with served(lambda seen: Reply(body=[b"x" * 1000] * 100)) as site:
            ours = client(site.port)
            budget = ours.run(Allowance(received=50_000))
            call = ours.start(get(site.port), budget=budget)
            assert await fails(call) == "HTTP-response-body-size"
            assert (budget.ended, ours.budget.ended, budget.open) == ("received", "", 0)
            assert await fails(ours.start(get(site.port), budget=ours.run())) == "nothing"
            ours.close()

    run(story())


def test_bytes_out_end_with_the_budget_and_none_is_sent_beyond(run: Run) -> None:
    async def story() -> None:
        async with served() as site:
            ours = client(site.port)
            budget = ours.run(Allowance(sent=1000))
            call = ours.start(get(site.port, method="PUT"), b"x" * 2000, budget=budget)
            assert await fails(call) == "HTTP-request-body-size"
            assert (budget.ended, budget.sent < 1000, site.seen) == ("sent", True, [])
            streamed = ours.start(get(site.port, method="PUT"), None, budget=ours.run())
            streamed.budget.allowance = Allowance(sent=1000)
            with pytest.raises(NetError, match="HTTP-request-body-size"):
                for _ in range(20):
                    await streamed.send(b"x" * 100)
                    await asyncio.sleep(0.001)
            ours.close()

    run(story())


def test_a_budget_of_another_client_is_refused(run: Run) -> None:
    async def story() -> None:
        ours = client(1)
        with pytest.raises(ValueError, match="not of a run of this client"):
            ours.start(get(1), budget=Budget(Allowance()))
        ours.close()

    run(story())


def test_what_has_ended_begins_nothing(run: Run) -> None:
    async def story() -> None:
        ours = client(1)
        ours.close()
        with pytest.raises(NetError, match="the app has ended"):
            ours.start(get(1))

    run(story())
