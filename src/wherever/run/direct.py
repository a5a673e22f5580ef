"""Runs a job in this process, which belongs to the run and may be left in the middle of it."""

from __future__ import annotations

import os

from wherever.engine import budget, nativestack
from wherever.engine.instance import Failed
from wherever.engine.store import Store
from wherever.errors import InputError, LimitReached, NotRunnable
from wherever.run import devnull, loaded, reaching
from wherever.run.ended import Ended, out_of_memory
from wherever.run.hosted import start
from wherever.run.watchdog import ProcessorTime, WallTime, Watchdog, block_interrupts
from wherever.wasi import preview1
from wherever.wasi.context import configure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.run.job import Job
    from wherever.run.loaded import Loaded
    from wherever.wasi.outgoing import Outgoing
    from wherever.wasi.preview1 import Linked

    Trace = Callable[[str, str], object]
    Begin = Callable[[Store, Linked], object]

_NO_LIMIT = (1 << 63) - 1
_MOST_FILES = (1 << 31) - 1

_fitting: set[int] = set()
"""Sizes of guests' stacks that this process's first thread has room for."""


def run(
    job: Job,
    report: Callable[[Ended], object],
    interrupt: bool = False,
    trace: Trace | None = None,
    started: Callable[[], object] | None = None,
    progress: Callable[[str | None], object] | None = None,
    refused: Callable[[str], object] | None = None,
) -> Ended:
    """Runs `job` here; it gets this process's own streams where it inherits them.

    Where a limit is reached that nothing in the guest can see, `report` is called with how the
    run ended, on another thread, and the process is left with that ending's exit code: nothing
    after the call happens.

    Args:
        job: what to run.
        report: gets the ending where this call does not come back.
        interrupt: end the run on SIGINT too. The calling thread must be the only one.
        trace: gets each call of a preview-1 guest in words, and what would have granted it.
        started: called when all is loaded and the guest is about to start.
        progress: gets lines of progress while something is compiled.
        refused: gets in words what the guest wants of the network and was not granted.

    Raises:
        NotFound: there is no such program.
        NotRunnable: the program cannot be started.
        NotGranted: it needs what it was not granted.
        InputError: something in the job cannot be used.
    """

    def here() -> Ended:
        return _run(job, report, interrupt, trace, started, progress, refused)

    if job.stack in _fitting or nativestack.fits_first_thread(job.stack):
        _fitting.add(job.stack)
        return here()
    if interrupt:
        block_interrupts()
    return nativestack.on_a_larger_stack(here, job.stack)


def _run(
    job: Job,
    report: Callable[[Ended], object],
    interrupt: bool,
    trace: Trace | None,
    started: Callable[[], object] | None,
    progress: Callable[[str | None], object] | None,
    refused: Callable[[str], object] | None,
) -> Ended:
    program = _load(job, progress)
    begin = _beginning(job, program)
    watchdog = Watchdog(report, interrupt, started)
    if job.timeout is not None:
        watchdog.gauges.append(WallTime(job.timeout))
    if job.cpu_time is not None:
        watchdog.gauges.append(ProcessorTime(job.cpu_time))
    if job.mounts:
        watchdog.spare_files()
    guarded = program.parts is not None and program.parts.guard is not None
    linked = None
    try:
        limits = budget.divide(job.memory, program.facts, 1 if guarded else 0)
        with Store(program.engine, limits, job.fuel) as store:
            if program.parts is None or (not guarded and (job.mounts or job.output is not None)):
                from wherever.run import unguarded

                def plain(
                    job: Job, program: Loaded, store: Store, watchdog: Watchdog
                ) -> tuple[Ended, Linked | None]:
                    return _plain(job, program, store, watchdog, begin)

                ended, linked = unguarded.run(job, program, store, watchdog, plain)
            else:
                mounts, dev = devnull.add(job, program)
                streams = job.stdin, job.stdout, job.stderr
                configure(store, job.args, job.env, mounts, *streams, inside=job.working_folder())
                if guarded:
                    outgoing = reaching.outgoing(job, program, refused, trace)
                    ended, linked = _guarded(
                        job, program, store, watchdog, begin, trace, dev, outgoing
                    )
                else:
                    ended, linked = _plain(job, program, store, watchdog, begin)
            ended.fuel = store.fuel_used()
            if linked is not None:
                ended.memory = linked.memory_bytes()
                out_of_memory(ended, limits)
    except LimitReached as error:
        return Ended("limit", limit=error.limit, message=error.what)
    finally:
        watchdog.cancel()
    return ended


