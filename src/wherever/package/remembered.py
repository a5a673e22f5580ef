"""What ran under each package's name before: one small file each, in `cards` in the data folder.

A file is replaced whole or not at all, and nothing depends on it but what is told. To look whether
a package is known takes part in each of its starts, so this loads no more than that needs.
"""

from __future__ import annotations

import os
from typing import Any

from wherever import home
from wherever.errors import InputError, NotFound
from wherever.package import blobs, canonical
from wherever.package.names import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.package.layout import Opened

ROOM = "cards"

PATIENCE = 2.0
"""Seconds that a start waits for another to have kept its card."""


def is_known(opened: Opened) -> bool:
    """Whether this very package ran before, or was told of, or has no name to remember it by."""
    name = opened.manifest.name
    if name is None:
        return True
    try:
        kept = load(name)
    except InputError:
        return False
    digests = kept.get("digests") if kept is not None else None
    return isinstance(digests, list) and opened.digest in digests


def load(name: Name) -> dict[str, Any] | None:
    """What is kept under a name, or None where nothing is.

    Raises:
        InputError: it cannot be read, or is no JSON object.
    """
    path = place(name)
    if os.path.lexists(os.path.dirname(path)):
        home.room(ROOM)
    try:
        handle, _ = blobs.open_plain(path, f"what {name} wanted before")
    except NotFound:
        return None
    with open(handle, "rb") as file:
        try:
            data = file.read(canonical.LIMIT + 1)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
    return canonical.load(data, path)


def store(name: Name, value: dict[str, Any]) -> bool:
    """Keeps a value under a name; False where that cannot be done."""
    from wherever.package import turns

    try:
        base = home.room(ROOM)
        with turns.turn(os.path.join(base, "lock"), base, os.O_RDWR | os.O_CREAT, PATIENCE):
            staging = os.path.join(base, "writing")
            if os.path.lexists(staging):
                os.unlink(staging)
            with blobs.whole(place(name), staging) as handle:
                blobs.write_all(handle, canonical.dump(value))
    except (OSError, InputError):
        return False
    return True


def place(name: Name) -> str:
    """The path of what is kept under a name."""
    return os.path.join(home.folder(), ROOM, f"{name.namespace}.{name.name}")
