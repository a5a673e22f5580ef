"""`wherever.run`: a program in a sandbox, from its start to its outcome."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Unpack

from wherever.engine.ticker import Watch
from wherever.errors import InputError
from wherever.policy.grants import Grants
from wherever.policy.limits import Limits
from wherever.policy.outcome import Outcome
from wherever.run import child, hosted
from wherever.run.ended import outcome_of
from wherever.run.job import Job
from wherever.run.request import (
    Folder,
    LimitValues,
    What,
    bytes_for,
    job_for,
    limits_for,
    program_for,
)

Stream = Literal["capture", "inherit", "null"]


def run(
    what: What,
    args: Sequence[str | os.PathLike[str]] = (),
    *,
    input: bytes | str | None = None,
    stdin: Literal["inherit", "null"] = "null",
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    net: Sequence[str] = (),
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    trace: Callable[[str], object] | None = None,
    check: bool = False,
    grants: Grants | None = None,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> Outcome:
    """Runs a program in a sandbox that reaches nothing but what is granted here.

    It is shaped like `subprocess.run`, but what the program writes is captured unless asked
    otherwise, and how it ended is always told by the outcome.

    Args:
        what: a file, a script, a name of the catalogue, `pypi:`/`npm:` and a file, or the bytes
            of a module.
        args: the program's arguments, without its name.
        input: what it finds on its stdin; text is encoded in UTF-8.
        stdin: where `input` is not given: nothing, or this process's own.
        stdout: captured, this process's own, or thrown away.
        stderr: the same.
        dirs: folders to grant, as `HOST:GUEST`, `HOST:GUEST:ro`, a path, or a `Mount`.
        env: its environment; it has no other.
        net: hosts that it may ask by HTTP, as `HOST` or `HOST:PORT`; of those programs that ask
            by `wasi:http`.
        workdir: the guest's folder for relative paths, inside of a granted one.
        entrypoint: the export to call instead of the program's own start.
        deterministic: virtual clock, random bytes from this seed, and instructions counted.
        trace: gets one line for each call out of the sandbox.
        check: raise for any end but exit code 0.
        grants: what it may reach, as a value; `dirs`, `env` and `net` are added to it.
        limits: what it may use, as a value; the keywords named like its fields replace them.

    Raises:
        NotFound, NotRunnable: there is no such program, or none that can be run.
        NotGranted: it cannot start without what it was not given.
        InputError: a value cannot be used.
        LimitReached, Trapped, WhereverError: with `check`, for the way it ended.

    Example:
        >>> import wherever
        >>> module = b'(module (memory (export "memory") 1) (func (export "_start")))'
        >>> wherever.run(module, timeout=5).exit_code
        0
    """
    # Before the program, which may have to be fetched.
    limits = limits_for("run", limits, values)
    program = program_for(what)
    try:
        job = job_for(
            what,
            program,
            args,
            grants=grants,
            limits=limits,
            named=values,
            dirs=dirs,
            env=env,
            net=net,
            workdir=workdir,
            entrypoint=entrypoint,
            deterministic=deterministic,
            trace=trace is not None,
        )
        _streams(job, input, stdin, stdout, stderr)
        outcome = execute(job, trace)
    finally:
        program.clear()
    return outcome.check() if check else outcome


async def arun(
    what: What,
    args: Sequence[str | os.PathLike[str]] = (),
    *,
    input: bytes | str | None = None,
    stdin: Literal["inherit", "null"] = "null",
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    net: Sequence[str] = (),
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    trace: Callable[[str], object] | None = None,
    check: bool = False,
    grants: Grants | None = None,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> Outcome:
    """`run` for asyncio: the loop goes on meanwhile, and cancelling it ends the guest.

    It takes what `run` takes; `trace` is called from another thread.

    Example:
        >>> import asyncio, wherever
        >>> module = b'(module (memory (export "memory") 1) (func (export "_start")))'
        >>> asyncio.run(wherever.arun(module)).exit_code
        0
    """
    limits = limits_for("arun", limits, values)
    program = await asyncio.to_thread(program_for, what)
    try:
        job = job_for(
            what,
            program,
            args,
            grants=grants,
            limits=limits,
            named=values,
            dirs=dirs,
            env=env,
            net=net,
            workdir=workdir,
            entrypoint=entrypoint,
            deterministic=deterministic,
            trace=trace is not None,
        )
        _streams(job, input, stdin, stdout, stderr)
        watch = Watch()
        running = asyncio.ensure_future(asyncio.to_thread(execute, job, trace, watch))
        try:
            outcome = await asyncio.shield(running)
        except asyncio.CancelledError:
            watch.killed = True
            await asyncio.wait([running])
            raise
    finally:
        program.clear()
    return outcome.check() if check else outcome


def execute(
    job: Job, trace: Callable[[str], object] | None = None, watch: Watch | None = None
) -> Outcome:
    """Runs a job in the executor that suits it: here, or in a process of its own.

    Args:
        job: what to run.
        trace: gets one line for each call out of the sandbox, where the job asks for that.
        watch: set its `killed` from another thread to end the run.
    """
    if hosted.suits(job):
        done = hosted.attempt(job, watch)
        if done is not None:
            ended, out, err = done
            return outcome_of(job, ended, out, err, ended.limit == "output")
    return child.run(job, trace, watch)


def _streams(job: Job, given: bytes | str | None, stdin: str, stdout: str, stderr: str) -> None:
    for name, value, known in (
        ("stdin", stdin, ("inherit", "null")),
        ("stdout", stdout, ("capture", "inherit", "null")),
        ("stderr", stderr, ("capture", "inherit", "null")),
    ):
        if value not in known:
            raise InputError(f"{name} cannot be {value!r}", f"use one of: {', '.join(known)}")
    if given is not None and stdin == "inherit":
        raise InputError("input and stdin='inherit' both say what it reads", "use one of them")
    job.stdin = stdin if given is None else bytes_for(given)
    job.stdout, job.stderr = stdout, stderr
    if "inherit" in (stdout, stderr):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
