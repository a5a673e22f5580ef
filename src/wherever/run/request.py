"""From a Python caller's values to a job."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TypedDict

from wherever.errors import InputError
from wherever.policy.grants import Grants, Mount
from wherever.policy.limits import Limits
from wherever.run.job import Job
from wherever.run.mounts import check, starting_in
from wherever.run.program import Program

What = str | os.PathLike[str] | bytes
"""A file, a script, a name of the catalogue, `pypi:`/`npm:` and a file, or a module's bytes."""


Folder = str | os.PathLike[str] | Mount
"""A folder to grant: text as on the command line, a path seen under itself, or a `Mount`."""


class LimitValues(TypedDict, total=False):
    """The limits as keyword arguments, written as people write them; see `Limits`."""

    memory: str | int
    timeout: str | float | None
    cpu_time: str | float | None
    fuel: str | int | None
    stack: str | int
    output: str | int | None
    disk: str | int | None
    open_files: str | int
    host_calls: str | int | None


_MOST_SEEN = 10_000
_seen: set[str] = set()
"""Files that were there once; whether they still are is seen when they are loaded."""


def program_for(what: What) -> Program:
    """The program that `what` names.

    Raises:
        NotFound: there is none; NotRunnable: it is not a program; RemoteError: it cannot be had.
    """
    if isinstance(what, bytes):
        return Program("", "program.wasm")
    path = os.fspath(what)
    if path.endswith(".wasm") and (path in _seen or os.path.isfile(path)):
        # Whoever loads it looks at the file again, and has words for one that is no module.
        if len(_seen) < _MOST_SEEN:
            _seen.add(path)
        return Program(path, path.rpartition("/")[2])
    from wherever.run.resolve import resolve

    if path == "-":
        raise InputError("a program on stdin is for the command line", "pass its bytes")
    return resolve(path)


def job_for(
    what: What,
    program: Program,
    args: Sequence[str | os.PathLike[str]] = (),
    *,
    grants: Grants | None = None,
    limits: Limits | None = None,
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    trace: bool = False,
    values: LimitValues | None = None,
) -> Job:
    """The job for a program and what a caller grants and allows.

    Raises:
        InputError: a value cannot be used.
    """
    grants = grants or Grants()
    limits = limits or Limits()
    for name, value, kind in (("grants", grants, Grants), ("limits", limits, Limits)):
        if not isinstance(value, kind):
            raise InputError(
                f"{name} is a {type(value).__name__}", f"pass a wherever.{kind.__name__}"
            )
    if values:
        limits = limits.but(**values)
    job = Job(what if isinstance(what, bytes) else program.wasm, [])
    job.name = program.name
    job.provide, job.starter = program.provide, program.starter
    if isinstance(args, (str, bytes)):
        raise InputError(f"args is {args!r}, one text", "pass a list of arguments")
    job.args = [os.fsencode(word) for word in (*program.args_before, *args)]
    if isinstance(dirs, (str, bytes, os.PathLike, Mount)):
        raise InputError(f"dirs is {dirs!r}, one folder", "pass a list of folders")
    if isinstance(dirs, Mapping):
        raise InputError(
            f"dirs is a {type(dirs).__name__}, whose values would be lost",
            "pass a list, such as ['photos:/in:ro']",
        )
    variables = {**grants.env, **(env or {})}
    if workdir:
        variables["PWD"] = workdir
    job.env = [(os.fsencode(name), os.fsencode(value)) for name, value in variables.items()]
    mounts = [*grants.files, *(_mount(entry) for entry in dirs)]
    folders = [(mount.host, mount.guest, mount.read_only) for mount in mounts]
    check(folders, program.mounts)
    folders += program.mounts
    if workdir:
        folders.append(starting_in(workdir, folders))
    job.mounts = [
        (os.fsencode(host), os.fsencode(guest), read_only) for host, guest, read_only in folders
    ]
    for name in Limits.__slots__:
        setattr(job, name, getattr(limits, name))
    job.entry = entrypoint
    job.deterministic = deterministic is not False
    job.seed = int(deterministic) if deterministic is not True else 0
    job.trace = trace
    return job


def _mount(entry: Folder) -> Mount:
    if isinstance(entry, Mount):
        return entry
    if isinstance(entry, str):
        return Mount.parse(entry)
    if isinstance(entry, os.PathLike):
        path = os.fspath(entry)
        return Mount(path, path)
    raise InputError(f"{entry!r} is not a folder to grant", "write HOST:GUEST or HOST:GUEST:ro")
