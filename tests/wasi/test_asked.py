"""What a shim tells of a request is one, or is refused in the words of wasi:http."""

import pytest

from wherever.net.error import NetError
from wherever.net.request import Timeouts
from wherever.wasi.asked import asked, block, fields


def told(*lines: bytes, header: bytes = b"") -> bytes:
    return b"\n".join([*lines, header])


def test_a_request() -> None:
    head = told(b"POST", b"https", b"A.example:444", b"/a?b", b"1", b"", b"3", b"body")
    request, has_body, timeouts = asked(head + b"accept\n*/*\n")
    assert (request.method, request.scheme, request.host, request.port, request.target) == (
        "POST",
        "https",
        "a.example",
        444,
        "/a?b",
    )
    assert (b"accept", b"*/*") in request.headers
    assert has_body
    assert timeouts == Timeouts(1e-9, Timeouts().first_byte, 3e-9)


def test_a_request_without_a_body_and_times() -> None:
    _, has_body, timeouts = asked(told(b"GET", b"http", b"a.example", b"/", b"", b"", b"", b""))
    assert (has_body, timeouts) == (False, Timeouts())


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((b"GET", b"ftp", b"a.example", b"/"), "HTTP-request-URI-invalid"),
        ((b"GET", b"http", b"", b"/"), "HTTP-request-URI-invalid"),
        ((b"G T", b"http", b"a.example", b"/"), "HTTP-request-method-invalid"),
        ((b"GET", b"http", b"a.example", b"there"), "HTTP-request-URI-invalid"),
    ],
)
def test_what_cannot_be_sent(lines: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(NetError) as caught:
        asked(told(*lines, b"", b"", b"", b""))
    assert caught.value.code == code


def test_headers_are_lines() -> None:
    pairs = [(b"a", b"1"), (b"a", b""), (b"b", b"x: y")]
    assert block(pairs) == b"a\n1\na\n\nb\nx: y\n"
    assert fields(block(pairs)) == pairs
    assert fields(b"") == []
