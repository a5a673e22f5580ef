"""Damage programs and read them: nothing but NotRunnable may come out, and soon.

    python -m tests.fuzz.fuzz_wasm --seconds 60

What fails is written to the folder `--keep` names, with the seed that made it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import wasmtime

from wherever.errors import NotRunnable
from wherever.wasm import facts, read, signature, winch_refuses, world
from wherever.wasm.localnames import parameter_names

SAMPLES = Path(__file__).parent.parent / "wasm"
MAX_SECONDS = 1.0
MAX_PEAK = 64 << 20
NUMBERS = (
    b"\xff\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x08",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00",
    b"\xa0\x8d\x06",
    b"\x7f",
    b"\x00",
)


def corpus() -> list[bytes]:
    """Programs of every proposal, as modules and components."""
    texts = [
        case["wat"] for case in tomllib.loads((SAMPLES / "proposals.toml").read_text())["case"]
    ]
    texts += [path.read_text() for path in sorted(SAMPLES.glob("*.wat"))]
    return [bytes(wasmtime.wat2wasm(text)) for text in texts]


def flip(data: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """Flip a few bits."""
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def overwrite(data: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """Put other bytes in the place of some."""
    at = rng.randrange(len(data))
    data[at : at + rng.randint(1, 6)] = rng.randbytes(rng.randint(0, 6))


def cut(data: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """Cut off the end."""
    del data[rng.randrange(8, max(9, len(data))) :]


def splice(data: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """Put a piece of another program somewhere."""
    other = rng.choice(others)
    start = rng.randrange(len(other))
    at = rng.randrange(len(data))
    data[at : at + rng.randint(0, 32)] = other[start : start + rng.randint(1, 200)]


def repeat(data: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """Say a piece many times."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randint(1, 64)]
    data[start:start] = piece * rng.randint(1, 200)


def lie(data: bytearray, rng: random.Random, _: list[bytes]) -> None:
    """Put a wild number in the place of a count, a size or an index."""
    at = rng.randrange(8, max(9, len(data)))
    data[at : at + 1] = rng.choice(NUMBERS)


def nest(data: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """Wrap the program into components, rightly sized."""
    inner = bytes(data)
    for _ in range(rng.randint(1, 40)):
        kind = 4 if inner[6:7] == b"\1" else 1
        inner = b"\0asm\x0d\0\1\0" + section(kind, inner)
        if rng.random() < 0.2:
            inner += section(7, b"\1" + rng.choice(others)[8:60])
    data[:] = inner


def section(kind: int, body: bytes) -> bytes:
    """A section with its true size."""
    size = bytearray()
    number = len(body)
    while number > 0x7F:
        size.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([kind, *size, number]) + body


def resize(data: bytearray, rng: random.Random, others: list[bytes]) -> None:
    """Damage one section and give it its true size again, so that reading gets into it."""
    found = list(sections(data))
    if not found:
        return
    begin, body, end = rng.choice(found)
    inside = data[body:end]
    if inside:
        rng.choice((flip, overwrite, splice, repeat))(inside, rng, others)
    data[begin:end] = section(data[begin], bytes(inside))


def sections(data: bytearray) -> Iterator[tuple[int, int, int]]:
    """Where each section begins, where its body does, and where it ends."""
    at = 8
    while at + 1 < len(data):
        begin, at = at, at + 1
        size = shift = 0
        while at < len(data) and shift < 35:
            size |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                break
        if at + size > len(data):
            return
        yield begin, at, at + size
        at += size


Mutation = Callable[[bytearray, random.Random, list[bytes]], None]
MUTATIONS: tuple[Mutation, ...] = (
    flip, overwrite, cut, splice, repeat, lie, nest, resize, resize, resize
)  # fmt: skip


def mutant(rng: random.Random, programs: list[bytes]) -> bytes:
    """A program, damaged once or a few times."""
    data = bytearray(rng.choice(programs))
    for _ in range(rng.choice((1, 1, 2, 5))):
        rng.choice(MUTATIONS)(data, rng, programs)
        if len(data) < 9 or len(data) > 200_000:
            break
    return bytes(data)


def read_all(data: bytes) -> bool:
    """Read `data` in every way; whether it was taken."""
    taken = True
    for reader in (facts, read, world):
        try:
            found = reader(data)
        except NotRunnable as error:
            taken = taken and reader is world
            if len(str(error)) > 1000:
                raise AssertionError("an error of more than 1000 characters") from error
            continue
        if isinstance(found, dict):
            winch_refuses(found)
            for *_, kind, text in found["imports"] + found["exports"]:
                if kind == "func" and found["kind"] == "module" and text:
                    signature(text)
            # It is meant for modules that the engine took, and must live with others too.
            parameter_names(data)
        elif not isinstance(found, str) and hasattr(found, "function_names"):
            found.function_names.get(0)
    return taken


def check(data: bytes, traced: bool) -> bool:
    """Read `data`; raise where it costs too much or fails in another way than ours."""
    if traced:
        tracemalloc.start()
    began = time.thread_time()
    try:
        taken = read_all(data)
        took = time.thread_time() - began
        peak = tracemalloc.get_traced_memory()[1] if traced else 0
    finally:
        if traced:
            tracemalloc.stop()
    # Tracing makes reading several times slower.
    if took > MAX_SECONDS * (8 if traced else 1):
        raise AssertionError(f"took {took:.2f} s")
    if peak > MAX_PEAK:
        raise AssertionError(f"used {peak >> 20} MiB")
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (%(default)s)")
    parser.add_argument("--rounds", type=int, help="how many programs, instead of how long")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (%(default)s)")
    parser.add_argument("--keep", type=Path, help="a folder for programs that fail")
    arguments = parser.parse_args()
    programs = corpus()
    for program in programs:
        check(program, traced=True)
    began = time.monotonic()
    seed, taken = arguments.seed, 0
    while (
        seed < arguments.seed + arguments.rounds
        if arguments.rounds is not None
        else time.monotonic() < began + arguments.seconds
    ):
        data = mutant(random.Random(seed), programs)
        try:
            taken += check(data, traced=seed % 16 == 0)
        except Exception as error:
            print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"wasm-{seed}.wasm").write_bytes(data)
            raise
        seed += 1
    done = seed - arguments.seed
    print(f"{done} damaged programs read: {taken} taken, {done - taken} refused, none failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
