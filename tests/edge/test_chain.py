"""Middleware: each sees the request in turn, and answers it or passes it on."""

from __future__ import annotations

import asyncio

from tests.edge.saying import Asked, Says
from wherever.edge.chain import Chain, Step
from wherever.edge.exchange import Exchange
from wherever.edge.internal import MemoryExchange, Neighbours, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import App


class Guards:
    """Hands on what has a key, marked with its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def serve(self, exchange: Exchange) -> None:
        assert isinstance(exchange, Step)
        if exchange.target.startswith(b"/secret"):
            exchange.answer(403, [], f"{self.name} says no".encode())
            return
        exchange.headers = [*exchange.headers, (b"seen-by", self.name.encode())]
        exchange.next.serve(exchange)


class Sees:
    """Says what headers reached it."""

    def serve(self, exchange: Exchange) -> None:
        exchange.answer(200, [], b",".join(value for _, value in exchange.headers))


def test_a_request_goes_through_all_in_order() -> None:
    asked = Asked("GET", b"/")
    Chain([Guards("first"), Guards("second")], Sees()).serve(asked)
    assert (asked.status, asked.body) == (200, b"first,second")


def test_one_that_answers_keeps_the_request_from_the_others() -> None:
    asked = Asked("GET", b"/secret")
    Chain([Guards("first"), Guards("second")], Sees()).serve(asked)
    assert (asked.status, asked.body) == (403, b"first says no")


def test_who_is_told_that_the_client_left_is_the_one_who_asked_last() -> None:
    told: list[str] = []

    class Waits:
        def serve(self, exchange: Exchange) -> None:
            exchange.on_gone = lambda: told.append("waits")

    asked = Asked("GET", b"/")
    Chain([Guards("first")], Waits()).serve(asked)
    assert asked.on_gone is not None
    asked.on_gone()
    assert told == ["waits"]


def test_a_guest_passes_on_by_asking_next() -> None:
    class Asks:
        """Asks `http://next.internal` and adds to what comes back."""

        def __init__(self, name: str, neighbours: Neighbours) -> None:
            self.name, self.neighbours = name, neighbours

        def serve(self, exchange: Exchange) -> None:
            self.task = asyncio.get_running_loop().create_task(self.answer(exchange))

        async def answer(self, exchange: Exchange) -> None:
            found = await self.neighbours.call(
                self.name, exchange, b"next.internal", "GET", exchange.target + b"!", []
            )
            exchange.answer(found.status, [], self.name.encode() + b" " + await found.whole())

    class Path:
        def serve(self, exchange: Exchange) -> None:
            exchange.answer(200, [], exchange.target)

    async def story() -> bytes:
        apps: dict[str, App] = {}
        neighbours = Neighbours(apps)
        before = [Asks("outer", neighbours), Asks("inner", neighbours)]
        exchange = MemoryExchange("GET", b"/x", [])
        Chain(before, Path()).serve(exchange)
        status, headers = await exchange.head()
        return await Response(status, headers, exchange).whole()

    assert asyncio.run(story()) == b"outer inner /x!!"


def test_what_stands_before_nobody_has_no_next() -> None:
    async def story() -> int:
        neighbours = Neighbours({"a": Says("a")})
        asked = MemoryExchange("GET", b"/", [])
        return (await neighbours.call("a", asked, b"next.internal", "GET", b"/", [])).status

    assert asyncio.run(story()) == 502
