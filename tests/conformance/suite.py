"""The cases of the public wasi-testsuite, run in every way that Wherever has."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import wherever
from tests.conformance import tools
from wherever.run import child
from wherever.run.request import job_for, program_for


@dataclass(frozen=True)
class Case:
    """One case, as its JSON file says."""

    name: str
    wasm: Path
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    root: str = ""
    dirs: list[str] = field(default_factory=list)
    exit_code: int = 0
    stdout: str | None = None


@dataclass(frozen=True)
class Result:
    """What came of it."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def cases(suite: Path) -> Iterator[Case]:
    """All of them, by name."""
    for wasm in sorted(suite.rglob("*.wasm")):
        said = wasm.with_suffix(".json")
        values = json.loads(said.read_text()) if said.exists() else {}
        yield Case(f"{wasm.parent.name}/{wasm.stem}", wasm, **values)


COMMAND = ("-m", "wherever")
BESIDE_A_SHIM = """
import sys
from wherever.wasi import commands
commands.wants_http = lambda facts: facts["kind"] == "component"
from wherever.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
"""The command, with every component run as those are that ask for HTTP."""


def by_command(
    case: Case,
    wasm: Path,
    dirs: list[str],
    options: tuple[str, ...] = (),
    stdin: bytes = b"",
    command: tuple[str, ...] = COMMAND,
) -> Result:
    """By the command."""
    words = [word for folder in dirs for word in ("--dir", folder)]
    words += [word for name, value in case.env.items() for word in ("--env", f"{name}={value}")]
    done = subprocess.run(
        [sys.executable, *command, "run", "-q", *options, *words, str(wasm), *case.args],
        input=stdin,
        capture_output=True,
        timeout=60,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def by_command_guarded(case: Case, wasm: Path, dirs: list[str]) -> Result:
    """By the command, with a guard that counts output and calls."""
    return by_command(case, wasm, dirs, ("--max-output", "1m", "--max-host-calls", "100000"))


def beside_a_shim(case: Case, wasm: Path, dirs: list[str]) -> Result:
    """By the command, as a component that asks for HTTP."""
    return by_command(case, wasm, dirs, command=("-c", BESIDE_A_SHIM))


def in_python(case: Case, wasm: Path, dirs: list[str]) -> Result:
    """By `wherever.run`: in this process, or in another where a folder is granted."""
    outcome = wherever.run(wasm, case.args, env=case.env, dirs=dirs)
    return Result(outcome.exit_code, outcome.stdout, outcome.stderr)


def in_a_child(case: Case, wasm: Path, dirs: list[str]) -> Result:
    """In a worker process, also where it could run here."""
    job = job_for(wasm, program_for(wasm), case.args, env=case.env, dirs=dirs)
    job.stdout = job.stderr = "capture"
    outcome = child.run(job)
    return Result(outcome.exit_code, outcome.stdout, outcome.stderr)


Way = Callable[[Case, Path, list[str]], Result]
WAYS: dict[str, tuple[str, Way]] = {
    "command": ("preview1", by_command),
    "command-guarded": ("preview1", by_command_guarded),
    "python": ("preview1", in_python),
    "child": ("preview1", in_a_child),
    "component-command": ("component", by_command),
    "component-python": ("component", in_python),
    "component-shim": ("component", beside_a_shim),
}


def run(case: Case, way: str, components: Path) -> str:
    """What was wrong with a case in one way, or nothing."""
    kind, call = WAYS[way]
    wasm = case.wasm if kind == "preview1" else tools.component(case.wasm, components)
    with tempfile.TemporaryDirectory() as base:
        dirs = []
        for number, (host, guest) in enumerate(
            [*([(case.root, "/")] if case.root else []), *((name, name) for name in case.dirs)]
        ):
            copy = Path(base) / str(number)
            shutil.copytree(case.wasm.parent / host, copy)
            for path in (copy, *copy.rglob("*")):
                path.chmod(path.stat().st_mode | 0o200)
            dirs.append(f"{copy}:{guest}")
        try:
            got = call(case, wasm, dirs)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if got.exit_code != case.exit_code:
        return f"exit code {got.exit_code}, not {case.exit_code}: {got.stderr[-300:]!r}"
    if case.stdout is not None and got.stdout != case.stdout.encode():
        return f"stdout {got.stdout[:100]!r}, not {case.stdout!r}"
    return ""
