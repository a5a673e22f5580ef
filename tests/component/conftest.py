"""Components of these tests are built by the tools of the checkout, which are fetched once."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="session")
def kept_tools() -> None:
    """The folder of the tools, for this process and for the commands it starts."""
    folder = ROOT / ".cache" / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(folder))
        yield
