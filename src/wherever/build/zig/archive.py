"""Archives of object files that every program is linked with, built once and kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from wherever.build import command
from wherever.build.pins import PINS
from wherever.build.zig import tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_GAPS = ("gaps.c", "abi.c", "tags.S")


def kept(name: str, words: Sequence[str], scratch: Path, files: Sequence[Path] = ()) -> Path:
    """An archive of what these words have zig compile, built where it is not kept yet.

    Args:
        name: its own.
        words: flags and sources, the latter below zig's folder.
        scratch: a folder to work in.
        files: sources of our own, which come after.

    Raises:
        BuildFailed: zig could not build it.
    """
    digest = hashlib.sha256("\0".join((PINS["zig"].version, *tool.TARGET, *words)).encode())
    for path in files:
        digest.update(path.read_bytes())
    place = command.caches("zig") / f"{name}-{digest.hexdigest()[:16]}.a"
    if place.exists():
        return place
    made = place.with_name(f".{place.name}-{os.getpid()}")
    small = ("-O", "ReleaseSmall", "-fstrip", "-lc", "--name", name)
    try:
        tool.run(
            ["build-lib", *tool.TARGET, *small, *words, *files, f"-femit-bin={made}"],
            label="zig",
            folder=tool.root(),
            scratch=scratch,
        )
        os.replace(made, place)
    finally:
        made.unlink(missing_ok=True)
    return place


def gaps(scratch: Path) -> Path:
    """What programs expect of a system, as far as a sandbox has it."""
    flags = ("-cflags", "-ffunction-sections", "-fdata-sections", "-Wno-deprecated-declarations")
    return kept("gaps", (*flags, "--"), scratch, [tool.GUEST / name for name in _GAPS])
