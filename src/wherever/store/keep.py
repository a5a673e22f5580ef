"""Files kept by their digest: put in whole, found again only while unharmed.

A kept file lies alone in a folder that is named by it and its sha256, so that the folder can
be mounted as it is. Beside it stands a note of the file's size, times and inode as they were
when its bytes were last hashed; while they stay the same, it is not hashed again.
"""

from __future__ import annotations

import os
import stat

from wherever import home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def find(sha256: str, name: str) -> str | None:
    """The path of the kept file of that digest, or None if it is missing or damaged."""
    path = os.path.join(_place(sha256, name), name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            return None
        if not _ours(os.path.dirname(path)):
            return None
        note = _note(facts)
        if _read_note(sha256, name) == note:
            return path
        if digest(handle) != sha256:
            return None
        _write_note(sha256, name, note)
        return path
    finally:
        os.close(handle)


def put(source: str, sha256: str, name: str) -> str:
    """Moves a verified file in; its path there. `source` must be on the same file system."""
    home.room("kept")
    target = _place(sha256, name)
    os.chmod(source, 0o400)
    staging = f"{source}.d"
    os.mkdir(staging, 0o700)
    os.rename(source, os.path.join(staging, name))
    if os.path.lexists(target):
        # What is there was found damaged, or the caller would not have fetched it again.
        os.rename(target, f"{source}.old")
    os.rename(staging, target)
    path = os.path.join(target, name)
    _write_note(sha256, name, _note(os.lstat(path)))
    return path


def digest(handle: int) -> str:
    """The sha256 of an open file, from its start, in hexadecimal."""
    import hashlib

    state = hashlib.sha256()
    for block in _blocks(handle):
        state.update(block)
    return state.hexdigest()


def _blocks(handle: int) -> Iterator[bytes]:
    offset = 0
    while block := os.pread(handle, 1 << 20, offset):
        offset += len(block)
        yield block


def _ours(folder: str) -> bool:
    facts = os.lstat(folder)
    return (
        stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o022
    )


def _note(facts: os.stat_result) -> str:
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"


def _place(sha256: str, name: str) -> str:
    return os.path.join(home.folder(), "kept", f"{name}.{sha256}")


def _read_note(sha256: str, name: str) -> str:
    try:
        with open(f"{_place(sha256, name)}.checked", encoding="ascii") as file:
            return file.read(200)
    except (OSError, ValueError):
        return ""


def _write_note(sha256: str, name: str, note: str) -> None:
    path = f"{_place(sha256, name)}.checked"
    # A note that cannot be written costs a hash next time, nothing else.
    try:
        temporary = os.path.join(home.folder(), "kept", f"{os.getpid()}.note")
        with open(temporary, "w", encoding="ascii") as file:
            file.write(note)
        os.replace(temporary, path)
    except OSError:
        pass
