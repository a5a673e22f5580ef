"""What the site that each language begins with answers: the same to the byte, whatever it is in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import wherever

Answer = tuple[int, list[tuple[str, str]], bytes]

HTML = [("content-type", "text/html; charset=utf-8")]
TEXT = [("content-type", "text/plain; charset=utf-8")]
MISSING = (404, TEXT, b"Not found\n")
EVERY_BYTE = bytes(range(256))
LARGE = EVERY_BYTE * 4096


def page(name: str, method: str = "GET") -> Answer:
    """The page that greets somebody."""
    text = f"<!doctype html>\n<title>Hello</title>\n<h1>Hello, {name}!</h1>\n<p>{method} /</p>\n"
    return 200, HTML, text.encode()


TABLE: tuple[tuple[str, str, bytes, Answer], ...] = (
    ("GET", "/", b"", page("World")),
    ("GET", "/?name=Ada", b"", page("Ada")),
    ("DELETE", "/?x=1&name=Ada+L&name=other", b"", page("Ada L", "DELETE")),
    ("GET", "/?name=", b"", page("World")),
    ("GET", "/?name", b"", page("World")),
    ("GET", "/?=Ada&&name=%4", b"", page("%4")),
    ("GET", "/?na%6De=Zo%C3%AB%20%F0%9F%90%8D%26", b"", page("Zoë 🐍&amp;")),
    ("PUT", "/?name=%3Cscript%3E&name", b"x", page("&lt;script&gt;", "PUT")),
    ("GET", "/?name=a%0D%0Ab", b"", page("a\r\nb")),
    ("GET", "/?Name=Ada#", b"", page("World")),
    ("POST", "/echo", EVERY_BYTE, (200, TEXT, EVERY_BYTE)),
    ("POST", "/echo?again", b"", (200, TEXT, b"")),
    ("POST", "/echo", LARGE, (200, TEXT, LARGE)),
    ("GET", "/echo", b"", MISSING),
    ("POST", "/echo/", b"x", MISSING),
    ("GET", "/none?name=Ada", b"", MISSING),
    ("GET", "/index.html", b"", MISSING),
)
"""Method, target, body, and the answer."""

DIFFER = {"go": {"/?=Ada&&name=%4": page("World")}}
"""What a language's own library makes of it: Go's leaves out what is written wrong."""


def queries() -> Iterator[str]:
    """Queries by chance, of what has a meaning in them: the same ones each time."""
    chance = random.Random(5)
    bits = ("name", "name=", "na%6de=", "=", "&", "%", "%4", "%41", "%3C", "+", "a", "?", ";", "/")
    for _ in range(200):
        yield "".join(chance.choices(bits, k=chance.randint(0, 12)))


def greeted(query: str) -> str:
    """Whom the page greets, as the standard of forms reads a query."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if unquote_plus(name) == "name":
            return escape(unquote_plus(value)) or "World"
    return "World"


def check(wasm: Path, language: str) -> None:
    """Ask a site everything, one after the other.

    Raises:
        AssertionError: an answer is another.
    """
    with wherever.load(wasm, memory="256m") as site:
        for method, target, body, wanted in TABLE:
            wanted = DIFFER.get(language, {}).get(target, wanted)
            got = ask(site, method, target, body)
            assert got == wanted, f"{method} {target} was answered with {got!r:.300}"
        for query in queries() if language not in DIFFER else ():
            assert ask(site, "GET", f"/?{query}") == page(greeted(query)), query
        quotes = ask(site, "GET", "/?name=%22%27")
        assert quotes[2].count(b'"') == quotes[2].count(b"'") == 0


def ask(
    site: Any,
    method: str,
    target: str,
    body: bytes = b"",
    headers: list[tuple[str, str]] | None = None,
    params: list[tuple[str, str]] | None = None,
    authority: str = "localhost:8080",
) -> Answer:
    """What a site answers."""
    got = site.handle(
        {
            "method": method,
            "scheme": "http",
            "authority": authority,
            "target": target,
            "client": "127.0.0.1",
            "headers": [("host", authority), *(headers or [])],
            "params": params or [],
            "body": body,
        }
    )
    return got.status, got.headers, bytes(got.body)
