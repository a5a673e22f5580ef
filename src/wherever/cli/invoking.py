"""`wherever run --invoke` of components: arguments and results as JSON, help from the types."""

from __future__ import annotations

import sys

from wherever.errors import InputError, NotRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.run.job import Job
    from wherever.run.program import Program

_MEANT = frozenset(
    "invoke invoke_help memory timeout cpu_time fuel stack output host_calls env env_file"
    " deterministic json quiet".split()
)


def invoke(job: Job, program: Program, values: dict[str, Any], rest: list[str]) -> int | None:
    """Calls what is asked for, and prints what it gives; None where it is no component.

    Raises:
        InputError: the arguments do not fit, or an option grants what a library cannot have.
        NotRunnable: there is no such function.
        GuestError: it did not come back.
    """
    from wherever.run.components import Plan, bytes_at
    from wherever.run.invoking import Absent

    if not _is_component(program):
        if "invoke_help" in values:
            raise NotRunnable(
                "only functions of components have help",
                "wherever inspect shows those of a module",
            )
        return None
    data = bytes_at(program.wasm)
    name = program.name.rpartition("/")[2]
    if "invoke_help" in values:
        return _help(data, job.entry, name)
    unmeant = sorted(values.keys() - _MEANT)
    if unmeant:
        raise InputError(
            f"{_flag(unmeant[0])} has no meaning for a function of a component, which has no files,"
            " no network and no input",
            "leave it out, or run the component as a command",
        )
    if "output" not in values:
        job.output = 64 << 20  # it is kept until the function returns
    program.narrow(job, values)
    plan = Plan(
        name,
        data,
        _limits(job),
        Absent(name),
        env={key.decode(): value.decode() for key, value in job.env},
        seed=(job.seed or 0) if job.deterministic else None,
    )
    return _print(plan, job, rest, "json" in values)


def _print(plan: Any, job: Job, rest: list[str], as_json: bool) -> int:
    from wherever.component.jsonvalues import to_json
    from wherever.run.invoking import call_with_text, is_error, written

    opened = plan.open()
    try:
        found, result = call_with_text(opened, job.entry, rest)
    finally:
        stdout, stderr = b"".join(opened.wasi.stdout), b"".join(opened.wasi.stderr)
        if not as_json:
            sys.stdout.buffer.write(stdout)
            sys.stdout.flush()
            sys.stderr.buffer.write(stderr)
            sys.stderr.flush()
        opened.gate.close()
    if as_json:
        import json

        told = {
            "result": None if found.result is None else to_json(found.result, result),
            "stdout": stdout.decode("utf-8", "replace"),
            "stderr": stderr.decode("utf-8", "replace"),
        }
        print(json.dumps(told, indent=2))
    elif is_error(found, result):
        sys.stderr.buffer.write(written(found, result))
        sys.stderr.flush()
    else:
        sys.stdout.buffer.write(written(found, result))
        sys.stdout.flush()
    return int(is_error(found, result))


def _help(data: bytes, entry: str, name: str) -> int:
    from wherever.cli.terminal import escape
    from wherever.run.invoking import explained, usage
    from wherever.wit.api import offered
    from wherever.wit.reading import world

    found = world(data)
    if entry:
        print(escape(explained(found, entry, name), "\n"))
        return 0
    for interface in offered(found):
        for function in interface.functions:
            print(escape(usage(function)))
    return 0


def _is_component(program: Program) -> bool:
    from wherever.wasm.head import COMPONENT

    if not program.wasm or program.starter:
        return False
    with open(program.wasm, "rb") as file:
        return file.read(8) == COMPONENT


def _flag(name: str) -> str:
    from wherever.cli.options import OPTIONS

    return next(option.flags[0] for option in OPTIONS if option.name == name)


def _limits(job: Job) -> Any:
    from wherever.policy.limits import Limits

    return Limits(
        memory=job.memory,
        timeout=job.timeout,
        cpu_time=job.cpu_time,
        fuel=job.fuel,
        stack=job.stack,
        output=job.output,
        host_calls=job.host_calls,
    )
