"""The WAT modules that start programs which are not commands, with their includes filled in."""

from __future__ import annotations

import binascii
import os

from wherever import home

FOLDER = os.path.join(os.path.dirname(__file__), "recipes")
INCLUDE = '  (include "'


def text(name: str) -> str:
    """The WAT text of a recipe. A line `(include "other.wat")` stands for that file."""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines):
        if line.startswith(INCLUDE):
            lines[number] = text(line[len(INCLUDE) : -2]).rstrip("\n")
    return "\n".join(lines)


def path(name: str) -> str:
    """A file with the recipe's text; an empty name has an empty path.

    Recipes without includes are files of this package; the others are written once into the
    data folder, under a name that changes with their text.
    """
    if not name:
        return ""
    original = os.path.join(FOLDER, name)
    with open(original, "rb") as file:
        if INCLUDE.encode() not in file.read():
            return original
    whole = text(name).encode()
    filled = os.path.join(home.folder(), "recipes", f"{binascii.crc32(whole):08x}-{name}")
    try:
        with open(filled, "rb") as file:
            if file.read() == whole:
                return filled
    except OSError:
        pass
    try:
        temporary = os.path.join(home.room("recipes"), f"{os.getpid()}.{name}")
        with open(temporary, "wb") as file:
            file.write(whole)
        os.replace(temporary, filled)
    except OSError as error:
        raise home.cannot_keep(error) from None
    return filled
