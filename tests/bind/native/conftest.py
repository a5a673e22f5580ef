"""The component of every type, as it stands in C's tests; built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bind.native.build import every
from wherever.bind.library import Library

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The library of every type."""
    kept = ROOT / ".cache" / "tools"
    kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(kept))
        yield every(tmp_path_factory.mktemp("every"))
