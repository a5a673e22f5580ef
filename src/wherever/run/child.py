"""Runs a job in a worker process: for guests that can block in the host, where only a kill ends.

The worker ends a run by itself when a limit is reached. This side counts what it captures, and
kills the worker where it does not do its part in time.
"""

from __future__ import annotations

from wherever.run import workers
from wherever.run.ended import outcome_of
from wherever.run.exchange import Exchange, Stale
from wherever.run.streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.engine.ticker import Watch
    from wherever.policy.outcome import Outcome
    from wherever.run.job import Job


def run(
    job: Job,
    trace: Callable[[str], object] | None = None,
    watch: Watch | None = None,
    python: bool = True,
) -> Outcome:
    """Runs `job` in a worker and waits for its end.

    Streams that are "capture" come back in the outcome, up to the job's limit of output.

    Args:
        job: what to run; paths in it may be relative.
        trace: gets each line of a trace, where the job asks for one.
        watch: set its `killed` from another thread to end the run.
        python: hints name the arguments of `wherever.run`, not the command's options.

    Raises:
        NotRunnable: the program cannot be started; NotGranted: it needs what it was not given.
        InputError: something in the job cannot be used, or no process can be started.
        InternalError: the worker broke off in a way that is our fault.
    """
    while True:
        with Streams(job) as streams:
            exchange = Exchange(job, workers.take(), trace)
            try:
                exchange.send(streams)
                ended = exchange.finish(streams, watch)
            except Stale:
                continue
            finally:
                exchange.release()
            return outcome_of(
                job, ended, *streams.captured(), streams.overflowed, exchange.refused, python
            )
