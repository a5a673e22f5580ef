"""How hosts are spelled: one way each, and none that two readers read differently."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.net.host import BadHost, authority, canonical, is_address, written

GOOD = {
    "example.com": "example.com",
    "API.Example.COM": "api.example.com",
    "example.com.": "example.com",
    "xn--mnchen-3ya.de": "xn--mnchen-3ya.de",
    "my_service": "my_service",
    "1.2.3.4": "1.2.3.4",
    "1.2.3.4.": "1.2.3.4",
    "[2001:DB8::0001]": "2001:db8::1",
    "2001:db8::1": "2001:db8::1",
    "[::ffff:127.0.0.1]": "127.0.0.1",
    "3com.com": "3com.com",
}
BAD = {
    "": "a part of the name is empty",
    ".": "a part of the name is empty",
    "a..b": "a part of the name is empty",
    ".a": "a part of the name is empty",
    "a..": "a part of the name is empty",
    "0x7f.1": "it is not an IPv4 address of four decimal numbers",
    "0x7f000001": "it is not an IPv4 address of four decimal numbers",
    "2130706433": "it is not an IPv4 address of four decimal numbers",
    "0177.0.0.1": "it is not an IPv4 address of four decimal numbers",
    "127.1": "it is not an IPv4 address of four decimal numbers",
    "127.0.0.01": "it is not an IPv4 address of four decimal numbers",
    "1.2.3.256": "it is not an IPv4 address of four decimal numbers",
    "a.0x": "it is not an IPv4 address of four decimal numbers",
    "[fe80::1%eth0]": "it names an interface of this machine",
    "[fe80::1%25eth0]": "it names an interface of this machine",
    "[::1": "it is not an IPv6 address",
    "[127.0.0.1]": "it is not an IPv6 address",
    "a b": "'a b' is not part of a host's name",
    "a/b": "'a/b' is not part of a host's name",
    "a%2eb": "'a%2eb' is not part of a host's name",
    "a\0b": "'a\\x00b' is not part of a host's name",
    "-a": "'-a' is not part of a host's name",
    "*": "'*' is not part of a host's name",
    "localhost\n": "'localhost\\n' is not part of a host's name",
    "ⓛocalhost": "it has letters that are not ASCII",
    "\uff11\uff12\uff17.0.0.1": "it has letters that are not ASCII",
    "a" * 64: f"'{'a' * 64}' is not part of a host's name",
    ".".join(["a" * 60] * 5): "it is longer than 253 letters",
}


def why(text: str) -> str:
    try:
        return f"taken as {canonical(text)}"
    except BadHost as bad:
        return str(bad)


def test_a_host_has_one_spelling() -> None:
    assert {text: canonical(text) for text in GOOD} == GOOD
    assert {canonical(text): canonical(canonical(text)) for text in GOOD.values()} == {
        text: text for text in GOOD.values()
    }


def test_what_is_spelled_oddly_is_no_host() -> None:
    assert {text: why(text) for text in BAD} == BAD


@given(st.text(st.sampled_from("0123456789abcdefx.[]:%@ -_*\uff21\u0661"), max_size=24))
def test_no_spelling_is_an_address_for_the_system_and_a_name_for_us(text: str) -> None:
    """Whatever the C library would take for an address has to be one for the rules too."""
    try:
        host = canonical(text)
    except BadHost:
        return
    assert canonical(host) == host
    try:
        numbers = socket.inet_aton(host)
    except OSError:
        assert ":" in host or not is_address(host)
    else:
        assert is_address(host) and ip_address(host) == IPv4Address(numbers)


@pytest.mark.parametrize(
    ("text", "scheme", "found"),
    [
        ("Example.com", "https", ("example.com", 443)),
        ("example.com:8080", "http", ("example.com", 8080)),
        ("[::1]", "http", ("::1", 80)),
        ("[::1]:8080", "http", ("::1", 8080)),
        ("127.0.0.1:65535", "http", ("127.0.0.1", 65535)),
    ],
)
def test_an_authority_is_host_and_port(text: str, scheme: str, found: tuple[str, int]) -> None:
    assert authority(text, scheme) == found
    assert authority(written(*found, scheme), scheme) == found


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com",
        "user:password@example.com",
        "example.com@127.0.0.1",
        "::1",
        "::1:80",
        "[::1]80",
        "[::1]:",
        "a:",
        "a:0",
        "a:080",
        "a:+80",
        "a:65536",
        "a:999999999999",
        "a:\uff18\uff10",
        "a:80:80",
        "a:80/",
        "a?b",
        "a#b",
        "a\\b",
        "",
    ],
)
def test_what_is_no_authority_is_refused(text: str) -> None:
    with pytest.raises(BadHost):
        authority(text, "http")


def test_what_is_far_too_long_is_not_looked_at() -> None:
    """Punycode takes the square of a name's length, and a guest chooses that: minutes of a loop."""
    for place in ("é." * 4_000_000, "a" * 300, f"a:{'1' * 300}"):
        with pytest.raises(BadHost, match=r"^it is longer than any host and port$"):
            authority(place, "http")
