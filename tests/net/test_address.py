"""Which addresses are everybody's: never one that is not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.net.address import METADATA, behind, is_inside, kind

OURS = {
    "0.0.0.0": "an address of no host",
    "10.0.0.1": "a private address",
    "100.64.0.1": "an address inside of a provider's network",
    "127.0.0.1": "this machine's own address",
    "127.255.255.254": "this machine's own address",
    "169.254.0.1": "a link-local address",
    "169.254.169.254": "the address of a cloud's secrets",
    "168.63.129.16": "the address of a cloud's secrets",
    "172.16.0.1": "a private address",
    "172.31.255.255": "a private address",
    "192.168.1.1": "a private address",
    "224.0.0.1": "an address of many hosts",
    "255.255.255.255": "a reserved address",
    "::": "an address of no host",
    "::1": "this machine's own address",
    "::ffff:127.0.0.1": "this machine's own address",
    "::ffff:10.0.0.1": "a private address",
    "::127.0.0.1": "a reserved address",
    "64:ff9b::7f00:1": "this machine's own address",
    "64:ff9b::a9fe:a9fe": "the address of a cloud's secrets",
    "64:ff9b:1::1": "a private address",
    "2002:7f00:1::1": "a reserved address",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "a reserved address",
    "fd00:ec2::254": "the address of a cloud's secrets",
    "fd12:3456::1": "a private address",
    "fe80::1": "a link-local address",
    "fec0::1": "a reserved address",
    "ff02::1": "an address of many hosts",
}
EVERYBODYS = ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"]


def test_addresses_that_are_not_everybodys_are_known_for_what_they_are() -> None:
    assert {text: kind(ip_address(text)) for text in OURS} == OURS


def test_addresses_that_are_everybodys_are_nothing_else() -> None:
    assert [kind(ip_address(text)) for text in EVERYBODYS] == [""] * len(EVERYBODYS)


ADDRESSES = st.one_of(
    st.ip_addresses(),
    st.ip_addresses(network="::ffff:0:0/96"),
    st.ip_addresses(network="64:ff9b::/96"),
    st.ip_addresses(network="2000::/3"),
    st.builds(lambda last: IPv4Address((127 << 24) + last), st.integers(0, (1 << 24) - 1)),
)


@given(ADDRESSES)
def test_what_python_says_is_not_for_the_world_is_not_public(
    address: IPv4Address | IPv6Address,
) -> None:
    """The other way round does not hold: our table knows more."""
    if not behind(address).is_global or behind(address).is_multicast:
        assert kind(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_in_every_disguise(address: IPv4Address) -> None:
    number = int(address)
    mapped = IPv6Address((0xFFFF << 32) + number)
    translated = IPv6Address((0x64FF9B << 96) + number)
    assert kind(mapped) == kind(translated) == kind(address)
    teredo = IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF))
    assert kind(IPv6Address((0x2002 << 112) + (number << 80))) and kind(teredo)


@given(st.ip_addresses(), st.integers(0, 128))
def test_a_network_that_is_inside_has_no_public_address(
    address: IPv4Address | IPv6Address, bits: int
) -> None:
    network = ip_network((int(address), min(bits, address.max_prefixlen)), strict=False)
    if network.version == address.version and is_inside(network):
        assert kind(network[0]) and kind(network[-1])


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("10.0.0.0/8", True),
        ("10.0.0.0/7", False),
        ("0.0.0.0/0", False),
        ("fd00::/8", True),
        ("::/0", False),
        ("64:ff9b::a00:0/104", True),
        ("64:ff9b::/96", False),
    ],
)
def test_a_network_is_inside_as_a_whole_or_not(text: str, inside: bool) -> None:
    assert is_inside(ip_network(text)) is inside


def test_secrets_lie_at_no_public_address() -> None:
    assert {kind(address) for address in METADATA} == {"the address of a cloud's secrets"}
