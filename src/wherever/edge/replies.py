"""Apps that need no guest: an answer that is always the same, and one that leads elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Exchange, Headers

_FIELD = re.compile(r"\{([^{}]*)\}")
_OWN = frozenset(("host", "path", "query", "scheme"))
_BEFORE_PATH = re.compile(r"(?:(?:[a-z][a-z0-9+.-]*|\{scheme\}):)?//[^/?#]*", re.I)
_PLAIN = re.compile(r"[\x21-\x7e\x80-\U0010ffff]+")
_HTML = b"text/html; charset=utf-8"


class Reply:
    """Answers every request alike.

    Example:
        >>> Reply(200, [(b"content-type", b"text/plain")], b"all is well\\n")
        Reply(200, [(b'content-type', b'text/plain')], 12 bytes)
    """

    def __init__(self, status: int, headers: Headers, body: bytes = b"") -> None:
        self._status = status
        self._headers = headers
        self._body = body

    def __repr__(self) -> str:
        return f"Reply({self._status}, {self._headers}, {len(self._body)} bytes)"

    def serve(self, exchange: Exchange) -> None:
        """Answers."""
        exchange.answer(self._status, self._headers, self._body)


class Redirect:
    """Answers every request with another address.

    Args:
        status: 301, 302, 303, 307 or 308.
        location: the address. `{name}` stands for what the route's parameter matched, `{host}`,
            `{scheme}`, `{path}` and `{query}` (with its question mark) for what was asked.

    Attributes:
        fields: the route's parameters that the address wants.

    What was asked is percent-encoded, so that it can neither leave the place where it stands in
    the address nor name another host: `/{rest}` never becomes `//evil.example`.

    Raises:
        InputError: the address cannot be one.
    """

    def __init__(self, status: int, location: str) -> None:
        if status not in (301, 302, 303, 307, 308):
            raise InputError(f"{status} is no redirect", "use 301, 302, 303, 307 or 308")
        if not _PLAIN.fullmatch(location) or re.search(r"[{}]", _FIELD.sub("", location)):
            raise InputError(f"{location!r} is not an address", "write it like /new/{name}{query}")
        self._status = status
        self._location = location
        self.fields = frozenset(_FIELD.findall(location)) - _OWN
        authority = _BEFORE_PATH.match(location)
        self._path_at = authority.end() if authority else 0

    def serve(self, exchange: Exchange) -> None:
        """Answers."""
        location = self._fill(exchange)
        headers = [(b"location", location.encode()), (b"content-type", _HTML)]
        shown = quote(location, safe="/:?=%").encode()
        exchange.answer(self._status, headers, b'<a href="%b">It is here.</a>\n' % shown)

    def _fill(self, exchange: Exchange) -> str:
        def value(field: re.Match[str]) -> str:
            in_path = field.start() >= self._path_at
            return _value(exchange, field[1], in_path)

        filled = _FIELD.sub(value, self._location)
        filled = quote(filled, safe="!#$%&'()*+,/:;=?@[]~")
        if not self._path_at:
            # One slash, whatever was asked: two would be the beginning of another host.
            filled = re.sub(r"^[/\\]{2,}", "/", filled)
        return filled


def _value(exchange: Exchange, name: str, in_path: bool) -> str:
    if name in exchange.params:
        return quote(exchange.params[name], safe="/" if in_path else "")
    if name not in _OWN:
        raise InputError(
            f"a redirect wants {{{name}}}, which its route does not have",
            f"add :{name} to the route, or take it out of the address",
        )
    path, mark, query = exchange.target.partition(b"?")
    if name == "path":
        return _asked(path) if path.startswith(b"/") else ""
    if name == "query":
        return _asked(mark + query)
    return exchange.scheme if name == "scheme" else quote(exchange.authority, safe=":[]")


def _asked(text: bytes) -> str:
    # It was encoded by who asked: only what may not stand in a header is encoded again.
    return quote(text, safe="!#$%&'()*+,/:;=?@[]~")
