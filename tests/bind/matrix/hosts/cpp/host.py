"""C++, with the bound header, by the compiler of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell

STRICT = ("-std=c++17", "-Wall", "-Wextra", "-Werror")


def missing() -> str:
    """The compiler, where there is none."""
    return "" if shutil.which("c++") else "there is no C++ compiler"


def transcript(cell: Cell) -> str:
    """What the program prints."""
    library = cell.bound("cpp")
    made = cell.folder / "main"
    words = [f"-I{library}/include", library / "lib/libmarket.a", "-lm", "-lpthread", "-o", made]
    cell.run(["c++", *STRICT, Path(__file__).with_name("main.cpp"), *words])
    return cell.run([made])
