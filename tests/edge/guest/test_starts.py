"""Start functions of guests: they give way, are bounded like all else, and run once an instance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.edge.guest.answering import settings, site
from tests.edge.guest.building import guest
from tests.wasi.test_shimming import HANDLER, PLAIN, RANDOM, WORKED
from wherever.edge.config import LIMITS
from wherever.edge.guest.loading import load
from wherever.wasi.shimming import shim
from wherever.wasm import facts

Wat = Callable[..., Path]


def starting(body: str, works: str = "(i32.const 1)") -> str:
    """A handler whose main module has a start function."""
    core = f"(global $count (mut i32) (i32.const 0)) (func $begin {body}) (start $begin)"
    return HANDLER % {**PLAIN, "core": core, "works": works}


def test_a_start_function_runs_before_the_first_request_and_never_again(
    wat: Wat, twin: str
) -> None:
    counts = "(global.set $count (i32.add (global.get $count) (i32.const 1)))"
    text = starting(counts, "(i32.eq (global.get $count) (i32.const 1))")
    for kind in ("fresh", "pool"):
        with site(settings(isolation=kind), code=wat(text)) as served:
            assert [served.fetch("/")[0] for _ in range(3)] == [WORKED] * 3


def test_a_start_function_may_ask(wat: Wat, twin: str) -> None:
    asks = {**RANDOM, "works": "(i32.load $one (i32.const 4))"}
    asks["core"] += """
      (func $begin (call $bytes1 (i64.const 1) (i32.const 0))) (start $begin)"""
    with site(code=wat(HANDLER % asks)) as served:
        assert served.fetch("/")[0] == WORKED


@pytest.mark.parametrize(
    ("limits", "outcome"), [({"cpu_time": 0.1}, "cpu_time"), ({"timeout": 0.2}, "timeout")]
)
def test_a_start_function_without_an_end_is_ended_by_a_limit(
    wat: Wat, twin: str, limits: dict[str, float], outcome: str
) -> None:
    text = starting("(loop $again (br $again))")
    with site(settings(**limits), code=wat(text)) as served:
        assert served.fetch("/")[::2] == (504, b"The app took too long.\n")
        assert served.meter.outcomes == [("app", outcome, True)]


def test_a_start_function_that_traps_is_an_error(wat: Wat, twin: str) -> None:
    with site(code=wat(starting("unreachable"))) as served:
        assert served.fetch("/")[::2] == (500, b"The app failed.\n")
        assert served.meter.outcomes == [("app", "trapped", True)]


SLEEPING = {
    "imports": """
      (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))))
      (alias export $poll "pollable" (type $pollable))
      (alias export $poll "[method]pollable.ready" (func $ready))
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $t))
        (export "pollable" (type $p (eq $t)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
      (alias export $clock "subscribe-duration" (func $sleep))""",
    "lowered": """
      (core func $ready (canon lower (func $ready)))
      (core func $sleep (canon lower (func $sleep)))""",
    "given": """(with "time" (instance
      (export "ready" (func $ready)) (export "sleep" (func $sleep))))""",
    "works": "(call $ready (global.get $kept))",
}


@pytest.mark.parametrize(("when", "status"), [("$begin", 500), ("$nothing", WORKED)])
def test_a_handle_of_a_start_function_is_none_of_a_request(
    wat: Wat, when: str, status: int
) -> None:
    """What lay in memory for it is given to the request."""
    core = f"""
      (import "time" "ready" (func $ready (param i32) (result i32)))
      (import "time" "sleep" (func $sleep (param i64) (result i32)))
      (global $kept (mut i32) (i32.const 0))
      (func $begin (global.set $kept (call $sleep (i64.const 0))))
      (func $nothing)
      (start {when})"""
    works = SLEEPING["works"]
    if when == "$nothing":
        works = f"(block (result i32) (call $begin) {works})"
    with site(code=wat(HANDLER % {**SLEEPING, "core": core, "works": works})) as served:
        assert served.fetch("/")[0] == status


@pytest.mark.parametrize(
    "export",
    [
        '(memory (export "wherever:start") 1)',
        '(global (export "wherever:start") (mut i64) (i64.const 81985529216486895))',
        '(table (export "wherever:start") 4 funcref)',
        '(func (export "wherever:start") (param i32) (result i64) (i64.const 3))',
    ],
    ids=["memory", "global", "table", "other function"],
)
def test_an_export_by_the_name_of_deferred_starts_is_only_an_export(
    wat: Wat, twin: str, export: str
) -> None:
    """Called as a function, a memory is an address of the guest's choosing in this process."""
    with site(code=wat(HANDLER % {**PLAIN, "core": export})) as served:
        assert served.fetch("/")[0] == WORKED


# ----- what is ours


def test_the_page_tells_how_large_our_own_memory_may_become() -> None:
    """It comes on top of what a guest may have, so whoever runs a server has to know it."""
    ((least, most, *_),) = facts(shim())["memories"]
    page = (ROOT / "docs" / "serve.md").read_text()
    assert f"{least * 64} KiB at first, and at most {most // 16} MiB or the limit" in page
    assert f"128 MiB takes {128 + most // 16} MiB" in page


def test_our_own_memory_stays_below_the_limit_too() -> None:
    limits = LIMITS.but(memory=4 << 20)
    assert load("plain", guest("plain").read_bytes(), limits).budget.memory <= limits.memory
