"""The head of a request, read strictly: what is not RFC 9112 to the letter is refused.

What one server forgives and the next reads otherwise is how a request is smuggled past the
first. So nothing is mended here: a message that could be read in two ways has no meaning.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Headers

CHUNKED = -1
"""The length of a body that says itself where it ends."""

KEEP = 1
"""The client will use the connection again."""
MODERN = 2
"""HTTP/1.1, not 1.0."""
EXPECTS = 4
"""The client waits for `100 Continue` before it sends the body."""

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

_TEXT = bytes((9, *range(0x20, 0x7F), *range(0x80, 0x100)))
_TARGET = bytes(byte for byte in range(0x21, 0x7F) if byte != ord("#"))
_METHODS = {
    name: name.decode()
    for name in (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE")
}
_METHOD_BYTES = 32
_AUTHORITY = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?"
)
_ABSOLUTE = re.compile(rb"https?://([^/?]+)(.*)", re.I | re.S)
_LENGTH_DIGITS = 18
_OTHER_CODINGS = re.compile(
    rb"(?:(?:x-)?(?:gzip|compress)|deflate|br|zstd)(?:[ \t]*,[ \t]*chunked)?", re.I
)
_NOT_YET = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r[^\n]")

_COMMON = """
accept accept-charset accept-encoding accept-language access-control-request-headers
access-control-request-method authorization cache-control content-disposition content-encoding
content-language content-type cookie date dnt forwarded from if-match if-modified-since
if-none-match if-range if-unmodified-since link max-forwards origin pragma priority range referer
sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site
sec-fetch-user traceparent tracestate upgrade-insecure-requests user-agent via x-forwarded-for
x-forwarded-host x-forwarded-port x-forwarded-proto x-real-ip x-request-id x-requested-with
""".split()
# The names that clients send and that mean nothing to the server, as they are written: one
# look-up for the check and the lower case.
_PLAIN = {spelling.encode(): name.encode() for name in _COMMON for spelling in (name, name.title())}
_NAMES = {
    spelling.encode(): name.encode()
    for name in ("host", "connection", "content-length", "transfer-encoding")
    for spelling in (name, name.title())
}
_OF_THE_CONNECTION = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade")
)
_FRAMING = _OF_THE_CONNECTION | {b"content-length", b"expect", b"host", b"transfer-encoding"}
_NOT_IN_TRAILERS = frozenset(
    (b"authorization", b"content-encoding", b"content-range", b"content-type", b"cookie")
)
_KEPT = frozenset((b",keep-alive", b",Keep-Alive"))


class Refused(Exception):
    """A request that is answered by the server itself, which then closes the connection.

    Args:
        status: of the answer.
        why: what is wrong, in our own words: none of the client's bytes are in it.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status, why)
        self.status = status
        self.why = why


def parse(
    head: bytes, most_headers: int, most_target: int
) -> tuple[str, bytes, bytes, Headers, int, int]:
    """Method, target, authority, headers, length of the body or `CHUNKED`, and flags.

    Args:
        head: from the first byte of the request line to the empty line's last.
        most_headers: how many headers are read.
        most_target: how long the target may be.

    Raises:
        Refused: it is not a request, or not one that is served.
    """
    lines = head.split(b"\r\n")
    # Two empty strings stand after the last header; every line has one end.
    if head.translate(None, _TEXT) != b"\r\n" * (len(lines) - 1):
        raise Refused(400, "the head has a control character, or a line that ends with only one")
    parts = lines[0].split(b" ")
    if len(parts) != 3:
        raise Refused(400, "the request line is not a method, a target and a version")
    word, target, version = parts
    method = _METHODS.get(word) or _method(word)
    if version == b"HTTP/1.1":
        flags = MODERN | KEEP
    elif version == b"HTTP/1.0":
        flags = 0
    else:
        raise _version(version)
    if len(target) > most_target:
        raise Refused(414, "the target is too long")
    if not target or target.translate(None, _TARGET):
        raise Refused(400, "the target is empty, or has a character that must be percent-encoded")
    if len(lines) - 3 > most_headers:
        raise Refused(431, "there are too many headers")

    headers: Headers = []
    host = length = coding = None
    options = b""
    plain = _PLAIN.get
    for line in lines[1:-2]:
        spelling, colon, value = line.partition(b":")
        if not colon:
            raise Refused(400, "a header has no colon")
        # What it takes away is spaces and tabs: other white space was refused above.
        value = value.strip()
        name = plain(spelling)
        if name is None:
            name = _name(spelling)
            if name == b"host":
                if host is not None:
                    raise Refused(400, "there is more than one Host")
                host = value
            elif name == b"connection":
                options += b"," + value
                continue
            elif name == b"content-length":
                if length is not None:
                    raise Refused(400, "there is more than one Content-Length")
                length = value
            elif name == b"transfer-encoding":
                if coding is not None:
                    raise Refused(400, "there is more than one Transfer-Encoding")
                coding = value
                continue
            elif name == b"expect":
                if value.lower() != b"100-continue":
                    raise Refused(417, "nothing but 100-continue can be expected")
                flags |= EXPECTS
                continue
            elif name in _OF_THE_CONNECTION:
                continue
        headers.append((name, value))

    if host is None:
        if flags & MODERN:
            raise Refused(400, "there is no Host")
        host = b""
    elif not _AUTHORITY.fullmatch(host):
        raise Refused(400, "Host is not a host and a port")
    if options:
        flags = _connection(options, flags)
    if not flags & MODERN:
        flags &= ~EXPECTS
    size = 0
    if coding is not None:
        size = _coding(coding, length, flags)
    elif length is not None:
        size = _length(length)
    if target[0] != 0x2F:
        target, host = _form(method, target, host, headers)
    return method, target, host, headers, size, flags


