"""A `wherever.toml` in the making: what fits is taken, and what does not is told in a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from typing import Any

from wherever.errors import InputError
from wherever.package import schema, tomltext
from wherever.package.card import shown
from wherever.package.fields import MOST, Source
from wherever.package.manifest import of_tables
from wherever.package.names import Name

MOST_NOTES = 200

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Draft:
    """Collects tables, each value checked as a manifest's would be."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.tables: dict[str, Any] = {}
        self.notes: list[str] = []
        self.names: set[tuple[str, str]] = set()
        self.wishes: dict[str, dict[str, None]] = {}

    def put(self, table: str, key: str, value: Any, origin: str) -> bool:
        """Puts a value into a table, or notes why it does not fit."""
        if value in (None, "", [], {}):
            return False
        there = self.tables.get(table, {})
        if self._has_room(there, origin, value) and self._fits(
            {table: {key: value}}, origin, value
        ):
            self.tables.setdefault(table, {})[key] = value
            return True
        return False

    def add(self, table: str, value: Mapping[str, Any], origin: str) -> None:
        """Adds a table to a list of tables, or notes why it does not fit."""
        name = value.get("name", "")
        others = self.tables.get(table, [])
        # Each is looked at alone: all of them anew for each would take time for its square.
        if not self._has_room(others, origin, name) or not self._fits(
            {table: [value]}, origin, name
        ):
            return
        if (table, name) in self.names:
            self.note(origin, name, f"{name!r} is the name of two")
            return
        self.names.add((table, name))
        self.tables[table] = others
        others.append(dict(value))

    def wish(self, key: str, value: str, origin: str) -> None:
        """Adds a permission that is asked for, or notes why it does not fit."""
        wishes = self.wishes.setdefault(key, {})
        if (
            value not in wishes
            and self._has_room(wishes, origin, value)
            and self._fits({"permissions": {key: [value]}}, origin, value)
        ):
            wishes[value] = None
            self.tables.setdefault("permissions", {}).setdefault(key, []).append(value)

    def name(self, text: object, origin: str) -> None:
        """Puts the package's name, with a namespace where it has none."""
        if not isinstance(text, str) or not text:
            return
        near = text.lower().replace("_", "-").replace("/", ":", 1)
        if ":" not in near:
            near = f"me:{near}"
            self.note(origin, text, "it has no namespace: put yours in place of me")
        try:
            self.tables.setdefault("package", {})["name"] = str(Name.parse(near))
        except InputError as error:
            self.note(origin, text, error.what)

    def note(self, origin: str, value: object = None, why: str = "") -> None:
        """Notes that something has no place here."""
        words = f" = {_inline(value)}" if value not in (None, "") else ""
        self.notes.append(shown(f"{origin}{words}{f' ({why})' if why else ''}"))

    def rest(self, values: Mapping[str, Any], known: tuple[str, ...], origin: str = "") -> None:
        """Notes each key of a table that nobody knew what to do with."""
        for key, value in values.items():
            if key not in known:
                self.note(f"{origin}.{key}" if origin else key, value)

    def text(self) -> str:
        """The text of the file."""
        lines = [f"# Made from {self.origin}."]
        for table in schema.TABLES:
            values = self.tables.get(table)
            if isinstance(values, list):
                for each in values:
                    lines += ["", f"[[{table}]]", *_pairs(each)]
            elif values:
                lines += ["", f"[{table}]", *_pairs(values)]
        if self.notes:
            lines += ["", f"# What {self.origin} says besides, and has no place here:"]
            lines += [f"#   {note}" for note in self.notes[:MOST_NOTES]]
            if len(self.notes) > MOST_NOTES:
                lines.append(f"#   and {len(self.notes) - MOST_NOTES} more")
        return "\n".join(lines) + "\n"

    def _has_room(self, there: Sized, origin: str, value: object) -> bool:
        if len(there) >= MOST:
            self.note(origin, value, f"there are {MOST} already")
            return False
        return True

    def _fits(self, tables: dict[str, Any], origin: str, value: object) -> bool:
        try:
            of_tables(tables, Source(""))
        except InputError as error:
            what = error.what.removeprefix(": ")
            self.note(origin, value, what.partition(": ")[2] or what)
            return False
        return True


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_inline(value)}" for key, value in table.items()]


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else tomltext.quoted(text)


def _inline(value: object) -> str:
    if isinstance(value, str):
        return tomltext.quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}" if value else "{}"
    if isinstance(value, int) and abs(value) >= 1 << 64:
        return "a number with too many digits"
    return str(value)
