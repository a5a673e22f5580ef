"""Kernels on the second tier, against the same C by gcc: `python -m bench.native_tier`."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from math import exp, log
from pathlib import Path
from typing import Any

import wherever
from bench.compare import ROOT, Line, calls, interleave, show

SOURCE = ROOT / "bench" / "native"
GOAL = 0.9

SIZES = {
    "fibonacci": 30,
    "primes": 4_000_000,
    "matrices": 200,
    "planets": 200_000,
    "checksum": 4_000_000,
    "sorted": 600_000,
    "mandelbrot": 400,
    "hashes": 150_000,
    "trees": 15,
    "packed": 3_000_000,
}
"""The kernels in the order in which `kernels.c` numbers them, and how much each does."""


def lines(rounds: int = 7) -> list[Line]:
    """Each kernel against gcc -O2, and the geometric mean of all ten."""
    with tempfile.TemporaryDirectory() as folder:
        native = _by_gcc(Path(folder))
        tier = _by_wherever(Path(folder))
        with wherever.load(tier, timeout=60) as library:
            return [*_measured(library, native, rounds)]


def _measured(library: Any, native: Any, rounds: int) -> list[Line]:
    found: list[Line] = []
    ratios: list[float] = []
    for number, (name, size) in enumerate(SIZES.items()):
        ours: Callable[[], object] = partial(library.kernels_run, number, size)
        theirs: Callable[[], object] = partial(native, number, size)
        if ours() != theirs():
            raise SystemExit(f"bench: {name} comes to {ours()}, and natively to {theirs()}")
        spent = interleave({"ours": calls(ours, 1), "gcc": calls(theirs, 1)}, rounds)
        ratio = spent["gcc"].cpu / spent["ours"].cpu
        ratios.append(ratio)
        found.append(_line(name, spent["ours"].cpu, spent["gcc"].cpu, ratio, None))
    mean = exp(sum(log(ratio) for ratio in ratios) / len(ratios))
    return [*found, _line("geometric mean of ten kernels", 0, 0, mean, mean >= GOAL)]


def _line(work: str, ours: float, theirs: float, ratio: float, met: bool | None) -> Line:
    return Line(
        f"second tier: {work}",
        "the same C by `gcc -O2`",
        f"{ours * 1e3:.1f} ms" if ours else "",
        f"{theirs * 1e3:.1f} ms" if theirs else "",
        f"{ratio:.2f}x of its speed",
        "" if met is None else f">= {GOAL:g}x",
        met,
    )


def _by_gcc(folder: Path) -> Any:
    made = folder / "kernels.so"
    command = ["gcc", "-O2", "-shared", "-fPIC", "kernels.c", "-o", str(made)]
    subprocess.run(command, cwd=SOURCE, check=True)
    run = ctypes.CDLL(str(made)).kernels_run
    run.restype, run.argtypes = ctypes.c_uint64, [ctypes.c_uint32, ctypes.c_uint32]
    return run


def _by_wherever(folder: Path) -> Path:
    home = folder / "kernels"
    shutil.copytree(SOURCE, home, ignore=shutil.ignore_patterns("build"))
    for words in (["build", str(home)], ["compile", "--native", str(home / "build/kernels.wasm")]):
        command = [sys.executable, "-m", "wherever", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    return home / "build" / "kernels.wasm"


if __name__ == "__main__":
    show(lines())