def trailers(block: bytes, most: int) -> Headers:
    """The fields after a chunked body, from `block`: lines that each end in CRLF.

    What changes who asks, or how the body is to be read, is left out: it comes too late.

    Raises:
        Refused: they are none, or belong to the head.
    """
    lines = block.split(b"\r\n")
    if block.translate(None, _TEXT) != b"\r\n" * (len(lines) - 1):
        raise Refused(400, "a trailer has a control character")
    if len(lines) - 1 > most:
        raise Refused(431, "there are too many trailers")
    fields: Headers = []
    for at in range(len(lines) - 1):
        spelling, colon, value = lines[at].partition(b":")
        name = _name(spelling)
        if not colon:
            raise Refused(400, "a trailer has no colon")
        if name in _FRAMING:
            raise Refused(400, "a trailer belongs into the head")
        if name in _NOT_IN_TRAILERS:
            continue
        fields.append((name, value.strip()))
    return fields


def check_beginning(data: bytes, start: int) -> None:
    """Looks at a part of a head from `start` on, so that no time is given to what is none.

    Raises:
        Refused: whatever follows, this is not a request.
    """
    if _NOT_YET.search(data, start):
        raise Refused(400, "the head has a control character, or a line that ends with only one")


def known(data: bytes) -> tuple[str, bytes]:
    """Method and target of a head that was refused, as far as they can be told, for the log."""
    line = data[:1024].partition(b"\r\n")[0].split(b" ")
    if len(line) < 2 or not TOKEN.fullmatch(line[0]) or len(line[0]) > _METHOD_BYTES:
        return "", b""
    return line[0].decode(), line[1] if not line[1].translate(None, _TARGET) else b""


def _method(word: bytes) -> str:
    if len(word) > _METHOD_BYTES or not TOKEN.fullmatch(word):
        raise Refused(400, "the method is not a word")
    if word == b"CONNECT":
        raise Refused(501, "this server is not a proxy")
    return word.decode()


def _version(version: bytes) -> Refused:
    if re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version):
        return Refused(505, "this server speaks HTTP/1.1 here")
    return Refused(400, "the request line does not end with a version")


def _name(spelling: bytes) -> bytes:
    name = _NAMES.get(spelling)
    if name is not None:
        return name
    if not TOKEN.fullmatch(spelling):
        raise Refused(400, "the name of a header is not a word")
    return spelling.lower()


def _connection(options: bytes, flags: int) -> int:
    if options in _KEPT:
        return flags | KEEP
    words = {word.strip() for word in options.lower().split(b",")}
    if b"close" in words:
        return flags & ~KEEP
    return flags | KEEP if b"keep-alive" in words else flags


def _coding(coding: bytes, length: bytes | None, flags: int) -> int:
    if length is not None:
        raise Refused(400, "there are both Content-Length and Transfer-Encoding")
    if not flags & MODERN:
        raise Refused(400, "HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() == b"chunked":
        return CHUNKED
    if _OTHER_CODINGS.fullmatch(coding):
        raise Refused(501, "the only Transfer-Encoding here is chunked")
    raise Refused(400, "Transfer-Encoding is not chunked")


def _length(value: bytes) -> int:
    # For bytes this means the ten ASCII digits, and at least one of them.
    if not value.isdigit():
        raise Refused(400, "Content-Length is not a number")
    if len(value) > _LENGTH_DIGITS:
        raise Refused(413, "the body is too long")
    return int(value)


def _form(method: str, target: bytes, host: bytes, headers: Headers) -> tuple[bytes, bytes]:
    """Target and authority of a request that is not in origin form."""
    if target == b"*" and method == "OPTIONS":
        return target, host
    parts = _ABSOLUTE.fullmatch(target)
    if parts is None or not _AUTHORITY.fullmatch(parts[1]) or parts[1].startswith(b":"):
        raise Refused(400, "the target is neither a path nor an address")
    authority, path = parts.groups()
    # The target overrides Host: whoever routes by one and whoever reads the other must agree.
    headers[:] = [field for field in headers if field[0] != b"host"]
    headers.insert(0, (b"host", authority))
    if not path and method == "OPTIONS":
        return b"*", authority
    return path if path[:1] == b"/" else b"/" + path, authority
