"""Running zig: where it is, what it keeps between builds, and how its words reach the user."""

from __future__ import annotations

import os
from pathlib import Path

from wherever.build import command, tools
from wherever.build.pins import PINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.build.toolchain import Tell

TARGET = ("-target", "wasm32-wasi", "-mcpu=generic+simd128+exception_handling")
"""What all parts of a program are compiled for. Zig keeps one C library for each choice."""

GUEST = Path(__file__).parent / "guest"
"""What we add to programs, as source."""


def run(words: Sequence[str | Path], *, label: str, folder: Path, scratch: Path) -> str:
    """Runs zig in a project's folder; its warnings.

    Raises:
        BuildFailed: it refused the source; the message is its own.
    """
    kept = command.caches("zig")
    program = root() / "zig"
    return command.run(
        [program, *words],
        label=label,
        cwd=folder,
        scratch=scratch,
        env={
            "ZIG_GLOBAL_CACHE_DIR": str(kept / "global"),
            "ZIG_LOCAL_CACHE_DIR": str(kept / "local"),
            "SOURCE_DATE_EPOCH": "0",  # what zig keeps is not told apart by the day it shows
        },
        forget=[
            *((folder, ""), (root() / "lib", "zig"), (kept, "zig"), (GUEST, "wherever")),
            (os.path.relpath(scratch, folder), "build"),  # it shows paths from where it runs
        ],
    )


def root() -> Path:
    """The folder of zig and of the libraries that it has as source; fetched first if need be."""
    return tools.tool("zig") / "ziglang"


def announce(tell: Tell, name: str, text: str, seconds: str) -> Path:
    """Says that something is built for the first time; touch the path returned when it is done."""
    mark = command.caches("zig") / f"{name}-{PINS['zig'].version}"
    tell(text if mark.exists() else f"{text}, and what it stands on (once, {seconds})")
    return mark
