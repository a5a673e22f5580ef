"""Damage programs and run them: each is refused or ended in words, and the host lives on.

    python -m tests.fuzz.fuzz_programs --seconds 60 --seed 1

A damaged program is known by its seed and number; `--only N` runs one again. What a run may end
with: an outcome, or an error of ours that is no bug. A crash, a hang, any other exception, or
memory that grows without end is a failure, and the program is written to the folder `--keep`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conformance import core

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / ".cache" / "programs" / "kept"
SUITE = ROOT.parent / "shared" / "suites" / "wasi-testsuite"
LARGEST = 1 << 20
SLOWEST_S = 20.0
MOST_MEMORY = 400 << 20
LIMITS = {"timeout": 0.3, "memory": "64m", "output": "1m"}
DONE, FAILED = b".", b"!"


def corpus() -> list[bytes]:
    """Programs of every proposal, misbehaving guests, and what there is of real ones."""
    from wasmtime import wat2wasm

    from tests.fuzz import fuzz_wasm

    guests = ROOT / "tests" / "guests"
    found = fuzz_wasm.corpus()
    bodies = (guests / "bodies.wat").read_text().split("\n;;; ")[1:]
    for frame in ("preview1", "component"):
        text = (guests / f"{frame}.wat").read_text()
        for body in bodies:
            if not body.startswith(("pollables", "fills", "scatters")):
                found.append(wat2wasm(text.replace("BODY\n", body.partition("\n")[2] + "\n")))
    paths = [*sorted(SUITE.rglob("*.wasm")), *sorted(PROGRAMS.rglob("*.wasm"))]
    found += [path.read_bytes() for path in paths if path.stat().st_size < LARGEST]
    return [bytes(data) for data in found]


def kinds() -> list[list[bytes]]:
    """The corpus, and the test data of the core specification where it is kept already."""
    specified = [path.read_bytes() for path in sorted(core.KEPT.glob("*.wasm"))]
    return [programs for programs in (corpus(), specified) if programs]


def damaged(kinds: list[list[bytes]], seed: int, number: int) -> bytes:
    """The program of this number: flipped bits, a part cut out, repeated, or of another one."""
    rng = random.Random(f"{seed}/{number}")
    programs = rng.choice(kinds)
    data = bytearray(rng.choice(programs))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        how, at = rng.randrange(6), rng.randrange(8, max(9, len(data)))
        if how <= 1:
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif how == 2:
            data[at : at + 1] = rng.randbytes(rng.randint(0, 3))
        elif how == 3:
            del data[at : at + rng.randint(1, 64)]
        elif how == 4:
            data[at:at] = data[at : at + rng.randint(1, 256)]
        else:
            other = rng.choice(programs)
            begin = rng.randrange(len(other))
            size = rng.randint(1, 512)
            data[at : at + size] = other[begin : begin + size]
    if rng.random() < 0.1:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


def drive(seed: int, first: int, last: int) -> None:
    """Runs many in this process; one line on stdout for each, with words where one fails."""
    programs = kinds()
    _drive(range(first, last), lambda number: run_one(damaged(programs, seed, number), number))


def drive_specified(first: int, last: int) -> None:
    """The same with the modules of the core specification, as they are."""
    paths = core.modules()
    _drive(range(first, last), lambda number: load_one(paths[number]))


def run_one(data: bytes, number: int) -> str:
    """What was wrong with a run of it, or nothing."""
    import wherever

    outcome = wherever.run(data, deterministic=number % 7 == 0, **LIMITS)
    if outcome.ended == "killed":
        return outcome.message
    if outcome.usage.wall_s > 2:
        return f"ended by {outcome.limit or outcome.ended} after {outcome.usage.wall_s} s"
    return ""


def load_one(path: Path) -> str:
    """What was wrong with reading and loading it, or nothing."""
    import wherever
    from wherever.wasm import Malformed, facts, read

    refused = ".bad." in path.name
    try:
        data = path.read_bytes()
        facts(data)
        read(data)
    except Malformed as error:
        return "" if refused else f"it could not be read: {error}"
    wherever.load(path, **LIMITS)
    return "it was taken, but the specification refuses it" if refused else ""


def _drive(numbers: range, attempt: Callable[[int], str]) -> None:
    from wherever.errors import InternalError, WhereverError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in numbers:
        wrong = ""
        try:
            wrong = attempt(number)
        except InternalError as error:
            wrong = str(error)
        except WhereverError:
            pass
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
        if grown > MOST_MEMORY:
            wrong = f"the host grew by {grown >> 20} MiB"
            before += grown >> 10
        text = wrong.replace("\n", " ")[:500].encode()
        os.write(1, b"%d %s %s\n" % (number, FAILED if wrong else DONE, text))


def run(seed: int, seconds: float, count: int = 1 << 30) -> Iterator[tuple[int, str]]:
    """Each damaged program that was run, by its number, and what went wrong, or nothing."""
    return _watch(["--seed", str(seed), "--drive"], seconds, count)


def load_specified(seconds: float) -> Iterator[tuple[int, str]]:
    """Each module of the core specification, by its number, and what went wrong, or nothing."""
    return _watch(["--drive-specified"], seconds, len(core.modules()))


def _watch(words: list[str], seconds: float, count: int) -> Iterator[tuple[int, str]]:
    """Have programs run by a process that is watched, and started anew where one ended it."""
    end = time.monotonic() + seconds
    number = 0
    while number < count and time.monotonic() < end:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.fuzz_programs", *words, str(number), str(count)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as driver:
            assert driver.stdout is not None and driver.stderr is not None
            rest = b""
            while time.monotonic() < end:
                if not select.select([driver.stdout], [], [], SLOWEST_S)[0]:
                    driver.kill()
                    yield number, f"it took more than {SLOWEST_S} s"
                    number += 1
                    break
                chunk = os.read(driver.stdout.fileno(), 65536)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    at, sign, text = line.split(b" ", 2)
                    yield int(at), text.decode() if sign == FAILED else ""
                    number = int(at) + 1
                if not chunk:
                    if number < count:
                        said = driver.stderr.read()[-500:].decode("utf-8", "replace")
                        yield number, f"it ended the host ({driver.wait()}): {said}"
                        number += 1
                    break
            driver.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int, default=1 << 30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path, default=ROOT / ".cache" / "fuzz")
    parser.add_argument("--drive", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--drive-specified", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.drive:
        drive(args.seed, *args.drive)
        return 0
    if args.drive_specified:
        drive_specified(*args.drive_specified)
        return 0
    if args.only is not None:
        drive(args.seed, args.only, args.only + 1)
        return 0
    ran = failed = 0
    for number, wrong in run(args.seed, args.seconds, args.count):
        ran += 1
        if wrong:
            failed += 1
            args.keep.mkdir(parents=True, exist_ok=True)
            data = damaged(kinds(), args.seed, number)
            path = args.keep / f"program-{zlib.crc32(data):08x}.wasm"
            path.write_bytes(data)
            print(f"seed {args.seed} number {number}: {wrong} ({path})", flush=True)
    print(f"{ran} damaged programs run, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
