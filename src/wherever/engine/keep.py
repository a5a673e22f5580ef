"""Writing to the cache: its folder, its entries, and what is done when they cannot be kept."""

from __future__ import annotations

import os
import sys
import time

from wherever.engine import cache
from wherever.engine.cache import Artifact
from wherever.engine.digesting import digest_of
from wherever.engine.settings import Settings
from wherever.engine.source import shown
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_TEMPORARY = "wherever-cache-"
_HINT = "make room, or name another folder with WHEREVER_CACHE"

_janitors: list[int] = []


def prepare() -> str:
    """A folder to write entries to: the cache, or one that is gone when this process is.

    The first time that it is not the cache, it says so on standard error.
    """
    path = cache.folder()
    known = cache.stand_in.pop(path, "")
    if known and cache.is_ours(known):
        cache.stand_in[path] = known
        return known
    trouble = problem(path)
    return instead(path, trouble) if trouble else path


def instead(path: str, trouble: str) -> str:
    """A temporary folder in place of the cache folder `path`, from now on; it says why.

    Raises:
        InputError: no temporary folder can be made either.
    """
    import tempfile

    if path in cache.stand_in:
        raise InputError(f"cannot keep native code: {trouble}", _HINT)
    try:
        made = f"{tempfile.gettempdir()}/{_TEMPORARY}{os.urandom(16).hex()}"
        _hire_janitor(made)  # first, so that no moment is left in which we could be killed
        os.mkdir(made, 0o700)
    except OSError as error:
        raise InputError(
            f"cannot keep native code: {trouble}, and there is no temporary folder"
            f" ({error.strerror})",
            _HINT,
        ) from None
    cache.stand_in[path] = made
    try:
        print(
            f"wherever: {shown(trouble)}, so native code is not kept for the next run;"
            " WHEREVER_CACHE can name another folder",
            file=sys.stderr,
        )
    except (OSError, ValueError):
        pass  # nobody listens
    return made


def problem(path: str) -> str:
    """Why that folder cannot be the cache, or "" where it can; it is made if it is missing."""
    if not path:
        return "there is no home folder for a cache"
    try:
        os.makedirs(path, 0o700, exist_ok=True)
    except OSError as error:
        return f"the cache folder {path} cannot be made ({error.strerror})"
    trouble = distrust(path)
    if trouble:
        return trouble
    if not os.access(path, os.W_OK | os.X_OK):
        return f"the cache folder {path} cannot be written"
    try:
        os.chmod(path, 0o700)  # it is nobody else's business what was run
    except OSError:
        pass
    return ""


def distrust(path: str) -> str:
    """Why the folder that lies there is not used, or "" where it is."""
    try:
        seen = os.lstat(path)
    except OSError as error:
        return f"the cache folder {path} cannot be used ({error.strerror})"
    if seen.st_mode & 0o170000 != 0o040000:
        return f"the cache folder {path} is a link or not a folder"
    if seen.st_uid != os.geteuid():
        return f"the cache folder {path} belongs to another user"
    if seen.st_mode & 0o022:
        return f"others can write to the cache folder {path} (chmod 700 mends that)"
    return ""


def _hire_janitor(path: str) -> None:
    """Have a folder removed when this process ends, however it ends.

    A compiler that outlives us for a moment may put a file into it meanwhile; so it tries again.
    """
    from fcntl import F_DUPFD_CLOEXEC, fcntl

    reader, writer = os.pipe()
    low = fcntl(reader, F_DUPFD_CLOEXEC, 32)
    os.close(reader)
    actions: list[Any] = [(os.POSIX_SPAWN_DUP2, low, 0)]
    actions += [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)]
    script = 'read x; for try in 1 2 3 4 5; do rm -rf -- "$1" && break; sleep 1; done'
    words = ["sh", "-c", script, "sh", path]
    try:
        os.posix_spawn("/bin/sh", words, {"PATH": os.defpath}, file_actions=actions, setsid=True)
        _janitors.append(writer)
    except OSError:
        os.close(writer)
    finally:
        os.close(low)


