"""A guest that misbehaves is ended by its limit, and the next command notices nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

OPTIONS = {
    "timeout": "--timeout",
    "cpu_time": "--cpu-time",
    "memory": "--memory",
    "output": "--max-output",
    "open_files": "--max-open-files",
    "disk": "--max-disk",
    "stack": "--stack",
}
Stdin = Callable[[str], AbstractContextManager[int]]
Guest = Callable[[str, str], Path]
HEALTHY = "healthy\n"


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "wherever", "run", *map(str, words)]


@pytest.mark.parametrize("kind", ["preview1", "component"])
def test_it_ends_by_its_limit_beside_a_healthy_one(
    kind: str,
    case: Any,
    guest: Guest,
    wherever: Callable[..., Any],
    folder: Path,
    stdin: Stdin,
    plainly: Callable[[str], str],
) -> None:
    program = guest(case.guest, kind)
    granted = ["--dir", f"{folder}:/"] if case.folder else []
    # What compiling takes is no part of the question.
    wherever("compile", program, *(["--fuel"] if case.limit == "fuel" else []))
    with stdin(case.stdin) as given:
        began = time.monotonic()
        with subprocess.Popen(
            command(*case.options, *granted, program),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as hostile:
            healthy = wherever("run", guest("healthy", kind))
            out, err = hostile.communicate(timeout=15)
        took = time.monotonic() - began

    told = plainly(err.decode())
    said = case.says.format(**OPTIONS)
    assert told.startswith(f"wherever: {case.guest}.wasm: {said}"), told
    assert "Traceback" not in told
    assert (hostile.returncode, len(out)) == (case.exit_code, case.stdout)
    assert (healthy.exit_code, healthy.stdout, healthy.stderr) == (0, HEALTHY, "")
    assert took < 3


@pytest.mark.parametrize("kind", ["preview1", "component"])
def test_files_do_not_outgrow_their_limit_by_much(
    kind: str, guest: Guest, wherever: Callable[..., Any], folder: Path
) -> None:
    for name in ("fills", "scatters"):
        wherever("run", "--max-disk", "16m", "--dir", f"{folder}:/", guest(name, kind))
    grown = sum(path.stat().st_size for path in folder.iterdir())
    assert 24 << 20 < grown < 96 << 20


def test_a_component_cannot_keep_asking_the_host_for_things(
    guest: Guest, wherever: Callable[..., Any]
) -> None:
    ran = wherever("run", "--timeout", "10", guest("pollables", "component"))
    assert ran.exit_code == 134
    assert "cannot allocate another handle" in ran.stderr


def test_it_ends_in_time_where_nobody_reads_what_it_says(guest: Guest) -> None:
    ours, theirs = os.pipe()
    began = time.monotonic()
    with subprocess.Popen(
        command("--timeout", "0.2", guest("floods", "preview1")),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        assert process.wait(timeout=15) == 124
    assert time.monotonic() - began < 4
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("kind", ["preview1", "component"])
def test_a_guest_that_takes_the_last_descriptor_is_told_about_all_the_same(
    kind: str, guest: Guest, folder: Path
) -> None:
    words = command("--timeout", "0.3", "--dir", f"{folder}:/", guest("opens", kind))
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert done.returncode in (122, 124)
    assert done.stderr.startswith("wherever: opens.wasm: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("pages", "code"), [(1, 0), (60, 0), (600, 137)])
def test_the_instances_of_a_component_share_its_memory(
    pages: int, code: int, wat: Callable[..., Path], wherever: Callable[..., Any]
) -> None:
    """Eight instances of one module: together within 64 MiB or not."""
    instances = "".join(f"(core instance $i{n} (instantiate $m))" for n in range(8))
    path = wat(f"""(component
      (core module $m (memory {pages}) (func (export "run") (result i32) (i32.const 0)))
      {instances}
      (func $run (result (result)) (canon lift (core func $i0 "run")))
      (component $c (import "run" (func $run (result (result)))) (export "run" (func $run)))
      (instance $c (instantiate $c (with "run" (func $run))))
      (export "wasi:cli/run@0.2.0" (instance $c)))""")
    ran = wherever("run", "--memory", "64m", path)
    assert ran.exit_code == code, ran.stderr
    assert ("needs 300 MiB of memory to start" in ran.stderr) == (code == 137)
