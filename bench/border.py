"""The border: what a call with each kind of value costs: `python -m bench.border`.

One library in C, called from Python: by us with the accelerator and by ctypes alone, by
wasmtime-py, by extism where it can say the same (it passes bytes and nothing else), by a process
that answers in JSON, and the same function in plain Python.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.compare import ROOT, Time, calls, interleave

HERE = Path(__file__).parent / "border"
NAME = "bench:border/calls@1.0.0"
HOST = "bench:border/host@1.0.0"

ECHO = """(module
  (import "extism:host/env" "input_offset" (func $at (result i64)))
  (import "extism:host/env" "input_length" (func $size (result i64)))
  (import "extism:host/env" "output_set" (func $out (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "echo") (result i32) (call $out (call $at) (call $size)) (i32.const 0)))"""

SERVER = """
import json, sys
work = {
    "nothing": lambda: None, "add": lambda a, b: a + b, "text": lambda s: s,
    "bytes": lambda b: b, "sum": sum, "points": lambda of: sum(each["n"] for each in of),
    "callback": lambda n: 2 * n,
}
for line in sys.stdin:
    name, args = json.loads(line)
    print(json.dumps(work[name](*args)), flush=True)
"""

TEXT, LONG = "x" * 100, "x" * 100_000
BYTES = bytes(range(256)) * 4096
FLOATS = [float(each) for each in range(100_000)]
POINTS = [(1.0, 2.0, each) for each in range(1000)]

WORK: dict[str, tuple[str, tuple[Any, ...], int]] = {
    "no arguments": ("nothing", (), 20_000),
    "two integers": ("add", (1, 2), 20_000),
    "text of 100 bytes": ("text", (TEXT,), 2_000),
    "text of 100 KB": ("text", (LONG,), 200),
    "1 MiB of bytes": ("bytes", (BYTES,), 20),
    "100,000 floats": ("sum", (FLOATS,), 10),
    "1,000 records": ("points", (POINTS,), 20),
    "a callback": ("callback", (21,), 2_000),
}
"""What is called: the function, its arguments, and how often in a turn of ours."""


def wasm() -> Path:
    """The library, built where nobody minds."""
    from wherever.build import building, project

    folder = Path(tempfile.mkdtemp(prefix="border-"))
    for path in HERE.rglob("*"):
        if path.is_file() and "build" not in path.relative_to(HERE).parts:
            place = folder / path.relative_to(HERE)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return building.build(project.find(folder), lambda _: None).wasm


def ours(path: str) -> Callable[[str, tuple[Any, ...]], Callable[[], Any]]:
    """By `wherever.load`, with all that it checks."""
    import wherever

    library = wherever.load(path, imports={"double": lambda n: 2 * n}, timeout=60)

    def call(name: str, args: tuple[Any, ...]) -> Callable[[], Any]:
        function = getattr(library, name)
        if name == "points":
            args = ([library.Point(*each) for each in args[0]],)
        return lambda: function(*args)

    return call


def with_wasmtime(path: str) -> Callable[[str, tuple[Any, ...]], Callable[[], Any]]:
    """By wasmtime-py."""
    from wasmtime import Engine, Store, WasiConfig
    from wasmtime import component as wc

    engine = Engine()
    store = Store(engine)
    store.set_wasi(WasiConfig())
    linker = wc.Linker(engine)
    linker.add_wasip2()
    with linker.root() as root, root.add_instance(HOST) as host:
        host.add_func("double", lambda _, n: 2 * n)
    instance = linker.instantiate(store, wc.Component.from_file(engine, path))
    at = instance.get_export_index(store, NAME)

    def call(name: str, args: tuple[Any, ...]) -> Callable[[], Any]:
        index = instance.get_export_index(store, name, at)
        assert index is not None
        function = instance.get_func(store, index)
        assert function is not None
        if name == "points":
            args = ([_record(wc, *each) for each in args[0]],)

        def once() -> Any:
            result = function(store, *args)
            function.post_return(store)
            return result

        return once

    return call


def _record(wc: Any, x: float, y: float, n: int) -> Any:
    made = wc.Record()
    made.x, made.y, made.n = x, y, n
    return made


def with_extism() -> Callable[[str, tuple[Any, ...]], Callable[[], Any] | None]:
    """By extism, where there are bytes to pass; None for all else, and where it is not there."""
    try:
        import extism
        import wasmtime
    except ImportError:
        return lambda name, args: None
    plugin = extism.Plugin(bytes(wasmtime.wat2wasm(ECHO)))

    def call(name: str, args: tuple[Any, ...]) -> Callable[[], Any] | None:
        if name not in ("text", "bytes"):
            return None
        return lambda: plugin.call("echo", args[0])

    return call


def with_process() -> Callable[[str, tuple[Any, ...]], Callable[[], Any]]:
    """By a process that stays, and a line of JSON each way."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None and server.stdout is not None
    to, back = server.stdin, server.stdout

    def call(name: str, args: tuple[Any, ...]) -> Callable[[], Any]:
        if name == "bytes":
            args = (args[0].decode("latin-1"),)
        if name == "points":
            args = ([{"x": x, "y": y, "n": n} for x, y, n in args[0]],)

        def once() -> Any:
            to.write(json.dumps([name, args]) + "\n")
            to.flush()
            return json.loads(back.readline())

        return once

    return call


def plain(name: str, args: tuple[Any, ...]) -> Callable[[], Any]:
    """The same in Python itself."""
    functions: dict[str, Callable[..., Any]] = {
        "nothing": lambda: None,
        "add": lambda a, b: a + b,
        "text": lambda s: s,
        "bytes": bytes,
        "sum": sum,
        "points": lambda of: sum(each[2] for each in of),
        "callback": lambda n: 2 * n,
    }
    function = functions[name]
    return lambda: function(*args)


def measured(rounds: int, path: str, peers: bool) -> dict[str, dict[str, Time]]:
    """The times of each work, by who did it: without peers ours, and wasmtime-py if it is quick."""
    ways: dict[str, Callable[[str, tuple[Any, ...]], Callable[[], Any] | None]] = {}
    if peers:
        # First, for its engine takes over the handling of faults, which ours then passes on.
        ways["extism"] = with_extism()
    ways["ours"] = ours(path)
    ways["wasmtime-py"] = with_wasmtime(path)
    if peers:
        ways |= {"JSON": with_process(), "Python": plain}
    found = {}
    for work, (name, args, count) in WORK.items():
        turns = {}
        for way, prepare in ways.items():
            if way == "wasmtime-py" and not peers and count < 2_000:
                continue  # it takes long, and once is enough
            once = prepare(name, args)
            if once is not None:
                slow = way == "wasmtime-py" and name in ("bytes", "sum", "points")
                turns[way] = calls(once, 1 if slow else max(1, count // 10))
        found[work] = interleave(turns, 3 if "wasmtime-py" in turns and name == "bytes" else rounds)
    return found


def _both(rounds: int) -> tuple[dict[str, dict[str, Time]], dict[str, dict[str, Time]]]:
    path = str(wasm())
    alone = subprocess.run(
        [sys.executable, "-m", "bench.border", "alone", path],
        env={**os.environ, "WHEREVER_ACCELERATOR": "0"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return pickle.loads(alone.stdout), measured(rounds, path, True)


def table(rounds: int = 9) -> str:
    """All of it, as a table of Markdown."""
    by_ctypes, times = _both(rounds)
    names = ["wasmtime-py", "extism", "JSON", "Python"]
    rows = [
        "| Python: a call with | ours | by ctypes alone | wasmtime-py | extism"
        " | a process and JSON | plain Python | against wasmtime-py | goal |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for work, found in times.items():
        alone = by_ctypes[work]
        ours = (found["ours"], alone["ours"])
        own = [*ours, *(found.get(name) for name in names)]
        # Each against the peer of the same process, in turn with it.
        peer, other = found["wasmtime-py"], alone.get("wasmtime-py", found["wasmtime-py"])
        fast, slow = peer.wall / ours[0].wall, other.wall / ours[1].wall
        goal = ""
        if work == "two integers":
            goal = f"100x, 30x by ctypes: {_met(fast >= 100 and slow >= 30)}"
        if work == "1 MiB of bytes":
            goal = f"ours under 1 ms: {_met(max(each.wall for each in ours) < 1e-3)}"
        said = f"{fast:.3g}x faster (processor {peer.cpu / ours[0].cpu:.3g}x),"
        said += f" {slow:.3g}x ({other.cpu / ours[1].cpu:.3g}x) by ctypes"
        rows.append(f"| {work} | {' | '.join(map(shown, own))} | {said} | {goal} |")
    return "\n".join(rows) + "\n"


def _met(is_met: bool) -> str:
    return "pass" if is_met else "**miss**"


def shown(time: Time | None) -> str:
    """A time on the clock, and of the processor where that was told."""
    if time is None:
        return ""
    return f"{_said(time.wall)} ({_said(time.cpu)})" if time.cpu else _said(time.wall)


def _said(seconds: float) -> str:
    us = seconds * 1e6
    if us < 10:
        return f"{us:.3f} us" if us < 1 else f"{us:.2f} us"
    return f"{us:.0f} us" if us < 10_000 else f"{us / 1e3:.0f} ms"


if __name__ == "__main__":
    if sys.argv[1:2] == ["alone"]:
        sys.stdout.buffer.write(pickle.dumps(measured(9, sys.argv[2], False)))
    else:
        print(table(), end="")
