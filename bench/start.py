"""A whole process that runs hello, compiled before: `python -m bench.start`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from shutil import which

from bench.compare import (
    Line,
    at_most,
    beside,
    interleave,
    process,
    show,
    wasmtime_command,
    wherever_command,
)
from bench.guests import HELLO, built

NODE = """const {WASI} = require('node:wasi'); const fs = require('node:fs');
const wasi = new WASI({version: 'preview1'});
WebAssembly.instantiate(fs.readFileSync(process.argv[1]), wasi.getImportObject())
  .then(({instance}) => wasi.start(instance));"""


def lines(rounds: int = 41) -> list[Line]:
    """Ours against bare Python, the wasmtime command and Node."""
    with tempfile.TemporaryDirectory() as folder:
        hello = built(HELLO, Path(folder) / "hello.wasm")
        home = {"WHEREVER_HOME": f"{folder}/home"}
        limits = ["--memory", "64m", "--timeout", "5"]
        turns = {
            "ours": process([wherever_command(), "run", *limits, hello], home),
            "python": process([sys.executable, "-I", "-S", "-c", "pass"]),
            "wasmtime": process([wasmtime_command(), "run", "-W", "timeout=5s", hello]),
        }
        if which("node"):
            turns["node"] = process(["node", "--no-warnings", "-e", NODE, hello])
        turns["ours"]()
        time.sleep(2.1)  # until then, a program is too new to be known by its times
        for _ in range(3):
            turns["ours"]()
        found = interleave(turns, rounds)
    work = "`wherever run hello.wasm`, compiled before, limits on"
    report = [
        at_most(work, "bare `python -I -S -c pass`", found["ours"], found["python"], 1.6),
        beside(work, "`wasmtime run -W timeout`", found["ours"], found["wasmtime"]),
    ]
    if "node" in found:
        report.append(beside(work, "`node` with its WASI", found["ours"], found["node"]))
    return report


if __name__ == "__main__":
    show(lines())
