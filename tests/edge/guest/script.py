"""Lines for the guest `files`, and what it says to them, with error codes by their names."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.edge.guest.answering import Site
from wherever.wasi.filesystem.codes import CODES

READ, WRITE = 1, 2
CREATE, FOLDER, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8


def said(served: Site, *lines: object, path: str = "/", **named: Any) -> list[str]:
    """What came of each line, after one that opens the folders; errors by their names."""
    script = "\n".join(["folders", *map(str, lines)])
    status, _, body = served.fetch(path, method="POST", body=script.encode(), **named)
    assert status == 200, (status, body)
    return [_named(line) for line in body.decode().split("\n")[1:-1]]


def opened(path: str, *, to: int = 9, follow: int = 1, how: int = 0, flags: int = READ) -> str:
    """The line that opens a path of the first folder, and keeps it as `to`."""
    return f"open 0 {to} {follow} {how} {flags} {path}"


def held(folder: Path) -> int:
    """How many descriptors of this process are of the folder, or of what is in it."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # one that is gone already
            count += os.readlink(f"/proc/self/fd/{name}").startswith(str(folder))
    return count


def _named(line: str) -> str:
    return re.sub(r"(error|failed) (\d+)", lambda m: f"{m[1]} {CODES[int(m[2])]}", line)
