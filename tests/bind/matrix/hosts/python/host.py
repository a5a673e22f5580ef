"""Python, with the component as it is: `wherever.load`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bind.matrix.cells import Cell

TOLD = Path(__file__).with_name("told.py")


def missing() -> str:
    """Nothing: it is this Python."""
    return ""


def transcript(cell: Cell) -> str:
    """What the program prints of a component's file."""
    return cell.run([sys.executable, TOLD, cell.wasm])
