"""When something in a project's folder changes, by looking: no daemon, and every file system."""

from __future__ import annotations

import os
import time
from pathlib import Path
from stat import S_ISDIR

from wherever.build.project import FOLDER

LOOK_S = 0.3
"""Seconds between two looks."""

LEFT_OUT = {FOLDER, ".git", "node_modules", "__pycache__", "target", ".venv", "zig-out"}
MOST_FILES = 20_000
"""Files that are looked at; a change of another is not seen."""

Seen = dict[str, tuple[int, int]]


def look(folder: Path) -> Seen:
    """Each file's time of change and size, but for what builds and tools make.

    Args:
        folder: a folder, or a single file.
    """
    found: Seen = {}
    try:
        facts = os.stat(folder)
    except OSError:
        return found
    if not S_ISDIR(facts.st_mode):
        return {str(folder): (facts.st_mtime_ns, facts.st_size)}
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT and name[:1] != "."]
        for name in names:
            if name[:1] == ".":
                continue
            path = os.path.join(where, name)
            try:
                facts = os.stat(path)
            except OSError:
                continue
            found[path] = facts.st_mtime_ns, facts.st_size
            if len(found) >= MOST_FILES:
                return found
    return found


def changed(before: Seen, after: Seen) -> list[str]:
    """The paths that were added, removed or changed, in order."""
    return sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )


def wait(folder: Path, before: Seen, seconds: float | None = None) -> list[str]:
    """Waits until something changes and has rested for one look; what changed, or nothing.

    Args:
        folder: what is looked at.
        before: how it was.
        seconds: give up after so many; never where it is None.
    """
    end = None if seconds is None else time.monotonic() + seconds
    last = before
    while end is None or time.monotonic() < end:
        time.sleep(LOOK_S)
        now = look(folder)
        if now == last and (paths := changed(before, now)):
            return paths
        last = now
    return []
