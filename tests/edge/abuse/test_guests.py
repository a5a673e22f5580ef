"""Guests that mean harm are ended as it is written down, and the app beside them never notices."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.edge.abuse.harm import WAITING
from tests.edge.abuse.serving import Real, app, real
from tests.edge.steady_client import steady

OK = (200, b"hello")
FAILED = (500, b"The app failed.\n")
LATE = (504, b"The app took too long.\n")
SLOW = {"timeout", "cpu_time"}
"""Which of the two comes first depends on what else there is to do."""

ABUSE = {
    "that go on": {
        "/harm/ever": (LATE, SLOW),
        "/wasi/spin": (LATE, SLOW),
        "/wasi/spin-asking": (LATE, SLOW),
        "/wasi/flood": (LATE, SLOW),
        "/wasi/sleep": (LATE, {"timeout"}),
        "/filing/churn": (LATE, SLOW),
    },
    "that fail": {
        "/harm/trap": (FAILED, {"trapped"}),
        "/harm/deep": (FAILED, {"stack"}),
        "/wasi/trap": (FAILED, {"trapped"}),
        "/wasi/exit": (FAILED, {"error"}),
        "/wasi/silent": (FAILED, {"error"}),
    },
    "that take": {
        "/large/fill": (OK, {"ok"}),
        "/small/steps": (FAILED, {"memory"}),
        "/small/over": (FAILED, {"memory"}),
        "/opening/": (FAILED, {"open_files"}),
    },
}
"""What is asked for: what its client is answered, and what the log calls it."""


def outcomes(served: Real) -> dict[str, set[str]]:
    """What the log says of the requests for each target."""
    found: dict[str, set[str]] = {}
    for line in served.command("logs", served.name, "--json", "--last=100000").stdout.splitlines():
        told = json.loads(line)
        if told["kind"] == "request":
            found.setdefault(told["target"], set()).add(told["outcome"])
    return found


@pytest.mark.parametrize("kind", ABUSE)
def test_guests_are_ended_as_documented_while_the_healthy_app_answers(
    served: Real, kind: str
) -> None:
    """Four of each at once, beside a steady load of another app."""
    workers = served.workers()
    paths = [path for path in ABUSE[kind] for _ in range(4)]

    async def both() -> tuple[dict[int, int], int, list[tuple[int, bytes]]]:
        abuse = [asyncio.to_thread(served.ask, path) for path in paths]
        healthy = steady(served.address, rate=50, seconds=1, target="/well/")
        seen, *ends = await asyncio.gather(healthy, *abuse)
        return seen.statuses, seen.broken, ends

    statuses, broken, ends = asyncio.run(both())
    assert (statuses, broken) == ({200: 50}, 0)
    assert list(zip(paths, ends, strict=True)) == [(path, ABUSE[kind][path][0]) for path in paths]
    told = outcomes(served)
    others = {path: told[path] - ABUSE[kind][path][1] for path in paths}
    assert {path: seen for path, seen in others.items() if seen} == {}
    assert served.workers() == workers


def test_the_next_request_of_an_app_that_leaks_is_answered(served: Real) -> None:
    """An instance that is used again has less room each time; none of its failures stays."""
    ends = [served.ask("/leaky/leak") for _ in range(12)]
    assert set(ends) <= {OK, FAILED}
    assert ends.count(OK) >= 9
    assert served.ask("/leaky/") == OK


def test_memory_and_descriptors_return_to_their_level(served: Real) -> None:
    def abuse(times: int) -> None:
        async def all_of_it() -> None:
            paths = [path for kind in ABUSE.values() for path in kind] * times
            await asyncio.gather(*(asyncio.to_thread(served.ask, path) for path in paths))

        asyncio.run(all_of_it())

    abuse(1)
    before = served.held()
    abuse(3)
    within = before.memory + (24 << 20)
    assert served.until(lambda: served.held().memory < within), (before, served.held())
    assert served.until(lambda: served.held().descriptors <= before.descriptors), served.held()


def test_who_finds_no_room_is_told_when_to_come_again(served: Real) -> None:
    """One sleeps, one waits, and all others are told at once; the healthy app has room."""

    async def many() -> list[tuple[int, bytes]]:
        asked = [asyncio.to_thread(served.ask, "/crowded/sleep") for _ in range(6)]
        well = asyncio.to_thread(served.ask, "/well/")
        return list(await asyncio.gather(*asked, well))

    *ends, well = asyncio.run(many())
    assert well == (200, b"well")
    assert sorted(ends) == [(503, b"The app is busy.\n")] * 4 + [LATE] * 2


def test_a_guest_that_could_wait_for_another_thread_is_refused_when_it_is_loaded(
    tmp_path: Path,
) -> None:
    package = tmp_path / "waiting.wat"
    package.write_text(WAITING)
    with pytest.raises(AssertionError) as refused, real(tmp_path, app("waiting", package)):
        pass
    assert str(refused.value) == (
        "wherever: waiting: waiting shares memory between threads; build it without threads\n"
    )


def test_requests_that_trap_do_not_end_the_use_of_a_pool(served: Real) -> None:
    """Who sends what an app cannot bear, again and again, makes it no slower for all others."""
    for _ in range(6):
        assert served.ask("/leaky/trap") == FAILED
    served.ask("/leaky/keep?first")
    assert served.ask("/leaky/keep?second") == (200, b"first")
