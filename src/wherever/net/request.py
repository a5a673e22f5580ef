"""A request as a guest makes it, checked before anything of it leaves the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wherever.net.error import NetError
from wherever.net.host import DEFAULT_PORTS, BadHost, authority, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Headers = tuple[tuple[bytes, bytes], ...]

FORBIDDEN = frozenset(
    (
        b"connection",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""Headers that belong to the connection, which is ours: no guest sets them."""

_UNWANTED_TRAILERS = FORBIDDEN | {b"content-length", b"trailer"}

LONGEST_TARGET = 16 << 10
LARGEST_HEAD = 64 << 10

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_TARGET = re.compile(r"[\x21\x22\x24-\x7e]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")

_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: what `request-options` of `wasi:http` sets.

    Attributes:
        connect: for the name, the connection and TLS together.
        first_byte: for the head of the response, once the request has been sent.
        between_bytes: for more of the response's body, or room for more of the request's.
    """

    connect: float = 30.0
    first_byte: float = 600.0
    between_bytes: float = 600.0


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request, in one spelling.

    Attributes:
        method: such as `GET`.
        scheme: `http` or `https`.
        host: a name, or an address without brackets.
        target: path and query.
        headers: names in lower case; `host` is not among them.
        length: of the body, where `content-length` says so.
    """

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: Headers
    length: int | None = None

    @classmethod
    def of(
        cls,
        method: str,
        scheme: str,
        place: str,
        target: str = "/",
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> Request:
        """A request from what a guest says.

        Args:
            place: the authority: `HOST` or `HOST:PORT`.
            target: path and query; what is empty is `/`.

        Raises:
            NetError: it cannot be sent as it is.

        Example:
            >>> Request.of("GET", "https", "API.Example.com", "/v1?q=1").authority
            'api.example.com'
        """
        if not _TOKEN.fullmatch(method.encode("utf-8", "replace")):
            raise NetError("HTTP-request-method-invalid", "that is not a method of HTTP")
        if method.upper() == "CONNECT":
            raise NetError("HTTP-request-method-invalid", "CONNECT makes a tunnel, which none may")
        if scheme not in DEFAULT_PORTS:
            raise NetError("HTTP-request-URI-invalid", "only http and https are spoken")
        try:
            host, port = authority(place, scheme)
        except BadHost as bad:
            raise NetError("HTTP-request-URI-invalid", f"that is not a host: {bad}") from None
        checked = check_headers(headers)
        length = _length(checked)
        return cls(method, scheme, host, port, _target(method, target), checked, length)

    @property
    def authority(self) -> str:
        """The value of the header `host`."""
        return written(self.host, self.port, self.scheme)

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does the same as sending it once."""
        return self.method in _REPEATABLE


def check_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Headers with their names in lower case.

    Raises:
        NetError: a name or a value is none, or belongs to the connection.
    """
    checked = tuple((name.lower(), value) for name, value in headers)
    size = sum(len(name) + len(value) + 4 for name, value in checked)
    if size > LARGEST_HEAD:
        raise NetError(
            "HTTP-request-header-section-size",
            f"the headers are longer than {LARGEST_HEAD} bytes",
            size=size,
        )
    for name, value in checked:
        _check(name, value)
        if name in FORBIDDEN:
            raise NetError(
                "HTTP-request-denied", f"the header {name.decode()} is not the guest's to set"
            )
    return checked


def check_trailers(trailers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The same for trailers, which frame nothing.

    Raises:
        NetError: a name or a value is none, or has no place after a body.
    """
    checked = tuple((name.lower(), value) for name, value in trailers)
    size = sum(len(name) + len(value) + 4 for name, value in checked)
    if size > LARGEST_HEAD:
        raise NetError(
            "HTTP-request-trailer-section-size",
            f"the trailers are longer than {LARGEST_HEAD} bytes",
            size=size,
        )
    for name, value in checked:
        _check(name, value)
        if name in _UNWANTED_TRAILERS:
            raise NetError("HTTP-request-denied", f"{name.decode()} does not come after a body")
    return checked


def _check(name: bytes, value: bytes) -> None:
    if not _TOKEN.fullmatch(name):
        raise NetError("HTTP-protocol-error", "a header's name has a character that none has")
    if not _VALUE.fullmatch(value):
        raise NetError(
            "HTTP-protocol-error", f"the value of {name.decode()} has a character that none has"
        )


def _length(headers: Headers) -> int | None:
    said = [value for name, value in headers if name == b"content-length"]
    if not said:
        return None
    if len(said) > 1 or not _LENGTH.fullmatch(said[0]):
        raise NetError("HTTP-protocol-error", "content-length is not one whole number")
    return int(said[0])


def _target(method: str, target: str) -> str:
    if len(target) > LONGEST_TARGET:
        raise NetError(
            "HTTP-request-URI-too-long", f"path and query are longer than {LONGEST_TARGET}"
        )
    if not _TARGET.fullmatch(target):
        raise NetError(
            "HTTP-request-URI-invalid", "path and query have a character that is to be escaped"
        )
    if target == "*" and method == "OPTIONS":
        return target
    if not target.startswith("/"):
        if target and not target.startswith("?"):
            raise NetError("HTTP-request-URI-invalid", "the path does not begin with /")
        return "/" + target
    return target
