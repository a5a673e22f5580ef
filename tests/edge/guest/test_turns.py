"""The clock of all guests of a loop."""

from __future__ import annotations

import asyncio

from wherever.edge.guest.turns import Turns


class Late:
    """A guest whose time is over, and what happens then."""

    deadline = 0.0

    def __init__(self, turns: Turns, broken: bool) -> None:
        self._turns = turns
        self._broken = broken
        self.is_over = asyncio.Event()

    def turn(self) -> None:
        raise AssertionError("its time is over")

    def expire(self) -> None:
        self._turns.end(self)
        if self._broken:
            raise RecursionError
        self.is_over.set()


def test_a_guest_whose_end_fails_stops_the_clock_of_no_other() -> None:
    async def story() -> list[str]:
        failures: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: failures.append(repr(told["exception"])))
        turns = Turns()
        for _ in range(2):
            # The second round is one of the clock's later looks.
            beside = Late(turns, broken=False)
            for guest in (Late(turns, broken=True), beside):
                turns.begin(guest)
            await asyncio.wait_for(beside.is_over.wait(), 5)
        return failures

    assert asyncio.run(story()) == ["RecursionError()"] * 2
