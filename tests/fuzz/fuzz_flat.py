"""Damage handlers and load them as the edge does: refusals in words may come out, nothing else.

    python -m tests.fuzz.fuzz_flat --seconds 60

Core modules inside stay as they are, for the engine has fuzzers of its own. What fails is written
to the folder `--keep` names.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.component.test_flat import PROGRAM
from tests.edge.site import site
from tests.fuzz.fuzz_components import assembled, damaged, turns
from tests.hostile.test_components import CALLBACK, ROOT
from wherever.component.broken import Broken
from wherever.component.flat import Flat, NotFlat
from wherever.edge.config import LIMITS
from wherever.edge.guest.loading import PLAIN, WASI, load
from wherever.errors import WhereverError
from wherever.wasm.cursor import Malformed
from wherever.wasm.defining import definitions


def corpus() -> list[bytes]:
    """A handler, a program with imports, and one of the world."""
    import wasmtime

    return [assembled(wasmtime, text) for text in (site("hello"), site("bye"), PROGRAM, CALLBACK)]


def tried(data: bytes) -> bool:
    """Lays a component out, and makes it ready where it answers requests; whether it was laid out.

    Raises:
        Exception: anything that a user should never see.
    """
    try:
        found = Flat(definitions(data))
    except (Malformed, Broken, NotFlat):
        return False
    if PLAIN in found.exports or WASI in found.exports:
        try:
            load("fuzzed", data, LIMITS)
        except WhereverError:
            pass
    return True


def main(words: list[str]) -> int:
    """Damage and load until the time or the rounds are over; 1 where something failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    seeds = corpus()
    with tempfile.TemporaryDirectory() as folder:
        # What is compiled on the way is of no use to anybody.
        os.environ["WHEREVER_HOME"] = str(Path(folder, "home"))
        os.environ["WHEREVER_BACKGROUND"] = "0"
        done = turns(
            args,
            args.seconds,
            "flat",
            lambda rng: damaged(rng.choice(seeds), rng, seeds),
            tried,
        )
    if done is None:
        return 1
    print(f"{done[0]} damaged components: {done[1]} laid out, none failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
