"""Python, with the bound wheel: `import market`."""

from __future__ import annotations

import os
import sys
import zipfile

from tests.bind.matrix.cells import Cell
from tests.bind.matrix.hosts.python.host import TOLD


def missing() -> str:
    """Nothing: it is this Python."""
    return ""


def transcript(cell: Cell) -> str:
    """What the program prints with the wheel's files on its path, as pip puts them there."""
    (wheel,) = (cell.bound("python") / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(cell.folder)
    return cell.run([sys.executable, TOLD], env={**os.environ, "PYTHONPATH": str(cell.folder)})
