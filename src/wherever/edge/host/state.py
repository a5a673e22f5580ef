"""What a server keeps on the disk while it runs: a folder of its name, ours alone.

In it: a lock that is held as long as the server lives, its control socket, what it says of
itself, its log, what it counted, and the versions of its apps.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import time

from wherever import home
from wherever.errors import InputError, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOM = "servers"
LOCK, CONTROL, ABOUT = "lock", "control.sock", "server.json"
LOG, RECORD, OUTPUT = "log", "record", "output"
"""What it and its apps logged; what it counted; what its processes said beside that."""

LARGEST_OUTPUT = 16 << 20
"""Bytes of that; then it is emptied."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class State:
    """The folder of one server, held by this process.

    Attributes:
        name: of the server.
        folder: its path.
    """

    def __init__(self, name: str) -> None:
        """Takes the name.

        Raises:
            InputError: it is no name, or a server of that name runs.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} is not the name of a server", "use a-z, 0-9 and '-', at most 40"
            )
        self.name = name
        self.folder = home.with_made(os.path.join(home.room(ROOM), name))
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._lock = os.open(os.path.join(self.folder, LOCK), flags, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise InputError(
                f"a server called {name} is running",
                f"wherever stop {name}, or give this one another --name",
            ) from None

    def path(self, name: str) -> str:
        """The path of a file in the folder."""
        return os.path.join(self.folder, name)

    def write(self, **about: Any) -> None:
        """Says what this server is, for `ps`."""
        fresh = self.path(f".{ABOUT}")
        with open(fresh, "w") as file:
            json.dump({"name": self.name, "pid": os.getpid(), **about}, file)
        os.replace(fresh, self.path(ABOUT))

    def trim(self) -> None:
        """Keeps what the processes say within its bound. They hold the file open."""
        with contextlib.suppress(OSError):
            if os.path.getsize(self.path(OUTPUT)) > LARGEST_OUTPUT:
                os.truncate(self.path(OUTPUT), 0)

    def listen(self) -> socket.socket:
        """The control socket, open."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(CONTROL))  # of one that was killed: the lock is ours
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short(self.folder) as folder:
            sock.bind(os.path.join(folder, CONTROL))
            os.chmod(os.path.join(folder, CONTROL), 0o600)
        sock.listen(16)
        sock.setblocking(False)
        return sock

    def close(self) -> None:
        """Gives the name back."""
        for name in (CONTROL, ABOUT):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(name))
        os.close(self._lock)


def free_name(wanted: str) -> str:
    """A server's name like the one that is wanted, of which none runs.

    Example:
        >>> free_name("My Shop!")
        'my-shop'
    """
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower())[:32].strip("-") or "server"
    running = set(names())
    name, number = base, 1
    while name in running:
        number += 1
        name = f"{base}-{number}"
    return name


def names() -> list[str]:
    """The servers that run, by name."""
    return sorted(name for name in _folders() if is_running(name))


def is_running(name: str) -> bool:
    """Whether a server of that name lives: its lock is held."""
    try:
        handle = os.open(os.path.join(home.folder(), ROOM, name, LOCK), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def pick(name: str) -> str:
    """The server that is meant: the one of that name, or the only one where none is named.

    Raises:
        NotFound: there is none, or which one is not clear.
    """
    running = names()
    if name:
        if name in running:
            return name
        there = f"those that run are: {', '.join(running)}" if running else "none runs"
        raise NotFound(f"no server called {name} runs", there)
    if not running:
        raise NotFound("no server runs", "start one with wherever up")
    if len(running) > 1:
        raise NotFound("more than one server runs", f"name one of: {', '.join(running)}")
    return running[0]


def about(name: str) -> dict[str, Any]:
    """What a server said of itself when it started, or nothing."""
    try:
        with open(os.path.join(home.folder(), ROOM, name, ABOUT)) as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def path_of(name: str, file: str) -> str:
    """The path of a file of a server that runs or ran.

    Raises:
        NotFound: there was never one of that name.
    """
    folder = os.path.join(home.folder(), ROOM, name)
    if not _NAME.fullmatch(name) or not os.path.isdir(folder):
        raise NotFound(f"there was never a server called {name}", "see: wherever ps")
    return os.path.join(folder, file)


def ask(name: str, seconds: float = 10.0, **request: Any) -> dict[str, Any]:
    """What a server answers to a request.

    Args:
        seconds: that it may take.
        request: `do` says what.

    Raises:
        NotFound: it does not run any more.
        InputError: it could not do what was asked; the words are its own.
    """
    folder = os.path.join(home.folder(), ROOM, name)
    until = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(seconds)
        try:
            with _short(folder) as short:
                sock.connect(os.path.join(short, CONTROL))
            sock.sendall(json.dumps(request).encode() + b"\n")
            said = b""
            while not said.endswith(b"\n"):
                sock.settimeout(max(0.01, until - time.monotonic()))
                piece = sock.recv(1 << 16)
                if not piece:
                    break
                said += piece
        except TimeoutError:
            raise InputError(
                f"the server {name} did not answer in {seconds:.0f} s", f"wherever logs {name}"
            ) from None
        except OSError:
            raise NotFound(f"no server called {name} runs", "see: wherever ps") from None
    try:
        answer = json.loads(said)
    except ValueError:
        raise NotFound(f"the server {name} ended before it answered", "see: wherever ps") from None
    if "error" in answer:
        raise InputError(answer["error"], answer.get("hint", ""))
    found: dict[str, Any] = answer
    return found


def _folders() -> list[str]:
    try:
        return os.listdir(os.path.join(home.folder(), ROOM))
    except OSError:
        return []


@contextlib.contextmanager
def _short(folder: str) -> Iterator[str]:
    """Another path of a folder, short enough for a socket in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
