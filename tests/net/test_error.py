"""The words of `wasi:http` for what goes wrong."""

from __future__ import annotations

from wherever.net.error import CASES, PAYLOADS, NetError


def test_a_case_has_its_number_and_what_it_says_more() -> None:
    error = NetError("TLS-alert-received", "they hung up", alert_id=40)
    assert (error.number, error.payload) == (14, {"alert-id": 40, "alert-message": None})
    assert str(error) == "TLS-alert-received: they hung up"
    assert NetError("connection-refused", "no").payload == {}


def test_there_are_as_many_cases_as_the_interface_has() -> None:
    assert (len(CASES), len(set(CASES)), CASES[-1]) == (39, 39, "internal-error")
    assert set(PAYLOADS) <= set(CASES)
