"""How a host is spelled: one spelling for each, and none that two readers read in two ways."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from wherever.net.address import plain

DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST = 253
_LARGEST_PORT = 65535
_LONGEST_PLACE = _LONGEST + len(".:65535")


class BadHost(ValueError):
    """Text that is no host; `hint` is how it may have been meant, or ""."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def canonical(text: str) -> str:
    """The one spelling of a host: a name in lower case, an IPv4 address, or an IPv6 address.

    An IPv6 address comes with or without its brackets, and goes without. The dot at the end of
    a name is left out. An IPv4 address in any spelling but four decimal numbers is refused:
    some read `0177.0.0.1` as 127.0.0.1 and others as 177.0.0.1.

    Raises:
        BadHost: it is none of these.

    Example:
        >>> canonical("API.Example.com."), canonical("[::0001]"), canonical("127.0.0.1")
        ('api.example.com', '::1', '127.0.0.1')
    """
    if not text.isascii():
        raise BadHost("it has letters that are not ASCII", ascii_name(text))
    if text.startswith("[") or text.count(":") > 1:
        return _ipv6(text)
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    if not name or not all(labels):
        raise BadHost("a part of the name is empty")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(name)
    if len(name) > _LONGEST:
        raise BadHost(f"it is longer than {_LONGEST} letters")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise BadHost(f"{label!r} is not part of a host's name")
    return name


def is_address(host: str) -> bool:
    """Whether a host in its one spelling is an address, and not a name."""
    return ":" in host or host.rpartition(".")[2].isdigit()


def authority(text: str, scheme: str) -> tuple[str, int]:
    """Host and port of `HOST` or `HOST:PORT`, as a request has it.

    Raises:
        BadHost: it is not that, or has a user's name in it.

    Example:
        >>> authority("Example.com", "https"), authority("[::1]:8080", "http")
        (('example.com', 443), ('::1', 8080))
    """
    if len(text) > _LONGEST_PLACE:  # what comes next takes the square of it
        raise BadHost("it is longer than any host and port")
    if "@" in text:
        raise BadHost("it holds the name of a user")
    host, port = text, DEFAULT_PORTS[scheme]
    if text.startswith("["):
        inside, bracket, after = text.partition("]")
        host = inside + bracket
        if after:
            port = parse_port(after[1:]) if after.startswith(":") else parse_port("")
    elif ":" in text:
        host, _, digits = text.partition(":")
        port = parse_port(digits)
    return canonical(host), port


def parse_port(digits: str) -> int:
    """A port from its digits.

    Raises:
        BadHost: it is none.
    """
    plain_digits = digits.isascii() and digits.isdigit() and digits[0] != "0" and len(digits) <= 5
    if not plain_digits or int(digits) > _LARGEST_PORT:
        raise BadHost(f"{digits!r} is not a port: a number from 1 to {_LARGEST_PORT}")
    return int(digits)


def written(host: str, port: int, scheme: str = "") -> str:
    """Host and port as a request names them; the scheme's own port is left out."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if DEFAULT_PORTS.get(scheme) == port else f"{bracketed}:{port}"


def ascii_name(text: str) -> str:
    """A name in any letters as it stands in the DNS, or "" where that is not certain.

    The two standards for such names disagree on a few letters. A name that the elder does not
    give back as it was is one of these, or is spelled to look like another.
    """
    try:
        made = text.lower().encode("idna").decode("ascii")
        return made if made.encode().decode("idna") == text.lower() else ""
    except UnicodeError:
        return ""


def _ipv6(text: str) -> str:
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in inside:
        raise BadHost("it names an interface of this machine")
    try:
        return str(plain(IPv6Address(inside)))
    except ValueError:
        raise BadHost("it is not an IPv6 address") from None


def _ipv4(name: str) -> str:
    try:
        return str(IPv4Address(name))
    except ValueError:
        raise BadHost("it is not an IPv4 address of four decimal numbers", _meant(name)) from None


def _meant(name: str) -> str:
    """The address that the C library would take this for."""
    import socket

    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return ""
