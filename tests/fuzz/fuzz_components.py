"""Damage libraries, load them and call them: errors of ours may come out, and nothing else.

    python -m tests.fuzz.fuzz_components --seconds 60

Core modules inside stay as they are, for the engine has fuzzers of its own; all that we read, link
and call by is damaged. What fails is written to the folder `--keep` names.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wherever
from tests.fuzz.fuzz_wasm import NUMBERS, section, sections
from tests.hostile.test_components import CALLBACK, GOOD, LIBRARY, RESOURCE, ROOT

ARGUMENTS: tuple[tuple[Any, ...], ...] = ((), (1,), ("text",), (b"abc",), ([1, 2],), (None,))


def corpus() -> list[bytes]:
    """Libraries of strings, of resources, and of callbacks."""
    import wasmtime

    text = LIBRARY
    for name, body in GOOD.items():
        text = text.replace("{" + name + "}", body)
    return [assembled(wasmtime, each) for each in (text, RESOURCE, CALLBACK)]


def assembled(wasmtime: Any, text: str) -> bytes:
    """A component's bytes."""
    import os

    os.environ["WAST_STRICT_COMPONENT_INDICES"] = "0"
    return bytes(wasmtime.wat2wasm(text))


def damaged(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """The library with some sections damaged, each with its true size again."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        found = [each for each in sections(out) if out[each[0]] != 1]
        begin, body, end = rng.choice(found)
        inside = bytearray(out[body:end])
        for _ in range(rng.choice((1, 1, 2, 3))):
            change(inside, rng, others)
        out[begin:end] = section(out[begin], bytes(inside))
    return bytes(out)


def change(inside: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """One wrong thing in a section."""
    at = rng.randrange(len(inside) + 1)
    kind = rng.randrange(5)
    if kind == 0 and at < len(inside):
        inside[at] = rng.randrange(256)
    elif kind == 1 and at < len(inside):
        inside[at] = (inside[at] + rng.choice((-1, 1))) % 256
    elif kind == 2:
        inside[at : at + 1] = rng.choice(NUMBERS)
    elif kind == 3:
        del inside[at : at + rng.randint(1, 4)]
    else:
        other = rng.choice(others)
        start = rng.randrange(len(other))
        inside[at:at] = other[start : start + rng.randint(1, 12)]


def tried(data: bytes) -> bool:
    """Loads a library and calls what it has; whether it could be loaded.

    Raises:
        Exception: anything that a user should never see.
    """
    try:
        library = wherever.load(
            data, imports={"tell": lambda n: None}, timeout=2, memory="16m", output="1m"
        )
    except wherever.WhereverError:
        return False
    with library:
        for name in library.exports:
            function = getattr(library, name)
            for arguments in ARGUMENTS:
                if not callable(function):
                    continue
                try:
                    function(*arguments)
                except (wherever.WhereverError, TypeError, ValueError, OverflowError):
                    pass
    return True


def turns(
    args: argparse.Namespace,
    seconds: float,
    label: str,
    make: Callable[[random.Random], bytes],
    use: Callable[[bytes], bool],
) -> tuple[int, int] | None:
    """Uses what is damaged until the time or the rounds are over.

    How many there were, and how many were of use; None where one failed, which is kept.
    """
    end = time.monotonic() + seconds
    rounds = useful = 0
    while rounds < args.rounds if args.rounds else time.monotonic() < end:
        data = make(random.Random(f"{args.seed}-{rounds}"))
        rounds += 1
        try:
            useful += use(data)
        except Exception as error:
            folder = Path(args.keep)
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{label}-{args.seed}-{rounds}.wasm"
            path.write_bytes(data)
            print(f"{path}: {type(error).__name__}: {error}")
            return None
    return rounds, useful


def main(words: list[str]) -> int:
    """Damage, load and call until the time or the rounds are over; 1 where something failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    seeds = corpus()
    done = turns(
        args,
        args.seconds,
        "component",
        lambda rng: damaged(rng.choice(seeds), rng, seeds),
        tried,
    )
    if done is None:
        return 1
    print(f"{done[0]} damaged libraries: {done[1]} loaded and called, none failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
