"""Damage libraries and make C of them; and let one in C take random bytes for values.

    python -m tests.fuzz.fuzz_c --seconds 60

Of damaged components `wherever bind --lang c` makes C, or says in words why it does not. Then a
library is compiled with the sanitizers of the compiler: its guest returns, passes to callbacks and
does with handles what random bytes say, and the program around it looks at every value that comes
out. What fails is written to the folder `--keep` names, or says its seed
and turn: `--seed S --turns N` makes it again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.c import guest
from tests.fuzz.fuzz_components import ROOT, change, corpus, damaged, turns
from tests.fuzz.fuzz_wasm import section, sections
from wherever import WhereverError
from wherever.bind.c import sources
from wherever.bind.library import Library, open_library

SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def bound(data: bytes) -> bool:
    """Makes C of a library; whether that could be done.

    Raises:
        Exception: anything that a user should never see.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "library.wasm").write_bytes(data)
        (folder / "scratch").mkdir()
        try:
            library = open_library(str(folder / "library.wasm"), "damaged", "1.0.0")
            sources(library, folder / "src", folder / "scratch")
        except WhereverError:
            return False
    return True


def anywhere(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """The library with a section damaged, which may be a core module."""
    out = bytearray(data)
    begin, body, end = rng.choice(list(sections(out)))
    inside = bytearray(out[body:end])
    change(inside, rng, others)
    out[begin:end] = section(out[begin], bytes(inside))
    return bytes(out)


def bind(library: Library, args: argparse.Namespace) -> bool:
    """Damages and makes C until the time or the rounds are over; whether nothing failed."""
    seeds = [*corpus(), library.data]

    def make(rng: random.Random) -> bytes:
        return rng.choice((damaged, damaged, anywhere))(rng.choice(seeds), rng, seeds)

    done = turns(args, args.seconds / 2, "c", make, bound)
    if done is None:
        return False
    print(f"{done[0]} damaged libraries: {done[1]} made into C, none failed", flush=True)
    return True


def values(library: Library, folder: Path, args: argparse.Namespace) -> bool:
    """Compiles the library that takes bytes for values, and runs it; whether nothing failed."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        print("there is no C compiler, so no values were tried")
        return True
    source = folder / "src"
    made = sources(library, source, folder)
    (source / "main.c").write_text(guest.program(library, made.text), "utf-8")
    files = [str(path) for path in sorted(source.glob("*.c"))]
    words = [compiler, "-std=gnu11", "-w", *SANITIZERS, *files, "-lm", "-lpthread"]
    subprocess.run([*words, "-o", str(folder / "fuzz")], check=True)
    given = (str(args.seed), str(max(1, args.seconds / 2)), str(args.turns))
    ran = subprocess.run(
        [folder / "fuzz", *given],
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1"},
        capture_output=True,
        text=True,
    )
    print((ran.stdout + ran.stderr).strip())
    return ran.returncode == 0


def main(words: list[str]) -> int:
    """Both, each for half of the time; 1 where something failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0, help="damaged libraries")
    parser.add_argument("--turns", type=int, default=0, help="times that all values are tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    with tempfile.TemporaryDirectory() as folder:
        library = guest.library(Path(folder))
        return 0 if bind(library, args) and values(library, Path(folder), args) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
