"""Ways out of a granted folder, and whether a guest found one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READING, WRITING = "rsolhz", "wmdutfk"
LEAVING = (
    "../outside/secret",
    "../outside",
    "..",
    "../",
    "./../outside/secret",
    "deep/../../outside/secret",
    "deep/er/../../../outside/secret",
    "file/../../outside/secret",
    "nothing/../../outside/secret",
    "deep//..//..//outside//secret",
    "/etc/passwd",
    "//etc/passwd",
    "/",
    "///",
    "/proc/self/environ",
    "/proc/self/root/etc/passwd",
    "/dev/stdin",
    "to-folder/../../outside/secret",
    "../granted/../outside/secret",
    "../" * 40 + "etc/passwd",
    "../" * 1300 + "etc/passwd",
)
"""Paths that lead out by themselves: nothing may be done with them."""

LINKS = (
    "to-file",
    "to-folder/secret",
    "to-folder/new",
    "to-root/etc/passwd",
    "to-link",
    "to-nothing",
    "to-proc/environ",
    "deep/up/outside/secret",
    "round",
    "to-self/../../outside/secret",
)
"""Paths that lead out by links of the host: the links themselves may be read or removed."""

ODD = (
    "FILE",
    "File",
    "DEEP/er",
    "deep/ER",
    "n" * 256,
    "n" * 5000,
    "d/" * 3000 + "n",
    "file\0",
    "file\0/../../outside/secret",
    "\0",
    "..\\outside\\secret",
    "C:\\outside",
    "\\\\?\\C:\\",
    "\uff0e\uff0e/outside/secret",
    "..\u2215outside\u2215secret",
    "",
    "file/",
    "file/.",
    "%2e%2e/outside/secret",
)
"""Names that some system takes for another one; here they are not there."""


@contextmanager
def ground(base: Path) -> Iterator[Path]:
    """A folder to grant, beside one that is not; nothing of the second may have changed."""
    granted, outside = base / "granted", base / "outside"
    (granted / "deep" / "er").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text("secret\n")
    (outside / "folder").mkdir()
    (granted / "file").write_text("mine\n")
    for name, target in {
        "to-file": "../outside/secret",
        "to-folder": "../outside",
        "to-root": "/",
        "to-link": "to-file",
        "to-nothing": "../outside/made",
        "to-proc": "/proc/self",
        "deep/up": "../..",
        "round": "round",
        "to-self": ".",
    }.items():
        (granted / name).symlink_to(target)
    before = _state(base)
    yield granted
    assert _state(base) == before


def _state(base: Path) -> list[tuple[object, ...]]:
    found = []
    for path in [base, *sorted((base / "outside").rglob("*"))]:
        seen = path.lstat()
        text = path.read_bytes() if path.is_file() else sorted(os.listdir(path))
        found.append((path.name, seen.st_mode, seen.st_nlink, seen.st_size, text))
    return found


def attempts(read_only: bool) -> list[tuple[str, str, bool]]:
    """What to try: a letter of reach.wat, a path, and whether it has to succeed."""
    tries = [(op, path, False) for path in LEAVING for op in READING + WRITING]
    tries += [(op, path, False) for path in LINKS for op in "rsowz"]
    tries += [(op, path, False) for path in ODD for op in "rsolfh"]
    tries += [("r", "file", True), ("s", "deep/er", True), ("o", "deep", True)]
    # A new file with a strange name is the guest's to make, where it may make any.
    tries.append(("w", "new", not read_only))
    if read_only:
        tries += [(op, "file", False) for op in "wutfhk"]
        tries += [("m", "folder", False), ("d", "deep/er", False), ("z", "file", False)]
    return tries


def stdin_of(tries: list[tuple[str, str, bool]]) -> bytes:
    """The same for reach.wat."""
    return b"".join(f"{op} {path}\n".encode() for op, path, _ in tries)


def wrong(tries: list[tuple[str, str, bool]], answer: str) -> list[str]:
    """What did not go as it had to, in words."""
    if len(answer) != len(tries):
        return [f"{len(answer)} answers to {len(tries)} questions"]
    return [
        f"{op} {path[:60]!r}: {'refused' if must else 'done'}"
        for (op, path, must), said in zip(tries, answer, strict=True)
        if (said == "+") != must
    ]


@contextmanager
def swapping(granted: Path) -> Iterator[None]:
    """`granted/swap` is a folder without a secret and a link out of the folder, in turns."""
    inside, link, swap = granted / "inside", granted / "link", granted / "swap"
    inside.mkdir()
    link.symlink_to("../outside")
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            for other in (inside, link):
                os.rename(other, swap)
                os.rename(swap, other)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
