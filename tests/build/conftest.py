"""Builds of tests find their tools in the checkout's cache, where they are fetched just once."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import tools

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def kept_tools(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the tools, for this process and for the commands it starts."""
    folder = ROOT / ".cache" / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    monkeypatch.setenv("WHEREVER_TOOLS", str(folder))
    assert tools.folder() == folder
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty folder to write a project into."""
    path = tmp_path / "project"
    path.mkdir()
    return path
