"""Which addresses of the network belong to everybody, and which to this machine and its neighbours.

The table is ours, and not that of `ipaddress`, which says different things in different versions
of Python. What is not known to be public is not.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_OURS4 = tuple(
    (IPv4Network(text), kind)
    for text, kind in (
        ("0.0.0.0/8", "an address of no host"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address inside of a provider's network"),
        ("127.0.0.0/8", "this machine's own address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "an address for documentation"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "an address for measurements"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("224.0.0.0/4", "an address of many hosts"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_OURS6 = tuple(
    (IPv6Network(text), kind)
    for text, kind in (
        ("::/128", "an address of no host"),
        ("::1/128", "this machine's own address"),
        ("64:ff9b:1::/48", "a private address"),
        ("2001::/23", "a reserved address"),  # Teredo is among these
        ("2001:db8::/32", "an address for documentation"),
        ("2002::/16", "a reserved address"),  # 6to4: any address of the old kind in disguise
        ("3fff::/20", "an address for documentation"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("ff00::/8", "an address of many hosts"),
    )
)
_GLOBAL6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
"""Where clouds hand out a machine's secrets: only ever reached where this very address is named."""


def plain(address: Address) -> Address:
    """The address that packets go to: an IPv4 address that is written as IPv6 is itself again."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def behind(address: Address) -> Address:
    """The address that is reached in the end, where a translator stands in between (NAT64)."""
    address = plain(address)
    if isinstance(address, IPv6Address) and address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def kind(address: Address) -> str:
    """What an address is where it is not public, or "" where it is.

    Example:
        >>> kind(ip_address("10.1.2.3")), kind(ip_address("1.1.1.1"))
        ('a private address', '')
        >>> kind(ip_address("::ffff:127.0.0.1")), kind(ip_address("64:ff9b::a9fe:a9fe"))
        ("this machine's own address", "the address of a cloud's secrets")
    """
    address = behind(address)
    if address in METADATA:
        return "the address of a cloud's secrets"
    for network, said in _OURS4 if isinstance(address, IPv4Address) else _OURS6:
        if address in network:
            return said
    if isinstance(address, IPv6Address) and address not in _GLOBAL6:
        return "a reserved address"
    return ""


def is_inside(network: Network) -> bool:
    """Whether a network lies wholly among the addresses of one kind that are not public."""
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(ours) for ours, _ in _OURS4)
    if network.subnet_of(_NAT64):
        return is_inside(IPv4Network((int(network[0]) & 0xFFFFFFFF, network.prefixlen - 96)))
    return any(network.subnet_of(ours) for ours, _ in _OURS6) or not network.overlaps(_GLOBAL6)
