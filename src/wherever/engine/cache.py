"""Native code kept between runs: found in microseconds, compiled elsewhere, never trusted blindly.

An entry is two files in a folder that only we can write: `STEM-ENGINE-SETTINGS-CPU.cwasm`, the
native code, and the same with `.facts`. The facts hold the size, times and inode of the native
code as it was when it was written; a file that looks different is hashed again before it is
used, and thrown away when its hash differs. `memo-DEVICE-INODE` remembers the digest of a
source file as long as its times do not change.
"""

from __future__ import annotations

import marshal
import sys
import time
from _imp import source_hash

from wherever.engine import abi, cpu
from wherever.engine.settings import Settings
from wherever.system import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Report = Callable[[str | None], object]

LAYOUT = 5
"""Counted up when the facts, the settings or the files of an entry change their meaning."""

LARGEST_TEXT = 64 << 10
"""Bytes of source that an entry's facts repeat; longer sources are known by their digest."""

RACY_NS = 2_000_000_000
"""A file changed this short a time before it was looked at may change again unnoticed."""

_SEED, _OTHER_SEED = 0x77686572, 0x65766572
_DAY = 86_400

stand_in: dict[str, str] = {}
"""The temporary folder of this process for each cache folder that could not be used."""


class Artifact:
    """Native code ready to be loaded.

    Attributes:
        path: the file of native code.
        facts: what `wherever.wasm.facts` found in the source.
        digest: sha256 of the source, in hexadecimal.
        settings: the settings it was compiled with.
    """

    __slots__ = ("digest", "facts", "path", "settings")

    def __init__(self, path: str, facts: dict[str, Any], digest: str, settings: Settings) -> None:
        self.path = path
        self.facts = facts
        self.digest = digest
        self.settings = settings

    def __repr__(self) -> str:
        return f"Artifact({self.path!r}, settings={self.settings.key!r})"


def folder() -> str:
    """Where entries are kept: an absolute path, which need not exist yet.

    `WHEREVER_CACHE` names it; else it is `cache` under `WHEREVER_HOME`, `wherever` under
    `XDG_CACHE_HOME`, or the user's own cache folder.
    """
    env = os.environ
    for name, below in (("WHEREVER_CACHE", ""), ("WHEREVER_HOME", "/cache")):
        named = env.get(name)
        if named:
            try:
                return os.path.abspath(named) + below
            except OSError:  # relative, and the working folder is gone
                return ""
    base = env.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        home = env.get("HOME") or os.path.expanduser("~")
        if not home.startswith("/"):
            return ""
        base = home + ("/Library/Caches" if sys.platform == "darwin" else "/.cache")
    return base + "/wherever"


def places() -> list[str]:
    """The folders to look in: `folder()` if it can be trusted, then what stands in for it."""
    path = folder()
    found = [path] if is_ours(path) else []
    if path in stand_in and is_ours(stand_in[path]):
        found.append(stand_in[path])
    return found


def is_ours(path: str) -> bool:
    """Whether `path` is a folder of this user, into which nobody else can write."""
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    return (
        seen.st_mode & 0o170022 == 0o040000  # a folder, not writable by group or others
        and seen.st_uid == os.geteuid()
    )


def cached(
    path: str, settings: Settings, tiers: bool = True, background: bool = True
) -> Artifact | None:
    """The artifact of a source file, if there is one and nothing about it is in doubt.

    It never compiles and never hashes the source: None means "ask `artifact`". Where both
    compilers have been there, the optimised code is preferred; without `tiers`, only code of
    exactly these settings will do. `background` lets baseline code be replaced for next time.
    """
    try:
        seen = os.stat(path)
    except (OSError, ValueError):
        return None
    for where in places():
        memo = read(f"{where}/memo-{seen.st_dev:x}-{seen.st_ino:x}")
        if memo is not None and memo[:-1] == identity(seen):
            found = find(memo[-1], settings, tiers=tiers)
            if background and found is not None and found.settings.key != settings.key:
                from wherever.engine import tier

                tier.again(path, where, found)
            return found
    return None


def cached_text(text: bytes, settings: Settings) -> Artifact | None:
    """The artifact of a short source given as bytes, compared with it byte for byte."""
    if len(text) > LARGEST_TEXT:
        return None
    return find(text_stem(text), settings, text, tiers=False)


