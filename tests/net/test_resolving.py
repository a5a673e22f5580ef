"""Names: looked up once, in threads that hold nobody up, and every address checked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from wherever.net.error import NetError
from wherever.net.request import Request
from wherever.net.resolving import LOOKUPS, SystemResolver, addresses
from wherever.net.rules import Rules

Run = Callable[[Any], Any]


class System:
    """A system's resolver that a test holds in its hand."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.go = threading.Event()
        self.error: Exception | None = None

    def __call__(self, host: str, port: object, **_how: object) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return [(0, 0, 0, "", (answer, 0)) for answer in self.answers]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    made = System("1.1.1.1", "2606:4700::1111")
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


def test_this_machine_knows_itself(run: Run) -> None:
    async def story() -> None:
        assert "127.0.0.1" in await SystemResolver()("localhost")

    run(story())


def test_a_name_that_two_want_is_looked_up_once(run: Run, system: System) -> None:
    async def story() -> None:
        resolver = SystemResolver()
        asking = [asyncio.ensure_future(resolver("a.test")) for _ in range(5)]
        await asyncio.sleep(0.01)
        asking[0].cancel()  # whoever leaves does not take it from the others
        system.go.set()
        found = await asyncio.gather(*asking[1:])
        assert found == [["1.1.1.1", "2606:4700::1111"]] * 4
        assert await resolver("a.test") and system.asked == ["a.test", "a.test"]

    run(story())


def test_names_that_nobody_waits_for_any_more_still_count(run: Run, system: System) -> None:
    async def story() -> None:
        resolver = SystemResolver()
        for number in range(LOOKUPS):
            asking = asyncio.ensure_future(resolver(f"{number}.test"))
            await asyncio.sleep(0)
            asking.cancel()
        with pytest.raises(NetError, match=f"{LOOKUPS} other names are still being looked up"):
            await resolver("one-more.test")
        system.go.set()
        await asyncio.sleep(0.05)
        assert await resolver("one-more.test") == ["1.1.1.1", "2606:4700::1111"]

    run(story())


@pytest.mark.parametrize(
    ("number", "rcode"),
    [
        (socket.EAI_NONAME, "NXDOMAIN"),
        (socket.EAI_AGAIN, "SERVFAIL"),
        (socket.EAI_FAIL, "REFUSED"),
        (socket.EAI_MEMORY, "SERVFAIL"),
    ],
)
def test_why_a_name_was_not_found(run: Run, system: System, number: int, rcode: str) -> None:
    async def story() -> None:
        system.go.set()
        system.error = socket.gaierror(number, "Something")
        with pytest.raises(NetError, match=r"cannot look up a\.test: something") as caught:
            await SystemResolver()("a.test")
        assert (caught.value.code, caught.value.payload) == (
            "DNS-error",
            {"rcode": rcode, "info-code": None},
        )

    run(story())


def test_a_machine_without_threads_says_so(
    run: Run, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        resolver = SystemResolver()
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", full)
            with pytest.raises(NetError, match="too many threads"):
                await resolver("a.test")
        system.go.set()
        assert await resolver("a.test") == ["1.1.1.1", "2606:4700::1111"]

    run(story())


def test_a_loop_may_end_before_its_names_are_found(run: Run, system: System) -> None:
    async def story() -> None:
        asking = asyncio.ensure_future(SystemResolver()("a.test"))
        await asyncio.sleep(0.01)
        asking.cancel()

    run(story())
    system.go.set()
    for thread in threading.enumerate():
        if thread.name == "wherever-lookup":
            thread.join(5)
    assert "wherever-lookup" not in [thread.name for thread in threading.enumerate()]


def test_every_address_is_checked_also_those_that_are_not_tried(run: Run) -> None:
    async def many(host: str) -> list[str]:
        return [f"1.1.1.{last}" for last in range(20)] + extra

    async def story() -> None:
        rules, request = Rules.of(["a.test"]), Request.of("GET", "http", "a.test")
        assert await addresses(rules, request, many) == [f"1.1.1.{last}" for last in range(8)]
        extra.append("10.0.0.1")
        with pytest.raises(NetError, match=r"a\.test is 10\.0\.0\.1, a private address"):
            await addresses(rules, request, many)

    extra: list[str] = []
    run(story())


def test_what_is_not_granted_is_not_looked_up_here_either(run: Run, system: System) -> None:
    async def story() -> None:
        rules, request = Rules.of(["a.test"]), Request.of("GET", "http", "b.test")
        with pytest.raises(NetError, match=r"network access to b\.test:80 is not granted"):
            await addresses(rules, request, SystemResolver())
        assert system.asked == []

    run(story())


def test_a_name_without_addresses(run: Run) -> None:
    async def none(host: str) -> list[str]:
        return []

    async def story() -> None:
        with pytest.raises(NetError, match=r"a\.test has no address"):
            await addresses(Rules.of(["a.test"]), Request.of("GET", "http", "a.test"), none)

    run(story())


def test_an_address_is_not_looked_up(run: Run, system: System) -> None:
    async def story() -> None:
        rules, request = Rules.of(["127.0.0.1"]), Request.of("GET", "http", "127.0.0.1")
        assert await addresses(rules, request, SystemResolver()) == ["127.0.0.1"]
        assert system.asked == []

    run(story())
