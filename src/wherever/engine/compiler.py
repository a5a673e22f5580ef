"""From sources to artifacts: what is missing is compiled, once, in a child process with limits."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from wherever import errors
from wherever.engine import cache, keep
from wherever.engine.cache import Artifact
from wherever.engine.compile_child import receive, send, sha256
from wherever.engine.library import find as find_library
from wherever.engine.settings import Settings
from wherever.errors import InputError, InternalError, NotFound, NotRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.cache import Report

LARGEST_SOURCE = 512 << 20
"""Bytes of a source that is compiled at all."""

BIG = 1 << 20
"""Bytes from which on a module is compiled by the baseline compiler first."""

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compile_child.py")


class Source:
    """One thing to be compiled: an open file, its digest, and how messages call it."""

    def __init__(self, what: str | bytes, name: str) -> None:
        self.text: bytes | None = None
        self.seen: os.stat_result | None = None
        if isinstance(what, bytes):
            self.name = shown(name or "the module")
            self.size = len(what)
            self.handle = _in_memory(what)
            self.digest = sha256(what)
            if len(what) <= cache.LARGEST_TEXT:
                self.text = what
        else:
            self.name = shown(name or what)
            self.handle, self.seen = _open(what, self.name)
            self.size = self.seen.st_size
            self.digest = ""
        if self.size > LARGEST_SOURCE:
            self.close()
            raise InputError(
                f"{self.name} has {self.size >> 20} MiB, and more than"
                f" {LARGEST_SOURCE >> 20} MiB are not compiled"
            )
        if not self.digest:
            try:
                with open(self.handle, "rb", buffering=0, closefd=False) as file:
                    self.digest = sha256(file.read())
            except OSError as error:
                self.close()
                raise InputError(f"cannot read {self.name}: {error.strerror}") from None
        self.stem = self.digest if self.text is None else cache.text_stem(self.text)

    def close(self) -> None:
        os.close(self.handle)


def shown(name: str) -> str:
    """A name that is safe in a line on a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name[-200:])


def _open(path: str, name: str) -> tuple[int, os.stat_result]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise NotFound(f"there is no file {name}", "check the path") from None
    except OSError as error:
        raise InputError(f"cannot open {name}: {error.strerror}") from None
    seen = os.fstat(handle)
    if seen.st_mode & 0o170000 != 0o100000:
        os.close(handle)
        what = "a folder" if seen.st_mode & 0o170000 == 0o040000 else "not a regular file"
        raise NotRunnable(f"{name} is {what}", "give the path of a .wasm or .wat file")
    return handle, seen


def _in_memory(data: bytes) -> int:
    import tempfile

    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("wherever")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    with open(handle, "wb", closefd=False) as file:
        file.write(data)
    return handle


def artifacts(
    sources: list[str | bytes],
    settings: Settings,
    names: list[str],
    report: Report | None,
    companions: Callable[[dict[str, Any]], list[bytes]] | None,
    tiers: bool,
) -> list[Artifact]:
    """See `cache.artifact`, for several sources that get the same settings."""
    opened: list[Source] = []
    try:
        for what, name in zip(sources, names + [""] * len(sources), strict=False):
            opened.append(Source(what, name))
        where = keep.prepare()
        for source in opened:
            if source.seen is not None:
                keep.remember(where, source.seen, source.stem)
        return _made(opened, where, settings, report, companions, tiers)
    finally:
        for source in opened:
            source.close()


def _found(opened: list[Source], where: str, settings: Settings) -> list[Artifact | None]:
    return [cache.find(where, s.stem, settings, s.text, tiers=False) for s in opened]


def _made(
    opened: list[Source],
    where: str,
    settings: Settings,
    report: Report | None,
    companions: Callable[[dict[str, Any]], list[bytes]] | None,
    tiers: bool,
) -> list[Artifact]:
    tiers = tiers and cache.may_tier(settings)
    choices = [settings]
    if tiers:
        choices.append(Settings(settings.fuel, False, True))
    for choice in choices:
        found = _found(opened, where, choice)
        if found[0] is not None:
            settings, tiers = choice, False
            break
    missing = [s for s, a in zip(opened, found, strict=True) if a is None]
    if missing:
        made = _compile(missing, where, settings, report, companions, tiers)
        found = [a or made[s.stem] for s, a in zip(opened, found, strict=True)]
    return [a for a in found if a is not None]


