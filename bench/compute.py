"""A guest that computes, as a whole process and on two threads: `python -m bench.compute`."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import wherever
from bench.compare import (
    Line,
    Time,
    at_most,
    calls,
    interleave,
    process,
    show,
    wasmtime_command,
    wherever_command,
)
from bench.guests import SIEVE, built


def lines(rounds: int = 5) -> list[Line]:
    """Compute kernels against the wasmtime command, and two guests at once against one."""
    with tempfile.TemporaryDirectory() as folder:
        sieve = built(SIEVE, Path(folder) / "sieve.wasm")
        home = {"WHEREVER_HOME": f"{folder}/home"}
        timeout = ["--timeout", "60"]
        found = interleave(
            {
                "ours": process([wherever_command(), "run", *timeout, sieve], home),
                "wasmtime": process([wasmtime_command(), "run", "-W", "timeout=60s", sieve]),
            },
            rounds,
        )
        threads = interleave(
            {"one": calls(_guests(sieve, 1), 1), "two": calls(_guests(sieve, 2), 1)}, rounds
        )
    work = "sieve of 10 million, twenty times, limits on"
    one, two = threads["one"], threads["two"]
    speed_up = 2 * one.wall / two.wall
    cores = len(os.sched_getaffinity(0))
    return [
        at_most(work, "`wasmtime run -W timeout`", found["ours"], found["wasmtime"], 1.0),
        Line(
            f"two guests on two threads ({cores} cores here)",
            "one after the other",
            _seconds(two),
            _seconds(Time(2 * one.wall, 2 * one.cpu)),
            f"{speed_up:.2f}x faster",
            "",
            None,
        ),
    ]


def _guests(sieve: Path, count: int) -> Callable[[], object]:
    def run() -> None:
        threads = [
            threading.Thread(target=wherever.run, args=(sieve,), kwargs={"timeout": 60})
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def _seconds(spent: Time) -> str:
    return f"{spent.wall:.2f} s ({spent.cpu:.2f} s processor)"


if __name__ == "__main__":
    show(lines())
