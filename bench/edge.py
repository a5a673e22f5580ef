"""Servers beside each other: `Hello, WASI!` over HTTP, as a table: `python -m bench.edge`.

Each server runs on one core and the load on another. All are started once; then, turn about, each
is asked in a closed loop, as fast as it answers, and at once in an open one, at 70 % of that. What
counts is the processor's time for a request: the system's count of the whole tree of processes,
before and after. Beside other work it is the figure to trust.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from bench.compare import ROOT
from bench.edge_load import Load, closed, generator, open_loop
from bench.edge_servers import (
    PEERS,
    Bare,
    NotThere,
    Server,
    Uvicorn,
    Wasmtime,
    Wherever,
    Workerd,
)
from bench.edge_usage import pinned, used
from bench.guests import built

ROUNDS, SECONDS, PART = 5, 2.0, 0.7

HEAD = """\
| `Hello, WASI!` by | processor a request | requests a processor second | requests a second \
| p50, p99 of these | at 70 %: p50, p99 | processor then | memory |
|---|---|---|---|---|---|---|---|
"""


@dataclass
class Running:
    """A server that was started, and what was seen of it.

    Attributes:
        closed, opened: the loads of each round, and the processor seconds that they took.
        memory: bytes that were resident after all of them.
    """

    server: Server
    pid: int
    port: int
    closed: list[tuple[Load, float]] = field(default_factory=list)
    opened: list[tuple[Load, float]] = field(default_factory=list)
    memory: int = 0

    def timed(self, load: Callable[[], Load]) -> tuple[Load, float]:
        """A load, and the processor seconds that the server took for it.

        Raises:
            SystemExit: requests failed.
        """
        before = used(self.pid).cpu
        seen = load()
        spent = used(self.pid).cpu - before
        if seen.failed:
            raise SystemExit(f"bench: {self.server.name} failed {seen.failed} requests: {seen}")
        return seen, spent

    def cost(self, loads: list[tuple[Load, float]]) -> float:
        """Microseconds of the processor for a request."""
        return median(spent / load.answered * 1e6 for load, spent in loads)

    @property
    def rate(self) -> float:
        """Requests a second in the closed loop."""
        return median(load.answered / load.seconds for load, _ in self.closed)

    @property
    def late(self) -> float:
        """Microseconds that 99 of 100 requests did not exceed in the open loop."""
        return median(load.p99 for load, _ in self.opened)

    def row(self) -> str:
        """The line of the table."""
        full, part = ([load for load, _ in loads] for loads in (self.closed, self.opened))
        cells = (
            self.server.name,
            f"{self.cost(self.closed):.1f} us",
            f"{1e6 / self.cost(self.closed):,.0f}",
            f"{self.rate:,.0f}",
            _latencies(full),
            _latencies(part),
            f"{self.cost(self.opened):.1f} us",
            f"{self.memory / (1 << 20):.0f} MiB",
        )
        return f"| {' | '.join(cells)} |\n"


PLAIN, PLAIN_POOL = "ours: plain interface, fresh", "ours: plain interface, 128 times"
OURS, OURS_POOL = "ours: `wasi:http`, fresh", "ours: `wasi:http`, 128 times"
THEIRS, THEIRS_POOL = "`wasmtime serve`: same, fresh", "`wasmtime serve`: same, 128 times"

GOALS = (
    (OURS, THEIRS, 1.0),
    (OURS_POOL, THEIRS_POOL, 1.0),
    (PLAIN, Workerd.name, 2.0),
)
"""How many times the requests a processor second of another there should be."""

LATE = 1.5
"""How many times the bare loop's p99 at 70 % may be, beside the guest's own time."""


def servers() -> Iterator[Server]:
    """All that are compared."""
    from tests.edge.public.fetch import kept, named
    from tests.edge.site import site

    handler = kept(named("rust-hello"))
    PEERS.mkdir(parents=True, exist_ok=True)
    plain = built(site("Hello, WASI!"), PEERS / "plain.wasm")
    yield Wherever(PLAIN, plain)
    yield Wherever(PLAIN_POOL, plain, "pool")
    yield Wherever(OURS, handler)
    yield Wherever(OURS_POOL, handler, "pool")
    yield Wasmtime(THEIRS, handler)
    yield Wasmtime(THEIRS_POOL, handler, 128)
    yield Workerd()
    yield Uvicorn()
    yield Bare()


def measured(of: Iterator[Server], rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Running]:
    """Each server after all rounds; one that is not there is told of, and left out.

    Raises:
        SystemExit: there are not two cores, or a server failed requests.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("bench: this needs two cores, one for the server and one for the load")
    generator()
    running: list[Running] = []
    try:
        for server in of:
            try:
                with pinned(cores[0]):
                    running.append(Running(server, *server.start()))
            except NotThere as reason:
                sys.stderr.write(f"bench: left out: {server.name}: {reason}\n")
        with pinned(cores[1]):
            for each in running:
                closed(each.port, 1)
            for _ in range(rounds):
                for each in running:
                    each.closed.append(each.timed(partial(closed, each.port, seconds)))
                    part = partial(open_loop, each.port, PART * each.rate, seconds)
                    each.opened.append(each.timed(part))
        for each in running:
            each.memory = used(each.pid).memory
    finally:
        for each in running:
            each.server.stop()
    return running


def table() -> str:
    """The Markdown of all, and of what was to be reached."""
    found = measured(servers())
    return HEAD + "".join(each.row() for each in found) + "\n" + "".join(verdicts(found))


def verdicts(found: list[Running]) -> Iterator[str]:
    """A line for each goal whose servers were measured."""
    of = {each.server.name: each for each in found}
    for ours, theirs, goal in GOALS:
        if ours in of and theirs in of:
            ratio = of[theirs].cost(of[theirs].closed) / of[ours].cost(of[ours].closed)
            what = f"{ours}, against {theirs}: {ratio:.2f}x the requests a processor second"
            yield _verdict(ratio >= goal, f"{what}, goal >= {goal:g}x")
    for ours in (PLAIN, PLAIN_POOL, OURS, OURS_POOL):
        if ours in of and Bare.name in of:
            bare = of[Bare.name]
            own = of[ours].cost(of[ours].closed) - bare.cost(bare.closed)
            most = LATE * bare.late + max(0.0, own)
            what = f"{ours}: p99 at 70 % {_time(of[ours].late)}"
            yield _verdict(of[ours].late <= most, f"{what}, goal <= {_time(most)}")


def _verdict(met: bool, what: str) -> str:
    return f"- {'pass' if met else '**miss**'}: {what}\n"


def _latencies(loads: list[Load]) -> str:
    return (
        f"{_time(median(load.p50 for load in loads))}, {_time(median(load.p99 for load in loads))}"
    )


def _time(microseconds: float) -> str:
    return f"{microseconds / 1e3:.2f} ms" if microseconds >= 1000 else f"{microseconds:.0f} us"


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.stdout.write(table())
