"""A crate of every type, and the program of its README."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, every, said

PROGRAM = Path(__file__).parent / "rust" / "every.rs"


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    cargo = shutil.which("cargo")
    if cargo is None:
        yield "rust/every", "needs cargo, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = bound(every(folder), "rust", folder)
        shutil.copy(PROGRAM, package / "examples" / "every.rs")
        words = [cargo, "build", "--quiet", "--offline", "--release", "--examples"]
        built = said(words, package)
        made = package / "target" / "release" / "examples" / "every"
        yield "rust/every", built[-2000:] or differs(said([made], folder))


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")
