"""A typed call into a guest, through the public face: `python -m bench.calls`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from bench.compare import ROOT, Line, at_least, calls, interleave, show
from bench.guests import ADD


def with_wasmtime() -> Callable[[], int]:
    """`lib.add(1, 2)` by wasmtime-py."""
    import wasmtime

    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, ADD), []).exports(store)
    add = exports["add"]
    assert isinstance(add, wasmtime.Func)
    return lambda: add(store, 1, 2)


def lines(rounds: int = 15) -> list[Line]:
    """With the accelerator here, and without it in a process where it is switched off."""
    plain = subprocess.run(
        [sys.executable, "-m", "bench.calls", "plain"],
        env={**os.environ, "WHEREVER_ACCELERATOR": "0"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    import pickle

    return [*pickle.loads(plain.stdout), *measured(rounds)]


def measured(rounds: int) -> list[Line]:
    """The line for this process."""
    import wherever
    from wherever.engine.fast import accelerator

    lib = wherever.load(ADD.encode())
    theirs = with_wasmtime()
    assert lib.add(1, 2) == theirs() == 3
    found = interleave(
        {"ours": calls(lambda: lib.add(1, 2), 20_000), "wasmtime": calls(theirs, 2_000)}, rounds
    )
    how, goal = ("with the accelerator", 100) if accelerator() else ("by ctypes alone", 25)
    work = f"typed call `lib.add(1, 2)` {how}"
    return [at_least(work, "wasmtime-py", found["ours"], found["wasmtime"], goal)]


if __name__ == "__main__":
    if sys.argv[1:] == ["plain"]:
        import pickle

        sys.stdout.buffer.write(pickle.dumps(measured(15)))
    else:
        show(lines())
