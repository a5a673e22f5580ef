"""Java, with the bound classes, by the JDK of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell


def missing() -> str:
    """The JDK, where there is none."""
    return "" if shutil.which("javac") and shutil.which("java") else "there is no JDK"


def transcript(cell: Cell) -> str:
    """What the program prints."""
    package = cell.bound("java")
    words = ["-encoding", "UTF-8", "-d", "classes", "-sourcepath", package / "src"]
    cell.run(["javac", *words, Path(__file__).with_name("Told.java")])
    path = f"classes:{package / 'resources'}"
    return cell.run(["java", "-cp", path, "Told"])
