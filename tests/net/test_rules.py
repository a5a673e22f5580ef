"""Rules for the network: what they name may be reached, and nothing else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError
from wherever.net.address import kind
from wherever.net.error import NetError
from wherever.net.rules import Rule, Rules

SPELLED = {
    "api.example.com": "api.example.com",
    "API.example.com.:443": "api.example.com:443",
    "*.example.com:*": "*.example.com:*",
    "10.0.0.0/8:80": "10.0.0.0/8:80",
    "127.0.0.1:8080": "127.0.0.1:8080",
    "127.0.0.1/32": "127.0.0.1",
    "[::1]:8080": "[::1]:8080",
    "[FD00::/8]:80": "[fd00::/8]:80",
    "localhost": "localhost",
    "[::ffff:127.0.0.1]:80": "127.0.0.1:80",
}
REFUSED = {
    "*": (
        "'*' is not a rule for the network: all hosts;"
        " name them, or write *.example.com for all under one"
    ),
    "0x7f.1:80": (
        "'0x7f.1:80' is not a rule for the network: it is not an IPv4 address of four decimal"
        " numbers; write 127.0.0.1:80"
    ),
    "2130706433": (
        "'2130706433' is not a rule for the network: it is not an IPv4 address of four decimal"
        " numbers; write 127.0.0.1"
    ),
    "::1": "'::1' is not a rule for the network: an IPv6 address goes in brackets; write [::1]",
    "[fe80::1%eth0]:80": (
        "'[fe80::1%eth0]:80' is not a rule for the network: it names an interface of this"
        " machine; write HOST:PORT, such as api.example.com:443"
    ),
    "https://api.example.com/v1": (
        "'https://api.example.com/v1' is not a rule for the network: only host and port are;"
        " write api.example.com"
    ),
    "https://user:secret@api.example.com": (
        "'...@api.example.com' is not a rule for the network: only host and port are;"
        " write api.example.com"
    ),
    "münchen.de:443": (
        "'münchen.de:443' is not a rule for the network: it has letters that are not ASCII;"
        " write xn--mnchen-3ya.de:443"
    ),
    "straße.de": (
        "'straße.de' is not a rule for the network: it has letters that are not ASCII;"
        " write HOST:PORT, such as api.example.com:443"
    ),
    "10.1.2.3/8": (
        "'10.1.2.3/8' is not a rule for the network: it has bits beyond the network;"
        " write 10.0.0.0/8"
    ),
    "10.0.0.0/33": (
        "'10.0.0.0/33' is not a rule for the network: it is not a network;"
        " write one like 10.0.0.0/8:80"
    ),
    "a..b": (
        "'a..b' is not a rule for the network: a part of the name is empty;"
        " write HOST:PORT, such as api.example.com:443"
    ),
    "*.127.0.0.1": (
        "'*.127.0.0.1' is not a rule for the network: there is nothing under an address;"
        " write HOST:PORT, such as api.example.com:443"
    ),
    "a:70000": (
        "'a:70000' is not a rule for the network: '70000' is not a port: a number from 1 to 65535;"
        " write HOST:PORT, such as api.example.com:443"
    ),
}


def test_a_rule_is_read_and_written() -> None:
    assert {text: str(Rule.parse(text)) for text in SPELLED} == SPELLED
    assert [Rule.parse(text) for text in SPELLED] == [Rule.parse(t) for t in SPELLED.values()]


def test_what_is_no_rule_says_how_it_is_written() -> None:
    said = {}
    for text in REFUSED:
        with pytest.raises(InputError) as caught:
            Rules.of([text])
        said[text] = str(caught.value)
    assert said == REFUSED


def may(rules: list[str], scheme: str, host: str, port: int) -> bool:
    try:
        Rules.of(rules).check(scheme, host, port)
    except NetError as error:
        assert error.code == "HTTP-request-denied"
        return False
    return True


def leads(rules: list[str], host: str, port: int, address: str, scheme: str = "http") -> bool:
    try:
        Rules.of(rules).admit(scheme, host, port, address)
    except NetError as error:
        assert error.code == "destination-IP-prohibited"
        return False
    return True


def test_a_name_is_granted_for_its_own_ports() -> None:
    assert may(["a.test"], "https", "a.test", 443)
    assert may(["a.test"], "http", "a.test", 80)
    assert not may(["a.test"], "http", "a.test", 443)
    assert not may(["a.test"], "https", "a.test", 80)
    assert not may(["a.test"], "https", "a.test", 8443)
    assert may(["a.test:8443"], "https", "a.test", 8443)
    assert not may(["a.test:8443"], "https", "a.test", 443)
    assert may(["a.test:*"], "https", "a.test", 1)


def test_nothing_is_granted_by_nothing() -> None:
    assert not Rules() and not may([], "https", "a.test", 443)


def test_a_star_is_for_what_is_under_a_name() -> None:
    assert may(["*.a.test"], "https", "b.a.test", 443)
    assert may(["*.a.test"], "https", "c.b.a.test", 443)
    assert not may(["*.a.test"], "https", "a.test", 443)
    assert not may(["*.a.test"], "https", "ba.test", 443)
    assert not may(["*.a.test"], "https", "a.test.evil.test", 443)
    assert not may(["a.test"], "https", "b.a.test", 443)


def test_an_address_is_granted_by_itself_or_by_its_network() -> None:
    assert may(["10.0.0.0/8:80"], "http", "10.1.2.3", 80)
    assert not may(["10.0.0.0/8:80"], "http", "10.1.2.3", 81)
    assert not may(["10.0.0.0/8:80"], "http", "11.1.2.3", 80)
    assert may(["[::1]:80"], "http", "::1", 80)
    assert not may(["127.0.0.1:80"], "http", "localhost", 80)
    assert not may(["localhost:80"], "http", "127.0.0.1", 80)


def test_a_name_leads_to_public_addresses_only() -> None:
    assert leads(["a.test"], "a.test", 80, "1.1.1.1")
    for address in ("127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254"):
        assert not leads(["a.test"], "a.test", 80, address)


def test_a_name_leads_to_a_private_address_that_is_named_too() -> None:
    rules = ["a.test:80", "10.0.0.0/8:80"]
    assert leads(rules, "a.test", 80, "10.0.0.1")
    assert leads(rules, "a.test", 80, "::ffff:10.0.0.1")
    assert not leads(rules, "a.test", 80, "192.168.0.1")
    assert not leads(["a.test:80", "10.0.0.0/8:81"], "a.test", 80, "10.0.0.1")


def test_localhost_leads_to_this_machine_and_nowhere_else() -> None:
    assert leads(["localhost:80"], "localhost", 80, "127.0.0.1")
    assert leads(["localhost:80"], "localhost", 80, "::1")
    assert leads(["*.localhost:80"], "app.localhost", 80, "127.0.0.1")
    assert not leads(["localhost:80"], "localhost", 80, "10.0.0.1")
    assert not leads(["localhost.evil.test:80"], "localhost.evil.test", 80, "127.0.0.1")


def test_a_large_network_does_not_mean_the_machines_in_between() -> None:
    assert leads(["0.0.0.0/0:80"], "1.1.1.1", 80, "1.1.1.1")
    assert not leads(["0.0.0.0/0:80"], "127.0.0.1", 80, "127.0.0.1")
    assert not leads(["[::/0]:80"], "::1", 80, "::1")


def test_secrets_have_to_be_named_themselves() -> None:
    secret = "169.254.169.254"
    assert not leads(["169.254.0.0/16:80"], secret, 80, secret)
    assert not leads(["[64:ff9b::a9fe:0/112]:80"], secret, 80, "64:ff9b::a9fe:a9fe")
    assert leads([f"{secret}:80"], secret, 80, secret)


def test_an_address_of_an_interface_is_never_reached() -> None:
    assert not leads(["a.test", "[fe80::/10]:80"], "a.test", 80, "fe80::1%2")
    assert not leads(["a.test"], "a.test", 80, "2606:4700::1111%2")


def test_a_refusal_says_what_to_pass() -> None:
    rules = Rules.of(["a.test"])
    with pytest.raises(NetError) as denied:
        rules.check("https", "b.test", 443)
    with pytest.raises(NetError) as prohibited:
        rules.admit("http", "a.test", 80, "::1")
    assert [str(denied.value), str(prohibited.value)] == [
        "HTTP-request-denied: network access to b.test:443 is not granted; pass --net b.test:443",
        "destination-IP-prohibited: a.test is ::1, this machine's own address, which is not"
        " granted; pass --net [::1]:80 too",
    ]
    Rules.of(["b.test:443", "[::1]:80"])


@given(st.one_of(st.ip_addresses(), st.ip_addresses(network="::ffff:0:0/96")))
def test_no_name_leads_to_an_address_that_is_not_public(
    address: IPv4Address | IPv6Address,
) -> None:
    rules = ["a.test", "*.b.test:*", "localhost", "8.8.8.8:80", "0.0.0.0/0:80"]
    assert leads(rules, "a.test", 80, str(address)) == (kind(ip_address(address)) == "")
