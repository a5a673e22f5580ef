"""From the options' text to a job: the same for the fast path and for the parser."""

from __future__ import annotations

from wherever.errors import InputError
from wherever.run.job import Job
from wherever.system import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.run.program import Program

_LIMITS = {
    "memory": "bytes",
    "timeout": "seconds",
    "cpu_time": "seconds",
    "fuel": "count",
    "output": "bytes",
    "disk": "bytes",
    "open_files": "count",
    "host_calls": "count",
    "stack": "bytes",
}
_ALWAYS = ("memory", "stack", "open_files")


def asked(values: dict[str, Any], rest: list[str]) -> Job:
    """What the options and the guest's arguments say, before any program is looked for.

    Raises:
        InputError: an option's value cannot be used.
    """
    job = Job("", [])
    if values:
        _limits(job, values)
        job.trace = "trace" in values
        _entry(job, values, rest)
        if "deterministic" in values:
            from wherever.policy.seed import parse_seed

            job.deterministic = True
            job.seed = parse_seed(values["deterministic"], "--deterministic")
        if "dir" in values:
            from wherever.run.mounts import check

            check(_granted(values))
        if "net" in values:
            from wherever.net.rules import Rules

            job.network = [str(rule) for rule in Rules.of(values["net"]).rules]
    _environment(job, values)
    return job


def complete(job: Job, program: Program, values: dict[str, Any], rest: list[str]) -> None:
    """Make the job one for this program.

    Raises:
        InputError: the program's own folders and those of the options do not go together.
    """
    job.wasm = program.wasm
    job.name = program.name
    job.provide = program.provide
    job.starter = program.starter
    job.args = [os.fsencode(word) for word in (*program.args_before, *rest)]
    if program.env:
        own = {os.fsencode(name): os.fsencode(value) for name, value in program.env.items()}
        job.env = list({**own, **dict(job.env)}.items())
    if program.limits:
        program.narrow(job, values)
    if program.workdir and "workdir" not in values:
        values = {**values, "workdir": program.workdir}
    job.stdin = b"" if program.empties_stdin else "inherit"
    if "dir" in values or "workdir" in values or program.mounts:
        _folders(job, values, program)


def _limits(job: Job, values: dict[str, Any]) -> None:
    for name, kind in _LIMITS.items():
        text = values.get(name)
        if text is None:
            continue
        from wherever.policy import quantity
        from wherever.run.words import option_for

        option = option_for(name)
        if text == "none":
            if name in _ALWAYS:
                raise InputError(f"{option} always has a limit", f"give {option} a value")
            setattr(job, name, None)
        else:
            setattr(job, name, getattr(quantity, f"parse_{kind}")(text, option))


def _entry(job: Job, values: dict[str, Any], rest: list[str]) -> None:
    for name in ("entrypoint", "invoke"):
        if name in values:
            if job.entry:
                raise InputError(
                    "--entrypoint and --invoke both say what to call", "use one of them"
                )
            if not values[name]:
                raise InputError(f"--{name} needs the name of an export")
            job.entry = values[name]
    if "invoke" in values:
        job.invoke = list(rest)


def _environment(job: Job, values: dict[str, Any]) -> None:
    variables: dict[str, str] = {}
    if not job.deterministic and "TERM" in os.environ and (os.isatty(0) or os.isatty(1)):
        variables["TERM"] = os.environ["TERM"]
    for path in values.get("env_file", ()):
        for number, line in _lines(path):
            _read(variables, line, f"--env-file {path}, line {number}")
    for text in values.get("env", ()):
        _set(variables, text)
    if "workdir" in values:
        variables["PWD"] = values["workdir"]
    job.env = [(os.fsencode(name), os.fsencode(value)) for name, value in variables.items()]


def _set(variables: dict[str, str], text: str) -> None:
    name, equals, value = text.partition("=")
    if not name or "\0" in text:
        raise InputError(f"--env: {text!r} is not a variable", "write NAME=VALUE or NAME")
    if not equals:
        if name not in os.environ:
            raise InputError(
                f"--env: the variable {name} is not set here",
                f"set it, or write {name}=VALUE",
            )
        value = os.environ[name]
    variables[name] = value


def _read(variables: dict[str, str], line: str, where: str) -> None:
    """One line of a file. What it says may be a secret, so no message repeats it."""
    name, equals, value = line.removeprefix("export ").partition("=")
    name = name.strip()
    if len(name.split()) != 1 or "\0" in line:
        raise InputError(f"{where} is not NAME=VALUE", "write one variable a line, unquoted")
    if not equals:
        if name not in os.environ:
            raise InputError(
                f"{where} is not NAME=VALUE, nor a variable that is set here",
                "write NAME=VALUE there",
            )
        value = os.environ[name]
    variables[name] = value


def _lines(path: str) -> list[tuple[int, str]]:
    try:
        with open(path, "rb") as file:
            data = file.read((1 << 20) + 1)
    except OSError as error:
        raise InputError(f"--env-file: cannot read {path}: {error.strerror}") from None
    if len(data) > 1 << 20:
        raise InputError(f"--env-file: {path} is larger than 1 MiB")
    lines = enumerate((line.strip() for line in os.fsdecode(data).split("\n")), 1)
    return [(number, line) for number, line in lines if line and line[0] != "#"]


def _granted(values: dict[str, Any]) -> list[tuple[str, str, bool]]:
    from wherever.policy.folder import parse_folder

    return [parse_folder(text) for text in values.get("dir", ())]


def _folders(job: Job, values: dict[str, Any], program: Program) -> None:
    from wherever.run.mounts import check, starting_in

    folders = _granted(values)
    if program.mounts:
        check(folders, program.mounts)
        folders += program.mounts
    if "workdir" in values:
        folders.append(starting_in(values["workdir"], folders))
        job.inside = True
    job.mounts = [
        (os.fsencode(host), os.fsencode(guest), read_only) for host, guest, read_only in folders
    ]
