"""Lets coverage see the workers, which start without the environment and the site's hooks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from wherever.run import workers

MEASURED = "COVERAGE_PROCESS_CONFIG"


@pytest.fixture(scope="session", autouse=True)
def measured_workers() -> Iterator[None]:
    """Workers start with the site's hooks while coverage is measured, and as always otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        if MEASURED in os.environ:
            real = workers.command

            def command() -> list[str]:
                executable, isolated, siteless, *rest = real()
                assert (isolated, siteless) == ("-I", "-S")
                return [executable, *rest]

            patch.setattr(workers, "command", command)
            patch.setattr(workers, "_ENVIRONMENT", (*workers._ENVIRONMENT, MEASURED))
        yield
