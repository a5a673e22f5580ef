"""What a guest may reach of the network: rules from text, asked by name and again by address."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from wherever.errors import InputError
from wherever.net.address import METADATA, Address, Network, behind, is_inside, kind, plain
from wherever.net.error import NetError
from wherever.net.host import (
    DEFAULT_PORTS,
    BadHost,
    canonical,
    is_address,
    parse_port,
    written,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SPELLING = "write HOST:PORT, such as api.example.com:443"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that may be reached.

    Attributes:
        name: a host's name, or one that begins with `*.` for all under it; empty for a network.
        network: the addresses that are named, or None.
        port: a port; 0 for any; None for the scheme's own.
    """

    name: str
    network: Network | None
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Rule:
        """A rule from `HOST`, `HOST:PORT` or `HOST:*`.

        HOST is a name, `*.NAME` for all names under it (not itself), an IPv4 address, an IPv6
        address in brackets, or a network of either: `10.0.0.0/8:80`, `[fd00::/8]:*`.

        Raises:
            InputError: it is none of these; the hint shows the right spelling.

        Example:
            >>> str(Rule.parse("API.example.com:443")), str(Rule.parse("[::1]:8080"))
            ('api.example.com:443', '[::1]:8080')
        """
        host, port = _split(text)
        if host == "*":
            raise _wrong(text, "all hosts", "name them, or write *.example.com for all under one")
        bare = host.removeprefix("[").removesuffix("]")
        if "/" in bare:
            return cls("", _network(text, bare), port)
        name = host.removeprefix("*.")
        try:
            known = canonical(name)
        except BadHost as bad:
            hint = _hint(host, bad.hint, port) if bad.hint else _SPELLING
            raise _wrong(text, str(bad), hint) from None
        if is_address(known):
            if name != host:
                raise _wrong(text, "there is nothing under an address", _SPELLING)
            return cls("", ip_network(known), port)
        return cls(host[: len(host) - len(name)] + known, None, port)

    def __str__(self) -> str:
        host = self.name
        if self.network is not None:
            alone = self.network.num_addresses == 1
            host = str(self.network[0] if alone else self.network)
            host = f"[{host}]" if ":" in host else host
        return host if self.port is None else f"{host}:{self.port or '*'}"

    def _is_of(self, scheme: str, port: int) -> bool:
        if self.port is None:
            return port == DEFAULT_PORTS.get(scheme)
        return self.port in (0, port)

    def names(self, scheme: str, host: str, port: int) -> bool:
        """Whether this is about a host, by how the host is spelled in a request."""
        if not self._is_of(scheme, port):
            return False
        if self.network is not None:
            return is_address(host) and ip_address(host) in self.network
        if self.name.startswith("*."):
            return host.endswith(self.name[1:]) and not is_address(host)
        return host == self.name

    def covers(self, scheme: str, address: Address, port: int) -> bool:
        """Whether this names an address that is not public.

        A network does where it lies among such addresses as a whole: whoever allows half the
        internet did not mean the machines in between. Where secrets are, the address itself
        has to be named.
        """
        network = self.network
        if network is None or not self._is_of(scheme, port) or address not in network:
            return False
        if behind(address) in METADATA:
            return network.num_addresses == 1
        return is_inside(network)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a guest may reach. The empty value reaches nothing.

    A request is asked about twice: `check` before anything is looked up, so that a name that was
    not granted is not even seen by a name server; `admit` for each address that the name has.

    Example:
        >>> rules = Rules.of(["*.example.com", "localhost:8080"])
        >>> rules.check("https", "api.example.com", 443)
        >>> rules.admit("https", "api.example.com", 443, "10.0.0.7")
        Traceback (most recent call last):
        ...
        wherever.net.error.NetError: destination-IP-prohibited: api.example.com is 10.0.0.7, \
a private address, which is not granted; pass --net 10.0.0.7:443 too
    """

    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Rules:
        """Rules from texts as people write them.

        Raises:
            InputError: one is no rule.
        """
        return cls(tuple(dict.fromkeys(map(Rule.parse, texts))))

    def __bool__(self) -> bool:
        return bool(self.rules)

    def check(self, scheme: str, host: str, port: int) -> None:
        """Whether a request may be made at all, by what it says.

        Args:
            host: in its one spelling (`host.canonical`).

        Raises:
            NetError: no rule names this host and port.
        """
        if not any(rule.names(scheme, host, port) for rule in self.rules):
            place = written(host, port)
            raise NetError(
                "HTTP-request-denied",
                f"network access to {place} is not granted; pass --net {place}",
            )

    def admit(self, scheme: str, host: str, port: int, found: str) -> None:
        """Whether one address of a host that passed `check` may be connected to.

        Raises:
            NetError: it is not public, and was not named.
        """
        address = _address(found)
        what = kind(address)
        # A zone is an interface of this machine, whatever the address says.
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise _prohibited(host, str(address), "a link-local address", "")
        if not what or any(rule.covers(scheme, address, port) for rule in self.rules):
            return
        if _is_local(host) and address.is_loopback:
            return
        raise _prohibited(host, str(address), what, written(str(address), port))


def _prohibited(host: str, address: str, what: str, place: str) -> NetError:
    said = address if host == address else f"{host} is {address}"
    hint = f"; pass --net {place} too" if place else ""
    return NetError("destination-IP-prohibited", f"{said}, {what}, which is not granted{hint}")


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _address(text: str) -> IPv4Address | IPv6Address:
    return plain(ip_address(text))


def _split(text: str) -> tuple[str, int | None]:
    """Host and port of a rule, before either is looked at closely."""
    lower = text.strip().lower()
    _, address, rest = lower.partition("://")
    if address or "@" in lower:
        rest = (rest or lower).rpartition("@")[2]
        raise _wrong(text, "only host and port are", _repaired(rest.partition("/")[0]))
    if lower.count(":") > 1 and not lower.startswith("["):
        raise _wrong(text, "an IPv6 address goes in brackets", _repaired(f"[{lower}]"))
    host, colon, digits = lower, "", ""
    if not lower.endswith("]"):
        host, colon, digits = lower.rpartition(":") if ":" in lower else (lower, "", "")
    if host.startswith("[") and not host.endswith("]"):
        raise _wrong(text, "it has no closing bracket", _SPELLING)
    if not colon:
        return host, None
    if digits == "*":
        return host, 0
    try:
        return host, parse_port(digits)
    except BadHost as bad:
        raise _wrong(text, str(bad), _SPELLING) from None


def _network(text: str, bare: str) -> Network:
    try:
        return ip_network(bare)
    except ValueError:
        pass
    try:
        meant = str(ip_network(bare, strict=False))
    except ValueError:
        raise _wrong(text, "it is not a network", "write one like 10.0.0.0/8:80") from None
    hint = f"[{meant}]" if ":" in meant else meant
    raise _wrong(text, "it has bits beyond the network", f"write {hint}")


def _hint(host: str, meant: str, port: int | None) -> str:
    star = "*." if host.startswith("*.") else ""
    return f"write {star}{meant}" + ("" if port is None else f":{port or '*'}")


def _repaired(text: str) -> str:
    """What was meant, where leaving out what does not belong makes it a rule."""
    try:
        return f"write {Rule.parse(text)}"
    except (InputError, RecursionError):
        return _SPELLING


def _wrong(text: str, why: str, hint: str) -> InputError:
    _, at, rest = text.rpartition("@")
    shown = f"...@{rest}" if at else text  # what stands before it may be a password
    shown = shown if len(shown) <= 80 else shown[:80] + "..."
    return InputError(f"{shown!r} is not a rule for the network: {why}", hint)
