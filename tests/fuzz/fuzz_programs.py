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
from collections.abc import Iterator
from pathlib import Path

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


def damaged(programs: list[bytes], seed: int, number: int) -> bytes:
    """The program of this number: flipped bits, a part cut out, repeated, or of another one."""
    rng = random.Random(f"{seed}/{number}")
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


def drive(seed: int, first: int, last: int, step: int) -> None:
    """Runs many in this process; one byte on stdout for each, and words where one fails."""
    import wherever
    from wherever.errors import InternalError

    programs = corpus()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(first, last, step):
        data = damaged(programs, seed, number)
        wrong = ""
        try:
            outcome = wherever.run(data, deterministic=number % 7 == 0, **LIMITS)
            if outcome.ended == "killed":
                wrong = outcome.message
            elif outcome.usage.wall_s > 2:
                wrong = f"ended by {outcome.limit or outcome.ended} after {outcome.usage.wall_s} s"
        except InternalError as error:
            wrong = str(error)
        except wherever.WhereverError:
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
    """Each number that was run, and what went wrong with it, or nothing.

    The programs run in a process that is watched, and started anew where one ended it.
    """
    end = time.monotonic() + seconds
    number = 0
    while number < count and time.monotonic() < end:
        words = ["--seed", str(seed), "--drive", str(number), str(count)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.fuzz_programs", *words],
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
    args = parser.parse_args()
    if args.drive:
        drive(args.seed, *args.drive, 1)
        return 0
    if args.only is not None:
        drive(args.seed, args.only, args.only + 1, 1)
        return 0
    ran = failed = 0
    for number, wrong in run(args.seed, args.seconds, args.count):
        ran += 1
        if wrong:
            failed += 1
            args.keep.mkdir(parents=True, exist_ok=True)
            data = damaged(corpus(), args.seed, number)
            path = args.keep / f"program-{zlib.crc32(data):08x}.wasm"
            path.write_bytes(data)
            print(f"seed {args.seed} number {number}: {wrong} ({path})", flush=True)
    print(f"{ran} damaged programs run, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
