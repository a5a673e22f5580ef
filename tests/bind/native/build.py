"""Libraries bound for the languages above C, and what their programs said."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from wherever.bind import binding
from wherever.bind.library import Library, open_library
from wherever.build.building import build
from wherever.build.project import find

HERE = Path(__file__).parent
EVERY = HERE.parent / "c" / "every"
EXPECTED = (HERE / "every.txt").read_text("utf-8")


def every(folder: Path) -> Library:
    """The library of every type, with a hostile guest in it, built below a folder."""
    shutil.copytree(EVERY, folder / "every")
    build(find(str(folder / "every")), lambda _: None)
    return open_library(str(folder / "every" / "build" / "every.wasm"))


def bound(library: Library, language: str, folder: Path) -> Path:
    """The package of a language."""
    binding.bind(library, language, folder / language, lambda _: None)
    return folder / language


def said(words: list[object], folder: Path, **env: str) -> str:
    """What a program said, and how it ended where that was not well."""
    ran = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=600,
    )
    ending = "" if ran.returncode == 0 else f"ended with {ran.returncode}\n"
    return ran.stdout + ran.stderr + ending


def differs(got: str, expected: str = EXPECTED) -> str:
    """What is not as it has to be; "" for nothing."""
    if got == expected:
        return ""
    import difflib

    lines = difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got", n=0)
    return "\n".join(lines)[:2000]
