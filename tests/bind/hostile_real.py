"""Every attack of the hostile library, in every host language."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.hostile.attacked import NEEDED, Attacked, missing, wrong


def cases() -> Iterator[tuple[str, str]]:
    """Each host and what is wrong with it, "" for nothing."""
    with tempfile.TemporaryDirectory() as folder:
        attacked = Attacked(Path(folder))
        for host in NEEDED:
            lacking = missing(host)
            found = f"needs {lacking}" if lacking else wrong(host, attacked.told(host))
            yield f"hostile/{host}", found
