"""One request in one guest: it runs in turns, and is given what it asks for in between."""

from __future__ import annotations

import os
import time

from wherever.edge.exchange import Gone
from wherever.edge.guest import shim
from wherever.edge.guest.asking import Asking
from wherever.edge.guest.turns import APART_S, HOG_S, SLICE_S
from wherever.engine.instance import Failed
from wherever.errors import InputError
from wherever.wasi.shimming import RUN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from wherever.edge.exchange import Exchange, Headers
    from wherever.edge.guest.app import GuestApp
    from wherever.edge.guest.instances import Instance
    from wherever.edge.observe.output import Output
    from wherever.engine.trap import Ending

_now = time.monotonic

ANSWERS = dict.fromkeys(("timeout", "cpu_time", "fuel"), (504, b"The app took too long.\n"))
"""What a client is told of a limit; of all else it is told that the app failed."""

ASKED_S = 5e-6
"""Seconds of processor time that the host spends for something that a guest asks."""

GRACE_S = 1.0
"""Seconds that a guest has to end when its client has left."""

FAILED = (500, b"The app failed.\n")
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


class Running:
    """A request that a guest answers.

    Attributes:
        app: whose guest.
        exchange: what is answered.
        guest: the instance.
        trailers: what comes behind the body, when the guest has ended well.
        deadline: `time.monotonic()` at which its wall time is over.
    """

    __slots__ = (
        "_asked",
        "_asking",
        "_began",
        "_body",
        "_given",
        "_is_apart",
        "_left",
        "_logged",
        "_output",
        "_repeats",
        "_waits_to_end",
        "app",
        "deadline",
        "exchange",
        "exit_code",
        "guest",
        "is_over",
        "trailers",
    )

    def __init__(
        self, app: GuestApp, exchange: Exchange, guest: Instance, body: bytes, repeats: str = ""
    ) -> None:
        self.app = app
        self.exchange = exchange
        self.guest = guest
        self.is_over = False
        self.exit_code: int | None = None
        self._began = _now()
        self.deadline = self._began + app.timeout
        self._asking: Asking | None = None
        self._output: Output | None = None
        self._body = body
        self._repeats = repeats
        self._given: tuple[bytes, bytes | None] = (b"", None)
        self._left: list[int] = []
        self.trailers: Headers = []
        self._asked = self._logged = 0
        self._is_apart = False
        self._waits_to_end: tuple[str, tuple[int, bytes], str] | None = None

    def begin(self, head: bytes, body: bytes | None) -> None:
        """Gives the guest its request, and its first turn.

        Args:
            head: the request's head, as `shim.head` makes it.
            body: all of it where it is short, or None.
        """
        self._given = head, body
        self.exchange.on_gone = self._gone
        guest = self.guest
        # A new instance begins with its start functions, and then answers.
        entry, *self._left = (*guest.starts, RUN) if not guest.uses else (RUN,)
        assembled, (quick, large_head, large_body) = guest.assembled, guest.places
        size, at = len(head), guest.shim + shim.IN_HEAD
        held = b"" if body is None else body
        folders = len(self.app.outside.folders)
        sizes = (shim.STREAMED, len(self._body)) if body is None else (len(held), 0)
        self.app.turns.begin(self)
        if size + len(held) <= shim.QUICK_MOST:
            data, place = head + held if held else head, quick
            places = quick, quick + size
        else:
            assembled.write(large_body, held)
            data, place = head, large_head
            places = large_head, large_body
        if _now() < self.app.apart_until:
            assembled.write(place, data)
            assembled.put(at, *places, size, *sizes, folders)
            assembled.renew()
            assembled.begin(entry)
            self.turn()
            return
        ended: bool | Failed
        try:
            ended = assembled.ask(entry, place, data, at, *places, size, *sizes, folders)
        except Failed as failed:
            ended = failed
        self._begun(ended)

    def carry_on(self, head: bytes, body: bytes, left: list[int], ended: bool | Failed) -> None:
        """Takes over a guest that had its request, and its first turn, already.

        That has `ended` with its answer or without, or in a failure; `left` are entries to call.
        """
        self._given = head, body
        self._left = left
        self.exchange.on_gone = self._gone
        self.app.turns.begin(self)
        self._begun(ended)

    def _begun(self, ended: bool | Failed) -> None:
        self._look_at_time(0.0)
        if isinstance(ended, Failed):
            self._failed(ended.ending)
        else:
            self._checked(self._came_back if ended else self._go)

    # ----- turns

    def turn(self) -> None:
        """Runs the guest until it has answered, waits for something, or its slice is over."""
        if self.is_over or self._is_apart:
            return
        if _now() < self.app.apart_until:
            self._is_apart = True
            self.app.turns.apart(self.guest.assembled.poll, self._was_apart)
        else:
            self._checked(self._polled)

    def _was_apart(self, turn: Future[bool]) -> None:
        """A turn on another thread has ended; so has the guest where a limit came meanwhile."""
        self._is_apart = False
        if self._waits_to_end is not None:
            self._end(*self._waits_to_end)
            return

        def taken() -> None:
            if turn.result():
                self._came_back()
            else:
                self._go()

        self._checked(taken)

    def _look_at_time(self, before: float) -> None:
        """Where a turn has kept the loop for long, the app's next ones are taken apart."""
        if self.guest.assembled.cpu - before > HOG_S:
            self.app.apart_until = _now() + APART_S

    def _checked(self, step: Callable[[], object]) -> None:
        """Takes a step; where the guest fails in it, or gave what is nothing, that is its end."""
        try:
            step()
        except Failed as failed:
            self._failed(failed.ending)
        except (ValueError, LookupError, InputError) as error:
            self._end("error", FAILED, f"its answer is none: {error}")

    def _polled(self) -> None:
        before = self.guest.assembled.cpu
        done = self.guest.assembled.poll()
        self._look_at_time(before)
        if done:
            self._came_back()
        else:
            self._go()

    def _came_back(self) -> None:
        """A call has ended: the next one begins, or the guest has answered."""
        if self._left:
            self.guest.assembled.begin(self._left.pop(0))
            self.turn()
        else:
            self._answered()

    def _go(self) -> None:
        """The guest gave way: for what it asks, or because its slice is over."""
        assembled, at = self.guest.assembled, self.guest.shim + shim.OP
        until = _now() + SLICE_S
        while True:
            op, stream, buffer, size = assembled.words(at, 4)
            if op:
                if not self._ask(op, stream, buffer, size):
                    return
                assembled.cpu += ASKED_S
            # Who asks again and again is never cut off by the clock, and has had its slice too.
            if not op or _now() > until:
                if assembled.cpu > self.app.cpu_time:
                    self.stop("cpu_time")
                else:
                    self.app.turns.again(self)
                return
            if until <= self.app.apart_until:
                self.app.turns.again(self)
                return
            if assembled.poll():
                self._came_back()
                return

    def _ask(self, op: int, stream: int, buffer: int, size: int) -> bool:
        """Does what the guest asks; whether it was done at once."""
        self._asked += 1
        if self._asked > self.app.host_calls:
            self.stop("host_calls")
            return False
        if op == shim.LOG:
            self._logged += size
            if self._logged > self.app.most_output:
                self.stop("output")
                return False
            name = "stderr" if stream == 2 else "stdout"
            if self._output is None:
                self._output = self.app.output(self.exchange)
            if self._output is not None:
                self._output.write(name, self.guest.assembled.read(buffer, size))
            result: int | None = 0
        elif op == shim.RANDOM:
            result = self.give(buffer, size, os.urandom(size))
        elif op == shim.ENVIRON:
            outside = self.app.outside
            result = self.give(buffer, size, outside.arguments if stream else outside.variables)
        elif op == shim.EXIT:
            self.exit_code = self.guest.argument()
            result = 0
        else:
            if self._asking is None:
                self._asking = Asking(self, self._body)
            result = self._asking.do(op, stream, buffer, size, self.guest.argument())
        if result is None or self.is_over:
            return False
        self.guest.tell(result)
        return True

    def go_on(self, result: int) -> None:
        """What the guest asked for, and had to wait for, is there."""
        if not (self.is_over or self._is_apart):
            self.guest.tell(result)
            self.turn()

    def give(self, buffer: int, size: int, data: bytes) -> int:
        """Writes into the buffer that the guest asked to be filled; how many bytes that were."""
        self.guest.assembled.write(buffer, data[:size])
        return min(len(data), size)

    def error(self, code: int) -> int:
        """Tells the number of a wasi:http error-code; the result that goes with it."""
        self.guest.assembled.put(self.guest.shim + shim.ERROR, code)
        return shim.BROKEN

    # ----- ends

    def send_head(self) -> bool:
        """Begins to send the answer; whether somebody takes it."""
        guest, exchange = self.guest, self.exchange
        if exchange.started or exchange.is_gone:
            return not exchange.is_gone
        status, at, size = guest.assembled.words(guest.shim + shim.STATUS, 3)
        headers = shim.said_fields(status, guest.assembled.read(at, size), self.app.is_plain)
        exchange.start(status, headers, shim.length(headers))
        return True

    def _answered(self, well: bool = True) -> None:
        """The guest has come back, or left when its answer was complete."""
        guest, exchange, assembled = self.guest, self.exchange, self.guest.assembled
        status, head, body, _, is_whole, is_worn, memory = assembled.answer(
            guest.shim + shim.STATUS, guest.shim + shim.IS_WORN
        )
        if not status:
            self._end("error", FAILED, "it came back without an answer")
            return
        if not exchange.started:
            if not is_whole:
                self._end("error", FAILED, "it did not finish its answer")
                return
            headers = shim.said_fields(status, head, self.app.is_plain)
            self._note("ok", memory)
            exchange.answer(status, headers, body)
        else:
            self._note("ok", memory)
            if body and not exchange.is_gone:
                exchange.write(body)
            if is_whole:
                exchange.finish(self.trailers)
            else:
                exchange.fail()
        if self._repeats:
            self.app.distrust(self._repeats)
        # One that has grown far is not kept: what it holds may be what it never gives back.
        self._close(well and not (is_worn or guest.is_worn) and memory <= self.app.kept_memory)

    def _failed(self, end: Ending) -> None:
        if self.exit_code is not None:
            if self.guest.assembled.words(self.guest.shim + shim.IS_WHOLE, 1)[0]:
                self._answered(well=False)
                return
            self._end("error", FAILED, f"it left with exit code {self.exit_code}")
        elif end.kind == "limit":
            self._end(end.limit, ANSWERS.get(end.limit, FAILED), f"it reached its {end.limit}")
        else:
            where = f" in {end.backtrace[0]}" if end.backtrace else ""
            self._end("trapped", FAILED, f"it trapped: {end.message}{where}")

    def _gone(self) -> None:
        """The client has left: a guest that does not see it by itself ends soon."""
        self.deadline = min(self.deadline, _now() + GRACE_S)

    def expire(self) -> None:
        """Its wall time is over, or nobody waits for it any more."""
        if not self.is_over and self.exchange.is_gone:
            self._end("disconnected", FAILED, "its client left")
        else:
            self.stop("timeout")

    def stop(self, limit: str) -> None:
        """A limit has ended it."""
        if not self.is_over:
            self._end(limit, ANSWERS.get(limit, FAILED), f"it reached its limit of {limit}")

    def _end(self, outcome: str, answer: tuple[int, bytes], why: str) -> None:
        if self._is_apart:
            self._waits_to_end = outcome, answer, why
            return
        if outcome in ("trapped", "error", "memory") and self._can_repeat():
            self._repeat(why)
            return
        self._note(outcome, self.guest.assembled.memory())
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

    def _can_repeat(self) -> bool:
        """Whether a used instance failed, and nobody has seen anything of it."""
        is_unseen = self._asking is None or self._asking.is_unseen
        return self.guest.uses > 0 and is_unseen and not self.exchange.started

    def _repeat(self, why: str) -> None:
        """Has a fresh instance answer what a used one could not."""
        head, body = self._given
        self.is_over = True
        self.app.turns.end(self)
        self.app.dispose(self.guest)
        self.app.repeat(self.exchange, head, body, self._body, why)

    def _note(self, outcome: str, memory: int) -> None:
        meter = self.app.meter
        if meter is not None:
            wall, cpu, cold = _now() - self._began, self.guest.assembled.cpu, self.guest.uses == 0
            meter.guest(self.app.name, outcome, wall, cpu, memory, cold, self.exchange.id)

    def _close(self, well: bool) -> None:
        self.is_over = True
        asking, self._asking, self.exchange.on_gone = self._asking, None, None  # no cycles stay
        if asking is not None:
            asking.close()
        if self._output is not None:
            self._output.close()
        self.app.turns.end(self)
        self.app.release(self.exchange, self.guest, well)
