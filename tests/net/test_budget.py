"""What a guest may use of the network: counted, and named when it is used up."""

from __future__ import annotations

import pytest

from wherever.net.budget import Allowance, Budget
from wherever.net.error import NetError


class Thing:
    """Something under way."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        budget.begin(self)

    def close(self) -> None:
        self.budget.done(self)


def test_only_so_many_are_under_way() -> None:
    budget = Budget(Allowance(calls=2))
    first, _ = Thing(budget), Thing(budget)
    with pytest.raises(NetError, match="2 requests are under way, all that may be") as caught:
        Thing(budget)
    assert (caught.value.code, budget.ended) == ("connection-limit-reached", "")
    first.close()
    Thing(budget)
    assert (budget.open, budget.requests) == (2, 3)


def test_only_so_many_are_made() -> None:
    budget = Budget(Allowance(requests=1))
    Thing(budget).close()
    with pytest.raises(NetError, match="1 requests were made, all that may be"):
        Thing(budget)
    assert budget.ended == "requests"


def test_bytes_out_are_counted_before_they_go() -> None:
    budget = Budget(Allowance(sent=10))
    budget.gave(10)
    with pytest.raises(NetError, match="10 bytes were sent, all that may be") as caught:
        budget.gave(1)
    assert (caught.value.code, caught.value.payload) == ("HTTP-request-body-size", {"size": 10})
    assert (budget.ended, budget.sent) == ("sent", 10)


def test_bytes_in_are_counted_as_they_come() -> None:
    budget = Budget(Allowance(received=10))
    budget.came(10)
    with pytest.raises(NetError, match="10 bytes were received, all that may be") as caught:
        budget.came(1)
    assert (caught.value.code, caught.value.payload) == ("HTTP-response-body-size", {"size": 10})
    assert budget.ended == "received"


def test_what_a_run_uses_its_app_uses() -> None:
    app = Budget(Allowance(requests=3, sent=10, received=None))
    first, second = Budget(Allowance(), app), Budget(Allowance(), app)
    Thing(first)
    Thing(second)
    first.gave(4)
    second.came(7)
    assert (app.open, app.requests, app.sent, app.received) == (2, 2, 4, 7)
    with pytest.raises(NetError):
        second.gave(7)
    assert (app.ended, second.ended, second.sent) == ("sent", "", 0)


def test_the_end_of_a_run_ends_its_requests_and_no_others() -> None:
    app = Budget(Allowance())
    first, second = Budget(Allowance(), app), Budget(Allowance(), app)
    Thing(first)
    Thing(second)
    first.close()
    assert (first.open, second.open, app.open) == (0, 1, 1)
    app.close()
    assert (second.open, app.open) == (0, 0)
