"""`wherever packages`: what is kept is listed, and removed whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.package.making import TOOL, package, v
from wherever.package import shelf

Run = Callable[..., Any]


@pytest.fixture
def run(wherever: Run, fresh_home: Path) -> Run:
    return lambda *words: wherever(*words, env={"WHEREVER_HOME": str(fresh_home)})


def test_nothing_is_removed_where_one_of_them_is_not_there(run: Run) -> None:
    shelf.put(package("1.0.0"))
    ran = run("packages", "remove", "acme:tool@1.0.0", "acme:tool@9.0.0")
    assert (ran.exit_code, ran.stdout) == (127, "")
    assert ran.stderr == (
        "wherever: acme:tool@9.0.0 is not kept here; wherever packages lists what is\n"
    )
    assert shelf.versions(TOOL) == [v("1.0.0")]


def test_what_is_named_twice_is_removed_once(run: Run) -> None:
    shelf.put(package("1.0.0"))
    ran = run("packages", "remove", "acme:tool@1.0.0", "acme:tool@1.0.0")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == "removed acme:tool@1.0.0; `wherever packages prune` frees its room\n"
    assert shelf.versions(TOOL) == []
