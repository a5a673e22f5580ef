"""The row in which those wait who asked for more than is answered at once."""

from __future__ import annotations

import asyncio
import contextvars

from wherever.edge.http.row import Row


def test_one_is_served_in_each_round_of_the_loop() -> None:
    async def rounds() -> list[list[str]]:
        loop = asyncio.get_running_loop()
        done: list[list[str]] = []
        row = Row(loop, contextvars.copy_context())
        left = {"one": 2, "two": 1}

        def serve(name: str) -> None:
            done[-1].append(name)
            left[name] -= 1
            if left[name]:
                row.wait(lambda: serve(name))

        for name in left:
            row.wait(lambda name=name: serve(name))
        while any(left.values()):
            done.append([])
            await asyncio.sleep(0)
        return done

    assert asyncio.run(rounds()) == [["one"], ["two"], ["one"]]
