"""Notes of files that were hashed, so that a file that looks the same is not hashed again.

A note holds size, times and inode. A program that writes to the file changes its `ctime`, which
only root can set back.
"""

from __future__ import annotations

import os

FOLDER = "checked"


def look(path: str) -> str:
    """What a file looks like now, as its note says it; empty where it is not there."""
    try:
        facts = os.lstat(path)
    except OSError:
        return ""
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"


def place(base: str, digest: str) -> str:
    """The path of the note of a blob."""
    return os.path.join(base, FOLDER, digest.partition(":")[2])


def is_unchanged(base: str, digest: str) -> bool:
    """Whether a blob looks as it did when it was last hashed."""
    try:
        with open(place(base, digest), encoding="ascii") as file:
            kept = file.read(200)
    except (OSError, ValueError):
        return False
    return bool(kept) and kept == look(os.path.join(base, "blobs", *digest.split(":")))


def keep(base: str, digest: str, seen: str) -> None:
    """Writes a note; where that fails, the next reader hashes again, and nothing else."""
    path = place(base, digest)
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "w", encoding="ascii") as file:
            file.write(seen)
        os.replace(temporary, path)
    except OSError:
        return
