"""What a detached program keeps on the disk: a folder of its name, ours alone.

In it: a lock that its keeper holds until the program has ended, what is known of it, and its log.
Its variables are not: they may be secrets.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

from wherever.errors import InputError, NotFound
from wherever.home import held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOM = "runs"
SERVERS = "servers"
"""The room of servers, which have their names among them."""

ABOUT, LOG = "run.json", "log"
LOG_SIZE = 8 << 20
LOG_FILES = 1
"""A log is cut where a file reaches this size, and this many are kept besides the newest."""

MOST_ENDED = 32
"""Programs that have ended and are still known; those that ended before are forgotten."""

_FALLBACK = "program"
_SPARE, _ROOM = ".last.json", 16 << 10


class Run:
    """The folder of one detached program, held by this process and its children.

    Attributes:
        name: of the program.
        lock: the descriptor that holds the name as long as somebody has it open.
    """

    def __init__(self, name: str) -> None:
        """Takes the name; what an earlier program of that name left is gone.

        Raises:
            InputError: it is no name, or a program or a server has it.
        """
        if not held.NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be the name of a program", "use a-z, 0-9 and '-', at most 40"
            )
        with held.turn(ROOM):
            if held.is_held(SERVERS, name):
                raise InputError(f"a server called {name} is running", "give another --name")
            if held.exists(SERVERS, name):
                raise InputError(
                    f"{name} is the name of a server, whose log is kept", "give another --name"
                )
            self._take(name)

    def _take(self, name: str) -> None:
        self.name = name
        try:
            self.lock = held.take(ROOM, name)
        except held.Held:
            raise InputError(
                f"a program called {name} is running",
                f"wherever stop {name}, or give this one another --name",
            ) from None
        for file in (ABOUT, LOG, f"{LOG}.1"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(file))

    @classmethod
    def like(cls, wanted: str) -> Run:
        """Takes a name like the one that is wanted, which nobody has or had.

        Raises:
            InputError: nothing can be kept.
        """
        with held.turn(ROOM):
            for name in held.like(wanted, _FALLBACK):
                if not held.exists(ROOM, name) and not held.exists(SERVERS, name):
                    break
            run = cls.__new__(cls)
            run._take(name)
            return run

    def path(self, file: str) -> str:
        """The path of a file in the folder."""
        return held.path(ROOM, self.name, file)

    def write(self, about: dict[str, Any]) -> None:
        """Says what is known of the program.

        Raises:
            OSError: nothing can be kept.
        """
        self._write(f".{ABOUT}", json.dumps(about).encode())

    def keep_room(self) -> None:
        """Takes room for `write_last` while there is some.

        Raises:
            OSError: there is none.
        """
        self._fill(_SPARE, b" " * _ROOM)

    def write_last(self, about: dict[str, Any]) -> None:
        """Says how it ended, where a full disk has no room by the way of `write` in what was kept.

        Raises:
            OSError: nothing can be kept.
        """
        data = json.dumps(about).encode()
        try:
            self._write(f".{ABOUT}", data)
        except OSError:
            self._write(_SPARE, data)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(_SPARE))

    def _write(self, fresh: str, data: bytes) -> None:
        self._fill(fresh, data)
        os.replace(self.path(fresh), self.path(ABOUT))

    def _fill(self, name: str, data: bytes) -> None:
        # What it had of the disk it keeps until it is cut: that room is what the last one needs.
        with open(os.open(self.path(name), _FLAGS, 0o600), "wb") as file:
            file.write(data)
            file.truncate()

    def close(self) -> None:
        """Has this process hold the name no more."""
        os.close(self.lock)

    def forget(self) -> None:
        """Removes the folder, and gives the name back."""
        with held.turn(ROOM):
            held.remove(ROOM, self.name)
            os.close(self.lock)


def names() -> list[str]:
    """The programs that are known, whether they run or have ended."""
    return held.names(ROOM)


def about(name: str) -> dict[str, Any]:
    """What is known of a program.

    Returns:
        `name`, `kind` ("program"), `state` and `since` (a time), `command`, `limits`, and once it
        has ended `ended`, `exit_code`, `limit`, `message` and `usage`. `state` is "starting",
        "running", "ended", or "lost": its keeper ended without a word, as with the machine.

    Raises:
        NotFound: there is none.
    """
    # In this order: the last thing that a keeper does is to give the name back.
    is_held = held.NAME.fullmatch(name) is not None and held.is_held(ROOM, name)
    try:
        with open(held.path(ROOM, name, ABOUT), "rb") as file:
            found = json.load(file)
        if not isinstance(found, dict) or found.get("name") != name:
            raise ValueError
    except (OSError, ValueError):
        if not is_held:
            raise NotFound(f"there is no program called {name}", "see: wherever ps -a") from None
        found = {"name": name, "kind": "program", "state": "starting", "since": time.time()}
    if not is_held and found.get("state") != "ended":
        found["state"] = "lost"
    return found


def is_running(name: str) -> bool:
    """Whether a program of that name has not ended."""
    return held.is_held(ROOM, name)


def exists(name: str) -> bool:
    """Whether a program of that name runs, or has ended and is still known."""
    return held.exists(ROOM, name)


def listed(ended: bool) -> list[dict[str, Any]]:
    """What is known of each program that runs; and of those that ended, the latest last.

    Args:
        ended: with those.
    """
    found = []
    for name in names():
        with contextlib.suppress(NotFound):
            each = about(name)
            if ended or each["state"] in ("starting", "running"):
                found.append(each)
    return sorted(found, key=lambda each: (each["state"] in ("ended", "lost"), each["since"]))


def log_of(name: str) -> str:
    """The path of the newest file of a program's log."""
    return held.path(ROOM, name, LOG)


def forget(name: str) -> None:
    """Removes what a program left that has ended.

    Raises:
        InputError: it runs; NotFound: there is none.
    """
    with held.turn(ROOM):
        if not exists(name):
            raise NotFound(f"there is no program called {name}", "see: wherever ps -a")
        try:
            lock = held.take(ROOM, name)
        except held.Held:
            raise InputError(f"{name} is running", f"wherever stop {name}") from None
        held.remove(ROOM, name)
        os.close(lock)


def prune() -> None:
    """Forgets those that ended before the last `MOST_ENDED`."""
    gone = [each for each in listed(True) if each["state"] in ("ended", "lost")]
    for each in gone[:-MOST_ENDED]:
        with contextlib.suppress(InputError):
            forget(each["name"])


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
