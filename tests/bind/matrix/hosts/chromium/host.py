"""A page in Chromium, with the bound npm package."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell, Failed
from tests.bind.matrix.hosts.node.host import place
from tests.bind.typescript import browser


def missing() -> str:
    """Chromium, where there is none."""
    return "" if browser.chromium() else "there is no Chromium"


def transcript(cell: Cell) -> str:
    """What the page says."""
    place(cell)
    shutil.copy(Path(__file__).with_name("page.html"), cell.folder)
    said = browser.said(cell.folder, "page.html", isolated=True, timeout_s=180)
    printed = "".join(f"{line}\n" for line in said["lines"])
    if said["failed"]:
        raise Failed(said["failed"], printed)
    return printed
