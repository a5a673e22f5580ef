"""One request in one guest: it runs in turns, and is given what it asks for in between."""

from __future__ import annotations

import ctypes
import os
import time

from wherever.edge.exchange import Gone
from wherever.edge.guest import shim
from wherever.edge.guest.asking import Asking
from wherever.engine.instance import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Exchange
    from wherever.edge.guest.app import GuestApp
    from wherever.edge.guest.instances import Instance
    from wherever.engine.trap import Ending

_cpu = time.thread_time
_now = time.monotonic

ANSWERS = {
    "timeout": (504, b"The app took too long.\n"),
    "cpu_time": (504, b"The app took too long.\n"),
}
"""What a client is told of a limit; of all else it is told that the app failed."""

FAILED = (500, b"The app failed.\n")
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


class Running:
    """A request that a guest answers.

    Attributes:
        app: whose guest.
        exchange: what is answered.
        guest: the instance.
        deadline: `time.monotonic()` at which its wall time is over.
    """

    __slots__ = (
        "_asking",
        "_began",
        "_body",
        "_cpu",
        "app",
        "deadline",
        "exchange",
        "exit_code",
        "guest",
        "is_over",
    )

    def __init__(self, app: GuestApp, exchange: Exchange, guest: Instance, body: bytes) -> None:
        self.app = app
        self.exchange = exchange
        self.guest = guest
        self.is_over = False
        self.exit_code: int | None = None
        self._began = _now()
        self.deadline = self._began + app.timeout
        self._cpu = 0.0
        self._asking: Asking | None = None
        self._body = body

    def begin(self, head: bytes, body: bytes | None) -> None:
        """Gives the guest its request, and its first turn.

        Args:
            head: the request's head, as `shim.head` makes it.
            body: all of it where it is short, or None.
        """
        guest = self.guest
        place = guest.place
        ctypes.memmove(guest.address + place.in_head, head, len(head))
        numbers = guest.numbers
        numbers.in_head_size = len(head)
        if body is None:
            numbers.in_body_size = shim.STREAMED
            numbers.in_body_total = len(self._body)
        else:
            if body:
                ctypes.memmove(guest.address + place.in_body, body, len(body))
            numbers.in_body_size = len(body)
        self.app.turns.begin(self)
        guest.assembled.begin(self.app.entry)
        self.turn()

    # ----- turns

    def turn(self) -> None:
        """Runs the guest until it has answered, waits for something, or its slice is over."""
        if self.is_over:
            return
        poll, numbers = self.guest.assembled.poll, self.guest.numbers
        while True:
            began = _cpu()
            try:
                done = poll()
            except Failed as failed:
                self._cpu += _cpu() - began
                self._failed(failed.ending)
                return
            self._cpu += _cpu() - began
            if done:
                self._answered()
                return
            if not numbers.op:
                if self._cpu > self.app.cpu_time:
                    self.stop("cpu_time")
                else:
                    self.app.turns.again(self)
                return
            if not self._ask(numbers.op):
                return

    def _ask(self, op: int) -> bool:
        """Does what the guest asks; whether it was done at once."""
        guest, numbers = self.guest, self.guest.numbers
        if op == shim.LOG:
            self.log(numbers.stream, self.take(numbers.buffer, numbers.size))
            result: int | None = 0
        elif op == shim.RANDOM:
            result = self.give(os.urandom(numbers.size))
        elif op == shim.ENVIRON:
            result = self.give(self.app.arguments if numbers.stream else self.app.variables)
        elif op == shim.EXIT:
            self.exit_code = numbers.arg
            result = 0
        else:
            if self._asking is None:
                self._asking = Asking(self, self._body)
            result = self._asking.do(op)
        if result is None or self.is_over:
            return False
        guest.numbers.result = result
        guest.numbers.op = 0
        return True

    def go_on(self, result: int) -> None:
        """What the guest asked for, and had to wait for, is there."""
        if not self.is_over:
            self.guest.numbers.result = result
            self.guest.numbers.op = 0
            self.turn()

    # ----- the shim's memory

    def take(self, address: int, size: int) -> bytes:
        """A copy of bytes in the shim's memory."""
        if address + size > self.guest.size:
            raise ValueError("our shim tells of memory that it does not have")
        return ctypes.string_at(self.guest.address + address, size)

    def give(self, data: bytes) -> int:
        """Writes to the buffer that the guest asked to be filled; how many bytes that were."""
        numbers = self.guest.numbers
        size: int = min(len(data), numbers.size)
        if numbers.buffer + size > self.guest.size:
            raise ValueError("our shim tells of memory that it does not have")
        ctypes.memmove(self.guest.address + numbers.buffer, data, size)
        return size

    def log(self, stream: int, data: bytes) -> None:
        """Hands on what the guest wrote to its stdout or stderr."""
        self.app.output(self.exchange, "stderr" if stream == 2 else "stdout", data)

    # ----- ends

    def send_head(self) -> bool:
        """Begins to send the answer; whether somebody takes it."""
        numbers, exchange = self.guest.numbers, self.exchange
        if exchange.started or exchange.is_gone:
            return not exchange.is_gone
        headers = shim.fields(self.take(self.guest.place.out_head, numbers.out_head_size))
        exchange.start(numbers.status, headers, _length(headers))
        return True

    def _answered(self) -> None:
        """The guest has come back."""
        numbers, exchange, place = self.guest.numbers, self.exchange, self.guest.place
        if not numbers.status:
            self._end("error", FAILED, "it came back without an answer")
            return
        address = self.guest.address
        body = ctypes.string_at(address + place.out_body, numbers.out_body_size)
        if not exchange.started:
            if not numbers.is_whole:
                self._end("error", FAILED, "it did not finish its answer")
                return
            head = ctypes.string_at(address + place.out_head, numbers.out_head_size)
            self._note("ok")
            exchange.answer(numbers.status, shim.fields(head), body)
        else:
            self._note("ok")
            if body and not exchange.is_gone:
                exchange.write(body)
            if numbers.is_whole:
                exchange.finish()
            else:
                exchange.fail()
        self._close(well=True)

    def _failed(self, end: Ending) -> None:
        if self.exit_code is not None:
            if self.guest.numbers.is_whole and not self.exchange.started:
                self._answered()
                return
            self._end("error", FAILED, f"it left with exit code {self.exit_code}")
        elif end.kind == "limit":
            self._end(end.limit, ANSWERS.get(end.limit, FAILED), f"it reached its {end.limit}")
        else:
            where = f" in {end.backtrace[0]}" if end.backtrace else ""
            self._end("trapped", FAILED, f"it trapped: {end.message}{where}")

    def expire(self) -> None:
        """Its wall time is over."""
        self.stop("timeout")

    def stop(self, limit: str) -> None:
        """A limit has ended it."""
        if not self.is_over:
            self._end(limit, ANSWERS.get(limit, FAILED), f"it reached its limit of {limit}")

    def _end(self, outcome: str, answer: tuple[int, bytes], why: str) -> None:
        self._note(outcome)
        self.app.failed(self.exchange, why)
        exchange = self.exchange
        if not exchange.is_gone:
            try:
                if exchange.started:
                    exchange.fail()
                else:
                    exchange.answer(answer[0], _TEXT, answer[1])
            except Gone:
                pass
        self._close(well=False)

    def _note(self, outcome: str) -> None:
        wall = _now() - self._began
        self.app.ended(self.exchange, self.guest, outcome, wall, self._cpu)

    def _close(self, well: bool) -> None:
        self.is_over = True
        if self._asking is not None:
            self._asking.close()
        self.app.turns.end(self)
        self.app.release(self.guest, well)


def _length(headers: list[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None
