"""Runs a guarded preview-1 program in the caller's own process, which lives on whatever it does.

No folder is granted here: a folder may hold a FIFO, and opening one blocks in the host, where no
epoch reaches. Such runs, and components, go to the child executor.
"""

from __future__ import annotations

import time

from wherever.engine import faults, nativestack, ticker
from wherever.engine.instance import Failed, call, can_begin
from wherever.engine.settings import Settings
from wherever.engine.store import Store
from wherever.engine.ticker import Watch
from wherever.engine.trap import Ending
from wherever.errors import LimitReached, NotRunnable
from wherever.run import devnull
from wherever.run.ended import Ended, out_of_memory
from wherever.run.loaded import CAPTURED, Loaded, load
from wherever.wasi import preview1
from wherever.wasi.context import configure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.run.job import Job
    from wherever.wasi.preview1 import Linked

_NO_LIMIT = (1 << 63) - 1
_MANY_FILES = (1 << 31) - 1


class Written:
    """What a guest wrote, taken out of the guard's records."""

    __slots__ = ("stderr", "stdout")

    def __init__(self) -> None:
        self.stdout: list[bytes] = []
        self.stderr: list[bytes] = []

    def take(self, records: bytes) -> None:
        """Adds records: u32 stream, u32 length, then the bytes; see `wasi.guard`."""
        at, end = 0, len(records)
        stdout: list[bytes] = []
        stderr: list[bytes] = []
        while at < end:
            size = int.from_bytes(records[at + 4 : at + 8], "little")
            part = records[at + 8 : at + 8 + size]
            (stdout if records[at] == 1 else stderr).append(part)
            at += 8 + size
        # Together: a part of two bytes takes fifty when it is kept alone.
        if stdout:
            self.stdout.append(b"".join(stdout))
        if stderr:
            self.stderr.append(b"".join(stderr))


def suits(job: Job) -> bool:
    """Whether nothing that a job is granted can block in the host, and all output is captured.

    It can then run here if its program can be guarded.
    """
    return (
        not job.mounts
        and not job.network
        and not job.trace
        and job.invoke is None
        and job.stdout in ("capture", "null")
        and job.stderr in ("capture", "null")
        and (isinstance(job.stdin, bytes) or job.stdin == "null")
    )


def attempt(job: Job, watch: Watch | None = None) -> tuple[Ended, bytes, bytes] | None:
    """Runs a job that `suits`; None where that cannot be done here, and nothing was run.

    So it is for programs that cannot be guarded, or can block; where this thread has too little
    stack left; and where something has put itself before the engine's handler of faults.

    A process that runs many guests reserves room for them in a pool, which halves what a run
    costs; where the pool is full, or the program too big for it, memory is found on demand.
    """
    global _runs
    if not nativestack.fits(job.stack):
        return None
    _runs += 1
    pool = 0 if _runs <= _RUNS_BEFORE_POOL else _slots(job)
    loaded = load(job, CAPTURED, pool)
    if loaded.parts is None or loaded.parts.guard is None or loaded.waits:
        return None
    if loaded.parts.command is not None:
        return None
    if not faults.come_here():
        return None
    done = run(job, loaded, watch)
    if loaded.engine.pooled and done[0].message.startswith(_POOL_IS_FULL):
        done = run(job, load(job, CAPTURED), watch)
    return done


_RUNS_BEFORE_POOL = 16
_POOL_SLOTS = 64
_POOL_IS_FULL = "maximum concurrent"
_runs = 0
_known_slots: dict[int, int] = {}


def _slots(job: Job) -> int:
    found = _known_slots.get(job.stack)
    if found is None:
        from wherever.engine.pool_probe import slots

        found = _known_slots[job.stack] = slots(_POOL_SLOTS, Settings(), job.stack)
    return found


def run(job: Job, loaded: Loaded, watch: Watch | None = None) -> tuple[Ended, bytes, bytes]:
    """Runs a job that `suits`; returns how it ended, its stdout and its stderr.

    Args:
        job: what to run.
        loaded: its code, loaded in the mode `CAPTURED`, with a guard.
        watch: set its `killed` from another thread to end the run.

    Raises:
        InputError: its arguments cannot be given to a guest.
        NotRunnable: it has nothing to call.
    """
    parts = loaded.parts
    assert parts is not None
    watch = watch or Watch()
    began, cpu_began = time.monotonic(), time.thread_time()
    if job.timeout is not None:
        watch.deadline = began + job.timeout
    if job.cpu_time is not None:
        watch.cpu_deadline = cpu_began + job.cpu_time
    written = Written()
    try:
        memory = loaded.budget(job.memory)
    except LimitReached as error:
        return Ended("limit", limit="memory", message=error.what), b"", b""
    store = Store(loaded.engine, memory, job.fuel, watch)
    pointer = loaded.engine.pointer
    linked: Linked | None = None
    report: list[int] | None = None
    ending = Ending("exited")
    try:
        mounts, dev = devnull.add(job, loaded)
        configure(store, job.args, job.env, mounts, job.stdin)
        ticker.enter(pointer)
        try:
            linked = preview1.link_guarded(
                store,
                parts,
                (
                    _NO_LIMIT if job.host_calls is None else job.host_calls,
                    min(job.open_files, _MANY_FILES),
                    _NO_LIMIT if job.output is None else job.output,
                    _NO_LIMIT if job.disk is None else job.disk,
                    job.seed,
                ),
                lambda full: written.take(full.captured(full.report()[6])),
                dev=dev,
            )
            start(store, linked, job.entry, job.name)
        except Failed as failed:
            if watch.kept is not None:  # Ctrl-C, or what else a handler of a signal raised
                raise watch.kept from None
            if linked is not None and linked.guard is not None:
                report = linked.report()
            ending = preview1.ending(failed, report, watch)
        finally:
            ticker.leave(pointer)
        ended = Ended.of(ending)
        if linked is not None and linked.guard is not None:
            report = report or linked.report()
            written.take(linked.captured(report[6]))
            ended.host_calls, ended.output = report[2], report[4]
            ended.memory = linked.memory_bytes()
            out_of_memory(ended, memory)
        ended.fuel = store.fuel_used()
    finally:
        store.close()
        if linked is not None:
            linked.release()
    ended.wall_s = time.monotonic() - began
    ended.cpu_s = time.thread_time() - cpu_began
    stdout = b"".join(written.stdout) if job.stdout == "capture" else b""
    stderr = b"".join(written.stderr) if job.stderr == "capture" else b""
    return ended, stdout, stderr


def start(store: Store, linked: Linked, entry: str, name: str) -> None:
    """Calls what a program begins with: `_initialize` of a reactor, then the entry.

    Raises:
        Failed: it trapped, exited by a call, or was stopped.
        NotRunnable: there is nothing to call.
    """
    if linked.is_reactor:
        initialize = linked.main.export(b"_initialize")
        assert initialize is not None
        call(store, initialize)
    wanted = entry or "_start"
    function = linked.entry.export(wanted.encode())
    if function is None or function.kind != 0:
        if entry:
            raise NotRunnable(f"{name} has no function called {entry}", "see: wherever inspect")
        raise NotRunnable(
            f"{name} is a library: it has no _start",
            "call one of its functions with --invoke NAME, or use wherever.load",
        )
    if not can_begin(store, function):
        raise NotRunnable(
            f"{name} cannot be started by {wanted}, which has parameters or results",
            f"call it with --invoke {wanted}, or use wherever.load",
        )
    call(store, function)
