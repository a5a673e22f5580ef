"""Which app answers a request: by the host that was asked for, then by the path.

A route is a path: `/about` as it stands, `/users/:id` with parameters, `/files/...` with all that
is under it, `/files/:path...` with a name for that. `/files/...` takes `/files` and `/files/` too.

The host decides first: its own routes, then those of the longest `*.` pattern that it fits, then
those of no host. Among the routes of one host the path is read from its beginning, and where two
routes part, a word comes before a parameter, a parameter before the rest, and the end before all.

Routes see each part of the path decoded, so `/%61bout` is `/about`. What two programs could read
in two ways is refused with 400: parts that are `.` or `..`, plain or encoded; two slashes at the
beginning; a backslash; bytes that are not UTF-8; control characters. An encoded slash belongs to
its part. The path itself is passed on as it was sent.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wherever.edge.exchange import App, Exchange, Headers

    MaxBody = int | None | Callable[[Exchange], int | None]

BODY = 10 << 20
"""Bytes of a body that an app takes which does not say."""

WORD, PARAMETER, REST = 0, 1, 2
"""What a part of a route is, in the order in which they are tried."""

MOST_KNOWN = 8192
"""Hosts and paths whose routes are remembered."""

LONGEST_KNOWN = 256
"""Bytes of a host and a path that are worth remembering."""

PREFIX = b"x-forwarded-prefix"
"""The header that tells an app under which path it is mounted; from clients it is dropped."""

PLAIN: Headers = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
]
"""Headers of our own short answers."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\]")
_AUTHORITY = re.compile(rb"([A-Za-z0-9._-]{1,254}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_route(text: str) -> tuple[tuple[int, str], ...]:
    """The parts of a route, each a kind and a word or the name of a parameter.

    Raises:
        InputError: it is not a route.

    Example:
        >>> parse_route("/users/:id/...")
        ((0, 'users'), (1, 'id'), (2, ''))
    """
    if not text.startswith("/") or "?" in text or "#" in text or _CONTROL.search(text):
        raise InputError(
            f"{text!r} is not a route", "write it like /about, /users/:id or /files/..."
        )
    parts = text[1:].split("/")
    found = []
    for number, part in enumerate(parts):
        if part.endswith("...") and number == len(parts) - 1:
            name = part[:-3]
            if name and not (name.startswith(":") and _NAME.fullmatch(name[1:])):
                raise InputError(
                    f"{text!r}: {part!r} is not the rest of a path", "write /... alone"
                )
            found.append((REST, name[1:]))
        elif part.startswith(":"):
            if not _NAME.fullmatch(part[1:]):
                raise InputError(f"{text!r}: {part!r} is not a parameter", "write it like :id")
            found.append((PARAMETER, part[1:]))
        elif part in (".", "..") or "..." in part or "%" in part or "\\" in part:
            raise InputError(
                f"{text!r}: {part!r} cannot be a part of a route",
                "write it decoded, without dots alone, and /... only at the end",
            )
        else:
            found.append((WORD, part))
    if len(found) > 1 and found[0] == (WORD, ""):
        raise InputError(f"{text!r} begins with two slashes", "begin it with one")
    names = [name for kind, name in found if kind != WORD and name]
    if len(set(names)) < len(names):
        raise InputError(f"{text!r} has a parameter twice", "give each a name of its own")
    return tuple(found)


def parse_host(text: str) -> str:
    """The name of a host, or `*.` and a name for all under it, as routes have it.

    Raises:
        InputError: it is neither.
    """
    host = text.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or ".." in host:
        raise InputError(
            f"{text!r} is not the name of a host", "write example.com or *.example.com, no port"
        )
    return host


class Leaf:
    """Where a route leads."""

    __slots__ = ("allow", "app", "max_body", "methods", "names", "prefix", "strip")

    def __init__(
        self, app: App, names: tuple[str, ...], methods: tuple[str, ...], strip: tuple[str, ...]
    ) -> None:
        self.app = app
        self.max_body: MaxBody = getattr(app, "max_body", BODY)
        self.names = names
        self.methods = frozenset(methods) | ({"HEAD"} if "GET" in methods else set())
        self.allow = ", ".join(sorted(self.methods)).encode()
        self.strip = len(strip)
        self.prefix = "".join(f"/{quote(each)}" for each in strip).encode()


class _Node:
    __slots__ = ("ends", "parameter", "rests", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.ends: list[Leaf] = []
        self.rests: list[Leaf] = []


class _Table:
    """The routes of one host."""

    __slots__ = ("root",)

    def __init__(self) -> None:
        self.root = _Node()

    def add(self, parts: tuple[tuple[int, str], ...], leaf: Leaf) -> None:
        node = self.root
        for kind, name in parts:
            if kind == REST:
                _put(node.rests, leaf)
                return
            if kind == WORD:
                node = node.words.setdefault(name, _Node())
            else:
                node.parameter = node.parameter or _Node()
                node = node.parameter
        _put(node.ends, leaf)


class Router:
    """An app that hands each request to the app of its route.

    Attributes:
        missing: what answers where no route fits; None for a short 404.
    """

    __slots__ = ("_any", "_hosts", "_known", "missing")

    def __init__(self, missing: App | None = None) -> None:
        self.missing = missing
        self._hosts: dict[str, _Table] = {}
        self._any = _Table()
        self._known: dict[tuple[bytes, bytes], tuple[list[Leaf], list[str]]] = {}

    def add(
        self,
        route: str,
        app: App,
        host: str = "",
        methods: Iterable[str] = (),
        mount: bool = False,
    ) -> None:
        """Have an app answer a route.

        Args:
            route: the path.
            host: a host, `*.` and a host, or empty for any.
            methods: those it takes, any where there are none. GET brings HEAD along.
            mount: take the words before `/...` off the path, so that the app can live anywhere;
                it is told of them in `x-forwarded-prefix`.

        Raises:
            InputError: it is not a route or not a host, or the route is another's already.
        """
        parts = parse_route(route)
        names = tuple(name for kind, name in parts if kind != WORD)
        words = tuple(name for kind, name in parts if kind == WORD)
        if mount and (not parts or [kind for kind, _ in parts] != [WORD] * len(words) + [REST]):
            raise InputError(f"{route!r} is no place for a mount", "write it like /shop/...")
        table = self._any if not host else self._hosts.setdefault(parse_host(host), _Table())
        leaf = Leaf(app, names, tuple(methods), words if mount else ())
        try:
            table.add(parts, leaf)
        except InputError:
            where = f"{host}{route}"
            raise InputError(f"two answer {where}", "give one of them another route") from None
        self._known.clear()

    def serve(self, exchange: Exchange) -> None:
        """Hands the request on, or answers what no app can."""
        target = exchange.target
        cut = target.find(b"?")
        path = target if cut < 0 else target[:cut]
        for name, _ in exchange.headers:
            if name == PREFIX:
                exchange.headers = [each for each in exchange.headers if each[0] != PREFIX]
                break
        try:
            leaves, values = self._known[exchange.authority, path]
        except KeyError:
            found = self._look(exchange, path)
            if found is None:
                return
            leaves, values = found
        for leaf in leaves:
            if not leaf.methods or exchange.method in leaf.methods:
                break
        else:
            allow = b", ".join(dict.fromkeys(leaf.allow for leaf in leaves))
            exchange.answer(405, [*PLAIN, (b"allow", allow)], b"this method is not for this path\n")
            return
        if values:
            exchange.params = {n: v for n, v in zip(leaf.names, values, strict=True) if n}
        if leaf.strip and not _strip(exchange, leaf, path):
            return
        leaf.app.serve(exchange)

    def site(self, authority: bytes, path: bytes) -> object:
        """What the app is on the short way that answers a path, whatever the method is.

        None where there is no such way: the app has none, or the route changes the request.
        """
        parts = split(path)
        for table in self._tables(authority) or () if parts is not None else ():
            leaves = _find(table.root, parts or [], 0, [])
            if leaves is not None:
                leaf = leaves[0]
                if leaf.methods or leaf.strip or any(leaf.names):
                    return None
                return getattr(leaf.app, "site", None)
        return None

    def max_body(self, exchange: Exchange) -> int | None:
        """Bytes that the body of this request may have, as its app says; None for any number."""
        parts = split(exchange.target.partition(b"?")[0])
        for table in self._tables(exchange.authority) or () if parts is not None else ():
            leaves = _find(table.root, parts or [], 0, [])
            for leaf in leaves or ():
                if not leaf.methods or exchange.method in leaf.methods:
                    most = leaf.max_body
                    return most(exchange) if callable(most) else most
            if leaves is not None:
                break
        return BODY

    def _look(self, exchange: Exchange, path: bytes) -> tuple[list[Leaf], list[str]] | None:
        """Where the routes lead, and what their parameters match; None where that was answered."""
        tables = self._tables(exchange.authority)
        if tables is None:
            exchange.answer(400, PLAIN, b"this is not the name of a host\n")
            return None
        parts = split(path)
        if parts is None:
            self._refuse(exchange, path)
            return None
        values: list[str] = []
        for table in tables:
            leaves = _find(table.root, parts, 0, values)
            if leaves is not None:
                if len(exchange.authority) + len(path) <= LONGEST_KNOWN:
                    if len(self._known) >= MOST_KNOWN:
                        self._known.clear()
                    self._known[exchange.authority, path] = (leaves, values)
                return leaves, values
        self._miss(exchange)
        return None

    def _tables(self, authority: bytes) -> tuple[_Table, ...] | None:
        """The routes of a host, the nearest first; None where it is no host."""
        if not authority:
            return (self._any,)
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            return None
        host = found[1].decode().lower().removesuffix(".")
        names = [host]
        while "." in host:
            host = host.partition(".")[2]
            names.append(f"*.{host}")
        return (*(self._hosts[name] for name in names if name in self._hosts), self._any)

    def _refuse(self, exchange: Exchange, path: bytes) -> None:
        if path == b"*" and exchange.method == "OPTIONS":
            exchange.answer(204, [])
        else:
            exchange.answer(400, PLAIN, b"this path could be read in two ways\n")

    def _miss(self, exchange: Exchange) -> None:
        if self.missing is not None:
            self.missing.serve(exchange)
        else:
            exchange.answer(404, PLAIN, b"there is nothing here\n")


def split(path: bytes) -> list[str] | None:
    """The decoded parts of a path, or None where it could be read in two ways.

    Example:
        >>> split(b"/a%20b/c"), split(b"/a/%2e%2E/b")
        (['a b', 'c'], None)
    """
    if path[:1] != b"/" or path[:2] == b"//":
        return None
    try:
        if b"%" not in path:
            text = path.decode("ascii")
            if "\\" in text or _CONTROL.search(text):
                return None
            parts = text[1:].split("/")
        else:
            if b"\\" in path or _BAD_ESCAPE.search(path) or not path.isascii():
                return None
            parts = [unquote_to_bytes(part).decode() for part in path[1:].split(b"/")]
            for part in parts:
                if _CONTROL.search(part):
                    return None
                if ("/" in part or "\\" in part) and _has_dots(re.split(r"[/\\]", part)):
                    return None
    except UnicodeDecodeError:
        return None
    may_have = b"." in path or b"%2" in path
    return None if may_have and _has_dots(parts) else parts


def _has_dots(parts: list[str]) -> bool:
    # Some servers read `..;a` as `..`.
    return any(part.partition(";")[0] in (".", "..") for part in parts)


def _find(node: _Node, parts: list[str], at: int, values: list[str]) -> list[Leaf] | None:
    if at == len(parts):
        if node.ends:
            return node.ends
    else:
        part = parts[at]
        inner = node.words.get(part)
        if inner is not None:
            found = _find(inner, parts, at + 1, values)
            if found is not None:
                return found
        if node.parameter is not None and part:
            values.append(part)
            found = _find(node.parameter, parts, at + 1, values)
            if found is not None:
                return found
            values.pop()
    if node.rests:
        values.append("/".join(parts[at:]))
        return node.rests
    return None


def _put(leaves: list[Leaf], leaf: Leaf) -> None:
    if any(not leaf.methods or not each.methods or leaf.methods & each.methods for each in leaves):
        raise InputError("two answer this")
    leaves.append(leaf)


def _strip(exchange: Exchange, leaf: Leaf, path: bytes) -> bool:
    """Takes the mount's words off the path; False where that was answered here."""
    at = 0
    for _ in range(leaf.strip):
        at = path.find(b"/", at + 1)
        if at < 0:
            # Links that are relative must begin inside of the mount.
            query = exchange.target[len(path) :]
            exchange.answer(308, [*PLAIN, (b"location", leaf.prefix + b"/" + query)])
            return False
    if path[at : at + 2] == b"//":
        exchange.answer(400, PLAIN, b"this path could be read in two ways\n")
        return False
    exchange.target = exchange.target[at:]
    exchange.headers = [*exchange.headers, (PREFIX, leaf.prefix)]
    return True
