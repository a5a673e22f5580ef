"""What a guest may put into a request: nothing that is more than one, or leads elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.net.error import NetError
from wherever.net.request import FORBIDDEN, Request, check_headers, check_trailers


def code(
    method: str = "GET",
    scheme: str = "http",
    place: str = "a.test",
    target: str = "/",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> str:
    try:
        Request.of(method, scheme, place, target, headers)
    except NetError as error:
        return error.code
    return "sent"


def test_a_request_has_one_spelling() -> None:
    request = Request.of("GET", "https", "API.test.:443", "?q=1", [(b"Accept", b"*/*")])
    assert (request.host, request.port, request.authority) == ("api.test", 443, "api.test")
    assert (request.target, request.headers) == ("/?q=1", ((b"accept", b"*/*"),))
    assert Request.of("GET", "http", "[::1]:8080").authority == "[::1]:8080"
    assert Request.of("OPTIONS", "http", "a.test", "*").target == "*"


@pytest.mark.parametrize("method", ["", "G T", "GET\r\n", "GÉT", "CONNECT", "connect", "GET\0"])
def test_a_method_is_a_word(method: str) -> None:
    assert code(method=method) == "HTTP-request-method-invalid"


@pytest.mark.parametrize("place", ["", "u@a.test", "127.1", "a.test/", "a.test:99999", "a test"])
def test_an_authority_is_a_host_and_a_port(place: str) -> None:
    assert code(place=place) == "HTTP-request-URI-invalid"


def test_other_schemes_are_not_spoken() -> None:
    assert [code(scheme=scheme) for scheme in ("ftp", "file", "HTTP", "")] == [
        "HTTP-request-URI-invalid"
    ] * 4


@pytest.mark.parametrize(
    "target", ["a", "/ HTTP/1.1", "/\r\nx: y", "/#a", "/\0", "/é", "*", "http://b.test/", "/\t"]
)
def test_a_target_stays_in_its_line(target: str) -> None:
    assert code(target=target) == "HTTP-request-URI-invalid"


def test_a_target_has_an_end() -> None:
    assert code(target="/" + "a" * 20_000) == "HTTP-request-URI-too-long"


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_headers_of_the_connection_are_ours(name: bytes) -> None:
    assert code(headers=[(name.upper(), b"x")]) == "HTTP-request-denied"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"", b"x"),
        (b"a b", b"x"),
        (b"a:", b"x"),
        (b"a\r\nhost", b"x"),
        (b"a\0", b"x"),
        (b"a\xc3\xa9", b"x"),
        (b"transfer-encoding ", b"chunked"),
        (b"a", b"x\r\nhost: b.test"),
        (b"a", b"x\nhost: b.test"),
        (b"a", b"x\rhost: b.test"),
        (b"a", b"x\0"),
        (b"a", b" x"),
        (b"a", b"x\t"),
        (b"a", b"\x7f"),
    ],
)
def test_a_header_stays_in_its_line(name: bytes, value: bytes) -> None:
    assert code(headers=[(name, value)]) == "HTTP-protocol-error"
    with pytest.raises(NetError):
        check_trailers([(name, value)])


@pytest.mark.parametrize("value", [b"", b"-1", b"+1", b"0x10", b"1_0", b"1, 1", b"1" * 19, b"\xb2"])
def test_a_length_is_a_number(value: bytes) -> None:
    assert code(headers=[(b"content-length", value)]) == "HTTP-protocol-error"


def test_there_is_one_length() -> None:
    assert code(headers=[(b"content-length", b"1")] * 2) == "HTTP-protocol-error"
    assert Request.of("PUT", "http", "a.test", "/", [(b"Content-Length", b"12")]).length == 12


def test_headers_have_a_size() -> None:
    assert code(headers=[(b"a", b"x" * 100)] * 1000) == "HTTP-request-header-section-size"


@pytest.mark.parametrize("check", [check_headers, check_trailers])
def test_what_is_too_large_is_not_repeated_in_what_is_said_of_it(
    check: Callable[[list[tuple[bytes, bytes]]], object],
) -> None:
    with pytest.raises(NetError) as caught:
        check([(b"a" * 1_000_000, b"\0")])
    assert len(caught.value.what) < 100


def test_trailers_frame_nothing() -> None:
    assert check_trailers([(b"X-Sum", b"1")]) == ((b"x-sum", b"1"),)
    for name in (b"content-length", b"trailer", *FORBIDDEN):
        with pytest.raises(NetError):
            check_trailers([(name, b"1")])
    with pytest.raises(NetError, match="trailer-section-size"):
        check_trailers([(b"a", b"x" * 100)] * 1000)


@given(st.binary(max_size=8), st.binary(max_size=12))
def test_no_header_ends_its_line(name: bytes, value: bytes) -> None:
    try:
        ((name, value),) = check_headers([(name, value)])
    except NetError:
        return
    line = name + b": " + value
    assert line.isascii() or max(line) >= 0x80
    assert not set(line) & {0, 10, 13} and b" " not in name and b":" not in name
