"""Requests to the outside for one app: by its rules, over connections that only it uses."""

from __future__ import annotations

import asyncio

from wherever.net.budget import UNBOUNDED, Allowance, Budget
from wherever.net.call import Call
from wherever.net.connecting import connect, tls
from wherever.net.connection import Connection
from wherever.net.error import NetError
from wherever.net.request import Request, Timeouts
from wherever.net.resolving import SystemResolver, addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from wherever.net.resolving import Resolver
    from wherever.net.rules import Rules

CONNECTIONS = 16
"""Connections of one app at a time."""

WAITING = 64
"""Calls of one app that wait for a connection to be free."""

WAIT_S = 10.0
"""How long they wait."""

IDLE_S = 15.0
"""How long a connection is kept for the next call; servers leave earlier ones be."""


class Client:
    """What an app's guests reach the outside by. It belongs to one loop.

    Connections are kept and used again, also without looking the host up again: they lead to
    addresses that these very rules admitted. Nothing is taken from the environment: no proxies, no
    passwords. Redirects are the guest's to follow: its next request is checked as the first was.

    Args:
        rules: what may be reached.
        budget: what all calls together may use; without limits where None.
        connections, waiting, wait_s: see `CONNECTIONS`, `WAITING`, `WAIT_S`.
        resolver: how names become addresses; as the system does where None.
        context: whom to trust; whom the system trusts where None.

    Example:
        client = Client(Rules.of(["api.example.com"]))
        call = client.start(Request.of("GET", "https", "api.example.com", "/v1"))
        print(await call.response(), await call.receive())
    """

    def __init__(
        self,
        rules: Rules,
        *,
        budget: Budget | None = None,
        connections: int = CONNECTIONS,
        waiting: int = WAITING,
        wait_s: float = WAIT_S,
        resolver: Resolver | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.rules = rules
        self.budget = budget or Budget(UNBOUNDED)
        self._most = connections
        self._slots = asyncio.Semaphore(connections)
        self._used = self._waiting = 0
        self._most_waiting = waiting
        self._wait_s = wait_s
        self._resolver = resolver or SystemResolver()
        self._context = context
        self._idle: dict[Connection, asyncio.TimerHandle] = {}
        self._is_closed = False

    def run(self, allowance: Allowance | None = None) -> Budget:
        """The budget of one run, whose use also counts for the app."""
        return Budget(allowance or Allowance(), self.budget)

    def start(
        self,
        request: Request,
        body: bytes | None = b"",
        *,
        timeouts: Timeouts | None = None,
        budget: Budget | None = None,
        on_change: Callable[[], object] | None = None,
    ) -> Call:
        """Begins a request. It must be called on the loop's thread, and does not wait.

        Args:
            body: the whole body; None where it is written to the call.
            budget: of the run whose guest asks; the app's where None.

        Raises:
            NetError: it is not granted, or the budget is used up.
            ValueError: the budget is not of this client.
        """
        if self._is_closed:
            raise NetError("connection-terminated", "the app has ended")
        self.rules.check(request.scheme, request.host, request.port)
        budget = budget or self.budget
        if self.budget not in (budget, budget.above):
            raise ValueError("that budget is not of a run of this client")
        call = Call(request, timeouts or Timeouts(), budget, self._begin, on_change)
        if body is not None:
            call.start_whole(body)
        call.budget.begin(call)
        self._begin(call)
        return call

    def close(self) -> None:
        """Ends every call and closes every connection."""
        self._is_closed = True
        self.budget.close()
        for connection in tuple(self._idle):
            connection.drop()

    # ----- what connections do

    def free(self, connection: Connection, *, is_good: bool) -> None:
        """A call has left its connection."""
        self._used -= 1
        self._slots.release()
        if is_good and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._idle[connection] = loop.call_later(IDLE_S, connection.drop)
        else:
            connection.drop()

    def gone(self, connection: Connection) -> None:
        """An idle connection has ended."""
        timer = self._idle.pop(connection, None)
        if timer is not None:
            timer.cancel()

    # ----- the way of a call to its connection

    def _begin(self, call: Call) -> None:
        call.task = asyncio.ensure_future(self._bring(call))

    async def _bring(self, call: Call) -> None:
        try:
            await self._take()
            try:
                connection = self._kept(call.request) or await self._made(call)
            except BaseException:
                self._used -= 1
                self._slots.release()
                raise
        except NetError as error:
            call.task = None
            call.fail(error)
        except Exception as error:
            call.task = None
            call.fail(NetError("internal-error", f"a bug: {error!r}", message="internal error"))
            raise
        else:
            call.task = None
            call.attach(connection)

    async def _take(self) -> None:
        """Waits for one of the app's connections to be free."""
        if self._slots.locked():
            if self._waiting >= self._most_waiting:
                raise self._too_many(f"{self._waiting} requests wait for one")
            self._waiting += 1
            try:
                async with asyncio.timeout(self._wait_s):
                    await self._slots.acquire()
            except TimeoutError:
                raise self._too_many(f"none was free for {self._wait_s:g} seconds") from None
            finally:
                self._waiting -= 1
        else:
            await self._slots.acquire()
        self._used += 1

    def _too_many(self, why: str) -> NetError:
        return NetError(
            "connection-limit-reached", f"all {self._most} connections are in use: {why}"
        )

    def _kept(self, request: Request) -> Connection | None:
        """A connection that is there already, or room for a new one."""
        key = (request.scheme, request.host, request.port)
        for connection in reversed(self._idle):
            if connection.key == key and connection.is_open:
                self.gone(connection)
                return connection
        while len(self._idle) + self._used > self._most:
            next(iter(self._idle)).drop()
        return None

    async def _made(self, call: Call) -> Connection:
        request = call.request
        limit = call.timeouts.connect
        late = NetError("DNS-timeout", f"{request.host} was not found within {limit:g} seconds")
        try:
            async with asyncio.timeout(limit):
                found = await addresses(self.rules, request, self._resolver)
                late = NetError(
                    "connection-timeout", f"no connection to {request.host} in {limit:g} seconds"
                )
                context = None
                if request.scheme == "https":
                    context = self._context or await asyncio.to_thread(tls)
                key = (request.scheme, request.host, request.port)
                return await connect(
                    found, request.host, request.port, lambda: Connection(self, key), context
                )
        except TimeoutError:
            raise late from None