def temp_name(where: str) -> str:
    """The path of a file that will be renamed when it is whole."""
    return f"{where}/tmp-{os.getpid()}-{os.urandom(8).hex()}"


def write(where: str, name: str, record: tuple[Any, ...]) -> None:
    """Put a small file in place, whole or not at all."""
    temp = temp_name(where)
    handle = os.open(
        temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        with open(handle, "wb") as file:
            file.write(cache.pack(record))
        os.rename(temp, f"{where}/{name}")
    except OSError:
        os.unlink(temp)
        raise


def commit_all(
    where: str,
    parts: Sequence[tuple[str, str, bytes | None, str]],
    done: Sequence[tuple[Any, ...]],
    seconds: float,
) -> dict[str, Artifact]:
    """Make entries of what a compiling process wrote; the artifacts by the stem of their source.

    Args:
        where: the folder.
        parts: `Source.part` of each source.
        done: for each, the process's answer: temporary file, digest, size, facts, settings' key.
        seconds: how long it took together.
    """
    made = {}
    for (stem, digest, text, name), (temp, native, _, facts, key) in zip(parts, done, strict=True):
        settings = Settings.from_key(key)
        entry = cache.entry_name(stem, settings)
        info = {"name": name, "made": time.time(), "seconds": seconds}
        path = f"{where}/{entry}.cwasm"
        _unlink(f"{where}/{entry}.facts")
        try:
            os.rename(temp, path)
        except IsADirectoryError:  # put there by somebody
            _unlink(path)
            os.rename(temp, path)
        stamp = cache.stamp(os.lstat(path))
        write(where, f"{entry}.facts", (entry, facts, digest, stamp, native, text, info))
        made[stem] = Artifact(path, facts, digest, settings)
    return made


def still_whole(where: str, record: tuple[Any, ...]) -> bool:
    """Whether native code that looks touched still has its hash; if not, its entry is removed."""
    entry = f"{where}/{record[0]}"
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(f"{entry}.cwasm", flags)
    except OSError:
        remove(entry)
        return False
    seen = os.fstat(handle)
    try:
        whole = cache.is_plain(seen) and digest_of(handle) == record[4]
    except OSError:
        whole = False
    finally:
        os.close(handle)
    if not whole:
        remove(entry)
        return False
    try:
        write(where, f"{record[0]}.facts", (*record[:3], cache.stamp(seen), *record[4:]))
    except OSError:
        pass  # a cache that cannot be written still serves
    return True


def remove(entry: str) -> None:
    """Remove both files of an entry, given their path without its ending."""
    _unlink(f"{entry}.facts")
    _unlink(f"{entry}.cwasm")


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except (IsADirectoryError, PermissionError):
        from shutil import rmtree

        rmtree(path, ignore_errors=True)
    except OSError:
        pass


def remember(where: str, seen: os.stat_result, stem: str) -> None:
    """Note which source a file is, unless it changed too lately to be sure."""
    if time.time_ns() - seen.st_ctime_ns > cache.RACY_NS:
        name = f"memo-{seen.st_dev:x}-{seen.st_ino:x}"
        try:
            write(where, name, (*cache.identity(seen), stem))
        except OSError:
            pass


class Lock:
    """One process at a time for one entry; where the file system has no locks, all at once."""

    def __init__(self, where: str, name: str) -> None:
        self.path = f"{where}/{name}.lock"
        self.handle = -1

    def take(self) -> bool:
        """Take it if nobody has it; whether it was taken."""
        from fcntl import LOCK_EX, LOCK_NB, flock

        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(self.path, flags, 0o600)
        except OSError:
            return True
        try:
            flock(handle, LOCK_EX | LOCK_NB)
            # Its last owner may have removed the file between our opening and locking it.
            mine = os.fstat(handle).st_ino == os.stat(self.path).st_ino
        except (BlockingIOError, FileNotFoundError):
            mine = False
        except OSError:
            mine = True
        if mine:
            self.handle = handle
        else:
            os.close(handle)
        return mine

    def release(self) -> None:
        """Give it back."""
        if self.handle >= 0:
            _unlink(self.path)
            os.close(self.handle)
            self.handle = -1
