"""Actors: an instance for each key, which remembers, and answers one request after the other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from wherever.edge.guest.app import GuestApp
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.edge.exchange import Exchange
    from wherever.edge.guest.instances import Instance

    Key = Callable[[Exchange], bytes]


class _Actor:
    """One key: its instance, whether it answers, and who waits for it."""

    __slots__ = ("instance", "is_busy", "waiting")

    def __init__(self) -> None:
        self.instance: Instance | None = None
        self.is_busy = False
        self.waiting: deque[tuple[Exchange, bytes | None]] = deque()


class ActorApp(GuestApp):
    """An app with an instance for each key of its requests.

    Where there are more keys than it may keep instances, the one that was idle for longest is
    forgotten; so is one that failed.
    """

    def keyed(self, key: Key, most: int) -> ActorApp:
        """The same app; by this key, and with so many idle instances."""
        self._key = key
        self.site = None  # requests of one key wait for each other
        self._most = most
        self._actors: OrderedDict[bytes, _Actor] = OrderedDict()
        self._waiting = 0
        return self

    def _admit(self, exchange: Exchange, body: bytes | None) -> bool:
        key = self._key(exchange)
        actor = self._actors.get(key)
        if actor is None:
            actor = self._actors[key] = _Actor()
        self._actors.move_to_end(key)
        if not actor.is_busy:
            self._begin(actor, exchange, body)
        elif self._waiting < self._queue_room:
            self._waiting += 1
            actor.waiting.append((exchange, body))
        else:
            self._refuse(exchange)
            return False
        return True

    def _begin(self, actor: _Actor, exchange: Exchange, body: bytes | None) -> None:
        """Has an actor answer a request; where there is no room it is free again."""
        actor.is_busy = True
        if not super()._admit(exchange, body):
            self._next(exchange)

    def _take(self, exchange: Exchange) -> Instance:
        actor = self._actors[self._key(exchange)]
        found, actor.instance = actor.instance, None
        return found or self._instances.take_fresh()

    def _give(self, exchange: Exchange, guest: Instance, well: bool) -> None:
        guest.uses += 1
        if well:
            self._actors[self._key(exchange)].instance = guest
        else:
            self.dispose(guest)

    def _forget(self, exchange: Exchange) -> None:
        self._next(exchange)

    def _free(self, exchange: Exchange) -> None:
        super()._free(exchange)
        self._next(exchange)

    def _next(self, exchange: Exchange) -> None:
        """An actor is free: whoever waits for it comes, or it is one of the idle ones."""
        actor = self._actors[self._key(exchange)]
        actor.is_busy = False
        while actor.waiting:
            waiting, body = actor.waiting.popleft()
            self._waiting -= 1
            if not waiting.is_gone:
                # Later: one that ends at once would have the next begin within its own end.
                actor.is_busy = True
                asyncio.get_running_loop().call_soon(self._begin, actor, waiting, body)
                return
        idle = [key for key, each in self._actors.items() if not each.is_busy]
        for key in idle[: max(len(idle) - self._most, 0)]:
            gone = self._actors.pop(key)
            if gone.instance is not None:
                gone.instance.close()

    def close(self) -> None:
        """Frees what waits."""
        for actor in self._actors.values():
            if actor.instance is not None:
                actor.instance.close()
        self._actors.clear()
        super().close()


def key_of(text: str) -> Key:
    """What an actor is one for: `client`, `header:NAME` or `param:NAME`.

    Raises:
        InputError: it is none of these.
    """
    what, _, name = text.partition(":")
    if text == "client":
        return lambda exchange: exchange.client.encode("latin-1", "replace")
    if what == "header" and name:
        wanted = name.lower().encode()
        return lambda exchange: b", ".join(
            value for header, value in exchange.headers if header == wanted
        )
    if what == "param" and name:
        return lambda exchange: exchange.params.get(name, "").encode("utf-8", "surrogateescape")
    raise InputError(
        f"actors cannot be told apart by {text!r}", "write client, header:NAME or param:NAME"
    )
