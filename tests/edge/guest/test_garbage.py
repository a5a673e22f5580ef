"""What a request leaves is freed at once: the collector of cycles stops all while it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.edge.guest.answering import Site, settings, site

REQUESTS = 20


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site(settings(timeout=5)) as made:
        yield made


def left_by(served: Site, path: str, body: bytes) -> int:
    """Objects in cycles that so many requests leave."""
    method = "POST" if body else "GET"
    served.fetch(path, method=method, body=body)
    gc.collect()
    gc.disable()
    try:
        for _ in range(REQUESTS):
            served.fetch(path, method=method, body=body)
        served.settled()
        return gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", b""),
        ("/?" + "x" * 3000, b""),
        ("/trap", b""),
        ("/exit", b""),
        ("/log", b""),
        ("/time", b""),
        ("/send?300000", b""),
        ("/echo", b"some" * 50_000),
    ],
    ids=lambda given: given[:12] if isinstance(given, str) else "",
)
def test_a_request_leaves_no_cycles(served: Site, path: str, body: bytes) -> None:
    assert left_by(served, path, body) < REQUESTS


def test_a_request_of_a_guests_own_leaves_none() -> None:
    with site(settings(), code="asks") as served:
        assert left_by(served, "/ask?app.internal/", b"") < REQUESTS
        assert left_by(served, "/ask?example.test/", b"") < REQUESTS
