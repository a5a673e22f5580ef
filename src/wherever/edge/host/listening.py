"""Where a server listens as a whole: its sockets, which of them speak TLS, and what they show."""

from __future__ import annotations

import contextlib
import os

from wherever.edge.host import addresses
from wherever.edge.tls import certificate
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from wherever.edge.config import ServerConfig
    from wherever.edge.host.addresses import Address
    from wherever.edge.tls.certificate import Certificate


def wanted(config: ServerConfig) -> dict[str, Address]:
    """The addresses of a server, each by what names its socket, with TLS or without.

    Raises:
        InputError: one is none, or they contradict each other or the certificates.
    """
    found: dict[str, Address] = {}
    for text in config.listen:
        address = addresses.parse(text, config.public)
        # Each port 0 is another one that is free.
        name = str(address) if address.port or address.path else text
        if found.setdefault(name, address).tls != address.tls:
            raise InputError(
                f"{address} is to speak TLS, and not to", f"write it once: https://{address}"
            )
    secured = [address for address in found.values() if address.tls]
    if secured and not config.tls:
        raise InputError(
            f"{secured[0].url} needs a certificate",
            "add --tls-cert FILE --tls-key FILE, or tls = { cert = FILE, key = FILE } to [server]",
        )
    if config.tls and not secured:
        first = next(iter(found))
        raise InputError(
            "there is a certificate, and no address that speaks TLS", f"write https://{first}"
        )
    return found


def certificates(config: ServerConfig) -> list[Certificate]:
    """What a server shows, read from its files now.

    Raises:
        InputError: one of them cannot be used.
    """
    return [certificate.read(each.cert, each.key) for each in config.tls]


def check(config: ServerConfig) -> None:
    """Refuses a server that could not listen as it says, before anything begins.

    Raises:
        InputError: what is wrong with its addresses or certificates.
    """
    wanted(config)
    certificates(config)


class Sockets:
    """The listening sockets of a server, which stay open while its workers come and go."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Address, socket.socket]] = {}

    @property
    def addresses(self) -> list[Address]:
        """Where they listen, with the ports that the system chose."""
        return [address for address, _ in self._open.values()]

    def add(self, wanted: dict[str, Address], public: bool) -> list[str]:
        """Opens those that are not open yet; the names of the new ones.

        Raises:
            InputError: one cannot be opened; none of the new ones is open then.
        """
        fresh: list[str] = []
        try:
            for name, address in wanted.items():
                if name not in self._open:
                    sock = addresses.open_one(address, public)
                    fresh.append(name)
                    self._open[name] = (addresses.bound(address, sock), sock)
        except BaseException:
            self.close(fresh)
            raise
        return fresh

    def of(self, wanted: dict[str, Address], tls: bool) -> list[socket.socket]:
        """Those of these addresses that speak TLS, or that do not."""
        return [self._open[name][1] for name, address in wanted.items() if address.tls is tls]

    def keep(self, wanted: dict[str, Address]) -> None:
        """Closes all others; those that stay are known by what they speak now."""
        self.close([name for name in self._open if name not in wanted])
        self._open = {
            name: (addresses.bound(address, self._open[name][1]), self._open[name][1])
            for name, address in wanted.items()
        }

    def close(self, names: Iterable[str] | None = None) -> None:
        """Closes those of these names, or all, and takes their files away."""
        for name in list(self._open if names is None else names):
            address, sock = self._open.pop(name)
            if address.path:
                with contextlib.suppress(OSError):
                    os.unlink(address.path)
            sock.close()
