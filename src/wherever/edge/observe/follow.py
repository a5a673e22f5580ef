"""Reading the log: its last lines, and each that comes, chosen by what they are about."""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import dataclass

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_AT_ONCE = 1 << 20
"""Bytes that one look reads."""

FURTHEST_BEHIND = 8 << 20
"""Bytes that a reader may be behind the writers before it goes to the end, and says so."""

_LONGEST_LINE = 1 << 16
_BLOCK = 1 << 16
_KINDS = ("request", "output", "note")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records of the log are wanted; what is empty leaves none out.

    Args:
        app: of this app.
        status: of this status (`404`), class (`4xx`), or `error`: 5xx, a guest that did not end
            well, and clients that left. Leaves out what is not a request.
        method: of this method.
        client: from this address.
        text: with this in any value, in capitals or not.
        kind: `request`, `output` or `note`.
        id: about this request.
        sample: this share of them, from 0 to 1.

    Raises:
        InputError: a value is none of those.
    """

    app: str = ""
    status: str = ""
    method: str = ""
    client: str = ""
    text: str = ""
    kind: str = ""
    id: str = ""
    sample: float = 1.0

    def __post_init__(self) -> None:
        status = self.status.lower()
        is_class = len(status) == 3 and status[0] in "12345" and status[1:] == "xx"
        is_number = len(status) == 3 and status.isascii() and status.isdigit()
        if status and status != "error" and not is_class and not is_number:
            raise InputError(f"{self.status!r} is no status", "write it like 404, 5xx or error")
        if self.kind and self.kind not in _KINDS:
            raise InputError(f"{self.kind!r} is no kind of line", f"one of {', '.join(_KINDS)}")
        if not 0 <= self.sample <= 1:
            raise InputError(f"{self.sample} is no share", "write it like 0.1")

    def matches(self, record: dict[str, Any]) -> bool:
        """Whether a record is wanted."""
        for name in ("app", "client", "kind", "id"):
            wanted = getattr(self, name)
            if wanted and record.get(name) != wanted:
                return False
        if self.method and str(record.get("method", "")).upper() != self.method.upper():
            return False
        if self.status and not self._has_status(record):
            return False
        if self.text:
            wanted = self.text.casefold()
            if not any(wanted in value for value in _values(record)):
                return False
        return self.sample >= 1 or random.random() < self.sample

    def _has_status(self, record: dict[str, Any]) -> bool:
        if record.get("kind") != "request":
            return False
        status, wanted = record.get("status", 0), self.status.lower()
        if wanted == "error":
            return not 100 <= status < 499 or record.get("outcome", "ok") != "ok"
        return bool(f"{status // 100}xx" == wanted or str(status) == wanted)


def _values(record: dict[str, Any]) -> Iterator[str]:
    for name, value in record.items():
        if name == "fields":
            yield json.dumps(value, ensure_ascii=False).casefold()
        elif name not in ("time", "kind"):
            yield str(value).casefold()


class Tail:
    """Follows the log of a server, also from one file into the next.

    Args:
        path: the newest file, which need not exist yet. What is in it now is passed over.

    Attributes:
        skipped: bytes that were passed over, as the writers were too far ahead.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._rest = b""
        self._handle = -1
        self.skipped = 0
        self._open()
        if self._handle >= 0:
            os.lseek(self._handle, 0, os.SEEK_END)

    @property
    def position(self) -> int:
        """Where in the newest file it is."""
        return os.lseek(self._handle, 0, os.SEEK_CUR) if self._handle >= 0 else 0

    def read(self) -> list[dict[str, Any]]:
        """The records that came since, as many as one look finds; it never waits."""
        if self._handle < 0:
            self._open()
            if self._handle < 0:
                return []
        behind = os.fstat(self._handle).st_size - self.position
        if behind > FURTHEST_BEHIND:
            os.lseek(self._handle, 0, os.SEEK_END)
            self.skipped += behind
            self._rest = b""
        data = os.read(self._handle, MOST_AT_ONCE)
        if not data and self._is_old():
            # What was written between that look and the cut is still to be read.
            data = os.read(self._handle, MOST_AT_ONCE)
            if not data:
                self.close()
                self._rest = b""
                self._open()
                data = os.read(self._handle, MOST_AT_ONCE) if self._handle >= 0 else b""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._rest = b""
        return [record for line in whole if (record := parsed(line)) is not None]

    def close(self) -> None:
        """Reads no more."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open(self) -> None:
        try:
            self._handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            self._handle = -1

    def _is_old(self) -> bool:
        ours = os.fstat(self._handle)
        try:
            newest = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (newest.st_dev, newest.st_ino) != (ours.st_dev, ours.st_ino)


def last(
    path: str,
    wanted: Filter,
    most: int,
    furthest: int = FURTHEST_BEHIND,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """The last records that are wanted, the oldest first.

    Args:
        path: the newest file of the log.
        wanted: which.
        most: how many at most.
        furthest: bytes that are looked through, back from the end.
        before: where in the newest file a `Tail` goes on; nothing is told by both.
    """
    found: list[dict[str, Any]] = []
    for file in (path, f"{path}.1"):
        for line in _backwards(file, furthest, before if file == path else None):
            furthest -= len(line) + 1
            if len(found) >= most or furthest < 0:
                return found[::-1]
            record = parsed(line)
            if record is not None and wanted.matches(record):
                found.append(record)
    return found[::-1]


def parsed(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None where it is torn."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "time" in record else None


def _backwards(path: str, furthest: int, before: int | None) -> Iterator[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with open(handle, "rb", buffering=0) as file:
        at = end = min(file.seek(0, os.SEEK_END), sys.maxsize if before is None else before)
        rest = b""
        while at > 0 and end - at < furthest:
            size = min(_BLOCK, at)
            at -= size
            file.seek(at)
            first, *whole = ((file.read(size) or b"") + rest).split(b"\n")
            yield from reversed(whole)
            rest = first
        if at == 0:
            yield rest
