"""Processes of ours as the system knows them: never mistaken for others that got their number."""

from __future__ import annotations

import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CHILDREN_TOO = 4
"""Of the fields behind the command's name: how many count processor time."""


def identity(pid: int) -> dict[str, Any]:
    """What tells a process from every other of this machine, also after a restart; or nothing.

    Returns:
        `pid`, `start` (ticks after the machine's start) and `boot` (which start that was).
    """
    fields = _fields(pid)
    return {"pid": pid, "start": int(fields[19]), "boot": _boot()} if fields else {}


def signalled(who: dict[str, Any], number: int, seconds: float = 0.0) -> bool:
    """Sends a signal to exactly that process, and waits for its end.

    Args:
        who: its `identity`.
        number: of the signal.
        seconds: that are waited at most.

    Returns:
        Whether it has ended. A process that has its number by now gets no signal.
    """
    until = time.monotonic() + seconds
    pid = who.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return True
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except OSError:
        return _signalled_by_number(who, number, until)
    try:
        # From here on the handle means one process, whatever becomes of the number.
        if identity(pid) != who:
            return True
        signal.pidfd_send_signal(handle, number)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000))
    except ProcessLookupError:
        return True
    finally:
        os.close(handle)


def _signalled_by_number(who: dict[str, Any], number: int, until: float) -> bool:
    """The same where the system has no handles of processes: before Linux 5.3."""
    if identity(who["pid"]) != who:
        return True
    try:
        os.kill(who["pid"], number)
    except ProcessLookupError:
        return True
    while identity(who["pid"]) == who:
        if time.monotonic() >= until:
            return False
        time.sleep(0.01)
    return True


def usage(who: dict[str, Any]) -> tuple[float, int] | None:
    """Seconds of processor time and bytes of memory of a process, or None where it has ended."""
    pid = who.get("pid")
    fields = _fields(pid) if isinstance(pid, int) else []
    if not fields or identity(int(who["pid"])) != who:
        return None
    ticks = sum(int(each) for each in fields[11 : 11 + _CHILDREN_TOO])
    pages = int(fields[21])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE")


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the command's name, from its state on; the dead none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode("ascii", "replace")
    except OSError:
        return []
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > 21 and fields[0] not in ("Z", "X") else []


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""
