"""Fields of HTTP/2: a request's read as strictly as a head of HTTP/1.1, an answer's written.

A request is written as a head of HTTP/1.1 and read by the parser of those: what one version of
the protocol refuses the other cannot smuggle in. What that writing could blur is refused here.
"""

from __future__ import annotations

import re

from wherever.edge.http import head
from wherever.edge.http.head import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wherever.edge.exchange import Headers

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_PSEUDO = frozenset((b":method", b":scheme", b":authority", b":path"))
_OF_THE_CONNECTION = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
)
_BLANK = b" \t"

# The static table's indexes of names that answers have (RFC 7541, appendix A).
_STATIC = {
    b"accept-ranges": 18, b"age": 21, b"allow": 22, b"cache-control": 24,
    b"content-disposition": 25, b"content-encoding": 26, b"content-language": 27,
    b"content-length": 28, b"content-range": 30, b"content-type": 31, b"date": 33, b"etag": 34,
    b"expires": 36, b"last-modified": 44, b"link": 45, b"location": 46, b"retry-after": 53,
    b"set-cookie": 55, b"strict-transport-security": 56, b"vary": 59, b"www-authenticate": 61,
}  # fmt: skip
_STATUSES = {200: b"\x88", 204: b"\x89", 206: b"\x8a", 304: b"\x8b", 400: b"\x8c", 404: b"\x8d",
             500: b"\x8e"}  # fmt: skip
_MOST_KNOWN = 1024


class Malformed(Exception):
    """No request of HTTP/2 is like that: its stream ends, and nobody reads it.

    Args:
        why: what is wrong, in our own words: none of the client's bytes are in it.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def request(
    fields: Sequence[tuple[bytes, bytes]], most_headers: int, most_target: int, most_bytes: int
) -> tuple[str, bytes, bytes, Headers, int, int]:
    """What `wherever.edge.http.head.parse` gives for the same request in HTTP/1.1.

    Raises:
        Malformed: it is none.
        Refused: it is not served, and answered.
    """
    pseudo: dict[bytes, bytes] = {}
    count = 0
    for name, value in fields:
        if name[:1] != b":":
            break
        if name in pseudo or name not in _PSEUDO:
            raise Malformed("a pseudo-header is unknown, or there twice")
        if value.strip(_BLANK) != value:
            raise Malformed("a pseudo-header begins or ends with a blank")
        pseudo[name] = value
        count += 1
    method, authority = pseudo.get(b":method"), pseudo.get(b":authority")
    target = pseudo.get(b":path", b"")
    if method == b"CONNECT":
        raise Refused(501, "this server is not a proxy")
    if method is None or pseudo.get(b":scheme") not in (b"http", b"https"):
        raise Malformed("the pseudo-headers are not a method, a scheme and a path")
    if target[:1] != b"/" and not (target == b"*" and method == b"OPTIONS"):
        raise Malformed("the path does not begin with a slash")
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    if authority is not None:
        lines.append(b"host: " + authority)
    cookies: list[bytes] = []
    hosts = 0
    for name, value in fields[count:]:
        check(name, value)
        if name == b"cookie":
            cookies.append(value)
            continue
        if name == b"host":
            hosts += 1
            if hosts > 1 or authority not in (None, value):
                raise Malformed("there are two hosts")
            if authority is not None:
                continue
        elif name == b"te" and value.lower() != b"trailers":
            raise Malformed("TE is there for nothing but trailers")
        lines.append(b"%b: %b" % (name, value))
    if cookies:
        # RFC 9113, 8.2.3: a client may cut them into crumbs.
        lines.append(b"cookie: " + b"; ".join(cookies))
    whole = b"\r\n".join(lines) + b"\r\n\r\n"
    if whole.count(b"\r\n") != len(lines) + 1:
        raise Malformed("a field has the end of a line in it")
    if len(whole) > most_bytes:
        raise Refused(431, "the head of the request is too long")
    return head.parse(whole, most_headers, most_target)


def trailers(fields: Sequence[tuple[bytes, bytes]], most: int) -> Headers:
    """What `wherever.edge.http.head.trailers` gives for the same after a body in chunks.

    Raises:
        Malformed, Refused: these are none.
    """
    lines = []
    for name, value in fields:
        check(name, value)
        lines.append(b"%b: %b\r\n" % (name, value))
    block = b"".join(lines)
    if block.count(b"\r\n") != len(lines):
        raise Malformed("a field has the end of a line in it")
    return head.trailers(block, most)


def check(name: bytes, value: bytes) -> None:
    """Looks at a field that is no pseudo-header.

    Raises:
        Malformed: HTTP/2 has no such field.
    """
    if not _NAME.fullmatch(name):
        raise Malformed("the name of a field is not a word in lower case, or comes too late")
    if name in _OF_THE_CONNECTION:
        raise Malformed("a field belongs to a connection, and there are none of those here")
    if value.strip(_BLANK) != value:
        raise Malformed("the value of a field begins or ends with a blank")


class Writer:
    """Writes fields without a table: what is sent depends on nothing that was sent before."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def answer(self, status: int, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The block of an answer's head."""
        return (_STATUSES.get(status) or b"\x08\x03%d" % status) + self.block(fields)

    def block(self, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The block of these fields."""
        known = self._known
        pieces: list[bytes] = []
        for name, value in fields:
            size = len(value)
            length = b"%c" % size if size < 127 else _integer(size, 7, 0)
            pieces += (known.get(name) or self._learn(name), length, value)
        return b"".join(pieces)

    def _learn(self, name: bytes) -> bytes:
        """A name as it stands before its value; most of them come again and again."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        index = _STATIC.get(name)
        if index is None:
            said = b"\x00" + _integer(len(name), 7, 0) + name
        else:
            said = _integer(index, 4, 0)
        self._known[name] = said
        return said


def _integer(value: int, bits: int, flags: int) -> bytes:
    """A number, the first bits of whose first byte say something else (RFC 7541, 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((flags | value,))
    out = [flags | most]
    value -= most
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
