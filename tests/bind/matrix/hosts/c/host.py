"""C, with the bound C library, by the compiler of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror")


def missing() -> str:
    """The compiler, where there is none."""
    return "" if shutil.which("cc") else "there is no C compiler"


def transcript(cell: Cell) -> str:
    """What the program prints."""
    library = cell.bound("c")
    made = cell.folder / "main"
    words = [f"-I{library}/include", library / "lib/libmarket.a", "-lm", "-lpthread", "-o", made]
    cell.run(["cc", *STRICT, Path(__file__).with_name("main.c"), *words])
    return cell.run([made])
