"""Go, with the bound package, by the Go of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell

MODULE = """\
module told

go 1.21

require example.com/market v0.0.0

replace example.com/market => PLACE
"""


def missing() -> str:
    """Go, and a C compiler for cgo."""
    return "" if shutil.which("go") and shutil.which("cc") else "there is no Go, or no cc"


def transcript(cell: Cell) -> str:
    """What the program prints."""
    package = str(cell.bound("go"))
    (cell.folder / "go.mod").write_text(MODULE.replace("PLACE", package), "utf-8")
    shutil.copy(Path(__file__).with_name("main.go"), cell.folder)
    env = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "CGO_ENABLED": "1"}
    return cell.run(["go", "run", "."], env=env)
