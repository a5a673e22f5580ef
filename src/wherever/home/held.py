"""Names that one process has at a time: a folder each, and a lock in it that ends with its holder.

Servers and detached programs have their names here, each kind in a room of its own.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from contextlib import contextmanager

from wherever import home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "lock"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
"""What can be a name."""

_TURN = "names.lock"
_PATIENCE_S = 0.2
"""Seconds that a lock may be held by somebody who only looks."""


class Held(Exception):
    """Another process has the name."""


@contextmanager
def turn(room: str) -> Iterator[None]:
    """Lets one process at a time take names and remove them, of all rooms together.

    Raises:
        InputError: nothing can be kept.
    """
    home.room(room)
    try:
        handle = os.open(os.path.join(home.folder(), _TURN), _FLAGS, 0o600)
    except OSError as error:
        raise home.cannot_keep(error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise home.cannot_keep(error) from None
    finally:
        os.close(handle)


def take(room: str, name: str) -> int:
    """The lock of a name, as a descriptor: it is held until no process has that open.

    To be called in a `turn`.

    Raises:
        Held: another process has it.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        home.with_made(path(room, name))
        try:
            handle = os.open(path(room, name, LOCK), _FLAGS, 0o600)
        except FileNotFoundError:
            if time.monotonic() > until:
                raise
            continue  # the folder was removed between the two
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(handle, path(room, name, LOCK)):
                return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                raise Held(name) from None
            time.sleep(0.01)
        os.close(handle)


def _is_at(handle: int, where: str) -> bool:
    """Whether what is open is still there: who removes a folder holds its lock until then."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(where))
    except FileNotFoundError:
        return False


def is_held(room: str, name: str) -> bool:
    """Whether a process has that name."""
    try:
        handle = os.open(path(room, name, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def names(room: str) -> list[str]:
    """The names that have a folder, whether or not a process has them."""
    try:
        found = os.listdir(os.path.join(home.folder(), room))
    except OSError:
        return []
    return sorted(name for name in found if NAME.fullmatch(name))


def path(room: str, name: str, *file: str) -> str:
    """The path of a name's folder, or of a file in it."""
    return os.path.join(home.folder(), room, name, *file)


def exists(room: str, name: str) -> bool:
    """Whether a name has a folder."""
    return bool(NAME.fullmatch(name)) and os.path.isdir(path(room, name))


def remove(room: str, name: str) -> None:
    """Removes the folder of a name, which the caller holds or nobody has; in a `turn`."""
    shutil.rmtree(path(room, name), ignore_errors=True)


def like(wanted: str, fallback: str) -> Iterator[str]:
    """Names like what is wanted, the nearest first.

    Example:
        >>> names = like("My Shop!", "server")
        >>> next(names), next(names), next(names)
        ('my-shop', 'my-shop-2', 'my-shop-3')
    """
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower())[:32].strip("-") or fallback
    yield base
    number = 1
    while True:
        number += 1
        yield f"{base}-{number}"


_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
