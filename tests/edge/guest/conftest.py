"""Guests of these tests are built by the tools of the checkout, which are fetched once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wherever.engine import asking

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True, scope="session")
def kept_tools() -> Iterator[None]:
    """The folder of the tools, for this process and for the commands it starts."""
    folder = ROOT / ".cache" / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(folder))
        yield


@pytest.fixture(params=["compiled", "ctypes"])
def twin(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways to instantiate and call; where nothing was compiled, they are the same."""
    before = asking.accelerator()
    asking.use(before if request.param == "compiled" else None)
    yield request.param
    asking.use(before)