def artifact(
    source: str | bytes,
    settings: Settings,
    *,
    name: str = "",
    report: Report | None = None,
    companions: Callable[[dict[str, Any]], list[bytes]] | None = None,
    tiers: bool = True,
    background: bool = True,
) -> Artifact:
    """Native code for a module or component, from the cache or compiled in a child process.

    Args:
        source: the path of a `.wasm` or `.wat` file, or what such a file holds.
        settings: how to compile. Unless they ask for the baseline compiler, a big module that
            it takes may come from it, and the optimised code is made in the background.
        name: what messages call the source; by default the file's own name.
        report: gets a line of progress now and then, and None when it is to be cleared.
        companions: given the facts, says what else will be needed with the same settings, as
            sources that `cached_text` will then find; asked only when something is compiled.
        tiers: False to wait for the optimised code.
        background: False to leave baseline code as it is.

    Raises:
        NotFound: there is no such file.
        NotRunnable: it is neither a module nor a component, or not a valid one.
        InputError: it cannot be read or kept, or compiling it takes more than it may.
    """
    if companions is None:
        found = (
            cached(source, settings, tiers, background)
            if isinstance(source, str)
            else cached_text(source, settings)
        )
        if found is not None:
            return found
    from wherever.engine import compiler

    return compiler.artifact(source, settings, name, report, companions, tiers, background)


def discard(artifact: Artifact) -> None:
    """Throw away an artifact that the engine did not take; the next `artifact` makes it anew."""
    from wherever.engine import keep

    keep.remove(artifact.path.removesuffix(".cwasm"))


def identity(seen: os.stat_result) -> tuple[int, int, int, int, int]:
    """What changes when a source file changes."""
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def stamp(seen: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file of native code is touched, wherever it is mounted."""
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def text_stem(text: bytes) -> str:
    """The first part of the names of a short text's entries.

    Not sha256, whose module takes half a millisecond to load at each start. A text that was made
    to share this with another only takes its place: `_entry` compares the texts themselves.
    """
    return "text-" + source_hash(_SEED, text).hex() + source_hash(_OTHER_SEED, text).hex()


def entry_name(stem: str, settings: Settings) -> str:
    """The name of an entry's files, without their ending."""
    return f"{stem}-{abi.VERSION}.{LAYOUT}-{settings.key}-{cpu.key()}"


def is_plain(seen: os.stat_result) -> bool:
    """Whether it is a regular file of this user with one name, which nobody else can write."""
    return (
        seen.st_mode & 0o170022 == 0o100000 and seen.st_nlink == 1 and seen.st_uid == os.geteuid()
    )


def find(
    stem: str, settings: Settings, text: bytes | None = None, tiers: bool = True
) -> Artifact | None:
    """The entry of a stem; see `cached`."""
    choices = [settings]
    if tiers and may_tier(settings):
        choices.append(Settings(settings.fuel, baseline=True, divided=settings.divided))
    wheres = places()
    for choice in choices:
        for where in wheres:
            found = _entry(where, stem, choice, text)
            if found is not None:
                return found
    return None


def may_tier(settings: Settings) -> bool:
    """Whether code of the baseline compiler may stand in for what these settings ask for."""
    return not (settings.baseline or settings.deterministic)


def _entry(where: str, stem: str, settings: Settings, text: bytes | None) -> Artifact | None:
    name = entry_name(stem, settings)
    record = read(f"{where}/{name}.facts")
    if record is None or record[0] != name or record[5] != text:
        return None
    path = f"{where}/{name}.cwasm"
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    if not is_plain(seen) or stamp(seen) != record[3]:
        from wherever.engine import keep

        if not keep.still_whole(where, record):
            return None
    return Artifact(path, record[1], record[2], settings)


def read(path: str, touch: bool = True) -> tuple[Any, ...] | None:
    """What `keep.write` wrote to a small file, or None where it is not exactly that."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        seen = os.fstat(handle)
        if not is_plain(seen) or not 8 < seen.st_size <= 64 << 20:
            return None
        data = os.read(handle, seen.st_size)
        if source_hash(_SEED, data[8:]) != data[:8]:
            return None
        if touch and time.time() - seen.st_mtime > _DAY:
            _touch(handle)
        record: tuple[Any, ...] = marshal.loads(data[8:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    finally:
        os.close(handle)
    return record


def _touch(handle: int) -> None:
    """Note that a file was used lately, for pruning."""
    try:
        os.utime(handle)
    except OSError:
        pass


def pack(record: tuple[Any, ...]) -> bytes:
    """A record as `read` wants it."""
    data = marshal.dumps(record, 4)
    return source_hash(_SEED, data) + data
