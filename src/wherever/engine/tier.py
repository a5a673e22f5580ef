"""The second compiler: code from the fast one is replaced, in the background, for the next run."""

from __future__ import annotations

import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.cache import Artifact
    from wherever.engine.settings import Settings
    from wherever.engine.source import Source

LONGEST = 600
"""Seconds after which a background process ends, whatever it does."""

AGAIN = 900
"""Seconds after which an attempt that led to nothing is made again."""

_children: list[int] = []


def is_on() -> bool:
    """Whether the user lets us work in the background: `WHEREVER_BACKGROUND` is not 0."""
    return os.environ.get("WHEREVER_BACKGROUND") != "0"


def reap() -> None:
    """Collect background processes of this process that have ended."""
    for pid in _children[:]:
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0]
        except ChildProcessError:
            ended = pid
        if ended and pid in _children:
            _children.remove(pid)


def again(path: str, where: str, artifact: Artifact) -> None:
    """Promote what `cached` found only from the baseline compiler, if nobody does that already."""
    from wherever.engine import cache
    from wherever.engine.source import Source
    from wherever.errors import WhereverError

    wanted = artifact.settings.optimised()
    if not is_on() or _tried_lately(f"{where}/{cache.entry_name(artifact.digest, wanted)}.tried"):
        return
    try:
        source = Source(path, "")
    except WhereverError:
        return
    try:
        if source.stem == artifact.digest:
            promote(where, source, [source.part()], wanted)
    finally:
        source.close()


def promote(
    where: str,
    source: Source,
    parts: Sequence[tuple[str, str, bytes | None, str]],
    wanted: Settings,
) -> None:
    """Start a background process that compiles the same with the optimising compiler.

    Args:
        where: the folder of the entries.
        source: what was asked for.
        parts: what entries say of it, and of the short texts that belong to it.
        wanted: the settings; not the baseline compiler's.
    """
    from wherever.engine import cache, spawning
    from wherever.engine.source import in_memory
    from wherever.errors import WhereverError

    mark = f"{where}/{cache.entry_name(parts[0][0], wanted)}.tried"
    # A folder that goes away with this process is not worth the work.
    if not is_on() or where in cache.stand_in.values() or _tried_lately(mark):
        return
    request_handle = -1
    try:
        memory, cpu = spawning.limits(source.size)
        texts = [(-1, part[2] or b"", part[3]) for part in parts[1:]]
        request = {
            **spawning.paths(),
            "where": where,
            "sources": [(3, source.digest, source.name), *texts],
            "parts": list(parts),
            "settings": wanted.key,
            "memory": memory,
            "cpu": min(cpu, LONGEST),
        }
        request_handle = in_memory(marshal.dumps(request, 4))
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        os.utime(mark)
        streams = (request_handle, -1, -1)
        _children.append(spawning.start("tier.py", streams, [source.handle], session=True))
    except (OSError, WhereverError):
        pass  # the program runs without it
    finally:
        if request_handle >= 0:
            os.close(request_handle)


def _tried_lately(mark: str) -> bool:
    try:
        return time.time() - os.lstat(mark).st_mtime < AGAIN
    except OSError:
        return False


def main() -> None:
    """The background process: one request on standard input, no answer."""
    import signal

    signal.alarm(LONGEST)
    os.chdir("/")
    step_back()
    wait_in_line()
    with open(0, "rb", closefd=False) as file:
        request = marshal.loads(file.read())
    sys.path[:0] = [request["src"], request["site"]]
    from wherever.engine.compile_child import obey_limits

    obey_limits(request["memory"], request["cpu"])
    work(request)


def step_back() -> None:
    """Leave the processor to everybody else."""
    os.nice(19)
    try:
        # With automatic groups the kernel weighs sessions, not the processes in them.
        with open("/proc/self/autogroup", "w") as file:
            file.write("19")
    except OSError:
        pass
    if hasattr(os, "SCHED_IDLE"):
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:
            pass


def queue() -> str:
    """The file whose owner may work in the background; one for all caches of a user."""
    return f"{os.environ.get('XDG_RUNTIME_DIR') or '/tmp'}/wherever-background-{os.geteuid()}"


def wait_in_line() -> int:
    """Wait until no other background process of this user works; an open file, or -1."""
    from fcntl import LOCK_EX, flock

    handle = -1
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        handle = os.open(queue(), flags, 0o600)
        if os.fstat(handle).st_uid == os.geteuid():
            flock(handle, LOCK_EX)
    except OSError:
        pass  # then several work at once
    return handle


def work(request: dict[str, Any]) -> bool:
    """Compile and keep what a request asks for, unless another process does; whether it did."""
    from wherever.engine import cache, compile_child, inventory, keep
    from wherever.engine.settings import Settings

    where, parts = request["where"], request["parts"]
    wanted = Settings.from_key(request["settings"])
    name = cache.entry_name(parts[0][0], wanted)
    lock = keep.Lock(where, f"{name}-background")
    if not cache.is_ours(where) or not lock.take():
        return False
    temp = keep.temp_name(where)
    began = time.monotonic()
    try:
        if cache.find(parts[0][0], wanted, parts[0][2], tiers=False) is None:
            asked = {**request, "temp": temp, "companions": False, "tier": 0, "parent": 0}
            answer = compile_child.answer(asked)
            if answer[0] != "done":
                return False
            keep.commit_all(where, parts, answer[1], time.monotonic() - began)
            inventory.bound(where)
        os.unlink(f"{where}/{name}.tried")
    except OSError:
        return False
    finally:
        inventory.sweep(where, temp)
        lock.release()
    return True


if __name__ == "__main__":
    main()
