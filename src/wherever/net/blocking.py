"""The same requests for a guest whose thread has no loop: one thread does the work for all.

Every operation that is asked for here happens on the loop of that thread, and is waited for where
it was asked: it costs a change of threads, and blocks on nothing but that. What is not there yet
is waited for by `Outside.wait`, for any number of calls at once.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref

from wherever.net.call import BODY
from wherever.net.client import Client
from wherever.net.error import NetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeVar

    from wherever.net.budget import Allowance, Budget
    from wherever.net.call import Call
    from wherever.net.request import Headers, Request, Timeouts
    from wherever.net.resolving import Resolver
    from wherever.net.rules import Rules

    Result = TypeVar("Result")


AHEAD = 64 << 10
"""How much of a body a thread fetches at a time."""


class _Worker:
    """The thread, and its loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clients: weakref.WeakSet[Client] = weakref.WeakSet()
        self._thread = threading.Thread(target=self._run, name="wherever-net", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self._settle())
        finally:
            self.loop.close()

    async def _settle(self) -> None:
        """Ends what still runs on the loop, so that nothing is left to be said at exit."""
        for client in tuple(self.clients):
            client.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What was closed is told so on the loop's next turns.
        for _ in range(3):
            await asyncio.sleep(0)

    def end(self) -> None:
        """Ends it, where it does not hang."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(1.0)


_worker: _Worker | None = None
_lock = threading.Lock()


def _started() -> _Worker:
    global _worker
    with _lock:
        if _worker is None:
            _worker = _Worker()
        return _worker


def _end() -> None:
    global _worker
    with _lock:
        worker, _worker = _worker, None
    if worker is not None:
        worker.end()


def _after_fork() -> None:
    # The child has the loop's memory and not its thread.
    global _worker, _lock
    _worker = None
    _lock = threading.Lock()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Handle:
    """One call of a guest in another thread than the loop's: as `Call`, for one at a time."""

    __slots__ = ("_call", "_outside", "_rest")

    def __init__(self, outside: Outside, call: Call) -> None:
        self._outside = outside
        self._call = call
        self._rest = memoryview(b"")

    def is_ready(self, what: str) -> bool:
        """As for `Call`; it may become so at any moment."""
        return (what == BODY and len(self._rest) > 0) or self._call.is_ready(what)

    @property
    def is_over(self) -> bool:
        """As for `Call`."""
        return not self._rest and self._call.is_over

    @property
    def error(self) -> NetError | None:
        """Why the call failed, or None."""
        return self._call.error

    @property
    def status(self) -> int | None:
        """The response's, once its head is there."""
        return self._call.status

    @property
    def headers(self) -> Headers:
        """The response's, once its head is there."""
        return self._call.headers

    @property
    def trailers(self) -> Headers:
        """The response's, once it has ended."""
        return self._call.trailers

    def read(self, most: int) -> bytes | None:
        """As for `Call`. More is fetched than is asked for, so that small reads cost little."""
        if not self._rest:
            piece = self._outside.ask(self._call.read, max(most, AHEAD))
            if not piece or len(piece) <= most:
                return piece
            self._rest = memoryview(piece)
        piece = bytes(self._rest[:most])
        self._rest = self._rest[most:]
        return piece

    def write(self, data: bytes) -> int:
        """As for `Call`."""
        return self._outside.ask(self._call.write, data)

    def finish(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """As for `Call`."""
        self._outside.ask(self._call.finish, tuple(trailers))

    def close(self) -> None:
        """As for `Call`."""
        self._rest = memoryview(b"")
        self._outside.ask(self._call.close)


class Outside:
    """What one run's guest reaches the outside by, from its own thread.

    The arguments are those of `Client`, and what the run may use. The thread of the loop is
    started by the first request.

    Example:
        with Outside(Rules.of(["api.example.com"])) as outside:
            call = outside.start(Request.of("GET", "https", "api.example.com"))
            outside.wait([(call, HEAD)])
            print(call.status)
    """

    def __init__(
        self,
        rules: Rules,
        allowance: Allowance | None = None,
        *,
        resolver: Resolver | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._allowance = allowance
        self._given: dict[str, Any] = {"resolver": resolver, "context": context}
        self._made: tuple[_Worker, Client, Budget] | None = None
        self._starting = threading.Lock()
        self._changed = threading.Condition()

    def __enter__(self) -> Outside:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def budget(self) -> Budget | None:
        """What was used, or None where nothing was."""
        return self._made[2] if self._made is not None else None

    def start(
        self, request: Request, body: bytes | None = b"", timeouts: Timeouts | None = None
    ) -> Handle:
        """As for `Client`.

        Raises:
            NetError: it is not granted, or what may be used is used up.
        """
        # What is not granted does not even start a thread.
        self._rules.check(request.scheme, request.host, request.port)
        with self._starting:
            if self._made is None:
                worker = _started()
                self._made = worker, *_on(worker.loop, self._make, worker)
            _, client, budget = self._made
        call = self.ask(
            lambda: client.start(
                request, body, timeouts=timeouts, budget=budget, on_change=self._tell
            )
        )
        return Handle(self, call)

    def wait(
        self, wanted: Sequence[tuple[Handle, str]], seconds: float | None = None
    ) -> list[bool]:
        """Waits until at least one part is ready, or time is over; says which are.

        Args:
            wanted: calls, and what of each: `HEAD`, `BODY`, `ROOM` or `END`.
        """

        def ready() -> list[bool]:
            return [handle.is_ready(what) for handle, what in wanted]

        with self._changed:
            self._changed.wait_for(lambda: any(ready()), seconds)
        return ready()

    def close(self) -> None:
        """Ends every call and closes every connection."""
        made, self._made = self._made, None
        if made is not None and not made[0].loop.is_closed():
            _on(made[0].loop, made[1].close)

    def ask(self, function: Callable[..., Result], *args: object) -> Result:
        """What a function gives on the loop's thread."""
        if self._made is None:
            raise NetError("connection-terminated", "the run has ended")
        return _on(self._made[0].loop, function, *args)

    def _make(self, worker: _Worker) -> tuple[Client, Budget]:
        client = Client(self._rules, **self._given)
        worker.clients.add(client)
        return client, client.run(self._allowance)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _on(loop: asyncio.AbstractEventLoop, function: Callable[..., Result], *args: object) -> Result:
    done = threading.Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function(*args))
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    loop.call_soon_threadsafe(run)
    done.wait()
    if errors:
        raise errors[0]
    return results[0]