def _compile(
    missing: list[Source],
    where: str,
    settings: Settings,
    report: Report | None,
    companions: Callable[[dict[str, Any]], list[bytes]] | None,
    tiers: bool,
) -> dict[str, Artifact]:
    """Compile in a child process and commit what it made, by stem."""
    size = sum(source.size for source in missing)
    temp = f"{where}/tmp-{os.getpid()}-{os.urandom(8).hex()}"
    request = {
        "src": os.path.dirname(os.path.dirname(os.path.dirname(_CHILD))),
        "site": find_library().rsplit("/", 3)[0] or "/",
        "sources": [(3 + i, s.digest, s.name) for i, s in enumerate(missing)],
        "settings": settings.key,
        "tier": BIG if tiers else 0,
        "companions": companions is not None,
        "temp": temp,
        "parent": os.getpid(),
        "memory": (4 << 30) + 64 * size,
        "cpu": 60 + 10 * (size >> 20),
        "nice": 0,
    }
    child = Child([source.handle for source in missing], request, missing[0], report)
    try:
        extra: list[bytes] = []
        answer = child.answer()
        if answer[0] == "facts" and companions is not None:
            extra = companions(answer[1])
            child.tell([(text, f"part of {missing[0].name}") for text in extra])
            answer = child.answer()
        if answer[0] == "refused":
            raise getattr(errors, answer[1])(answer[2], answer[3])
        if answer[0] != "done":
            raise InternalError(f"compiling {missing[0].name} ended with {answer!r}")
        parts = [(s.stem, s.digest, s.text, s.name) for s in missing]
        parts += [(cache.text_stem(t), sha256(t), t, "a companion") for t in extra]
        made = {}
        for (stem, digest, text, name), done in zip(parts, answer[1], strict=True):
            path, native, _, facts, key = done
            used = Settings.from_key(key)
            info = {"name": name, "made": time.time(), "seconds": child.seconds()}
            final = keep.commit(
                where, cache.entry_name(stem, used), path, facts, digest, native, text, info
            )
            made[stem] = Artifact(final, facts, digest, used)
        return made
    finally:
        child.close()


class Child:
    """A compiling process, from its start to its end."""

    def __init__(
        self, handles: list[int], request: dict[str, Any], first: Source, report: Report | None
    ) -> None:
        from fcntl import F_DUPFD_CLOEXEC, fcntl

        if not sys.executable:
            raise InternalError("this Python does not know its own path, so it cannot compile")
        self.first = first
        self.report = report
        self.began = time.monotonic()
        self.wall = 60 + 3 * request["cpu"]
        self.spoken = False
        inside, self.writer = os.pipe()
        self.reader, outside = os.pipe()
        # Numbers out of the way of those that the child gets, so that none is overwritten.
        high = [fcntl(h, F_DUPFD_CLOEXEC, 32) for h in (inside, outside, *handles)]
        os.close(inside)
        os.close(outside)
        targets = [0, 1, *range(3, 3 + len(handles))]
        actions: list[Any] = [
            (os.POSIX_SPAWN_DUP2, h, t) for h, t in zip(high, targets, strict=True)
        ]
        actions.append((os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0))
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", _CHILD],
                dict(os.environ),
                file_actions=actions,
            )
        finally:
            for h in high:
                os.close(h)
        self.tell(request)

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def tell(self, message: object) -> None:
        try:
            send(self.writer, message)
        except BrokenPipeError:
            pass  # it has died, and its answer will say so

    def answer(self) -> Any:
        """The next message of the child, or what became of it."""
        poll = select.poll()
        poll.register(self.reader, select.POLLIN)
        while not poll.poll(250):
            took = self.seconds()
            if took > self.wall:
                return ("limit", "timeout")
            if took > 1 and self.report is not None:
                self.spoken = True
                self.report(
                    f"compiling {self.first.name} ({self.first.size >> 20} MB) ... {took:.0f} s"
                )
        return receive(self.reader) or ("died", self.close())

    def close(self) -> int:
        """End the process if it still runs; how it ended, as `os.waitpid` says it."""
        if self.pid:
            os.close(self.writer)
            try:
                os.kill(self.pid, signal.SIGKILL)
                self.status = os.waitpid(self.pid, 0)[1]
            except (ProcessLookupError, ChildProcessError):
                self.status = 0
            self.pid = 0
            os.close(self.reader)
            if self.spoken and self.report is not None:
                self.report(None)
        return self.status
