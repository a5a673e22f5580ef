"""Builds that are killed at any moment leave what was there before, or what is there now, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build import killed
from tests.conftest import ROOT


def test_builds_that_are_killed_corrupt_nothing(
    tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`scripts/conformance languages` kills fifty."""
    monkeypatch.setenv("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    assert killed.builds(tmp_path, 8) <= 8
