"""What a server keeps on the disk while it runs: a folder of its name, ours alone.

In it: a lock that is held as long as the server lives, its control socket, what it says of
itself, its log, what it counted, and the versions of its apps.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time

from wherever import home
from wherever.errors import InputError, NotFound
from wherever.home import held
from wherever.run.detached import state as programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOM = "servers"
CONTROL, ABOUT = "control.sock", "server.json"
LOG, RECORD, OUTPUT = "log", "record", "output"
"""What it and its apps logged; what it counted; what its processes said beside that."""

LARGEST_OUTPUT = 16 << 20
"""Bytes of that; then it is emptied."""


class State:
    """The folder of one server, held by this process.

    Attributes:
        name: of the server.
        folder: its path.
        is_new: it was not there before.
    """

    def __init__(self, name: str) -> None:
        """Takes the name, which a detached program that has ended loses.

        Raises:
            InputError: it is no name, or a server or a program of that name runs.
        """
        if not held.NAME.fullmatch(name):
            raise InputError(
                f"{name!r} is not the name of a server", "use a-z, 0-9 and '-', at most 40"
            )
        self.name = name
        self.folder = held.path(ROOM, name)
        with held.turn(ROOM):
            kind = "program"
            self.is_new = not held.exists(ROOM, name)
            try:
                if held.is_held(programs.ROOM, name):
                    raise held.Held(name)
                kind = "server"
                self._lock = held.take(ROOM, name)
            except held.Held:
                raise InputError(
                    f"a {kind} called {name} is running",
                    f"wherever stop {name}, or give this one another --name",
                ) from None
            held.remove(programs.ROOM, name)

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

    def discard(self) -> None:
        """Gives the name back, and removes the folder."""
        with held.turn(ROOM):
            held.remove(ROOM, self.name)
            os.close(self._lock)


def free_name(wanted: str) -> str:
    """A server's name like the one that is wanted, of which none runs.

    Example:
        >>> free_name("My Shop!")
        'my-shop'
    """
    for name in held.like(wanted, "server"):
        if not is_running(name) and not programs.is_running(name):
            break
    return name


def names() -> list[str]:
    """The servers that run, by name."""
    return [name for name in held.names(ROOM) if is_running(name)]


def is_running(name: str) -> bool:
    """Whether a server of that name lives: its lock is held."""
    return held.is_held(ROOM, name)


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
    if not held.exists(ROOM, name):
        raise NotFound(f"there was never a server called {name}", "see: wherever ps")
    return os.path.join(folder, file)


def ask(name: str, seconds: float = 10.0, **request: Any) -> dict[str, Any]:
    """What a server answers to a request.

    Args:
        seconds: that it may take.
        request: `do` says what.

    Raises:
        NotFound: it does not run any more.
        InputError: it could not do what was asked, in its own words, or it cannot be reached.
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
            if is_running(name):
                raise InputError(
                    f"the server {name} runs, and nobody answers at its {CONTROL}",
                    "if it has just started, ask again; else end it: kill PID, as wherever ps has"
                    " it",
                ) from None
            raise NotFound(f"no server called {name} runs", "see: wherever ps") from None
    try:
        answer = json.loads(said)
    except ValueError:
        raise NotFound(f"the server {name} ended before it answered", "see: wherever ps") from None
    if "error" in answer:
        raise InputError(answer["error"], answer.get("hint", ""))
    found: dict[str, Any] = answer
    return found


@contextlib.contextmanager
def _short(folder: str) -> Iterator[str]:
    """Another path of a folder, short enough for a socket in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
