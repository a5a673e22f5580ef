"""Runs what no guard can stand before, watched from outside: components, and unusual modules."""

from __future__ import annotations

import os

from wherever.engine.instance import Failed
from wherever.run import devnull
from wherever.run.ended import Ended
from wherever.run.gauges import BytesToFiles, OpenFiles, Resident, Walls
from wherever.run.pump import Pump
from wherever.wasi import preview2
from wherever.wasi.context import configure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.engine.store import Store
    from wherever.run.job import Job
    from wherever.run.loaded import Loaded
    from wherever.run.watchdog import Watchdog
    from wherever.wasi.preview1 import Linked

    Plain = Callable[[Job, Loaded, Store, Watchdog], tuple[Ended, Linked | None]]


def run(
    job: Job, program: Loaded, store: Store, watchdog: Watchdog, plain: Plain
) -> tuple[Ended, Linked | None]:
    """Runs `job` in its store; how it ended, and its instances if it is a module.

    Args:
        job: what to run.
        program: its code.
        store: where it runs, not configured yet.
        watchdog: gets the gauges; not started yet.
        plain: runs a module.

    Raises:
        NotRunnable: there is nothing to call.
        InputError: a folder, a stream or an argument cannot be given.
    """
    writes = job.disk is not None and any(not read_only for _, _, read_only in job.mounts)
    pump = None
    linked = None
    opened: list[int] = []
    walls = Walls()
    store.can_be_halted()

    def relief() -> None:
        # What it does while its end is told is not stopped by anything else.
        store.halt()
        walls.close()

    watchdog.relief = relief
    streams = {"stdout": job.stdout, "stderr": job.stderr}
    try:
        if job.output is not None or writes:
            pump = Pump(job.output, lambda: watchdog.stop(Ended("limit", limit="output")))
            for fd, (name, where) in enumerate(streams.items(), 1):
                if where == "inherit":
                    streams[name] = pump.add(fd)
                elif where != "null":
                    opened.append(os.open(where, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))
                    streams[name] = pump.add(opened[-1])
        mounts, _ = devnull.add(job, program)
        folder = job.working_folder()
        configure(store, job.args, job.env, mounts, job.stdin, **streams, inside=folder)
        if job.mounts:
            watchdog.gauges.append(OpenFiles(job.open_files))
            walls.files(job.open_files)
        if writes and job.disk is not None:
            assert pump is not None
            watchdog.gauges.append(BytesToFiles(job.disk, pump.streamed))
            if not pump.leads_to_files():  # which may be of any size
                walls.file_size(job.disk)
        if program.parts is None:
            watchdog.gauges.append(Resident(job.memory))
        if pump is not None:
            pump.start()
            watchdog.settle = pump.drain
        if program.parts is None:
            ended = _component(job, program, store, watchdog)
        else:
            ended, linked = plain(job, program, store, watchdog)
    finally:
        watchdog.cancel()
        walls.close()
        for gauge in watchdog.gauges:
            gauge.close()
        if pump is not None:
            pump.close()
        for fd in opened:
            os.close(fd)
    if pump is not None:
        ended.output = pump.passed
        if pump.overflowed and ended.kind != "limit":
            ended.kind, ended.limit = "limit", "output"
    return ended, linked


def _component(job: Job, program: Loaded, store: Store, watchdog: Watchdog) -> Ended:
    watchdog.start()
    try:
        ending = preview2.run(store, program.main, job.seed if job.deterministic else None)
    except Failed as failed:
        ending = failed.ending
    return watchdog.finish(Ended.of(ending))
