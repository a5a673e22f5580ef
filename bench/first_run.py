"""The first run of a 26 MB guest, nothing compiled: `python -m bench.first_run`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from bench.compare import (
    Line,
    at_most,
    interleave,
    process,
    show,
    wasmtime_command,
    wherever_command,
)


def lines(rounds: int = 3) -> list[Line]:
    """CPython 3.12 by us and by the wasmtime command, both with an empty cache."""
    from wherever.store import catalogue, fetch

    program = catalogue.find("python@3.12")
    assert program is not None
    kept = fetch.program(program)
    with tempfile.TemporaryDirectory() as folder:
        wasm = shutil.copy(kept.path, Path(folder) / "python.wasm")
        cache = Path(folder) / "cache"
        ask = ["-c", "print(6*7)"]
        turns = {
            "ours": process(
                [wherever_command(), "run", "--timeout", "60", wasm, *ask],
                # What is compiled in the background for the next run is not part of this one.
                {"WHEREVER_CACHE": str(cache), "WHEREVER_BACKGROUND": "0"},
                lambda: shutil.rmtree(cache, ignore_errors=True),
            ),
            "wasmtime": process(
                [wasmtime_command(), "run", "-C", "cache=n", "-W", "timeout=60s", wasm, *ask]
            ),
        }
        found = interleave(turns, rounds)
    work = "first run of CPython 3.12 (26 MB), nothing compiled"
    return [at_most(work, "`wasmtime run -W timeout`", found["ours"], found["wasmtime"], 0.5)]


if __name__ == "__main__":
    show(lines())
