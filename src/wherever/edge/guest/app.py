"""A package that answers requests: how many at a time, in which instances, under which limits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from wherever.edge.exchange import Gone
from wherever.edge.guest import shim
from wherever.edge.guest.instances import LONG_S, MUCH, Instance, Instances
from wherever.edge.guest.lane import site_of
from wherever.edge.guest.loading import PLAIN
from wherever.edge.guest.running import Running
from wherever.engine.instance import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.config import AppSpec, Serving
    from wherever.edge.exchange import Exchange
    from wherever.edge.guest.loading import Loaded
    from wherever.edge.guest.outside import Outside
    from wherever.edge.guest.turns import Turns
    from wherever.edge.observe.meter import Meter
    from wherever.edge.observe.output import Output
    from wherever.engine.assembly import Assembled
    from wherever.policy.limits import Limits

_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


class GuestApp:
    """One app.

    Args:
        spec: its settings.
        serving: how its requests are run, nothing left open.
        limits: of one request.
        loaded: its handler.
        turns: the guests of this worker's loop.
        outside: what its guests may reach.
        meter: what is told how its guests fared, or None.

    Attributes:
        outside: the same.
        is_plain: its handler is one of the plain interface, which has requests whole, and as text.
        max_body: bytes that a body may have; None for any.
        timeout, cpu_time: seconds that a request may take.
        apart_until: `time.monotonic()` until which its guests take their turns on another thread.
        most_output: bytes that a request may write to its log.
        host_calls: what a request's guest may ask of its host, each time it cannot do without.
        kept_memory: bytes that an instance may have and still be used again.
        meter: the same.
        room: how many more requests it answers at the same time.
        site: the app on the short way, or None.
        most_disk: bytes that a request may write to files.
        open_files: files and folders that one instance may have open.
        slow_until: `time.monotonic()` until which its files are used on other threads.
        watched_until: that until which it is looked at whether they are slow.
    """

    def __init__(
        self,
        spec: AppSpec,
        serving: Serving,
        limits: Limits,
        loaded: Loaded,
        turns: Turns,
        outside: Outside,
        meter: Meter | None,
    ) -> None:
        self.name = spec.name
        self.turns = turns
        self.outside = outside
        self.timeout = limits.timeout or float("inf")
        self.cpu_time = limits.cpu_time or float("inf")
        self.most_output = float("inf") if limits.output is None else limits.output
        self.host_calls = float("inf") if limits.host_calls is None else limits.host_calls
        self.max_body = None if serving.body is not None and serving.body < 0 else serving.body
        self.most_disk = float("inf") if limits.disk is None else limits.disk
        self.open_files = limits.open_files
        self.slow_until = self.watched_until = 0.0
        self._aside: ThreadPoolExecutor | None = None
        self.is_plain = loaded.kind == PLAIN
        isolation = serving.isolation or ("fresh" if loaded.is_small else "pool")
        reuse = 1 if isolation == "fresh" else serving.reuse or 1
        self._instances = Instances(loaded, reuse, serving.pool or 1, self.dispose)
        self.apart_until = 0.0
        self.kept_memory = limits.memory // 2
        self.room = serving.concurrency or 1
        self._queue_room = serving.queue or 0
        self._queue: deque[tuple[Exchange, bytes | None]] = deque()
        self.meter = meter
        # Each of them is as much of our memory as `max_body` says.
        self._most_gathering = self.room + self._queue_room
        self._gathering: set[asyncio.Task[None]] = set()
        self.site = site_of(self, self._instances, meter)

    # ----- requests come

    def serve(self, exchange: Exchange) -> None:
        """Answers a request now, or when there is room; or says that there will be none soon."""
        if exchange.begun is not None and exchange.begun[0] is self:
            self._carry_on(exchange, *exchange.begun[1:])
        elif exchange.body is not None or not self.is_plain:
            self._admit(exchange, None)
        elif len(self._gathering) >= self._most_gathering:
            self._refuse(exchange)
        else:
            task = asyncio.get_running_loop().create_task(self._gathered(exchange))
            self._gathering.add(task)
            task.add_done_callback(self._gathering.discard)

    def _carry_on(
        self, exchange: Exchange, guest: Instance | Assembled, head: bytes, body: bytes,
        left: list[int], ended: bool | Failed,
    ) -> None:  # fmt: skip
        """Goes on where the short way has given a guest its first turn."""
        self.room -= 1
        instance = guest if isinstance(guest, Instance) else self._instances.adopt(guest)
        Running(self, exchange, instance, b"").carry_on(head, body, left, ended)

    async def _gathered(self, exchange: Exchange) -> None:
        """The plain interface has the whole body: it is read before a guest is there."""
        pieces = []
        try:
            while piece := await exchange.read():
                pieces.append(piece)
        except Gone:
            return
        self._admit(exchange, b"".join(pieces))

    def _admit(self, exchange: Exchange, body: bytes | None) -> bool:
        """Has a request answered now or later; whether there was room for it."""
        if self.room > 0:
            self.room -= 1
            self._run(exchange, body)
        elif len(self._queue) < self._queue_room:
            self._queue.append((exchange, body))
            self._tell_pool()
        else:
            self._refuse(exchange)
            return False
        return True

    def _refuse(self, exchange: Exchange) -> None:
        if self.meter is not None:
            self.meter.guest(self.name, "queue_full", 0.0, 0.0, 0, False, exchange.id)
        exchange.answer(503, [(b"retry-after", b"1"), *_TEXT], b"The app is busy.\n")

    def _run(self, exchange: Exchange, body: bytes | None) -> None:
        try:
            head = shim.head(exchange, self.is_plain)
        except shim.TooLarge:
            self._free(exchange)
            exchange.answer(431, _TEXT, b"The header is too large.\n")
            return
        try:
            guest = self._take(exchange)
        except Failed as failed:
            self._free(exchange)
            self.failed(exchange, f"it did not start: {failed.ending.message}")
            exchange.answer(500, _TEXT, b"The app failed.\n")
            return
        held = exchange.body
        if body is not None and len(body) <= shim.BODY_MOST:
            held, body = body, b""
        elif held is not None and len(held) > shim.BODY_MOST:
            held, body = None, held
        Running(self, exchange, guest, body or b"").begin(head, held)

    def repeat(
        self, exchange: Exchange, head: bytes, held: bytes | None, body: bytes, why: str
    ) -> None:
        """A used instance failed: a fresh one answers."""
        try:
            guest = self._instances.take_fresh()
        except Failed as failed:
            self._free(exchange)
            self.failed(exchange, f"it did not start: {failed.ending.message}")
            exchange.answer(500, _TEXT, b"The app failed.\n")
            return
        Running(self, exchange, guest, body, why).begin(head, held)

    # ----- requests end

    def distrust(self, why: str) -> None:
        """A fresh instance has done what a used one failed at."""
        if self._instances.distrust() and self.meter is not None:
            self.meter.note(f"{why} when it was used again: from now on none is", self.name)

    def release(self, exchange: Exchange, guest: Instance, well: bool) -> None:
        """A request is over; the next one of the queue begins."""
        self._give(exchange, guest, well)
        self._free(exchange)

    def _take(self, exchange: Exchange) -> Instance:
        """The instance that answers a request.

        Raises:
            Failed: it did not come through its start.
        """
        return self._instances.take()

    def _give(self, exchange: Exchange, guest: Instance, well: bool) -> None:
        """Takes the instance back."""
        self._instances.give(guest, well)

    def _free(self, exchange: Exchange) -> None:
        """There is room for one more request."""
        self.room += 1
        while self._queue and self.room > 0:
            waiting, body = self._queue.popleft()
            self._tell_pool()
            if waiting.is_gone:
                self._forget(waiting)
            else:
                self.room -= 1
                asyncio.get_running_loop().call_soon(self._run, waiting, body)

    def dispose(self, guest: Instance) -> None:
        """Frees an instance; to give much memory back takes its time, too."""
        assembled = guest.assembled
        grown = assembled.memory() - self._instances.memory
        # Whoever has filled much of what it had from the start has taken its time for that.
        if grown > MUCH or assembled.cpu > LONG_S or time.monotonic() < self.apart_until:
            self.turns.aside(guest.close)
        else:
            guest.close()

    def _forget(self, exchange: Exchange) -> None:
        """A client has left while its request waited."""

    def failed(self, exchange: Exchange, why: str) -> None:
        """Tells the log why a request failed."""
        if self.meter is not None:
            # Without its query, which may be secret; the line of the request may have it.
            path = exchange.target.partition(b"?")[0].decode("latin-1")
            self.meter.note(f"{exchange.method} {path}: {why}", self.name)

    def refused(self, exchange: Exchange, why: str) -> None:
        """Tells the log why a request of a guest's own came to nothing."""
        if self.meter is not None:
            self.meter.note(f"a request of {exchange.id} failed: {why}", self.name)

    def output(self, exchange: Exchange) -> Output | None:
        """Where what a guest writes while it answers goes; None where nobody reads it."""
        return None if self.meter is None else self.meter.output(self.name, exchange.id)

    def aside(self) -> ThreadPoolExecutor:
        """Threads for files that are slow; nobody else waits for these."""
        if self._aside is None:
            self._aside = ThreadPoolExecutor(4, "wherever-files")
        return self._aside

    def close(self) -> None:
        """Frees what waits."""
        if self.site is not None:
            self.site.close()
        self._instances.close()
        self.outside.close()
        if self._aside is not None:
            self._aside.shutdown(wait=False)

    def _tell_pool(self) -> None:
        if self.meter is not None:
            self.meter.pool(self.name, len(self._queue), len(self._instances))
