"""Apps that call each other: whole and streamed answers, and no way around in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from wherever.edge.exchange import Exchange, Gone
from wherever.edge.internal import (
    AHEAD,
    DEEPEST,
    MemoryExchange,
    Neighbours,
    Response,
    call,
    neighbour,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import App


class Echo:
    """Answers with what it was asked, after reading all of the body."""

    def serve(self, exchange: Exchange) -> None:
        self.task = asyncio.get_running_loop().create_task(self.answer(exchange))

    async def answer(self, exchange: Exchange) -> None:
        body = exchange.body
        if body is None:
            body = b""
            while piece := await exchange.read():
                body += piece
        said = f"{exchange.method} {exchange.target.decode()} {exchange.authority.decode()} "
        exchange.answer(201, [(b"x-id", exchange.id.encode())], said.encode() + body)


async def asked(app: App, body: bytes | AsyncIterator[bytes] = b"") -> Response:
    return await call(app, "PUT", b"/x?y", [(b"host", b"forged")], body, authority=b"a.internal")


def test_an_answer_comes_back_whole() -> None:
    async def story() -> tuple[int, bytes]:
        answer = await asked(Echo(), b"body")
        return answer.status, await answer.whole()

    assert asyncio.run(story()) == (201, b"PUT /x?y a.internal body")


def test_a_body_can_come_in_pieces() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"a", b"", b"b"):
            yield piece

    async def story() -> bytes:
        return await (await asked(Echo(), pieces())).whole()

    assert asyncio.run(story()) == b"PUT /x?y a.internal ab"


def test_a_body_that_is_there_can_be_read_as_well() -> None:
    async def story() -> list[bytes]:
        exchange = MemoryExchange("PUT", b"/", [], b"body")
        return [await exchange.read(), await exchange.read()]

    assert asyncio.run(story()) == [b"body", b""]


class Gathers(Echo):
    max_body = 10

    async def answer(self, exchange: Exchange) -> None:
        try:
            await super().answer(exchange)
        except Gone:
            self.was_told = True


def test_a_body_is_as_long_as_the_app_takes() -> None:
    """Who gathers it trusts in that: a guest could fill the memory of all with one without end."""
    taken = 0

    async def pieces(count: int) -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(count):
            taken += 1
            yield b"12345"

    async def story() -> list[tuple[int, bytes]]:
        answers = [await asked(app, pieces(2)), await asked(app, pieces(1_000_000))]
        return [(answer.status, await answer.whole()) for answer in answers]

    app = Gathers()
    good, long = asyncio.run(story())
    assert good == (201, b"PUT /x?y a.internal 1234512345")
    assert long == (413, b"the body is too long\n")
    assert taken == 2 + 3 and app.was_told


class Streams:
    """Writes without end, but waits where nobody reads."""

    written = 0
    gone = False

    def serve(self, exchange: Exchange) -> None:
        exchange.on_gone = self.left
        self.task = asyncio.get_running_loop().create_task(self.answer(exchange))

    def left(self) -> None:
        self.gone = True

    async def answer(self, exchange: Exchange) -> None:
        exchange.start(200, [])
        try:
            while True:
                exchange.write(bytes(1024))
                self.written += 1024
                await exchange.drain()
        except Gone:
            pass


def test_an_answer_without_end_is_not_kept_and_ends_with_its_reader() -> None:
    async def story() -> Streams:
        app = Streams()
        answer = await asked(app)
        await asyncio.sleep(0.05)
        assert app.written <= AHEAD + 1024
        for _ in range(1000):
            assert await answer.read() == bytes(1024)
        answer.close()
        await app.task
        return app

    assert asyncio.run(story()).gone


class Breaks:
    """Raises, or gives up after the beginning."""

    def __init__(self, late: bool) -> None:
        self.late = late

    def serve(self, exchange: Exchange) -> None:
        if self.late:
            exchange.start(200, [])
            exchange.write(b"begun")
        raise ValueError("of the app's own")


def test_an_app_that_raises_is_a_500() -> None:
    async def story() -> tuple[int, bytes]:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        answer = await asked(Breaks(late=False))
        return answer.status, await answer.whole()

    assert asyncio.run(story()) == (500, b"")


def test_an_answer_that_is_cut_is_not_taken_for_a_whole_one() -> None:
    async def story() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        answer = await asked(Breaks(late=True))
        assert await answer.read() == b"begun"
        return await answer.read()

    with pytest.raises(Gone):
        asyncio.run(story())


# ----- neighbours


class Calls:
    """Answers with what the next name of its path answers: `/b/c` asks b for `/c`."""

    def __init__(self, name: str, neighbours: Neighbours) -> None:
        self.name, self.neighbours = name, neighbours

    def serve(self, exchange: Exchange) -> None:
        self.task = asyncio.get_running_loop().create_task(self.answer(exchange))

    async def answer(self, exchange: Exchange) -> None:
        name, _, rest = exchange.target[1:].decode().partition("/")
        if not name:
            exchange.answer(200, [], f"{self.name} {exchange.id}".encode())
            return
        found = await self.neighbours.call(
            self.name, exchange, f"{name}.internal".encode(), "GET", f"/{rest}".encode(), []
        )
        exchange.answer(found.status, found.headers, await found.whole())


def through(path: str) -> tuple[int, str]:
    async def story() -> tuple[int, str]:
        apps: dict[str, App] = {}
        neighbours = Neighbours(apps)
        for name in "abcdefghij":
            apps[name] = Calls(name, neighbours)
        exchange = MemoryExchange("GET", path.encode(), [], id="the-first")
        apps["a"].serve(exchange)
        status, headers = await exchange.head()
        return status, (await Response(status, headers, exchange).whole()).decode().strip()

    return asyncio.run(story())


def test_neighbours_answer_under_the_id_of_the_first_request() -> None:
    assert through("/b/c") == (200, "c the-first")


@pytest.mark.parametrize("path", ["/a", "/b/a", "/b/c/b"])
def test_a_circle_is_refused(path: str) -> None:
    assert through(path) == (508, "this app waits for the answer itself")


def test_there_is_a_deepest_call() -> None:
    apps = "bcdefghij"
    assert through("/" + "/".join(apps[: DEEPEST - 2])) == (200, "g the-first")
    assert through("/" + "/".join(apps[:DEEPEST])) == (508, "too many apps wait for each other")


def test_a_name_that_nobody_has_is_a_bad_gateway() -> None:
    assert through("/z") == (502, "there is no app of that name on this server")


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        (b"shop.internal", "shop"),
        (b"SHOP.internal.:80", "shop"),
        (b"a.b.internal", "a.b"),
        (b".internal", None),
        (b"internal", None),
        (b"shop.internal.example.com", None),
        (b"shopinternal", None),
        (b"\xff", None),
    ],
)
def test_which_hosts_are_neighbours(authority: bytes, name: str | None) -> None:
    assert neighbour(authority) == name
