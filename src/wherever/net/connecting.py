"""From checked addresses to a connection: to one of these very addresses, and to no name."""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
import ssl

from wherever.net.error import NetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Made = TypeVar("Made", bound=asyncio.Protocol)

HEAD_START = 0.25
"""Seconds until the next address is tried beside one that does not answer (RFC 8305)."""

_CODES = {
    errno.ECONNREFUSED: "connection-refused",
    errno.ECONNRESET: "connection-terminated",
    errno.EPIPE: "connection-terminated",
    errno.ECONNABORTED: "connection-terminated",
    errno.ETIMEDOUT: "connection-timeout",
    errno.ENETUNREACH: "destination-IP-unroutable",
    errno.EHOSTUNREACH: "destination-IP-unroutable",
    errno.EAFNOSUPPORT: "destination-IP-unroutable",
    errno.EMFILE: "connection-limit-reached",
    errno.ENFILE: "connection-limit-reached",
}


async def connect(
    addresses: list[str],
    host: str,
    port: int,
    make: Callable[[], Made],
    context: ssl.SSLContext | None,
) -> Made:
    """A connection with its protocol, over TLS where there is a context.

    Raises:
        NetError: none could be made.
    """
    loop = asyncio.get_running_loop()
    connected = await _race(_in_turns(addresses), host, port)
    try:
        # Who fails here closes the socket, which is its transport's by now.
        _, protocol = await loop.create_connection(
            make, sock=connected, ssl=context, server_hostname=host if context else None
        )
    except OSError as error:
        raise of_system(error, host) from None
    return protocol


async def _race(addresses: list[str], host: str, port: int) -> socket.socket:
    """The first socket that connects. The others are closed, also where nobody waits any more."""
    running: set[asyncio.Task[socket.socket]] = set()
    won: list[socket.socket] = []
    failed: list[BaseException] = []
    is_over = False

    def settle(task: asyncio.Task[socket.socket]) -> None:
        running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            failed.append(error)
        elif won or is_over:
            task.result().close()
        else:
            won.append(task.result())

    waiting = list(addresses)
    try:
        while not won and (waiting or running):
            if waiting:
                task = asyncio.ensure_future(_dial(waiting.pop(0), port))
                running.add(task)
                task.add_done_callback(settle)
            await asyncio.wait(
                tuple(running),
                timeout=HEAD_START if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
    except BaseException:
        for late in won:
            late.close()
        raise
    finally:
        is_over = True
        for task in tuple(running):
            task.cancel()
    if won:
        return won[0]
    first = failed[0] if failed else OSError(errno.EHOSTUNREACH, "no address")
    raise of_system(first, host) if isinstance(first, OSError) else first


async def _dial(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, (address, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made


def _in_turns(addresses: list[str]) -> list[str]:
    """The same addresses, the two kinds by turns, so that one kind that leads nowhere costs little.

    Example:
        >>> _in_turns(["::1", "::2", "::3", "127.0.0.1"])
        ['::1', '127.0.0.1', '::2', '::3']
    """
    kinds: dict[bool, list[str]] = {}
    for address in addresses:
        kinds.setdefault(":" in address, []).append(address)
    rows = [iter(row) for row in kinds.values()]
    turns: list[str] = []
    while len(turns) < len(addresses):
        for row in rows:
            turns.extend([address for address in [next(row, "")] if address])
    return turns


@functools.cache
def tls() -> ssl.SSLContext:
    """What is trusted here: what this machine trusts. Reading it takes some 30 ms, once."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def of_system(error: OSError, host: str) -> NetError:
    """What an error of the system, or of TLS, is to a guest."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return NetError("TLS-certificate-error", f"the certificate of {host} is not good: {why}")
    if isinstance(error, ssl.SSLError):
        said = getattr(error, "reason", None) or ""  # absent where OpenSSL did not raise it
        reason = said.replace("_", " ").lower()
        alert = _alert(said)
        if alert is not None:
            return NetError(
                "TLS-alert-received",
                f"{host} ended the handshake: {reason}",
                alert_id=alert,
                alert_message=reason,
            )
        return NetError("TLS-protocol-error", f"no TLS with {host}: {reason or 'it hung up'}")
    if isinstance(error, ConnectionError) and error.errno is None:
        return NetError("connection-terminated", f"{host} hung up")
    code = _CODES.get(error.errno or 0, "destination-unavailable")
    # Not the error's own words, in which the loop repeats the address.
    why = os.strerror(error.errno).lower() if error.errno else "no answer"
    return NetError(code, f"cannot reach {host}: {why}")


def is_cut_off(transport: asyncio.Transport) -> bool:
    """Whether a connection over TLS ended without its server's word that this is the end.

    Anyone on the way can end a connection, and asyncio does not tell the one from the other.
    """
    session = transport.get_extra_info("ssl_object")
    if session is None:
        return False
    try:
        return bool(session.read(1))
    except ssl.SSLZeroReturnError:
        return False
    except ssl.SSLError:
        return True


def _alert(reason: str) -> int | None:
    """The number of the alert that OpenSSL tells of, such as SSLV3_ALERT_HANDSHAKE_FAILURE."""
    _, alert, name = reason.partition("_ALERT_")
    found = ssl.AlertDescription.__members__.get(f"ALERT_DESCRIPTION_{name}") if alert else None
    return None if found is None else int(found)
