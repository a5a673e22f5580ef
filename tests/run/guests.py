"""Jobs for the executors' tests: the guests of `tests/guests`, and small ones from text."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherever.run.job import Job

GUESTS = Path(__file__).resolve().parent.parent / "guests"
KINDS = ("preview1", "component")

MIB = 1 << 20

CAT = """
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const 4096))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (unreachable)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (i32.load (i32.const 8)) (then
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br $more))))))
"""
"""Writes what it reads."""

FOUR_BYTES = CAT.replace("(i32.const 4096)", "(i32.const 4)").replace("(br $more)", "")
"""Reads four bytes of its stdin, leaves the rest, and writes them."""

LOOPS = '(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))'

SLEEPS = """
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))))
"""
"""Sleeps for an hour."""

GROWS = """
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable))
"""
"""Grows its memory until that fails."""


def exits(code: int) -> str:
    """A guest that leaves with an exit code."""
    return f"""
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const {code}))))"""


def says(text: str, stream: int = 1, times: int = 1) -> str:
    """A guest that writes a text (escaped as in WAT) to a stream, again and again."""
    size = len(text.encode().decode("unicode_escape"))
    return f"""
    (module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "{text}")
      (func (export "_start") (local $n i32)
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const {size}))
        (loop $more
          (drop (call $write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 8)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $n) (i32.const {times}))))))"""


def text_of(name: str, kind: str) -> str:
    """The text of a guest of `tests/guests`, as a preview-1 module or a component."""
    bodies = {}
    for part in (GUESTS / "bodies.wat").read_text().split(";;; ")[1:]:
        heading, _, body = part.partition("\n")
        bodies[heading.partition(":")[0]] = body
    before, _, after = (GUESTS / f"{kind}.wat").read_text().rpartition("BODY\n")
    return f"{before}{bodies[name]}\n{after}"


def job_of(text: str, name: str = "guest", **values: Any) -> Job:
    """A job for a guest's text, captured, with these attributes."""
    job = Job(text.encode(), [name.encode()])
    job.name = name
    job.stdout = job.stderr = "capture"
    job.output = MIB
    for key, value in values.items():
        setattr(job, key, value)
    return job


def hostile(name: str, kind: str, folder: Path, **values: Any) -> Job:
    """A job for a guest of `tests/guests`, with small limits and `folder` granted."""
    os.mkfifo(folder / "pipe")
    (folder / "file").write_bytes(b"")
    given: dict[str, Any] = {
        # Those that end by another limit have the time of a busy machine to come to it.
        "timeout": 0.3 if ENDS.get(name) == "timeout" else 15,
        "memory": 64 * MIB,
        "disk": 16 * MIB,
        "open_files": 40,
        "mounts": [(os.fsencode(folder), b"/", False)],
    }
    return job_of(text_of(name, kind), name, **{**given, **values})


ENDS = {
    "loops": "timeout",
    "sleeps": "timeout",
    "waits": "timeout",
    "reads": "timeout",
    "fifo": "timeout",
    "memory": "memory",
    "memories": "memory",
    "hidden": "memory",
    "tables": "memory",
    "objects": "memory",
    "floods": "output",
    "recurses": "stack",
    "opens": "open_files",
    "fills": "disk",
    "scatters": "disk",
}
"""The limit by which each guest of `tests/guests` ends."""


@dataclass(frozen=True)
class Alone:
    """How a process ended that ran one job by itself."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float


_SCRIPT = """
import os, sys
from wherever.run import direct
from wherever.run.job import Job
with open(sys.argv[1], "rb") as file:
    job = Job.from_bytes(file.read())
def report(ended):
    sys.stderr.write(f"{ended.kind} {ended.limit} {ended.exit_code}\\\\n")
    sys.stderr.flush()
ended = direct.run(job, report, interrupt=True)
report(ended)
os._exit(ended.status)
"""


def start_alone(job: Job, folder: Path, **streams: Any) -> subprocess.Popen[bytes]:
    """Starts a process that runs `job` directly, as the command line does."""
    path = folder / "job"
    path.write_bytes(job.to_bytes())
    script = _SCRIPT.replace("\\\\n", "\\n")
    return subprocess.Popen([sys.executable, "-c", script, str(path)], **streams)


def alone(job: Job, folder: Path, stdin: bytes | None = b"") -> Alone:
    """Runs `job` directly in a process of its own, with pipes for its streams.

    A `stdin` of None is a pipe that stays open and empty.
    """
    job.stdout = job.stderr = "inherit"
    reading, writing = os.pipe()
    if stdin is not None:
        os.write(writing, stdin)
        os.close(writing)
    began = time.monotonic()
    process = start_alone(
        job, folder, stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.close(reading)
    out, err = process.communicate(timeout=15)
    seconds = time.monotonic() - began
    if stdin is None:
        os.close(writing)
    return Alone(process.returncode, out, err, seconds)


def has_code(pid: int) -> bool:
    """Whether a process has loaded a guest's native code, and is about to run it."""
    return ".cwasm" in Path(f"/proc/{pid}/maps").read_text()


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it comes to hold within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return holds()
