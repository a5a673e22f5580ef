"""Requests as the world of a site has them, for what runs inside a site in Python."""

from __future__ import annotations

from types import SimpleNamespace


def request(
    method: str = "GET",
    target: str = "/",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    authority: str = "example.com",
    **params: str,
) -> SimpleNamespace:
    """A request; `params` are those of the route."""
    return SimpleNamespace(
        method=method,
        scheme="https",
        authority=authority,
        target=target,
        client="192.0.2.1",
        headers=[("host", authority), *headers],
        params=list(params.items()),
        body=body,
    )
