"""Two tenants with a secret each, in instances that are used again, and crashes in between."""

from __future__ import annotations

from pathlib import Path

from tests.edge.abuse.serving import real
from tests.edge.abuse.tenants import tenants, wrong_in


def test_no_tenant_finds_what_another_has_left(tmp_path: Path) -> None:
    with real(tmp_path, tenants(tmp_path)) as served:
        assert wrong_in(served.address, 1000, crashes=0.0) == ""
        assert wrong_in(served.address, 1000, crashes=0.02) == ""
