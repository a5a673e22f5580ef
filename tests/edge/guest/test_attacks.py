"""Guests that break the rules of the canonical ABI: they end, and the server goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.guest.answering import Site, settings, site

TRAPPED = (500, b"The app failed.\n")
USES = 38
FIELDS = {0, 1, 2, 3, 11, 31, 32}
POLLABLES = {27, 28, 29, 30}
OUTPARAMS = {16, 17}


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site(settings(memory=32 << 20, cpu_time=0.5, timeout=2), code="attacks") as made:
        yield made


@pytest.fixture(autouse=True)
def goes_on(served: Site) -> Iterator[None]:
    served.meter.outcomes.clear()
    yield
    assert served.fetch("/")[:1] == (200,)


def ended(served: Site) -> set[str]:
    return {outcome for _, outcome, _ in served.meter.outcomes}


@pytest.mark.parametrize("handle", ["forged", "zero", "largest", "dropped"])
def test_a_handle_that_is_none_ends_its_guest(served: Site, handle: str) -> None:
    for use in range(USES):
        assert served.fetch(f"/{handle}?{use}")[::2] == TRAPPED, use
    assert ended(served) == {"trapped"}


@pytest.mark.parametrize(
    ("handle", "allowed"), [("pollable", POLLABLES), ("fields", FIELDS), ("other", OUTPARAMS)]
)
def test_a_handle_of_another_kind_ends_its_guest(
    served: Site, handle: str, allowed: set[int]
) -> None:
    for use in set(range(USES)) - allowed:
        assert served.fetch(f"/{handle}?{use}")[::2] == TRAPPED, use
    assert ended(served) == {"trapped"}
    if handle != "other":
        assert {served.fetch(f"/{handle}?{use}")[0] for use in allowed} == {200}


def test_an_address_that_is_none_ends_its_guest(served: Site) -> None:
    for case in range(32):
        assert served.fetch(f"/far?{case}")[::2] == TRAPPED, case
    assert ended(served) == {"trapped"}


def test_room_where_none_is_ends_its_guest_or_harms_only_itself(served: Site) -> None:
    seen = {mode: served.fetch(f"/room?{mode}", "x-own: 1")[0] for mode in range(1, 20)}
    harmless = {3, 4, 5, 6, 9, 19}
    assert seen == {
        mode: 200 if mode in harmless else 504 if mode == 8 else 500 for mode in range(1, 20)
    }


def test_room_made_badly_ends_alike_in_both_twins(twin: str) -> None:
    with site(settings(cpu_time=0.2), code="attacks") as served:
        seen = [served.fetch(f"/room?{mode}", "x-own: 1")[0] for mode in range(7, 20)]
    assert seen == [500, 504, 200, 500, 500, 500, 500, 500, 500, 500, 500, 500, 200]


@pytest.mark.parametrize("case", range(8))
def test_who_takes_too_much_is_ended(served: Site, case: int) -> None:
    assert served.fetch(f"/much?{case}")[::2] in (TRAPPED, (504, b"The app took too long.\n"))
    assert ended(served) <= {"trapped", "memory", "cpu_time", "timeout"}


@pytest.mark.parametrize("case", range(3))
def test_a_header_that_is_too_large_is_an_error(served: Site, case: int) -> None:
    status, headers, _ = served.fetch(f"/bomb?{case}")
    assert status == 500
    assert b"x-large" not in headers
    assert b"x-many" not in headers


# ----- from one request to the next


@pytest.fixture
def pooled() -> Iterator[Site]:
    with site(settings(isolation="pool", reuse=10_000)) as made:
        yield made


@pytest.mark.parametrize("which", range(5))
def test_a_handle_of_an_earlier_request_ends_its_guest(pooled: Site, which: int) -> None:
    assert pooled.fetch("/keep", "x-secret: 1", method="POST", body=b"abc")[0] == 200
    status, _, body = pooled.fetch(f"/use?{which}")
    assert b"secret" not in body
    # A fresh instance takes the place of the one that fails, and it has no such handle either.
    assert (status, body) == TRAPPED


def test_a_handle_of_an_earlier_request_may_be_dropped_once(pooled: Site) -> None:
    pooled.fetch("/keep")
    assert pooled.fetch("/use?6")[::2] == (200, b"")
    pooled.fetch("/keep")
    assert pooled.fetch("/use?7")[::2] == TRAPPED


def test_a_stream_that_is_no_requests_stays(pooled: Site) -> None:
    pooled.fetch("/keep")
    pooled.meter.lines.clear()
    assert pooled.fetch("/use?5")[::2] == (200, b"")
    assert [line[2:] for line in pooled.meter.lines] == [("stdout", b"still here\n")]


def test_handles_that_are_never_dropped_cost_no_request(pooled: Site) -> None:
    visits = [pooled.fetch("/leak")[::2] for _ in range(400)]
    assert {status for status, _ in visits} == {200}
    most = max(int(body) for _, body in visits)
    assert 50 < most < 200
    assert {outcome for _, outcome, _ in pooled.meter.outcomes} == {"ok"}
