"""What a guest waits for comes once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from wherever.edge.guest import shim
from wherever.edge.guest.asking import Asking
from wherever.edge.internal import MemoryExchange
from wherever.net.error import NetError


class Call:
    """Has no room at first, and then fails, which is a change as any other."""

    def __init__(self) -> None:
        self.room = 0
        self.on_change: Any = None

    def write(self, data: bytes) -> int:
        if self.room:
            self.on_change()
            raise NetError("HTTP-request-body-size", "that is too much")
        return 0


def test_a_request_that_fails_while_it_is_written_is_told_of_once() -> None:
    async def story() -> list[int]:
        told: list[int] = []
        running: Any = SimpleNamespace(
            exchange=MemoryExchange("GET", b"/", []),
            guest=SimpleNamespace(assembled=SimpleNamespace(read=lambda at, size: b"x" * size)),
            go_on=told.append,
        )
        asking, call = Asking(running, b""), Call()
        calls: Any = SimpleNamespace(call=lambda number: call, close=lambda: None)
        asking._calls = calls
        call.on_change = asking._wake
        assert asking.do(shim.WRITE, 1, 0, 4, 0) is None
        call.room = 4
        call.on_change()
        asking.close()
        return told

    assert asyncio.run(story()) == [shim.BROKEN]
