"""One server for most of these stories: guests that do harm, beside one that is healthy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.abuse.serving import Real, real
from tests.edge.abuse.sites import everything
from tests.edge.guest.conftest import kept_tools

__all__ = ["kept_tools", "served"]


@pytest.fixture(scope="module")
def served(kept_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A server with every app of `sites`, warmed up."""
    folder = tmp_path_factory.mktemp("abuse")
    with real(folder, everything(folder)) as server:
        assert server.ask("/well/") == (200, b"well")
        yield server
