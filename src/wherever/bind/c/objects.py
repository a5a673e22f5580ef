"""What was compiled before: for the next language that stands on it, and for the next time."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import shutil
import uuid
from pathlib import Path

from wherever import home
from wherever.build import command
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"]([!-~]+)[>"]', re.MULTILINE)

MOST = 2 << 30
"""Bytes that are kept; beyond them goes what nobody used for longest."""


class Objects:
    """Objects of one set of headers and flags; whoever asks twice for the same gets it at once.

    Args:
        words: the compiler and its flags.
        headers: folders of what the sources include.
    """

    def __init__(self, words: Iterable[str], headers: Iterable[Path]) -> None:
        self._folder = _folder()
        self._headers = {
            path.relative_to(each).as_posix(): path.read_bytes()
            for each in headers
            for path in each.rglob("*.h")
        }
        self._words = "\0".join(words).encode()

    def _place(self, source: Path) -> Path | None:
        if self._folder is None:
            return None
        text = source.read_bytes()
        name = hashlib.sha256(self._words)
        for each in sorted(self._included("", text, set())):
            name.update(f"\0{each}\0".encode() + hashlib.sha256(self._headers[each]).digest())
        name.update(hashlib.sha256(text).digest())
        return self._folder / f"{name.hexdigest()}.o"

    def _included(self, place: str, text: bytes, found: set[str]) -> set[str]:
        """The headers that a text in some folder includes, and those that these include."""
        for each in _INCLUDE.findall(text):
            for name in (posixpath.normpath(posixpath.join(place, each.decode())), each.decode()):
                if name in self._headers and name not in found:
                    found.add(name)
                    self._included(posixpath.dirname(name), self._headers[name], found)
        return found

    def take(self, source: Path, made: Path) -> bool:
        """Puts a source's object where it is wanted; whether there is one."""
        place = self._place(source)
        if place is None:
            return False
        try:
            shutil.copyfile(place, made)
            os.utime(place)
        except OSError:
            made.unlink(missing_ok=True)
            return False
        return True

    def keep(self, source: Path, made: Path) -> None:
        """Keeps a source's object; where there is no room for it, nothing is kept."""
        place = self._place(source)
        if place is None:
            return
        part = place.with_name(f".{uuid.uuid4().hex}")
        try:
            shutil.copyfile(made, part)
            os.replace(part, place)
        except OSError:
            part.unlink(missing_ok=True)

    def prune(self, most: int = MOST) -> None:
        """Removes what was not used for longest, where there is more than may be kept."""
        if self._folder is None:
            return
        found = []
        for entry in os.scandir(self._folder):
            try:
                facts = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # another one removed it
            found.append((facts.st_mtime, facts.st_size, entry.path))
        size = sum(each for _, each, _ in found)
        if size <= most:
            return
        for _, each, path in sorted(found):
            if size <= most * 3 // 4:
                break
            Path(path).unlink(missing_ok=True)
            size -= each


def _folder() -> Path | None:
    """Where objects are kept; None where that cannot be, or where others may write as well."""
    try:
        return Path(home.own(str(command.caches("objects"))))
    except (OSError, InputError):
        return None
