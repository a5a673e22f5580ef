"""`wherever ps`, while others come and go; what it shows is seen in the tests of who is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.cli import ps
from wherever.home import held


def test_a_server_that_is_removed_while_they_are_listed_is_left_out(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "names", lambda room: ["removed"])
    assert ps._servers(ended=True) == []
