"""What the cache holds: listed, counted, pruned, cleared."""

from __future__ import annotations

import os
import time

from wherever.engine import abi, cache, keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LARGEST = 4 << 30
"""Bytes that the cache may grow to; `WHEREVER_CACHE_SIZE` sets another bound."""

SCRIPTS = "scripts"
"""The folder inside the cache where scripts lie alone, so that they can be granted alone."""

FORGOTTEN = 90 * 86_400
"""Seconds after which a note that nobody read is removed."""

STALE = 3600
"""Seconds after which an unfinished file can only be a dead process's."""


class Entry:
    """One program's native code in the cache.

    Attributes:
        name: what the source was called when it was compiled.
        settings: the key of the settings, such as "o" or "d".
        digest: sha256 of the source.
        size: bytes on disk.
        made, used: when, in seconds since 1970; `used` is true to a day.
        seconds: how long compiling took.
        path: the file of native code.
    """

    __slots__ = ("digest", "made", "name", "path", "seconds", "settings", "size", "used")

    def __init__(self, path: str, size: int, used: float, record: tuple[Any, ...]) -> None:
        self.path = path
        self.size = size
        self.used = used
        self.digest: str = record[2]
        self.name: str = record[6]["name"]
        self.made: float = record[6]["made"]
        self.seconds: float = record[6]["seconds"]
        self.settings = os.path.basename(path).removesuffix(".cwasm").rsplit("-", 2)[1]

    @property
    def is_part(self) -> bool:
        """Whether it is one of our own short modules that stand between a program and the engine,
        or another source as short that was given as bytes."""
        return os.path.basename(self.path).startswith("text-")

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name."""
        return {name: getattr(self, name) for name in sorted(self.__slots__)}


def _files() -> tuple[str, list[os.DirEntry[str]]]:
    where = cache.folder()
    if not cache.is_ours(where):
        return "", []
    with os.scandir(where) as found:
        return where, [file for file in found if _is_ours(file.name)]


def _is_ours(name: str) -> bool:
    return name.endswith((".cwasm", ".facts", ".lock", ".mark", ".tried")) or name.startswith(
        ("tmp-", "memo-", "pool-")
    )


def _size(file: os.DirEntry[str]) -> int:
    try:
        return file.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def size() -> int:
    """Bytes of all files in the cache."""
    where, files = _files()
    scripts = 0
    for folder, _, names in os.walk(f"{where}/{SCRIPTS}") if where else ():
        for name in names:
            try:
                scripts += os.lstat(f"{folder}/{name}").st_size
            except OSError:
                continue
    return scripts + sum(_size(file) for file in files)


def entries() -> list[Entry]:
    """What is in the cache, the least recently used first."""
    where, files = _files()
    return sorted(_entries(where, files), key=lambda entry: entry.used)


def _entries(where: str, files: list[os.DirEntry[str]]) -> Iterator[Entry]:
    for file in files:
        if not file.name.endswith(".facts"):
            continue
        path = f"{where}/{file.name.removesuffix('.facts')}.cwasm"
        try:
            used = file.stat(follow_symlinks=False).st_mtime
            both = _size(file) + os.lstat(path).st_size
        except OSError:
            continue
        record = cache.read(f"{where}/{file.name}", touch=False)
        if record is not None and len(record) == 7:
            yield Entry(path, both, used, record)


def prune(keep_bytes: int | None = None, older_than: float | None = None) -> tuple[int, int]:
    """Remove entries until those left fit; how many, and how many bytes.

    Args:
        keep_bytes: remove the least recently used ones beyond so many bytes.
        older_than: remove those that nobody used for so many seconds.
    """
    where, files = _files()
    found = sorted(_entries(where, files), key=lambda entry: entry.used)
    left = sum(entry.size for entry in found)
    before = time.time() - older_than if older_than is not None else None
    gone = freed = 0
    for entry in found:
        too_old = before is not None and entry.used < before
        if too_old or (keep_bytes is not None and left > keep_bytes):
            keep.remove(entry.path.removesuffix(".cwasm"))
            left -= entry.size
            freed += entry.size
            gone += 1
    sweep(where)
    return gone, freed


def clear() -> tuple[int, int]:
    """Remove everything that nobody is just making; how many entries, and how many bytes."""
    where, files = _files()
    gone = freed = 0
    before = size()
    if where and cache.is_ours(f"{where}/{SCRIPTS}"):
        from shutil import rmtree

        rmtree(f"{where}/{SCRIPTS}", ignore_errors=True)
    freed = before - size()
    for file in files:
        bytes_ = _size(file)
        if file.name.startswith("tmp-") and _age(file) <= STALE:
            continue
        if file.name.endswith(".lock") and not _is_free(where, file.name):
            continue
        try:
            os.unlink(file.path)
        except OSError:
            continue
        gone += file.name.endswith(".cwasm")
        freed += bytes_
    return gone, freed


def _is_free(where: str, name: str) -> bool:
    lock = keep.Lock(where, name.removesuffix(".lock"))
    taken = lock.take()
    lock.release()
    return taken


def _age(file: os.DirEntry[str]) -> float:
    try:
        return time.time() - file.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0


def sweep(where: str, temp: str = "") -> None:
    """Remove unfinished files: those that start with `temp`, or those of dead processes."""
    if not where:
        return
    try:
        with os.scandir(where) as found:
            files = [file for file in found if _is_ours(file.name)]
    except OSError:
        return
    names = {file.name for file in files}
    for file in files:
        if file.path.startswith(temp) if temp else _is_left_over(where, file, names):
            try:
                os.unlink(file.path)
            except OSError:
                continue


def _is_left_over(where: str, file: os.DirEntry[str], names: set[str]) -> bool:
    stem, _, ending = file.name.rpartition(".")
    if file.name.startswith(("memo-", "pool-")):
        return _age(file) > FORGOTTEN
    if file.name.startswith("tmp-") or ending == "tried":
        return _age(file) > STALE
    if ending == "lock":
        return _age(file) > STALE and _is_free(where, file.name)
    # Half of an entry: its process died between the two.
    other = "facts" if ending == "cwasm" else "cwasm"
    return f"{stem}.{other}" not in names and _age(file) > STALE


def bound(where: str) -> None:
    """After something was added: keep the cache below its bound, and remove what died."""
    most = LARGEST
    named = os.environ.get("WHEREVER_CACHE_SIZE")
    if named:
        from wherever.policy.quantity import parse_bytes

        most = parse_bytes(named, "WHEREVER_CACHE_SIZE")
    sweep(where)
    if size() > most:
        prune(keep_bytes=most * 3 // 4)


def state() -> dict[str, Any]:
    """The cache for `wherever doctor`: folder, size, entries, bound, engine, and what is wrong."""
    path = cache.folder()
    trouble = keep.problem(path)
    found = entries()
    return {
        "folder": path,
        "entries": len(found),
        "size": size(),
        "largest": os.environ.get("WHEREVER_CACHE_SIZE") or LARGEST,
        "engine": abi.VERSION,
        "problems": [trouble] if trouble else [],
    }
