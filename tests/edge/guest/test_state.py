"""What one tenant gives its guest never reaches another, whatever happens in between."""

from __future__ import annotations

from tests.edge.guest.answering import settings, sites
from tests.edge.guest.tenants import secrets, wrong_in

REQUESTS = 3000


def test_two_tenants_never_see_each_others_secrets() -> None:
    """A hundred thousand of them are tried by `make conformance`."""
    assert wrong_in(secrets(REQUESTS), REQUESTS) == ""


def test_a_tenant_that_found_anothers_secret_would_be_told() -> None:
    seen = {"red": [b"red-1"] * 400 + [b"blue-7"], "blue": [b"blue-1"] * 400}
    assert wrong_in(seen, 1000) == "red found b'blue-7'"
    assert wrong_in({"red": [b""] * 400, "blue": [b""] * 400}, 1000) == (
        "red answered 400 times, from used instances 0 times"
    )


def test_a_fresh_instance_finds_nothing_at_all() -> None:
    with sites(red=settings()) as served:
        assert [served.text(f"/red/secret?{n}") for n in range(3)] == ["", "", ""]
