"""The part of the attacks that takes little; `scripts/conformance bindings` has every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bind.hostile.attacked import Attacked, wrong

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
        yield Attacked(tmp_path_factory.mktemp("attacked"))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("host", ["python", "wheel", "c"])
def test_every_attack_ends_as_an_error_and_the_host_goes_on(attacked: Attacked, host: str) -> None:
    assert wrong(host, attacked.told(host)) == ""
