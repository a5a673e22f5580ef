"""A fresh sandbox to its captured output, from Python: `python -m bench.sandbox`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import wherever
from bench.compare import ROOT, Line, Time, at_least, beside, calls, interleave, show
from bench.guests import HELLO, built

LIMITS = wherever.Limits.of(
    memory="64m", timeout=5, cpu_time=5, output="1m", host_calls=1000, open_files=16, disk="1m"
)


def with_wasmtime(wasm: Path, folder: Path) -> Callable[[], bytes]:
    """The same by wasmtime-py, as its documentation does it: output goes through a file."""
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    module = wasmtime.Module.from_file(engine, str(wasm))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    out = folder / "out"

    def run() -> bytes:
        store = wasmtime.Store(engine)
        store.set_limits(memory_size=64 << 20)
        store.set_epoch_deadline(1_000_000)
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["hello"]
        wasi.stdout_file = str(out)
        store.set_wasi(wasi)
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
        return out.read_bytes()

    return run


def with_wasmer(wasm: Path, folder: Path) -> Callable[[], bytes]:
    """The same by wasmer-sdk, which has no limits to set."""
    import wasmer_sdk

    loop = asyncio.new_event_loop()
    definition = wasmer_sdk.PackageDefinition(
        modules={"hello": wasm.read_bytes()},
        commands={"hello": wasmer_sdk.PackageCommandDefinition("hello")},
    )
    wasmer = wasmer_sdk.Wasmer(cache_root=folder)
    package = loop.run_until_complete(wasmer.packages.create(definition))

    async def once() -> bytes:
        async with await wasmer.sandboxes.create(packages=[package]) as sandbox:
            return bytes((await sandbox.command(package).run()).stdout.bytes)

    return lambda: loop.run_until_complete(once())


def elsewhere(wasm: Path, folder: Path) -> Callable[[], Time]:
    """Turns of wasmer-sdk, in a process of its own: it takes the handler of faults for itself."""
    command = [sys.executable, "-m", "bench.sandbox", str(wasm), str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    asked, said = process.stdin, process.stdout
    assert asked is not None and said is not None

    def turn() -> Time:
        asked.write("\n")
        asked.flush()
        wall, cpu = said.readline().split()
        return Time(float(wall), float(cpu))

    return turn


def serve(wasm: Path, folder: Path) -> None:
    """The other side of `elsewhere`: a line of times for each line that comes."""
    work = with_wasmer(wasm, folder)
    assert work() == b"hello\n"
    turn = calls(work, 10)
    for _ in sys.stdin:
        spent = turn()
        print(spent.wall, spent.cpu, flush=True)


def lines(rounds: int = 15) -> list[Line]:
    """In our process and in one of our workers, with every limit set."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wasm = built(HELLO, folder / "hello.wasm")
        inputs = folder / "inputs"
        inputs.mkdir()
        theirs = with_wasmtime(wasm, folder)
        ways: dict[str, tuple[Callable[[], bytes], int]] = {
            "ours": (lambda: wherever.run(wasm, limits=LIMITS).stdout, 100),
            # A granted folder sends the run to a process of its own.
            "child": (
                lambda: wherever.run(wasm, limits=LIMITS, dirs=[f"{inputs}:/in:ro"]).stdout,
                20,
            ),
            "wasmtime": (theirs, 100),
        }
        for name, (work, _) in ways.items():
            assert work() == b"hello\n", name
        turns = {n: calls(work, count) for n, (work, count) in ways.items()}
        found = interleave({**turns, "wasmer": elsewhere(wasm, folder / "wasmer")}, rounds)
    work = "fresh sandbox to captured output, all limits on"
    return [
        at_least(f"{work}, in process", "wasmtime-py", found["ours"], found["wasmtime"], 2),
        at_least(f"{work}, in process", "wasmer-sdk", found["ours"], found["wasmer"], 15),
        beside(f"{work}, in a worker process", "wasmtime-py", found["child"], found["wasmtime"]),
        beside(f"{work}, in a worker process", "wasmer-sdk", found["child"], found["wasmer"]),
    ]


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        show(lines())
