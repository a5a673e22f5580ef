"""Java of every type, with the checks of the virtual machine for native code."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, every, said

PROGRAM = Path(__file__).parent / "java" / "Main.java"


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    if shutil.which("javac") is None or shutil.which("java") is None:
        yield "java/every", "needs a JDK, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = bound(every(folder), "java", folder)
        sources = sorted((package / "src").rglob("*.java"))
        words = ["javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d", folder / "classes"]
        built = said([*words, *sources], folder)
        yield "java/package", built[-2000:]
        words = ["javac", "-encoding", "UTF-8", "-cp", folder / "classes", "-d", folder / "classes"]
        built = said([*words, PROGRAM], folder)
        path = f"{folder / 'classes'}:{package / 'resources'}"
        yield "java/every", built[-2000:] or differs(said(["java", "-cp", path, "Main"], folder))


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")
