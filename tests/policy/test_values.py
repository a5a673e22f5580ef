"""Grants, limits and outcomes are frozen values that say no in words."""

import dataclasses

import pytest

import wherever
from wherever.errors import InputError, LimitReached, Trapped, WhereverError
from wherever.policy.grants import Grants, Mount
from wherever.policy.limits import Limits
from wherever.policy.outcome import Outcome


@pytest.mark.parametrize("value", [Grants(), Limits(), Mount("a", "/a"), Outcome(0, "exited")])
def test_they_cannot_be_changed(value: object) -> None:
    field = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, None)


def test_empty_grants_grant_nothing() -> None:
    assert (Grants().files, dict(Grants().env)) == ((), {})


def test_grants_grow_as_copies() -> None:
    none = Grants()
    some = none.with_files(Mount.parse("photos:/in:ro")).with_env(A="1").with_env(B="2")
    assert some.files == (Mount("photos", "/in", True),)
    assert dict(some.env) == {"A": "1", "B": "2"}
    assert none == Grants()


def test_limits_replace_by_name() -> None:
    strict = Limits.of(memory="1m", timeout="1s")
    assert strict.but(timeout=None, output="2k") == Limits(memory=1 << 20, output=2048)
    with pytest.raises(InputError, match="open_files always has a limit"):
        strict.but(open_files=None)


def test_a_mistyped_limit_is_near_to_one() -> None:
    with pytest.raises(InputError, match="no limit called 'memroy'; did you mean memory"):
        Limits.of(memroy="1m")


def test_limits_of_text_are_made_by_of() -> None:
    with pytest.raises(InputError) as caught:
        Limits(memory="64m")
    assert str(caught.value) == (
        "memory: '64m' is text, and Limits(...) takes numbers; write Limits.of(memory='64m')"
    )


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome(1, "exited"), WhereverError),
        (Outcome(134, "trapped", message="m", backtrace=("f",)), Trapped),
        (Outcome(124, "limit", limit="timeout", message="m"), LimitReached),
        (Outcome(130, "interrupted", message="m"), WhereverError),
    ],
)
def test_check_raises_what_happened(outcome: Outcome, kind: type[WhereverError]) -> None:
    assert not outcome.ok
    with pytest.raises(kind):
        outcome.check()


def test_a_limit_has_the_commands_exit_code() -> None:
    assert LimitReached("memory", "m").exit_code == 137
    assert LimitReached("output", "m").exit_code == 122
    assert str(wherever.NotRunnable("it is text", "name a program")) == "it is text; name a program"
