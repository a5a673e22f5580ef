"""Many apps in one worker: memory of each that waits, and its first request.

`python -m bench.edge_apps` prints the table. The apps differ in a constant, so no two share code.
They are compiled first, and are then loaded from the cache, as after a restart.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.compare import ROOT
from bench.edge_usage import tree

COUNTS = (10, 100, 1000)
GOAL_KB, GOAL_MS = 60.0, 5.0
HEAD = """\
| apps | start | resident | proportional | of it for each app | descriptors for each | \
first request p50, p99 | tenth p50 |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Seen:
    """A worker with so many apps.

    Attributes:
        apps: how many.
        start: seconds until it answered.
        resident, shared: bytes of memory: all; and where what others have as well counts in part.
        descriptors: that are open.
        first, tenth: milliseconds of each app's first and tenth request.
    """

    apps: int
    start: float
    resident: int
    shared: int
    descriptors: int
    first: list[float]
    tenth: list[float]


def measured(count: int, folder: Path) -> Seen:
    """A worker with so many apps, of which each has answered ten times."""
    file = _served(count, folder)
    words = [sys.executable, "-m", "wherever", "serve", str(file), "--json"]
    began = time.monotonic()
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        if not told:
            raise SystemExit(f"bench: {words} did not start")
        start = time.monotonic() - began
        port = int(json.loads(told)["listen"][0].rpartition(":")[2])
        (worker,) = (pid for pid in tree(process.pid) if _is_worker(pid))
        resident, shared = _memory(worker)
        descriptors = len(os.listdir(f"/proc/{worker}/fd"))
        first, tenth = _asked(port, count)
    finally:
        process.terminate()
        process.wait()
    return Seen(count, start, resident, shared, descriptors, first, tenth)


def table(counts: tuple[int, ...] = COUNTS) -> str:
    """The Markdown of all, and of what was to be reached."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["WHEREVER_HOME"] = f"{scratch}/home"
        os.environ["WHEREVER_BACKGROUND"] = "0"
        folder = Path(scratch)
        # One start compiles them all, so that what is measured is a start from the cache.
        measured(max(counts), folder)
        none, *some = (measured(count, folder) for count in (1, *counts))
    rows = "".join(_row(seen, none) for seen in some)
    return HEAD + rows + "\n" + "".join(_verdicts(some[-1], none))


def _row(seen: Seen, none: Seen) -> str:
    cells = (
        f"{seen.apps:,}",
        f"{seen.start:.2f} s",
        f"{seen.resident / (1 << 20):.0f} MiB",
        f"{seen.shared / (1 << 20):.0f} MiB",
        f"{_each(seen, none):.0f} KB",
        f"{(seen.descriptors - none.descriptors) / (seen.apps - 1):.2f}",
        f"{median(seen.first):.2f} ms, {_late(seen.first):.2f} ms",
        f"{median(seen.tenth):.2f} ms",
    )
    return f"| {' | '.join(cells)} |\n"


def _verdicts(seen: Seen, none: Seen) -> Iterator[str]:
    for value, goal, unit, what in (
        (_each(seen, none), GOAL_KB, "KB", "resident for each idle app"),
        (median(seen.first), GOAL_MS, "ms", "the first request of an app"),
    ):
        mark = "pass" if value <= goal else "**miss**"
        told = f"{value:.1f} {unit}, goal <= {goal:g} {unit}"
        yield f"- {mark}: {what} at {seen.apps:,} apps: {told}\n"


def _each(seen: Seen, none: Seen) -> float:
    """Kilobytes that an app adds."""
    return (seen.resident - none.resident) / (seen.apps - none.apps) / 1000


def _late(values: list[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


def _served(count: int, folder: Path) -> Path:
    """The file of a server with the first so many apps, which are written where they are not."""
    from tests.edge.site import site

    lines = ["[server]", 'listen = "127.0.0.1:0"', "workers = 1", 'status = "off"']
    for number in range(count):
        package = folder / f"app-{number}.wat"
        if not package.exists():
            package.write_text(site(f"I am app {number}"))
        lines += ["[[app]]", f'name = "app-{number}"', f'package = "{package}"']
    file = folder / f"{count}.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _is_worker(pid: int) -> bool:
    return b"wherever.edge.host.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _memory(pid: int) -> tuple[int, int]:
    """Bytes that are resident, and what is left where what others map too counts in part."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    fields = {name: value for name, _, value in (line.partition(":") for line in told[1:])}
    return int(fields["Rss"].split()[0]) << 10, int(fields["Pss"].split()[0]) << 10


def _asked(port: int, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each app's first request, and of its tenth, over one connection."""
    first, tenth = [], []
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            request = f"GET /app-{number}/ HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
            expected = f"I am app {number}".encode()
            for turn in range(10):
                began = time.perf_counter()
                sock.sendall(request)
                said = b""
                while not said.endswith(expected):
                    piece = sock.recv(65536)
                    said += piece
                    if not piece or not said.startswith(b"HTTP/1.1 200 "):
                        raise SystemExit(f"bench: app {number} answers {said[:300]!r}")
                if turn in (0, 9):
                    (first if turn == 0 else tenth).append((time.perf_counter() - began) * 1e3)
    return first, tenth


if __name__ == "__main__":
    sys.stdout.write(table())
