"""From a host to addresses that may be connected to: looked up once, and every one checked."""

from __future__ import annotations

import asyncio
import socket
import threading

from wherever.net.error import NetError
from wherever.net.host import is_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wherever.net.request import Request
    from wherever.net.rules import Rules

    Resolver = Callable[[str], Awaitable[list[str]]]

LOOKUPS = 8
"""How many names of one app are looked up at a time, those included that nobody waits for now."""

TRIED = 8
"""How many addresses of one host are tried; all of them are checked."""

_RCODES = {
    socket.EAI_NONAME: "NXDOMAIN",
    socket.EAI_NODATA: "NOERROR",
    socket.EAI_FAIL: "REFUSED",
    socket.EAI_AGAIN: "SERVFAIL",
}


async def addresses(rules: Rules, request: Request, resolver: Resolver) -> list[str]:
    """The addresses to connect to, best first.

    One address that is refused refuses the host: a name that is here and there at once is how a
    stranger's name server reaches into a network.

    Raises:
        NetError: the host is not known, or is somewhere that was not granted.
    """
    scheme, host, port = request.scheme, request.host, request.port
    rules.check(scheme, host, port)
    found = [host] if is_address(host) else await resolver(host)
    for address in found:
        rules.admit(scheme, host, port, address)
    if not found:
        raise NetError("DNS-error", f"{host} has no address", rcode="NOERROR")
    return list(dict.fromkeys(found))[:TRIED]


class SystemResolver:
    """Looks names up as this machine does, for one app.

    The system's function blocks, for as long as the network likes, and cannot be cancelled. So
    each runs in a thread of its own that no exit waits for, and not in a pool, where the slow
    names of one app would keep those of others waiting.
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str) -> list[str]:
        """The addresses of a name. Whoever asks for the same name meanwhile gets the same.

        Raises:
            NetError: it has none, or too many are being looked up.
        """
        running = self._running.get(host)
        if running is None:
            if len(self._running) >= LOOKUPS:
                raise NetError("DNS-timeout", f"{LOOKUPS} other names are still being looked up")
            running = self._start(host)
        return list(await asyncio.shield(running))

    def _start(self, host: str) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()
        self._running[host] = found

        def settle(result: list[str] | NetError) -> None:
            del self._running[host]
            if isinstance(result, NetError):
                found.set_exception(result)
                found.exception()  # seen, also where nobody waits any more
            else:
                found.set_result(result)

        def look_up() -> None:
            try:
                result: list[str] | NetError = _system(host)
            except NetError as error:
                result = error
            try:
                loop.call_soon_threadsafe(settle, result)
            except RuntimeError:
                pass  # the loop was closed meanwhile

        try:
            threading.Thread(target=look_up, name="wherever-lookup", daemon=True).start()
        except RuntimeError:
            del self._running[host]
            raise NetError("DNS-error", "no name can be looked up: too many threads") from None
        return found


def _system(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        why = (error.strerror or "no answer").lower()
        raise NetError(
            "DNS-error",
            f"cannot look up {host}: {why}",
            rcode=_RCODES.get(error.errno or 0, "SERVFAIL"),
        ) from None
    except (OSError, UnicodeError) as error:
        raise NetError("DNS-error", f"cannot look up {host}: {error}") from None
    return [str(sockaddr[0]) for *_, sockaddr in found]
