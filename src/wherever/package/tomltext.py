"""TOML that strangers wrote: read within bounds, and with the line of every key."""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from wherever.errors import InputError, NotFound

LARGEST = 256 << 10
"""Bytes of one file."""

DEEPEST = 24
"""Tables and lists inside each other."""

Path_ = tuple[str | int, ...]

_BARE = r"[A-Za-z0-9_-]++"
_BASIC = r'"(?:[^"\\\n]|\\.)*+"'
_LITERAL = r"'[^'\n]*+'"
_PART = rf"(?:{_BARE}|{_BASIC}|{_LITERAL})"
_KEY = re.compile(rf"{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+")
_SPLIT = re.compile(_PART)
_OPEN = rf"""(?:{_BARE}|"(?:[^"\\\n]|\\[^\n])*+"?+|'[^'\n]*+'?+)"""
# What looks like a key outside of texts and comments. A text that does not end is passed over
# whole, so that no character is looked at twice.
_LEXEME = re.compile(
    r"#[^\n]*+"
    r'|"""(?:[^"\\]|\\.|"(?!""))*+"{0,5}+'
    r"|'''(?:[^']|'(?!''))*+'{0,5}+"
    rf"|(?P<key>{_OPEN}(?:[ \t]*+\.[ \t]*+{_OPEN})*+)",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_LONG_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*+\'{3,5}',
                          re.DOTALL)  # fmt: skip
_SCALAR = re.compile(rf"{_BASIC}|{_LITERAL}|[^\s,\[\]{{}}#=]++(?: [0-9][^\s,\[\]{{}}#=]*+)?")


def load(path: Path, largest: int = LARGEST) -> str:
    """The text of a file that should be small and UTF-8.

    Raises:
        NotFound: there is none.
        InputError: it cannot be read, has more than `largest` bytes, or is not UTF-8.
    """
    try:
        # Nothing is waited for: a pipe of that name would hold us for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InputError(f"{path} is not a file")
            with open(handle, "rb", closefd=False) as file:
                data = file.read(largest + 1)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise NotFound(f"there is no {path}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise InputError(f"cannot read {str(path)!r}: {reason}") from None
    if len(data) > largest:
        raise _too_large(str(path), largest)
    if data.startswith(codecs.BOM_UTF8):
        raise InputError(
            f"{path}:1: it begins with a byte order mark", "save it as UTF-8 without one"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: this is not UTF-8", "save it as UTF-8") from None


def parse(text: str, where: str, largest: int = LARGEST) -> dict[str, Any]:
    """The tables of a TOML text.

    Args:
        where: what to call the text in messages.

    Raises:
        InputError: it is not TOML, or exceeds a bound.
    """
    if len(text) > largest:
        raise _too_large(where, largest)
    _refuse_long_key(text, where)
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise too_deep(where) from None
    except ValueError as error:
        raise _not_toml(error, where, text.count("\n", 0, len(text.rstrip())) + 1) from None
    if _depth_exceeds(found, DEEPEST):
        raise too_deep(where)
    return found


def _refuse_long_key(text: str, where: str) -> None:
    # The library's reader takes time that grows with the square of a key's parts.
    for each in _LEXEME.finditer(text):
        key = each["key"]
        if key and key.count(".") >= DEEPEST and len(_SPLIT.findall(key)) > DEEPEST:
            line = text.count("\n", 0, each.start()) + 1
            raise InputError(
                f"{where}:{line}: a key has more than {DEEPEST} parts", "write fewer dots"
            )


def too_deep(where: str) -> InputError:
    """Words for tables and lists that lie too deep in each other."""
    return InputError(
        f"{where}: tables and lists lie more than {DEEPEST} deep in each other", "write it flatter"
    )


def quoted(text: str) -> str:
    """A text as TOML writes it, on one line.

    Example:
        >>> print(quoted("a\\tb"))
        "a\\tb"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _too_large(where: str, largest: int) -> InputError:
    return InputError(f"{where} has more than {largest >> 10} KiB, which nobody wrote by hand")


def _not_toml(error: ValueError, where: str, last: int) -> InputError:
    words = str(error)
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", words)
    if place is None:
        return InputError(f"{where}: this is not TOML: a number in it has too many digits")
    line = f"{place[1]}:{place[2]}" if place[1] else f"{last}"
    reason = words[: place.start()]
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in reason)
    return InputError(f"{where}:{line}: this is not TOML: {shown[:1].lower()}{shown[1:]}")


def _depth_exceeds(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


# ----- which line a key stands in


def line_of(text: str, path: Path_) -> int:
    """The line, from 1, of the key that the path leads to, or of the nearest table around it.

    Only called for a text that `parse` took, when there is something to say about it.

    Example:
        >>> line_of('a = 1\\n[[b]]\\nc = {\"d e\" = 2}', ("b", 0, "c", "d e"))
        3
    """
    lines: dict[Path_, int] = {}
    _Lines(text.replace("\r\n", "\n"), lines).document()
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Lines:
    """Walks over TOML that is known to be right, and notes where each key begins."""

    def __init__(self, text: str, lines: dict[Path_, int]) -> None:
        self.text = text
        self.lines = lines
        self.at = 0
        self.line = 1
        self.counts: dict[Path_, int] = {}

    def document(self) -> None:
        table: Path_ = ()
        self.blank()
        while self.at < len(self.text):
            begin = self.at
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.blank()
            if self.at == begin:
                return

    def header(self) -> Path_:
        is_list = self.text.startswith("[[", self.at)
        self.skip(2 if is_list else 1)
        self.blank()
        parts = self.key()
        path: Path_ = ()
        for number, part in enumerate(parts):
            path += (part,)
            if number == len(parts) - 1 and is_list:
                self.counts[path] = self.counts.get(path, -1) + 1
                self.note(path)
            if path in self.counts:
                path += (self.counts[path],)
            self.note(path)
        self.blank()
        self.skip(2 if is_list else 1)
        return path

    def pair(self, table: Path_) -> None:
        path = table
        for part in self.key():
            path += (part,)
            self.note(path)
        self.blank()
        self.skip(1)
        self.blank()
        self.value(path)

    def value(self, path: Path_) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening not in ("[", "{"):
            match = _LONG_STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.skip(match.end() - match.start() if match else 1)
            return
        self.skip(1)
        number = 0
        self.blank()
        while self.at < len(self.text) and self.text[self.at] not in "]}":
            if opening == "[":
                self.note((*path, number))
                self.value((*path, number))
                number += 1
            else:
                self.pair(path)
            self.blank()
            if self.text.startswith(",", self.at):
                self.skip(1)
            self.blank()
        self.skip(1)

    def key(self) -> list[str]:
        match = _KEY.match(self.text, self.at)
        if match is None:
            return []
        self.skip(match.end() - match.start())
        return [
            next(iter(tomllib.loads(f"{part} = 0"))) if part[0] in "\"'" else part
            for part in _SPLIT.findall(match[0])
        ]

    def note(self, path: Path_) -> None:
        self.lines.setdefault(path, self.line)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        if match is not None:
            self.skip(match.end() - match.start())

    def skip(self, count: int) -> None:
        end = min(self.at + count, len(self.text))
        self.line += self.text.count("\n", self.at, end)
        self.at = end
