"""Rust, with the bound crate, by the cargo of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bind.matrix.cells import Cell

CARGO = """\
[package]
name = "told"
version = "0.0.0"
edition = "2021"

[[bin]]
name = "told"
path = "main.rs"

[dependencies]
market = { path = "PLACE" }
"""


def missing() -> str:
    """Cargo, and a C compiler for the crate."""
    return "" if shutil.which("cargo") and shutil.which("cc") else "there is no cargo, or no cc"


def transcript(cell: Cell) -> str:
    """What the program prints."""
    crate = str(cell.bound("rust"))
    (cell.folder / "Cargo.toml").write_text(CARGO.replace("PLACE", crate), "utf-8")
    shutil.copy(Path(__file__).with_name("main.rs"), cell.folder)
    return cell.run(["cargo", "run", "--quiet", "--offline"])
