"""What a detached program writes, as lines of its log."""

from __future__ import annotations

import base64
import json
import time
from json.encoder import encode_basestring as quoted

from wherever.home.logfile import Files
from wherever.run.detached.state import LOG_FILES, LOG_SIZE

LONGEST = 8192
"""Bytes of one record; a longer line is cut into several."""


class Stream:
    """One stream of the program: its bytes become records, a line each.

    Args:
        name: `stdout` or `stderr`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rest = b""

    @property
    def waits(self) -> bool:
        """Whether it holds the beginning of a line."""
        return bool(self._rest)

    def take(self, data: bytes) -> list[str]:
        """The records of the lines that are whole by now."""
        head = self._head()
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = []
        for line in lines:
            if len(line) > LONGEST:
                *pieces, line = _pieces(line)
                found += [f"{head}{_said(piece)},{_PART}" for piece in pieces]
            found.append(f"{head}{_said(line)}}}\n")
        if len(self._rest) > LONGEST:
            *pieces, self._rest = _pieces(self._rest)
            found += [f"{head}{_said(piece)},{_PART}" for piece in pieces]
        return found

    def rest(self) -> list[str]:
        """The record of a line that has not ended, if there is one."""
        taken, self._rest = self._rest, b""
        return [f"{self._head()}{_said(taken)},{_PART}"] if taken else []

    def _head(self) -> str:
        return f'{{"time":"{now()}","kind":"output","stream":"{self._name}",'


_PART = '"partial":true}\n'


def _said(data: bytes) -> str:
    try:
        return f'"text":{quoted(data.decode("utf-8"))}'
    except UnicodeDecodeError:
        return f'"base64":"{base64.b64encode(data).decode("ascii")}"'


class Log:
    """The log on the disk; where that has no room, lines are left out, and it says how many."""

    def __init__(self, path: str) -> None:
        self._files = Files(path, LOG_SIZE, LOG_FILES)
        self._lost = 0

    def write(self, records: list[str]) -> None:
        """Writes them, or counts them as lost."""
        if not records:
            return
        said = [note(f"{self._lost} lines of this log were left out")] if self._lost else []
        try:
            self._files.write("".join(said + records).encode())
        except OSError:
            self._lost += len(records)
        else:
            self._lost = 0

    def close(self) -> None:
        """No more comes."""
        self._files.close()


def note(text: str) -> str:
    """A record of our own."""
    return json.dumps({"time": now(), "kind": "note", "text": text}) + "\n"


def written(record: dict[str, object]) -> bytes:
    """What the program wrote, as it was, line feed included where there was one."""
    if "base64" in record:
        data = base64.b64decode(str(record["base64"]))
    else:
        data = str(record.get("text", "")).encode("utf-8", "replace")
    return data if record.get("partial") else data + b"\n"


def now() -> str:
    """The time of a record, such as `2026-11-23T04:11:20.123Z`."""
    moment = time.time()
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{text}.{int(moment * 1000) % 1000:03d}Z"


def _pieces(line: bytes) -> list[bytes]:
    """A line in pieces that are not too long, cut between letters where it is text."""
    found = []
    while len(line) > LONGEST:
        cut = LONGEST
        while cut > LONGEST - 4 and line[cut] & 0xC0 == 0x80:
            cut -= 1
        if cut == LONGEST - 4:
            cut = LONGEST
        found.append(line[:cut])
        line = line[cut:]
    return [*found, line]
