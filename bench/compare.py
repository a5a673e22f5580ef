"""Times ways to do one thing, turn about, and says how they relate.

Machines are noisy: only ratios of medians measured in the same run mean anything, and processor
seconds say more than wall seconds where other work goes on beside.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Time:
    """Seconds of wall time and of processor time for one turn."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Line:
    """One line of the report: what was done, against whom, and whether the goal was met."""

    work: str
    peer: str
    ours: str
    theirs: str
    ratio: str
    goal: str
    met: bool | None


def calls(work: Callable[[], object], count: int) -> Callable[[], Time]:
    """A turn of `count` calls in this process; the times are for one of them."""

    def turn() -> Time:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            work()
        return Time((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count)

    return turn


def process(
    command: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    before: Callable[[], object] | None = None,
) -> Callable[[], Time]:
    """A turn of one whole process, which must succeed; `before` is not timed."""
    words = [str(word) for word in command]
    full = {**os.environ, **(env or {})}

    def turn() -> Time:
        if before is not None:
            before()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        done = subprocess.run(words, env=full, stdin=subprocess.DEVNULL, capture_output=True)
        wall = time.perf_counter() - wall
        if done.returncode:
            raise SystemExit(f"bench: {words}: {done.stderr.decode()}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return Time(wall, cpu)

    return turn


def interleave(turns: Mapping[str, Callable[[], Time]], rounds: int) -> dict[str, Time]:
    """The medians of each way, after one turn each that does not count."""
    found: dict[str, list[Time]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            found[name].append(turn())
    return {
        name: Time(median(t.wall for t in times), median(t.cpu for t in times))
        for name, times in found.items()
    }


def at_most(work: str, peer: str, ours: Time, theirs: Time, goal: float) -> Line:
    """A line whose goal is to take at most `goal` of the peer's wall time."""
    ratio = ours.wall / theirs.wall
    return Line(
        work,
        peer,
        _times(ours),
        _times(theirs),
        f"{ratio:.2f}x of its time (processor {_cpu(ours, theirs)})",
        f"<= {goal:g}x",
        ratio <= goal,
    )


def at_least(work: str, peer: str, ours: Time, theirs: Time, goal: float) -> Line:
    """A line whose goal is to be at least `goal` times faster than the peer."""
    ratio = theirs.wall / ours.wall
    cpu = theirs.cpu / ours.cpu if ours.cpu else 0.0
    return Line(
        work,
        peer,
        _times(ours),
        _times(theirs),
        f"{ratio:.1f}x faster (processor {cpu:.1f}x)",
        f">= {goal:g}x faster",
        ratio >= goal,
    )


def beside(work: str, peer: str, ours: Time, theirs: Time) -> Line:
    """A line without a goal, for the reader's orientation."""
    ratio = ours.wall / theirs.wall
    text = f"{ratio:.2f}x of its time (processor {_cpu(ours, theirs)})"
    return Line(work, peer, _times(ours), _times(theirs), text, "", None)


def show(lines: Sequence[Line]) -> None:
    """Print the lines for a person."""
    for line in lines:
        verdict = {True: "pass", False: "MISS", None: "    "}[line.met]
        goal = f", goal {line.goal}" if line.goal else ""
        sys.stdout.write(f"{verdict}  {line.work} against {line.peer}: {line.ratio}{goal}\n")
        sys.stdout.write(f"      ours {line.ours}; theirs {line.theirs}\n")
    sys.stdout.flush()


@cache
def wherever_command() -> Path:
    """The command as users have it: this checkout, installed in an environment of its own."""
    home = ROOT / ".cache" / "bench"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, ROOT], check=True)
    subprocess.run([*install, "--no-deps", "--force-reinstall", ROOT], check=True)
    return home / "bin" / "wherever"


def wasmtime_command() -> Path:
    """The peer's own program, without the Python wrapper that its wheel puts before it."""
    import wasmtime_cli

    path = Path(wasmtime_cli.__file__).parent / "wasmtime"
    path.chmod(0o755)  # the wheel leaves that to its wrapper
    return path


def _cpu(ours: Time, theirs: Time) -> str:
    return f"{ours.cpu / theirs.cpu:.2f}x" if theirs.cpu else "unknown"


def _times(spent: Time) -> str:
    return f"{_unit(spent.wall)} ({_unit(spent.cpu)} processor)"


def _unit(seconds: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
