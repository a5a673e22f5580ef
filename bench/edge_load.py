"""The two load generators: wrk in a closed loop, and our own in an open one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.compare import ROOT

SOURCE = Path(__file__).parent / "edge" / "load.c"
CONNECTIONS = 32
UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


@dataclass(frozen=True)
class Load:
    """What a generator saw.

    Attributes:
        answered: requests that were answered with 200.
        failed: those that were not.
        seconds: from the first to the end.
        p50, p99: of the latencies, in microseconds; in an open loop from when each was due.
    """

    answered: int
    failed: int
    seconds: float
    p50: float
    p99: float


def closed(port: int, seconds: float, connections: int = CONNECTIONS) -> Load:
    """As many requests as the server answers: each connection asks anew when it was answered."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("bench: there is no wrk to make load with: apt-get install wrk")
    words = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    return of_wrk(_output([wrk, *words, f"http://127.0.0.1:{port}/"]))


def open_loop(port: int, rate: float, seconds: float, connections: int = CONNECTIONS) -> Load:
    """So many requests a second, each when it is due, however long the others take."""
    words = [str(generator()), str(port), "/", f"{rate:.3f}", f"{seconds:g}", str(connections)]
    said = json.loads(_output(words))
    failed = said["asked"] - said["answered"]
    return Load(said["answered"], failed, said["seconds"], said["p50"], said["p99"])


def generator() -> Path:
    """The open-loop generator, compiled where it was changed since."""
    made = ROOT / ".cache" / "bench" / "load"
    if not made.exists() or made.stat().st_mtime < SOURCE.stat().st_mtime:
        made.parent.mkdir(parents=True, exist_ok=True)
        _output([shutil.which("cc") or "gcc", "-O2", "-o", str(made), str(SOURCE)])
    return made


def of_wrk(said: str) -> Load:
    """What wrk's report says.

    >>> of_wrk('''Running 1s test @ http://127.0.0.1:8080/
    ...   Latency Distribution
    ...      50%  501.00us
    ...      99%    4.90ms
    ...   41200 requests in 1.00s, 5.00MB read
    ...   Socket errors: connect 0, read 1, write 0, timeout 2
    ... Requests/sec:  41200.00''')
    Load(answered=41200, failed=3, seconds=1.0, p50=501.0, p99=4900.0)
    """
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", said)
    if total is None:
        raise SystemExit(f"bench: wrk said {said!r}")
    wrong = re.findall(r"Non-2xx or 3xx responses: (\d+)", said)
    for line in re.findall(r"Socket errors: (.*)", said):
        wrong += re.findall(r"\d+", line)
    at = {
        name: float(value) * UNITS[unit]
        for name, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)\b", said)
    }
    seconds = float(total[2]) * UNITS[total[3]] / 1e6
    failed = sum(int(count) for count in wrong)
    return Load(int(total[1]), failed, seconds, at["50"], at["99"])


def _output(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {words}: {done.stderr}")
    return done.stdout
