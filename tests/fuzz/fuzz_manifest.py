"""Damage manifests, locks and other tools' manifests: each is taken or refused in words.

    python -m tests.fuzz.fuzz_manifest --seconds 60 --seed 1

A text is known by its seed and number; `--only N` reads one again and shows it. A failure is any
exception but ours, an error that is long or would move a terminal's cursor, a text that takes more
than `MAX_SECONDS`, or a manifest that does not come out of JSON as it went in.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.package.test_foreign import SPIN, WASMER, WKG
from tests.package.test_lockfile import TEXT as LOCK
from tests.package.test_manifest import WHOLE
from wherever.errors import InputError
from wherever.package import lockfile
from wherever.package.foreign import convert
from wherever.package.manifest import Manifest, parse

MAX_SECONDS = 2.0
LONGEST_ERROR = 2000

PIECES = [
    "\n", "[", "]", "[[", "]]", "{", "}", "=", '"', "'", '"""', "'''", ".", ",", "\\", "#", "\0",
    "é", "\x1b", "\u202e", "\r", "1e9", "0x", "nan", "1979-05-27", "true", "../", "/", "*", "^",
    "~", ":", "\ufeff", "a.b.c.d", "x = 1\n", "[test]\n", "[[command]]\n",
]  # fmt: skip


def read_manifest(text: str, folder: Path) -> None:
    """Reads a manifest, and holds what comes out of JSON against what went in."""
    manifest = parse(text, "w")
    packed = json.loads(json.dumps(manifest.to_json(), allow_nan=False))
    if Manifest.from_json(packed).to_json() != packed:
        raise AssertionError("it does not come out of JSON as it went in")


def read_lock(text: str, folder: Path) -> None:
    """Reads a lock, and holds what is written against what was read."""
    lock = lockfile.parse(text, "w")
    if lockfile.parse(lock.to_toml(), "w") != lock:
        raise AssertionError("it does not read as it was written")


def read_foreign(name: str) -> Callable[[str, Path], None]:
    """What takes over a file of this name, and reads the manifest that comes of it."""

    def read(text: str, folder: Path) -> None:
        (folder / name).write_text(text, "utf-8", "surrogatepass", newline="")
        parse(convert(folder / name), "converted")

    return read


SUBJECTS: list[tuple[str, Callable[[str, Path], None]]] = [
    (WHOLE, read_manifest),
    (WHOLE, read_manifest),
    (LOCK, read_lock),
    (WASMER, read_foreign("wasmer.toml")),
    (SPIN, read_foreign("spin.toml")),
    (WKG, read_foreign("wkg.toml")),
]


def damaged(text: str, rng: random.Random) -> str:
    """The text with parts cut, moved, repeated, put in or given another value."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(text) + 1)
        how = rng.randrange(7)
        if how == 0:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif how == 1:
            text = text[:at] + text[at + rng.randint(1, 40) :]
        elif how == 2:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[other : other + rng.randint(1, 80)] + text[at:]
        elif how == 3:
            text = text[:at] + rng.choice(PIECES) * rng.choice((2, 30, 3000)) + text[at:]
        else:
            lines = text.split("\n")
            number = rng.randrange(len(lines))
            key, equals, _ = lines[number].partition(" = ")
            line = rng.choice(lines)
            if equals and how < 6:
                lines[number] = f"{key} = {line.partition(' = ')[2] or rng.choice(PIECES)}"
            elif how == 6:
                lines.insert(number, line)
            text = "\n".join(lines) or "#"
    return text


def check(seed: int, number: int, folder: Path) -> tuple[str, bool]:
    """The damaged text of this number, and whether it was taken."""
    rng = random.Random(f"{seed}/{number}")
    text, read = rng.choice(SUBJECTS)
    text = damaged(text, rng)
    began = time.thread_time()
    taken = True
    try:
        read(text, folder)
    except InputError as error:
        taken = False
        said = str(error)
        if len(said) > LONGEST_ERROR or not said.isprintable():
            raise AssertionError(f"an error that should not be shown: {said!a}") from error
        if said.startswith("converted"):
            raise AssertionError(f"what was made is no manifest: {said}") from error
    if time.thread_time() - began > MAX_SECONDS:
        raise AssertionError(f"took {time.thread_time() - began:.1f} s")
    return text, taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (%(default)s)")
    parser.add_argument("--rounds", type=int, help="how many texts, instead of how long")
    parser.add_argument("--seed", type=int, default=1, help="the seed (%(default)s)")
    parser.add_argument("--only", type=int, help="read the text of this number alone, and show it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.only is not None:
            rng = random.Random(f"{args.seed}/{args.only}")
            print(damaged(rng.choice(SUBJECTS)[0], rng))
            check(args.seed, args.only, Path(folder))
            return 0
        end = time.monotonic() + args.seconds
        number = refused = failed = 0
        while number < args.rounds if args.rounds else time.monotonic() < end:
            try:
                refused += not check(args.seed, number, Path(folder))[1]
            except Exception as error:
                failed += 1
                print(f"--seed {args.seed} --only {number}: {type(error).__name__}: {error}")
            number += 1
    words = f"{failed} FAILED" if failed else "none failed"
    print(f"{number} damaged manifests read: {refused} refused, {words}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
