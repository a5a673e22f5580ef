"""What the process of a detached program tells its keeper: that it began, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os

from wherever.run.words import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from wherever.run.ended import Ended
    from wherever.run.job import Job

    Strangers = dict[int, tuple[int, int]]

LIMITS = (
    "memory", "timeout", "cpu_time", "fuel", "output", "disk", "open_files", "host_calls", "stack",
)  # fmt: skip
"""The limits of a job, as they are told."""

_TIMES = ("timeout", "cpu_time")


class Telling:
    """The end of a pipe to the keeper, in the process that the program runs in.

    Args:
        pipe: where to tell it.
        stderr: what becomes stderr as the program starts; until then it is that of who waits.
        given: the `strangers` of this process, which it may read until then.
    """

    def __init__(self, pipe: int, stderr: int, given: Strangers) -> None:
        self._pipe = pipe
        self._stderr = stderr
        self._given = given

    def started(self, job: Job) -> None:
        """The guest is about to start: from now on nobody but the log hears of it."""
        os.dup2(self._stderr, 2)
        os.close(self._stderr)
        close(self._given)
        limits = {name: getattr(job, name) for name in LIMITS}
        self._tell({"started": {"program": job.name, "limits": limits}})

    def ended(self, job: Job, ended: Ended) -> None:
        """The guest has ended."""
        limit = ended.limit or None
        used = {"timeout": ended.wall_s, "cpu_time": ended.cpu_s}.get(ended.limit)
        allowed = getattr(job, limit) if limit in LIMITS else None
        message, hint = words(ended.kind, limit, allowed, used, ended.message)
        self._tell(
            {
                "ended": {
                    "ended": ended.kind,
                    "exit_code": ended.status,
                    "limit": limit,
                    "message": message,
                    "hint": hint,
                    "usage": {
                        "wall_s": ended.wall_s,
                        "cpu_s": ended.cpu_s,
                        "memory": ended.memory,
                    },
                }
            }
        )

    def _tell(self, what: dict[str, Any]) -> None:
        try:
            os.write(self._pipe, json.dumps(what).encode() + b"\n")
        except OSError:
            pass  # the keeper is gone, and this process will be in a moment


def strangers(ours: Container[int]) -> Strangers:
    """What this process was given open besides its streams, such as a pipe that a shell made.

    Args:
        ours: the descriptors that are not.
    """
    found = {}
    for name in os.listdir("/proc/self/fd"):
        handle = int(name)
        if handle > 2 and handle not in ours:
            with contextlib.suppress(OSError):  # it was that of the folder
                found[handle] = _file(handle)
    return found


def close(given: Strangers) -> None:
    """Closes them: who waits for the end of a pipe or a lock is not to wait for ours."""
    for handle, file in given.items():
        with contextlib.suppress(OSError):
            if _file(handle) == file:
                os.close(handle)


def _file(handle: int) -> tuple[int, int]:
    facts = os.fstat(handle)
    return facts.st_dev, facts.st_ino


def in_words(limits: dict[str, Any]) -> str:
    """The limits that can end a program, for people.

    Example:
        >>> in_words({"memory": 1 << 30, "timeout": None, "cpu_time": 5.0, "disk": None})
        '1 GiB of memory, 5 s of processor time, no limit of wall time'
    """
    from wherever.policy.quantity import format_bytes

    found = []
    for name, of in _SAID.items():
        value = limits.get(name)
        if value is None:
            continue
        if name in _TIMES:
            found.append(f"{value:g} s of {of}")
        elif name in ("fuel", "host_calls"):
            found.append(f"{value:,} {of}")
        else:
            found.append(f"{format_bytes(value)} {of}")
    if limits.get("timeout") is None:
        found.append("no limit of wall time")
    return ", ".join(found)


_SAID = {
    "memory": "of memory",
    "timeout": "wall time",
    "cpu_time": "processor time",
    "fuel": "instructions",
    "output": "of output",
    "disk": "written to files",
    "host_calls": "calls out",
}
