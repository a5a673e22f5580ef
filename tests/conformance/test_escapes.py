"""No path leads out of a granted folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wherever as api
from tests.conformance import escapes

GUESTS = Path(__file__).resolve().parent.parent / "guests"
MODES = pytest.mark.parametrize("mode", ["", ":ro"], ids=["read-write", "read-only"])


@pytest.fixture(scope="session")
def reach(wat: Callable[..., Path]) -> Path:
    return wat((GUESTS / "reach.wat").read_text(), "reach")


def racing(kind: str, wat: Callable[..., Path]) -> Path:
    parts = (GUESTS / "bodies.wat").read_text().split("\n;;; ")[1:]
    (body,) = [part.partition("\n")[2] for part in parts if part.startswith("races:")]
    frame = (GUESTS / f"{kind}.wat").read_text()
    return wat(re.sub(r"\n *BODY\n", lambda _: "\n" + body, frame), "races")


@MODES
def test_no_way_out_by_the_command(
    mode: str, reach: Path, tmp_path: Path, wherever: Callable[..., Any]
) -> None:
    tries = escapes.attempts(bool(mode))
    with escapes.ground(tmp_path) as granted:
        ran = wherever("run", "--dir", f"{granted}:/{mode}", reach, stdin=escapes.stdin_of(tries))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert escapes.wrong(tries, ran.stdout) == []


@MODES
def test_no_way_out_in_python(mode: str, reach: Path, tmp_path: Path) -> None:
    tries = escapes.attempts(bool(mode))
    with escapes.ground(tmp_path) as granted:
        outcome = api.run(reach, input=escapes.stdin_of(tries), dirs=[f"{granted}:/here{mode}"])
    assert outcome.exit_code == 0
    assert escapes.wrong(tries, outcome.stdout.decode()) == []


@pytest.mark.parametrize("kind", ["preview1", "component"])
def test_a_swap_in_the_middle_of_a_walk_opens_no_way_out(
    kind: str, wat: Callable[..., Path], tmp_path: Path, wherever: Callable[..., Any]
) -> None:
    with (
        escapes.ground(tmp_path) as granted,
        escapes.swapping(granted),
    ):
        ran = wherever("run", "--dir", f"{granted}:/", racing(kind, wat))
    assert (ran.exit_code, ran.stdout) == (0, "healthy\n"), ran.stderr


def test_a_guest_that_was_granted_nothing_has_only_a_null_device(
    reach: Path, wherever: Callable[..., Any]
) -> None:
    """Its first folder is /dev then, with one empty file that nothing is ever kept in."""
    tries = [("r", "null", True), ("w", "null", True)]
    tries += [(op, "null", False) for op in "dufh"]
    tries += [("w", "new", False), ("m", "new", False), ("z", "null", False)]
    tries += [(op, path, False) for path in escapes.LEAVING for op in escapes.READING]
    ran = wherever("run", reach, stdin=escapes.stdin_of(tries))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert escapes.wrong(tries, ran.stdout) == []
