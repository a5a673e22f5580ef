"""Runs the plainest jobs in this process, by the front door where there is one.

Most runs are such: a command that was compiled before, with nothing granted to it but its
arguments, its variables and the streams of this process.
"""

from __future__ import annotations

from wherever.engine import cache, front
from wherever.engine.budget import divide
from wherever.engine.settings import Settings
from wherever.errors import LimitReached
from wherever.run.ended import Ended, out_of_memory
from wherever.run.watchdog import ProcessorTime, WallTime, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.run.job import Job


def attempt(
    job: Job,
    report: Callable[[Ended], object],
    started: Callable[[], object] | None = None,
) -> Ended | None:
    """Runs `job` as `direct.run` would; None where it is not plain, and nothing was run.

    The process is left, as it is there, where a limit of time is reached or SIGINT comes.

    Args:
        job: what to run. The calling thread must be the only one.
        report: gets the ending where this call does not come back.
        started: called when the guest is about to start.
    """
    if not is_plain(job):
        return None
    assert isinstance(job.wasm, str)
    artifact = cache.cached(job.wasm, Settings(), tiers=False)
    if artifact is None or not is_command(artifact.facts):
        return None
    try:
        budget = divide(job.memory, [artifact.facts])
    except LimitReached:
        return None
    guest = front.load(artifact, job.stack, budget, job.args, job.env)
    if guest is None:
        return None
    watchdog = Watchdog(report, True, started)
    if job.timeout is not None:
        watchdog.gauges.append(WallTime(job.timeout))
    if job.cpu_time is not None:
        watchdog.gauges.append(ProcessorTime(job.cpu_time))
    try:
        watchdog.start()
        ending, memory = guest()
        ended = watchdog.finish(Ended.of(ending))
    finally:
        watchdog.cancel()
    ended.memory = memory
    out_of_memory(ended, budget)
    return ended


def is_plain(job: Job) -> bool:
    """Whether a job asks for nothing that has to be guarded, counted, shown or given."""
    granted = (job.mounts, job.network)
    unusual = (job.provide, job.starter, *granted, job.entry, job.trace, job.deterministic)
    counted = (job.invoke, job.fuel, job.output, job.host_calls)
    return (
        isinstance(job.wasm, str)
        and job.stdin == job.stdout == job.stderr == "inherit"
        and not any(unusual)
        and counted == (None, None, None, None)
    )


def is_command(facts: dict[str, Any]) -> bool:
    """Whether it is a module that is started by `_start` and nothing else, and opens no files.

    Its imports are looked at where it is linked.
    """
    return (
        facts["kind"] == "module"
        and ("_start", "func", "() -> ()") in facts["exports"]
        and ("_initialize", "func", "() -> ()") not in facts["exports"]
        and not any(name == _OPEN for _, name, _, _ in facts["imports"])
    )


_OPEN = "path_open"
