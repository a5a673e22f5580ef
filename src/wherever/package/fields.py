"""Tables that strangers filled, taken key by key: what is missing, wrong or unknown is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar

from wherever.errors import InputError
from wherever.package import tomltext

Kept = TypeVar("Kept")

LONGEST_TEXT = 64 << 10
"""Characters of one text."""

LONGEST_LINE = 512
"""Characters of a text that people see on one line."""

MOST = 4096
"""Entries of one table or list."""

LINE, PROSE, RAW = "line", "prose", "raw"
"""Forms of text: people see it on one line, or on many; or only programs see it."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Source:
    """Where values come from, for messages: a file with lines, or a value without."""

    def __init__(self, where: str, text: str = "") -> None:
        self.where = where
        self.text = text

    def wrong(self, path: tomltext.Path_, what: str, hint: str = "") -> InputError:
        """An error about the value that the path leads to."""
        line = f":{tomltext.line_of(self.text, path)}" if self.text else ""
        key = f": {spelled(path)}" if path else ""
        return InputError(f"{self.where}{line}{key}{what}", hint)


class Table:
    """One table, of which only the keys named here are known.

    Raises:
        InputError: here for a key that is not known, and in each method for a value that is not
            what the method gives.
    """

    def __init__(
        self, values: object, known: Sequence[str], source: Source, path: tomltext.Path_ = ()
    ) -> None:
        if not isinstance(values, Mapping):
            raise source.wrong(path, f" is {kind(values)}, not a table", _table_hint(path))
        self.values: Mapping[str, Any] = values
        self.source = source
        self.path = path
        for key in values:
            if key not in known:
                raise self._unknown(key, known)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def wrong(self, key: str | int, what: str, hint: str = "") -> InputError:
        """An error about one value of this table."""
        return self.source.wrong((*self.path, key), what, hint)

    def text(self, key: str, default: str = "", form: str = LINE) -> str:
        """A text; one that people see has nothing in it that a terminal would obey."""
        if key not in self.values:
            return default
        return self.is_text(self.values[key], (*self.path, key), form)

    def texts(self, key: str, form: str = LINE) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.is_text(each, path, form) for path, each in self.items(key))

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f" is {kind(value)}, not true or false")
        return value

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number between two bounds, which are allowed."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, f" is {kind(value)}, not a whole number")
        if not low <= value <= high:
            raise self.wrong(key, f" is not between {low} and {high}")
        return value

    def entries(self, key: str) -> Iterator[tuple[tomltext.Path_, str, Any]]:
        """The entries of a table whose keys are not known here: path, key and value."""
        table = self.any_table(key)
        return (((*self.path, key, name), name, value) for name, value in table.items())

    def any_table(self, key: str) -> Mapping[str, Any]:
        """A table whose keys are not known here."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f" is {kind(value)}, not a table", _table_hint((key,)))
        self._count(value, key)
        return value

    def table(self, key: str, known: Sequence[str]) -> Table:
        """A table of this table, empty where it is missing."""
        return Table(self.values.get(key, {}), known, self.source, (*self.path, key))

    def tables(self, key: str, known: Sequence[str]) -> list[Table]:
        """A list of tables."""
        return [Table(each, known, self.source, path) for path, each in self.items(key)]

    def items(self, key: str) -> Iterator[tuple[tomltext.Path_, Any]]:
        """The entries of a list, each with the path to it."""
        value = self.values.get(key, ())
        if not isinstance(value, (list, tuple)):
            raise self.wrong(key, f" is {kind(value)}, not a list", "put it in [ ]")
        self._count(value, key)
        return (((*self.path, key, number), each) for number, each in enumerate(value))

    def parsed(self, key: str, parser: Callable[[str], Kept]) -> Kept | None:
        """A text as a parser of ours reads it, or None where it is missing."""
        return self.read(self.text(key), (*self.path, key), parser) if key in self else None

    def read(self, text: str, path: tomltext.Path_, parser: Callable[[str], Kept]) -> Kept:
        """What a parser of ours makes of a text; its error gets a place."""
        try:
            return parser(text)
        except InputError as error:
            raise self.source.wrong(path, f": {error.what}", error.hint) from None

    def is_text(self, value: object, path: tomltext.Path_, form: str = LINE) -> str:
        """The value, if it is a text."""
        if not isinstance(value, str):
            raise self.source.wrong(path, f" is {kind(value)}, not text", "put it in quotes")
        most = LONGEST_LINE if form == LINE else LONGEST_TEXT
        if len(value) > most:
            raise self.source.wrong(path, f" has more than {most} characters")
        odd = next((c for c in value if _is_odd(c, form)), "")
        if odd:
            raise self.source.wrong(path, f" holds the character {odd!a}", "leave it out")
        return value

    def plain(self, key: str) -> Any:
        """Whatever is there, checked to be what JSON can hold, and not to be changed."""
        return frozen(self.values.get(key), self.source, (*self.path, key))

    def kept(self, key: str) -> Mapping[str, Any]:
        """A table that is kept as it was given, but for what JSON cannot hold."""
        path = (*self.path, key)
        table = self.any_table(key)
        return MappingProxyType({k: frozen(v, self.source, (*path, k)) for k, v in table.items()})

    def _count(self, value: Mapping[str, Any] | Sequence[Any], key: str) -> None:
        if len(value) > MOST:
            raise self.wrong(key, f" has more than {MOST} entries")

    def _unknown(self, key: object, known: Sequence[str]) -> InputError:
        text = key if isinstance(key, str) else "?"
        near = get_close_matches(text[:40].lower().replace("_", "-"), known, 1, 0.6)
        near = near or get_close_matches(text[:40].lower().replace("-", "_"), known, 1, 0.6)
        hint = f"keys here are: {', '.join(known)}"
        if near:
            hint = f"did you mean {spelled((*self.path, near[0]))}?"
        return self.wrong(text, ": there is no such key", hint)


def frozen(value: object, source: Source, path: tomltext.Path_) -> Any:
    """The value with lists as tuples and tables as mappings that cannot be changed.

    Raises:
        InputError: it holds what JSON cannot, or is too deep or too large.
    """
    if len(path) > tomltext.DEEPEST + 2:
        raise tomltext.too_deep(source.where)
    if isinstance(value, (Mapping, list, tuple)):
        if len(value) > MOST:
            raise source.wrong(path, f" has more than {MOST} entries")
        if isinstance(value, Mapping):
            if not all(isinstance(key, str) and key.isprintable() for key in value):
                raise source.wrong(path, " has a key that is not plain text")
            return MappingProxyType(
                {key: frozen(each, source, (*path, key)) for key, each in value.items()}
            )
        return tuple(frozen(each, source, (*path, n)) for n, each in enumerate(value))
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise source.wrong(path, f" has more than {LONGEST_TEXT} characters")
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise source.wrong(path, " is not text", "leave lone surrogates out")
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    raise source.wrong(path, f" is {kind(value)}, which a manifest cannot keep", "write it as text")


def thawed(value: Any) -> Any:
    """A frozen value as JSON's own lists and dicts, with keys in order."""
    if isinstance(value, Mapping):
        return {key: thawed(value[key]) for key in sorted(value)}
    return [thawed(each) for each in value] if isinstance(value, tuple) else value


def spelled(path: tomltext.Path_) -> str:
    """A path as one would write it: `command[1].env.LANG`."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            shown = part if _BARE.fullmatch(part) and len(part) <= 64 else _quoted(part)
            words += f".{shown}" if words else shown
    return words


def kind(value: object) -> str:
    """What a value is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"the number {value:.6g}"
    if isinstance(value, int):
        return f"the number {value}" if abs(value) < 1 << 64 else "a number with too many digits"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, (list, tuple)) else "a date"


def _quoted(part: str) -> str:
    shown = part if len(part) <= 64 else f"{part[:61]}..."
    return ascii(shown).replace("'", '"') if not shown.isprintable() else f'"{shown}"'


def _table_hint(path: tomltext.Path_) -> str:
    return f"write [{spelled(path)}]" if path and isinstance(path[-1], str) else ""


def _is_odd(character: str, form: str) -> bool:
    if form == RAW:
        return "\ud800" <= character <= "\udfff"
    if character in "\n\t":
        return form == LINE
    # Besides what a terminal obeys: marks that turn the direction of what follows.
    return not character.isprintable() and character not in "\u00a0\u3000\u200d\u200c"