def warm() -> None:
    """Loads now what the first job will need."""
    from wherever.engine.runtime import engine
    from wherever.engine.settings import Settings

    engine(Settings())


def _load(job: Job, progress: Callable[[str | None], object] | None) -> Loaded:
    program = _found(job, progress)
    if job.network:
        reaching.check(job, program)
    return program


def _found(job: Job, progress: Callable[[str | None], object] | None) -> Loaded:
    counted = job.output is not None or job.host_calls is not None
    if not (job.mounts or counted or job.deterministic or job.trace):
        return loaded.load(job, loaded.PLAIN, report=progress)
    try:
        program = loaded.load(job, loaded.GUARDED, report=progress)
    except NotRunnable:
        # Where this raises too, it says what is wrong with the program itself.
        program = loaded.load(job, loaded.PLAIN, report=progress)
        if job.deterministic:
            raise
    if program.parts is None or program.parts.guard is None:
        if job.host_calls is not None:
            raise InputError(
                f"the calls of {job.name} out of the sandbox cannot be counted",
                "only commands of WASI preview 1 with a memory of their own can have that limit",
            )
        if job.deterministic and program.parts is not None:
            raise InputError(
                f"the clocks and the random bytes of {job.name} cannot be replaced",
                "only components, and commands of WASI preview 1 with a memory of their own that"
                " call nothing as they are instantiated, can be run deterministically",
            )
        if job.trace:
            raise InputError(
                f"the calls of {job.name} cannot be traced",
                "only commands of WASI preview 1 with a memory of their own can",
            )
    return program


def _beginning(job: Job, program: Loaded) -> Begin:
    """What is called once everything is linked: the program's start, or the function asked for."""
    if job.invoke is None:
        return lambda store, linked: start(store, linked, job.entry, job.name)
    from wherever.run.invoke import prepare

    invocation = prepare(job, program.main.facts)

    def invoke(store: Store, linked: Linked) -> None:
        results = invocation(store, linked)
        os.write(1, "".join(f"{result}\n" for result in results).encode())

    return invoke


def _guarded(
    job: Job,
    program: Loaded,
    store: Store,
    watchdog: Watchdog,
    begin: Begin,
    trace: Trace | None,
    dev: int,
    outgoing: Outgoing | None,
) -> tuple[Ended, Linked | None]:
    """A preview-1 program whose calls the guard counts."""
    assert program.parts is not None
    allowed = (
        _NO_LIMIT if job.host_calls is None else job.host_calls,
        min(job.open_files, _MOST_FILES),
        _NO_LIMIT if job.output is None else job.output,
        _NO_LIMIT if job.disk is None else job.disk,
        job.seed,
    )
    linked = None
    watchdog.start()
    try:
        linked = preview1.link_guarded(
            store, program.parts, allowed, trace=_described(trace), dev=dev, outgoing=outgoing
        )
        begin(store, linked)
        ended = Ended("exited")
    except Failed as failed:
        guarded = linked is not None and linked.guard is not None
        report = linked.report() if linked is not None and guarded else None
        ended = Ended.of(preview1.ending(failed, report, None))
    if outgoing is not None:
        outgoing.close()
    ended = watchdog.finish(ended)
    if linked is not None and linked.guard is not None:
        counts = linked.report()
        ended.host_calls, ended.output = counts[2], counts[4]
    return ended, linked


def _described(trace: Trace | None) -> Callable[[Linked, int, int], object] | None:
    if trace is None:
        return None
    from wherever.wasi.trace import describe

    return lambda linked, number, errno: trace(*describe(linked, number, errno))


def _plain(
    job: Job, program: Loaded, store: Store, watchdog: Watchdog, begin: Begin
) -> tuple[Ended, Linked | None]:
    """A preview-1 program that calls the library's functions itself."""
    assert program.parts is not None
    codes: list[int] = []
    linked = None
    watchdog.start()
    try:
        linked = preview1.link_plain(store, program.parts, codes.append)
        begin(store, linked)
        ended = Ended("exited")
    except Failed as failed:
        ended = Ended("exited", codes[0]) if codes else Ended.of(failed.ending)
    return watchdog.finish(ended), linked
