"""Starts what `wherever run` names in this process, and tells how it ended."""

from __future__ import annotations

import gc
import sys

from wherever import together
from wherever.cli.request import asked, complete
from wherever.errors import NotRunnable, WhereverError
from wherever.run.program import Program
from wherever.system import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.run.detached.telling import Telling
    from wherever.run.ended import Ended
    from wherever.run.job import Job
    from wherever.store.progress import Progress


def start(
    values: dict[str, Any], what: str, rest: list[str], telling: Telling | None = None
) -> int:
    """Run WHAT with the guest's arguments `rest` under the options' `values`.

    Where the guest ran here, this process is left with its code, and nothing after the call
    happens. With `--json` the guest runs in a process of its own, and the code is returned.

    Args:
        telling: who hears of its start and its end, where this process is a detached program's.
    """
    if telling is None and ("detach" in values or "name" in values):
        from wherever.cli.detaching import detach

        return detach(values, what, rest)
    # Before the program, which may have to be fetched for minutes.
    job = asked(values, rest)
    before = set(sys.modules)
    program = _program(what, values)
    if "package_command" in values:
        from wherever.run.packaged import start_with

        start_with(program, values["package_command"])
    wants: tuple[str, ...] | None = None
    if program.package is not None:
        from wherever.cli.wants import tell

        wants = tell(program.package, what, quiet="quiet" in values, as_json="json" in values)
    if job.invoke is not None or "invoke_help" in values:
        from wherever.cli.invoking import invoke

        code = invoke(job, program, values, rest)
        if code is not None:
            program.clear()
            return code
    looked = set(sys.modules) - before
    if program.newer and "quiet" not in values:
        from wherever.cli.terminal import say

        say(f"{program.newer} is newer than what was built; wherever build {what}")
    try:
        complete(job, program, values, rest)
        try:
            if "json" in values:
                return _captured(job, values, wants)
            _run(job, program, values, what, looked, telling)
        except WhereverError as error:
            _explain(error, program, what)
            raise
    finally:
        program.clear()
    return 0


def _explain(error: WhereverError, program: Program, what: str) -> None:
    """Name the program, and say what to do about a file that the engine room did not take."""
    if isinstance(error, NotRunnable) and not error.hint and os.path.isfile(what):
        from wherever.run.resolve import resolve

        resolve(what)  # says more, where it is not even meant to be a module
        error.hint = "build or copy it again"
    if program.name not in error.what:
        error.what = f"{program.name}: {error.what}"


def _program(what: str, values: dict[str, Any]) -> Program:
    if what.endswith(".wasm") and os.path.isfile(what):
        # The engine room has its own words for a file that is no module.
        return Program(what, what.rpartition("/")[2])
    from wherever.run.resolve import resolve

    return resolve(what, _bar(values))


def _run(
    job: Job,
    program: Program,
    values: dict[str, Any],
    what: str,
    looked: set[str],
    telling: Telling | None,
) -> None:
    """Run it here, and leave; `looked` are modules that only looking for it has loaded."""
    from wherever.run import plain

    # All that a start has made stays until the end: no search for garbage shall look at it.
    gc.freeze()
    gc.enable()

    def report(ended: Ended) -> None:
        if ended.kind != "exited" or "stats" in values:
            from wherever.cli.outcome import tell

            tell(job, ended, "stats" in values)
        if program.is_script and ended.status and not values.keys() & _KNOWING:
            _say_what_it_missed(ended, what)
        program.clear()
        if telling is not None:
            telling.ended(job, ended)

    started = None if telling is None else lambda: telling.started(job)
    ended = plain.attempt(job, report, started)
    parts = {"start": set(sys.modules) - looked}
    if ended is None:
        together.load("direct")
        from wherever.run import direct

        trace = _tracer() if job.trace else None
        ended = direct.run(
            job, report, True, trace, started, _progress(values), _refused(job, values)
        )
        parts["direct"] = set(sys.modules) - parts["start"] - looked
    report(ended)
    if values.keys() <= _COMMON:
        try:
            _keep(parts)
        except KeyboardInterrupt:
            pass  # the guest has ended, and as it did
    os._exit(ended.status)


def _say_what_it_missed(ended: Ended, script: str) -> None:
    from wherever.cli.neighbours import missed
    from wherever.cli.terminal import say

    found = missed(script) if ended.kind == "exited" else None
    if found is not None:
        say(f"{script}: it does not see {found[0]}, which lies beside it; {found[1]}")


_KNOWING = {"quiet", "env", "env_file"}
"""Options of those who want no notes, or may have told an interpreter where to look."""

_COMMON = {"memory", "timeout", "cpu_time", "stack", "env", "quiet"}
"""Options that need no modules but those that are gathered."""


def _keep(parts: dict[str, set[str]]) -> None:
    for part, names in parts.items():
        if together.is_wanted(part):
            from wherever.cli import gather

            if part == "start":  # and what limits need, for most starts have some
                from wherever.policy import quantity
                from wherever.run import words

                names |= {"wherever.policy", quantity.__name__, words.__name__}
            gather.save(part, names)


def _captured(job: Job, values: dict[str, Any], wants: tuple[str, ...] | None) -> int:
    from wherever.cli.outcome import as_json
    from wherever.run import child

    gc.enable()
    job.stdout = job.stderr = "capture"
    if "output" not in values:
        job.output = 64 << 20

    def trace(line: str) -> None:
        from wherever.cli.outcome import show_call

        show_call(line, "")

    outcome = child.run(job, trace, python=False)
    print(as_json(job, outcome, wants), flush=True)
    return outcome.exit_code


def _tracer() -> Callable[[str, str], object]:
    from wherever.cli.outcome import show_call

    return show_call


def _refused(job: Job, values: dict[str, Any]) -> Callable[[str], object]:
    def tell(text: str) -> None:
        if "quiet" not in values:
            from wherever.cli.terminal import RED, say

            say(f"{job.name}: {text}", RED)

    return tell


def _progress(values: dict[str, Any]) -> Callable[[str | None], object]:
    shown: list[Callable[[str | None], object]] = []

    def show(text: str | None) -> None:
        # Loaded at the first line: most starts compile nothing.
        if not shown:
            from wherever.cli.terminal import progress

            shown.append(progress("quiet" in values))
        shown[0](text)

    return show


def _bar(values: dict[str, Any]) -> Progress | None:
    if "quiet" not in values:
        return None
    from wherever.store.progress import quiet

    return quiet
