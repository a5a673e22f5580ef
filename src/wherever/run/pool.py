"""A pool of guests for many calls: each in an instance of its own, or in one that is reused."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Unpack

from wherever.errors import InputError
from wherever.policy.limits import Limits
from wherever.run.blueprint import Guest
from wherever.run.host import HostFunction
from wherever.run.load import plan_for
from wherever.run.request import LimitValues, What, limits_for, seed_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.run.components import Opened

    AnyGuest = Guest | Opened
    """An instance of a module or of a component."""


class _Ticket:
    """One call's place in the queue, and the way to take it back."""

    __slots__ = ("guest", "is_cancelled")

    def __init__(self) -> None:
        self.guest: AnyGuest | None = None
        self.is_cancelled = False


class _Cancelled(Exception):
    """A call was taken back before it had a guest."""


class Pool:
    """Calls of one guest's functions, many at a time, from any thread.

    Each call gets a fresh instance, so that no call sees what another one did; that costs about a
    tenth of a millisecond, and some milliseconds for a component. With `fresh=False` an instance
    that came back from a call in good order serves the next one: faster, and the guest's memory
    remembers. What a stopped call used is thrown away either way, and the pool goes on.

    Args:
        what: a file, a name of the catalogue, `pypi:`/`npm:` and a file, or the bytes of a module
            or component.
        size: instances at the most, and calls that run at a time; further calls wait. By
            default as many as the machine has processors.
        fresh: give each call an instance of its own.
        imports, host, args, env, deterministic, limits: as for `load`. A host function may be
            called by several threads at a time.

    Raises:
        NotFound, NotRunnable, NotGranted, InputError: as `load` does.

    Example:
        >>> import wherever
        >>> text = b'''(module (func (export "square") (param $n i64) (result i64)
        ...   (i64.mul (local.get $n) (local.get $n))))'''
        >>> with wherever.Pool(text, size=2, timeout=5) as pool:
        ...     pool.call("square", 12), list(pool.map("square", range(5)))
        (144, [0, 1, 4, 9, 16])
    """

    def __init__(
        self,
        what: What,
        size: int | None = None,
        *,
        fresh: bool = True,
        imports: object = None,
        host: Iterable[HostFunction[..., Any]] = (),
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        deterministic: bool | int = False,
        limits: Limits | None = None,
        **values: Unpack[LimitValues],
    ) -> None:
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            raise InputError(f"a pool cannot have the size {size!r}", "pass a whole number")
        if size is not None and size < 1:
            raise InputError(
                f"a pool of {size} has room for no call", "give it a size of 1 or more"
            )
        seed = seed_for(deterministic)
        allowed = limits_for("Pool", limits, values)
        self.size = size or os.cpu_count() or 1
        self._is_fresh = fresh
        self._plan = plan_for(what, allowed, imports, host, args, env, seed)
        self._exports = self._plan.exports
        self._changed = threading.Condition()
        self._idle: list[AnyGuest] = []
        self._busy: set[AnyGuest] = set()
        self._count = 0
        self._is_closed = False
        self._threads: ThreadPoolExecutor | None = None

    def call(self, name: str, *args: Any) -> Any:
        """Calls an export; waits while as many calls are under way as the pool has room for.

        Raises:
            InputError: there is no such function, or the pool was closed.
            TypeError, OverflowError: the arguments do not fit its type.
            Trapped, LimitReached, GuestError: the guest was stopped; the pool goes on.
        """
        return self._run(_Ticket(), name, args)

    async def acall(self, name: str, *args: Any) -> Any:
        """`call` for asyncio: the loop goes on meanwhile; cancelling the task ends the guest."""
        ticket = _Ticket()
        running = asyncio.ensure_future(asyncio.to_thread(self._run, ticket, name, args))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._take_back(ticket)
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()  # it is known why
            raise

    def map(self, name: str, *columns: Iterable[Any]) -> Iterator[Any]:
        """Calls an export for each row of arguments, in threads; the results come in order.

        Some rows are taken ahead of the results that have been asked for, never all of them. The
        first call that fails raises here.
        """
        threads = self._executor()
        rows = zip(*columns, strict=True)
        waiting: deque[Future[Any]] = deque()
        tickets: deque[_Ticket] = deque()
        try:
            for row in rows:
                ticket = _Ticket()
                tickets.append(ticket)
                waiting.append(threads.submit(self._run, ticket, name, row))
                if len(waiting) > 2 * self.size:
                    yield waiting.popleft().result()
                    tickets.popleft()
            while waiting:
                yield waiting.popleft().result()
                tickets.popleft()
        finally:
            for ticket in tickets:
                self._take_back(ticket)
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Stops the calls that are under way, waits until they have ended, and frees everything."""
        with self._changed:
            self._is_closed = True
            busy = list(self._busy)
            idle, self._idle = self._idle, []
            threads, self._threads = self._threads, None
            self._count -= len(idle)
            self._changed.notify_all()
        for guest in busy:
            guest.gate.kill()
        for guest in idle:
            guest.close()
        if threads is not None:
            threads.shutdown()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = "fresh" if self._is_fresh else "reused"
        return f"<pool of {self.size} {kind} guests of {self._plan.name}>"

    def _run(self, ticket: _Ticket, name: str, args: tuple[Any, ...]) -> Any:
        if self._exports.get(name, ("", ""))[0] != "func":
            raise self._unknown(name)
        guest = self._take(ticket)
        try:
            return guest.call(name, args)
        finally:
            self._give(guest, ticket)

    def _unknown(self, name: str) -> InputError:
        from difflib import get_close_matches

        known = [each for each, (kind, _) in self._exports.items() if kind == "func"]
        near = get_close_matches(str(name), known, 1)
        listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        hint = f"did you mean {near[0]}?" if near else f"it exports: {listed}" if known else ""
        return InputError(f"{self._plan.name} exports no function {name}", hint)

    def _take(self, ticket: _Ticket) -> AnyGuest:
        with self._changed:
            while not self._idle and self._count >= self.size:
                self._refuse(ticket)
                self._changed.wait()
            self._refuse(ticket)
            guest = self._idle.pop() if self._idle else None
            if guest is None:
                self._count += 1
            else:
                self._busy.add(guest)
                ticket.guest = guest
        if guest is None:
            try:
                guest = self._plan.open()
            except BaseException:
                with self._changed:
                    self._count -= 1
                    self._changed.notify()
                raise
            with self._changed:
                self._busy.add(guest)
                ticket.guest = guest
                if ticket.is_cancelled or self._is_closed:
                    guest.gate.kill()
        return guest

    def _refuse(self, ticket: _Ticket) -> None:
        if self._is_closed:
            raise InputError("this pool was closed", "make a new one")
        if ticket.is_cancelled:
            raise _Cancelled

    def _give(self, guest: AnyGuest, ticket: _Ticket) -> None:
        with self._changed:
            ticket.guest = None  # from here on, it may be another call's
            keeps = not (self._is_fresh or self._is_closed or guest.gate.is_over)
            if keeps:
                self._busy.discard(guest)
                self._idle.append(guest)
                self._changed.notify()
        if not keeps:
            guest.close()
            with self._changed:
                self._busy.discard(guest)
                self._count -= 1
                self._changed.notify_all()

    def _take_back(self, ticket: _Ticket) -> None:
        with self._changed:
            ticket.is_cancelled = True
            if ticket.guest is not None and ticket.guest in self._busy:
                ticket.guest.gate.kill()
            self._changed.notify_all()

    def _executor(self) -> ThreadPoolExecutor:
        with self._changed:
            self._refuse(_Ticket())
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self.size, "wherever-pool")
            return self._threads
