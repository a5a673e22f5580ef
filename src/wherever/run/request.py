"""From a Python caller's values to a job."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypedDict

from wherever.errors import InputError
from wherever.policy.grants import Grants, Mount
from wherever.policy.limits import Limits
from wherever.run.job import Job
from wherever.run.mounts import check, starting_in
from wherever.run.program import Program

What = str | os.PathLike[str] | bytes | bytearray | memoryview
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


_BYTES = (bytes, bytearray, memoryview)
_MOST_SEEN = 10_000
_seen: set[str] = set()
"""Files that were there once; whether they still are is seen when they are loaded."""


def program_for(what: What) -> Program:
    """The program that `what` names.

    Raises:
        NotFound: there is none; NotRunnable: it is not a program; RemoteError: it cannot be had.
    """
    if isinstance(what, _BYTES):
        return Program("", "program.wasm")
    if not isinstance(what, (str, os.PathLike)):
        raise InputError(f"{what!r} names no program", "pass a path, a name, or a module's bytes")
    path = os.fsdecode(what)
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
    named: Container[str] = (),
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    net: Sequence[str] = (),
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    trace: bool = False,
) -> Job:
    """The job for a program and what a caller grants and allows.

    The program's own limits hold where they are narrower, but for those that the caller `named`.

    Raises:
        InputError: a value cannot be used.
    """
    grants = grants or Grants()
    if not isinstance(grants, Grants):
        raise InputError(f"grants is a {type(grants).__name__}", "pass a wherever.Grants")
    limits = limits or Limits()
    workdir = workdir or program.workdir
    job = Job(program.wasm or bytes_of(what), [])
    job.name = program.name
    job.provide, job.starter = program.provide, program.starter
    job.args = [*map(os.fsencode, program.args_before), *arguments(args)]
    for name, text in (("workdir", workdir), ("entrypoint", entrypoint)):
        if not isinstance(text, str):
            raise InputError(f"{name} is a {type(text).__name__}", "pass text")
    if env is not None and not isinstance(env, Mapping):
        raise _no_environment(env)
    job.env = environment(
        {**program.env, **grants.env, **(env or {}), **({"PWD": workdir} if workdir else {})}
    )
    mounts = [*grants.files, *_mounts(dirs)]
    folders = [(mount.host, mount.guest, mount.read_only) for mount in mounts]
    check(folders, program.mounts, python=True)
    folders += program.mounts
    if workdir:
        folders.append(starting_in(workdir, folders, python=True))
        job.inside = True
    job.mounts = [
        (os.fsencode(host), os.fsencode(guest), read_only) for host, guest, read_only in folders
    ]
    if net or grants.network:
        job.network = _network(net, grants)
    for name in Limits.__slots__:
        setattr(job, name, getattr(limits, name))
    program.narrow(job, named)
    job.entry = entrypoint
    seed = seed_for(deterministic)
    job.deterministic, job.seed = seed is not None, seed or 0
    job.trace = trace
    return job


def bytes_of(what: What) -> bytes:
    """The bytes of a module that was given as such, or none."""
    return bytes(what) if isinstance(what, _BYTES) else b""


def bytes_for(given: bytes | str | None) -> bytes:
    """What a guest shall read, as bytes; text is encoded in UTF-8.

    Raises:
        InputError: it is neither.
    """
    if given is None:
        return b""
    if isinstance(given, str):
        return given.encode()
    if not isinstance(given, _BYTES):
        raise InputError(f"input is a {type(given).__name__}", "pass bytes, or text")
    return bytes(given)


def limits_for(caller: str, limits: Limits | None, values: LimitValues | None) -> Limits:
    """The limits that a function of this package was given, as a value and by keywords.

    Raises:
        InputError: one cannot be used, or the function takes no such keyword.
    """
    limits = limits or Limits()
    if not isinstance(limits, Limits):
        raise InputError(f"limits is a {type(limits).__name__}", "pass a wherever.Limits")
    for name in values or ():
        if name not in Limits.__slots__:
            from wherever.run.keywords import unknown

            raise unknown(caller, name)
    return limits.but(**values) if values else limits


def seed_for(deterministic: bool | int) -> int | None:
    """The seed of a deterministic run; None for one that is not."""
    if deterministic is False:
        return None
    from wherever.policy.seed import parse_seed

    return parse_seed(deterministic)


def arguments(args: Iterable[str | os.PathLike[str]]) -> list[bytes]:
    """A guest's arguments as they reach it.

    Raises:
        InputError: there is something among them that is no text.
    """
    if isinstance(args, (str, bytes)):
        raise InputError(f"args is {args!r}, one text", "pass a list of arguments")
    if not isinstance(args, Iterable):
        raise InputError(f"args is {args!r}", "pass a list of arguments")
    words: list[bytes] = []
    for word in args:
        if not isinstance(word, (str, bytes, os.PathLike)):
            raise InputError(f"args has {word!r} in it", f"pass text: {str(word)!r}")
        words.append(os.fsencode(word))
    return words


def environment(env: Mapping[str, str] | None) -> list[tuple[bytes, bytes]]:
    """A guest's variables as they reach it.

    Raises:
        InputError: one of them cannot be a variable.
    """
    if env is None:
        return []
    if not isinstance(env, Mapping):
        raise _no_environment(env)
    variables: list[tuple[bytes, bytes]] = []
    for name, value in env.items():
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:
            raise InputError(f"env: {name!r} is not the name of a variable")
        # A value may be a secret, so it is not repeated.
        if not isinstance(value, (str, os.PathLike)):
            raise InputError(f"env: {name} is a {type(value).__name__}", "pass text")
        if "\0" in os.fsdecode(value):
            raise InputError(f"env: {name} has a zero byte in it")
        variables.append((os.fsencode(name), os.fsencode(value)))
    return variables


def _no_environment(env: object) -> InputError:
    return InputError(f"env is a {type(env).__name__}", "pass a dict, such as {'NAME': 'value'}")


def _network(net: Sequence[str], grants: Grants) -> list[str]:
    if isinstance(net, (str, bytes)):
        raise InputError(f"net is {net!r}, one host", f"pass a list: net=[{net!r}]")
    if not isinstance(net, Iterable):
        raise InputError(f"net is a {type(net).__name__}", "pass a list of hosts")
    texts = [*grants.network, *net]
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"net has {text!r} in it", "pass text, such as 'api.example.com:443'")
    from wherever.net.rules import Rules

    return [str(rule) for rule in Rules.of(texts).rules]


def _mounts(dirs: Sequence[Folder]) -> list[Mount]:
    if isinstance(dirs, (str, bytes, os.PathLike, Mount)):
        raise InputError(f"dirs is {dirs!r}, one folder", "pass a list of folders")
    if isinstance(dirs, Mapping):
        raise InputError(
            f"dirs is a {type(dirs).__name__}, whose values would be lost",
            "pass a list, such as ['photos:/in:ro']",
        )
    if not isinstance(dirs, Iterable):
        raise InputError(f"dirs is {dirs!r}", "pass a list of folders")
    return [_mount(entry) for entry in dirs]


def _mount(entry: Folder) -> Mount:
    if isinstance(entry, Mount):
        return entry
    if isinstance(entry, str):
        return Mount.parse(entry)
    if isinstance(entry, os.PathLike):
        path = os.fspath(entry)
        return Mount(path, path)
    raise InputError(f"{entry!r} is not a folder to grant", "write HOST:GUEST or HOST:GUEST:ro")
