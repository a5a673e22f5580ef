"""Answers without a guest: always the same, or the way to elsewhere and to nowhere else."""

from __future__ import annotations

import pytest

from tests.edge.http.serving import answers, serving
from wherever.edge.exchange import Exchange
from wherever.edge.replies import Redirect, Reply
from wherever.errors import InputError


def test_a_reply_is_always_the_same():
    with serving(Reply(418, [(b"x-kind", b"pot")], b"short and stout")) as served:
        data = served.send(b"BREW /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    headers = {b"x-kind": b"pot", b"content-length": b"15"}
    assert answers(data, ["GET", "HEAD"]) == [
        (418, headers, b"short and stout"),
        (418, headers, b""),
    ]


class Routed:
    """Puts parameters on each request, as a router does."""

    def __init__(self, app: Redirect, params: dict[str, str]) -> None:
        self._app = app
        self._params = params

    def serve(self, exchange: Exchange) -> None:
        exchange.params = self._params
        self._app.serve(exchange)


def leads(location: str, target: str = "/", params: dict[str, str] | None = None) -> str:
    with serving(Routed(Redirect(308, location), params or {})) as served:
        data = served.send(f"GET {target} HTTP/1.1\r\nHost: here.example:81\r\n\r\n".encode())
    [(status, headers, _)] = answers(data, ["GET"])
    return headers[b"location"].decode() if status == 308 else f"{status}"


@pytest.mark.parametrize(
    ("location", "target", "params", "expected"),
    [
        ("/new", "/", {}, "/new"),
        ("/new{query}", "/old?a=%20b", {}, "/new?a=%20b"),
        ("https://{host}{path}{query}", "/a%2Fb?c", {}, "https://here.example:81/a%2Fb?c"),
        ("/users/{name}", "/", {"name": "a b/é?#%"}, "/users/a%20b/%C3%A9%3F%23%25"),
        ("https://{name}.example/", "/", {"name": "a.b"}, "https://a.b.example/"),
        ("/überall", "/", {}, "/%C3%BCberall"),
        ("{scheme}://other{path}", "/x", {}, "http://other/x"),
    ],
)
def test_a_redirect_leads_elsewhere(location: str, target: str, params, expected: str):
    assert leads(location, target, params) == expected


@pytest.mark.parametrize(
    ("location", "target", "params", "expected"),
    [
        ("/{rest}", "/", {"rest": "/evil.example"}, "/evil.example"),
        ("/{rest}", "/", {"rest": "\\evil.example"}, "/%5Cevil.example"),
        ("{path}", "//evil.example", {}, "/evil.example"),
        ("{path}", "/\\evil.example", {}, "/%5Cevil.example"),
        ("{rest}", "/", {"rest": "//evil.example"}, "/evil.example"),
        ("{rest}", "/", {"rest": "javascript:alert(1)"}, "javascript%3Aalert%281%29"),
        ("https://{name}.example/", "/", {"name": "evil/"}, "https://evil%2F.example/"),
        ("{scheme}://{name}.example/", "/", {"name": "evil/"}, "http://evil%2F.example/"),
        ("https://{name}.example/", "/", {"name": "evil@x"}, "https://evil%40x.example/"),
        ("https://{name}.example/", "/", {"name": "evil#"}, "https://evil%23.example/"),
        ("/{name}", "/", {"name": "a\r\nset-cookie: b"}, "/a%0D%0Aset-cookie%3A%20b"),
    ],
)
def test_who_asks_does_not_choose_where_it_leads(location, target, params, expected):
    assert leads(location, target, params) == expected


def test_a_parameter_that_no_route_has_is_an_error():
    assert leads("/{nobody}") == "500"


@pytest.mark.parametrize("location", ["", "a b", "/{", "/}", "/{a{b}}", "/a\r\nb"])
def test_what_is_no_address_is_refused(location: str):
    with pytest.raises(InputError, match="is not an address; write it like"):
        Redirect(308, location)


def test_what_is_no_redirect_is_refused():
    with pytest.raises(InputError, match="304 is no redirect; use 301, 302, 303, 307 or 308"):
        Redirect(304, "/")
