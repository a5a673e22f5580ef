"""Writing to the cache: its folder, its entries, and what is done when they cannot be kept."""

from __future__ import annotations

import os
import sys
import time

from wherever.engine import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_janitor: list[int] = []


def prepare() -> str:
    """A folder to write entries to: the cache, or a temporary one that is gone after this process.

    The first time that it is not the cache, it says so on standard error.
    """
    path = cache.folder()
    if path in cache.stand_in and cache.is_ours(cache.stand_in[path]):
        return cache.stand_in[path]
    trouble = problem(path)
    if trouble:
        cache.stand_in[path] = temporary()
        print(
            f"wherever: {trouble}; native code is kept for this run only"
            " (WHEREVER_CACHE names another folder)",
            file=sys.stderr,
        )
        return cache.stand_in[path]
    return path


def problem(path: str) -> str:
    """Why that folder cannot be the cache, or "" where it can; it is made if it is missing."""
    if not path:
        return "there is no home folder to keep native code in"
    try:
        os.makedirs(path, 0o700, exist_ok=True)
        if not cache.is_ours(path):
            seen = os.lstat(path)
            if seen.st_uid != os.geteuid():
                return f"the cache folder {path} belongs to another user"
            if seen.st_mode & 0o022:
                return f"others may write to the cache folder {path}"
            return f"the cache folder {path} is not a folder"
        if not os.access(path, os.W_OK | os.X_OK):
            return f"the cache folder {path} cannot be written"
    except OSError as error:
        return f"the cache folder {path} cannot be used: {error.strerror}"
    return ""


def temporary() -> str:
    """A new folder that a janitor removes when this process has ended, however it ends."""
    import shutil
    import tempfile

    path = tempfile.mkdtemp(prefix="wherever-")
    shell = shutil.which("sh")
    if shell:
        from fcntl import F_DUPFD_CLOEXEC, fcntl

        reader, writer = os.pipe()
        low = fcntl(reader, F_DUPFD_CLOEXEC, 20)
        os.posix_spawn(
            shell,
            ["sh", "-c", 'read x; rm -rf -- "$1"', "sh", path],
            {"PATH": os.environ.get("PATH", os.defpath)},
            file_actions=[(os.POSIX_SPAWN_DUP2, low, 0)],
            setsid=True,
        )
        os.close(low)
        os.close(reader)
        _janitor.append(writer)
    return path


def write(where: str, name: str, record: tuple[Any, ...]) -> None:
    """Put a small file in place, whole or not at all."""
    temp = f"{where}/tmp-{os.getpid()}-{os.urandom(8).hex()}"
    handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(cache.pack(record))
        os.rename(temp, f"{where}/{name}")
    except OSError:
        os.unlink(temp)
        raise


def commit(
    where: str,
    name: str,
    temp: str,
    facts: dict[str, Any],
    digest: str,
    native: str,
    text: bytes | None,
    info: dict[str, Any],
) -> str:
    """Make an entry of native code that lies in `temp`; the path of its file."""
    path = f"{where}/{name}.cwasm"
    for old in (f"{where}/{name}.facts", path):
        try:
            os.unlink(old)
        except FileNotFoundError:
            pass
    os.rename(temp, path)
    seen = os.lstat(path)
    write(where, f"{name}.facts", (name, facts, digest, cache.stamp(seen), native, text, info))
    return path


def still_whole(where: str, record: tuple[Any, ...]) -> bool:
    """Whether native code that looks touched still has its hash; if not, its entry is removed."""
    from wherever.engine.compile_child import sha256

    name = record[0]
    path = f"{where}/{name}.cwasm"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            seen = os.fstat(handle)
            if cache.is_plain(seen) and sha256(file.read()) == record[4]:
                try:
                    write(where, f"{name}.facts", (*record[:3], cache.stamp(seen), *record[4:]))
                except OSError:
                    pass  # a cache that cannot be written still serves
                return True
    except OSError:
        pass
    for old in (f"{where}/{name}.facts", path):
        try:
            os.unlink(old)
        except OSError:
            pass
    return False


def remember(where: str, seen: os.stat_result, stem: str) -> None:
    """Note which source a file is, unless it changed too lately to be sure."""
    if time.time_ns() - max(seen.st_mtime_ns, seen.st_ctime_ns) > cache.RACY_NS:
        name = f"memo-{seen.st_dev:x}-{seen.st_ino:x}"
        try:
            write(where, name, (*cache.identity(seen), stem))
        except OSError:
            pass
