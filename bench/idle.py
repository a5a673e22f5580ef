"""Resident memory of an idle instance: `python -m bench.idle`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import wherever
from bench.compare import ROOT, Line, show
from bench.guests import ADD

COUNT = 1000
GOAL_KIB = 60


def resident() -> int:
    """Bytes of this process's memory that are in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def with_wasmtime() -> float:
    """KiB for each of as many instances by wasmtime-py."""
    import wasmtime

    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, ADD)
    kept = []
    for turn in range(COUNT + 10):
        if turn == 10:
            before = resident()
        store = wasmtime.Store(engine)
        kept.append((store, wasmtime.Instance(store, module, [])))
    return (resident() - before) / COUNT / 1024


def with_wherever() -> float:
    """KiB for each of as many instances by us, limits on."""
    kept = []
    for turn in range(COUNT + 10):
        if turn == 10:
            before = resident()
        kept.append(wherever.load(ADD.encode(), memory="64m"))
    used = (resident() - before) / COUNT / 1024
    for lib in kept:
        lib.close()
    return used


def lines() -> list[Line]:
    """Instances that were made and are not called; each way in a process of its own."""
    ours, theirs = (
        float(subprocess.check_output([sys.executable, "-m", "bench.idle", way], cwd=ROOT))
        for way in ("ours", "theirs")
    )
    return [
        Line(
            f"memory of an idle instance ({COUNT} of them)",
            "wasmtime-py",
            f"{ours:.1f} KiB",
            f"{theirs:.1f} KiB",
            f"{ours / theirs:.2f}x of its memory",
            f"< {GOAL_KIB} KiB",
            ours < GOAL_KIB,
        )
    ]


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.stdout.write(str(with_wherever() if sys.argv[1] == "ours" else with_wasmtime()))
    else:
        show(lines())
