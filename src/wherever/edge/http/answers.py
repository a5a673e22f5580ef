"""The head of an answer as bytes: checked, so that no app can write more than its own headers."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

from wherever.edge.http.head import TOKEN
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.edge.exchange import Headers

REASONS = {status.value: status.phrase for status in HTTPStatus}
_LINES = {
    status: f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\n".encode()
    for status in range(200, 600)
}
_VALUE = bytes((9, *range(0x20, 0x7F), *range(0x80, 0x100)))
_COMMON = frozenset(
    name.encode()
    for name in """
accept-ranges access-control-allow-headers access-control-allow-methods access-control-allow-origin
age allow cache-control content-disposition content-encoding content-language content-range
content-security-policy content-type etag expires last-modified link location
referrer-policy retry-after set-cookie strict-transport-security vary www-authenticate
x-content-type-options x-frame-options
""".split()
)
_OF_THE_SERVER = frozenset(
    (
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    )
)
_NOT_IN_TRAILERS = _OF_THE_SERVER | {b"host", b"set-cookie", b"content-type", b"content-encoding"}


class BadAnswer(InputError):
    """An app answered with what HTTP cannot carry; its client was told of an error (500)."""


class Clock:
    """The line with the date, made once a second."""

    __slots__ = ("_second", "line")

    def __init__(self) -> None:
        self._second = 0
        self.line = b""
        self.tick()

    def tick(self) -> None:
        """Looks whether another second has begun."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self.line = f"date: {formatdate(second, usegmt=True)}\r\n".encode()


def head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The status line and the app's headers, without what is the server's to write.

    Raises:
        BadAnswer: a status, a name or a value that cannot be sent.
    """
    line = _LINES.get(status)
    if line is None:
        raise bad_status(status)
    if not headers:
        return line
    return line + fields(headers, _OF_THE_SERVER)


def bad_status(status: object) -> BadAnswer:
    """The error of an app whose status is none."""
    return BadAnswer(f"the app answered with status {status!r}", "answer with 200 to 599")


def bad_length(than: str) -> BadAnswer:
    """The error of an app that said another length than its answer has."""
    return BadAnswer(
        f"the app's answer is {than} than the length that it gave",
        "give the right length, or none",
    )


def pairs(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers that `head` would write, for a server that writes them itself."""
    if status not in _LINES:
        raise bad_status(status)
    return _split(fields(headers, _OF_THE_SERVER))


def trailer_pairs(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The same of the fields after a body."""
    return _split(trailer(headers))


def trailer(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The fields after a body in chunks; raises as `head` does."""
    return fields(headers, _NOT_IN_TRAILERS)


def fields(headers: Iterable[tuple[bytes, bytes]], without: frozenset[bytes]) -> bytes:
    """The lines of these headers but some; raises as `head` does."""
    lines: list[bytes] = []
    try:
        for name, value in headers:
            if name not in _COMMON:
                if not TOKEN.fullmatch(name):
                    raise _bad("name", name)
                name = name.lower()
                if name in without:
                    continue
            if value.translate(None, _VALUE):
                raise _bad("value", value)
            lines += (name, b": ", value, b"\r\n")
        return b"".join(lines)
    except (TypeError, ValueError, AttributeError):
        raise BadAnswer(
            "the app's headers are not pairs of bytes", 'write them as (b"name", b"value")'
        ) from None


def _split(lines: bytes) -> Headers:
    parted = (line.partition(b": ") for line in lines.split(b"\r\n")[:-1])
    # Around a value a line of HTTP/1.1 may have blanks; clients of HTTP/2 refuse them.
    return [(name, value.strip(b" \t")) for name, _, value in parted]


def _bad(what: str, found: bytes) -> BadAnswer:
    return BadAnswer(
        f"the app answered with a header whose {what} HTTP cannot carry: {found[:80]!r}",
        "leave out line ends and control characters, and spaces in names",
    )
