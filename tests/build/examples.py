"""The real programs of `examples/`, built, tested, and held against what others say.

`scripts/conformance languages` runs these. The thumbnailer has to agree with PNG images that are
made and read by hand and with what Pillow takes JPEG images for, the JSON tool with what jq
answered, the Markdown renderer with the same program on this machine's Python, and GraphQL's
stories with what its README says that they print.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import wherever
from tests.bind.worlds import guests
from tests.build import asking, examples_libraries, languages, pictures
from wherever.bind.binding import bind
from wherever.bind.library import open_library

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
QUERIES = Path(__file__).with_name("queries.jsonl")
"""A value, and queries for it with the answers of jq 1.6."""

DAMAGED = 300
SIZES = ((7, 5), (1, 1), (40, 40))


def results() -> Iterator[tuple[str, str]]:
    """What was tried, and what went wrong with it, or nothing."""
    for name, check in (
        ("thumbnail", thumbnail),
        ("markdown", markdown),
        ("jsonquery", jsonquery),
        ("graphql", graphql),
        ("webp", examples_libraries.webp),
        ("sql", examples_libraries.sql),
        ("fetch", asking.fetch),
    ):
        if name in ("fetch", "webp") and not guests.can_be_built():
            print(f"examples/{name}: there is no cargo with a target for WASI, so it was not tried")
            continue
        with tempfile.TemporaryDirectory() as base:
            try:
                folder = built(name, Path(base))
            except languages.Went as error:
                yield name, str(error)
                continue
            yield name, ""
            for what, wrong in check(folder, Path(base)):
                yield f"{name}/{what}", wrong


def built(name: str, base: Path) -> Path:
    """A copy of an example, built and tested.

    Raises:
        Went: something went wrong.
    """
    folder = base / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("build"))
    for verb in ("build", "test"):
        # Rust is the user's own.
        path = os.environ["PATH"] if (folder / "Cargo.toml").is_file() else ""
        words = ["--allow-build-scripts"] if (name, verb) == ("fetch", "build") else []
        languages.command(str(base / "home"), folder, verb, *words, path=path)
    return folder


# ----- the thumbnailer


def thumbnail(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Every kind of PNG in several sizes, a drawing, damaged images, and paths."""
    program = next((folder / "build").glob("*.wasm"))
    for number, (kind, depth) in enumerate(pictures.KINDS):
        for width, height in ((23, 17), (1, 1), (64, 3)):
            png, pixels = pictures.made(kind, depth, width, height, number)
            for box in SIZES:
                wrong = unlike(program, png, pixels, box)
                yield f"kind {kind}, {depth} bit, {width} x {height} into {box}", wrong
    drawing = base / "star.png"
    wherever.run(
        "resvg",
        ["/in/star.svg", "/out/star.png"],
        dirs=[f"{EXAMPLES / 'demo'}:/in:ro", f"{base}:/out"],
    ).check()
    drawn = pictures.read(drawing.read_bytes())
    yield "a drawing of resvg", unlike(program, drawing.read_bytes(), drawn, (50, 50))
    yield "damaged", damaged(program, drawing.read_bytes())
    yield "by path", by_path(program, base)
    with_pillow = examples_libraries.installed(base / "pillow", "pillow")
    photographs = base / "photographs"
    photographs.mkdir()
    maker = Path(__file__).with_name("photographs.py")
    subprocess.run([sys.executable, maker, drawing, photographs], env=with_pillow, check=True)
    for path in sorted(photographs.glob("*.jpg")):
        yield path.stem, far(program, path)
        yield f"{path.stem}, damaged", damaged(program, path.read_bytes(), count=10)


def unlike(program: Path, png: bytes, pixels: pictures.Pixels, box: tuple[int, int]) -> str:
    """How the program's result differs from the mean by hand, or nothing."""
    outcome = wherever.run(program, ["--size", f"{box[0]}x{box[1]}"], input=png)
    if outcome.exit_code:
        return outcome.stderr.decode()
    got = pictures.read(outcome.stdout)
    width, height = len(got[0]), len(got)
    if width > box[0] or height > box[1]:
        return f"{width} x {height} does not fit"
    wanted = pictures.averaged(pixels, width, height)
    differ = sum(
        mine != other
        for row, others in zip(got, wanted, strict=True)
        for mine, other in zip(row, others, strict=True)
    )
    return f"{differ} pixels differ" if differ else ""


def far(program: Path, path: Path) -> str:
    """How far the pixels of a JPEG are from what Pillow saw, where that is far, or nothing.

    Decoders differ by rounding, and in how they widen channels of less resolution.
    """
    pixels = pictures.read(path.with_suffix(".png").read_bytes())
    for box, most in (((4096, 4096), 2.0), ((20, 20), 0.7)):
        outcome = wherever.run(program, ["--size", f"{box[0]}x{box[1]}"], input=path.read_bytes())
        if outcome.exit_code:
            return outcome.stderr.decode()
        got = pictures.read(outcome.stdout)
        wanted = pictures.averaged(pixels, len(got[0]), len(got))
        apart = [
            abs(mine - other)
            for row, others in zip(got, wanted, strict=True)
            for pixel, theirs in zip(row, others, strict=True)
            for mine, other in zip(pixel[:3], theirs[:3], strict=True)
        ]
        if sum(apart) > most * len(apart):
            return f"in {box}, samples differ by {sum(apart) / len(apart):.2f}"
    return ""


def damaged(program: Path, png: bytes, count: int = DAMAGED) -> str:
    """What a damaged image did beyond an exit with words, or nothing."""
    chance = random.Random(7)
    for number in range(count):
        data = bytearray(png)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        elif number % 3 == 1:
            data = bytearray(pictures.mended(bytes(data)))
        outcome = wherever.run(program, input=bytes(data), timeout=60)
        says = outcome.stderr.startswith(b"thumbnail: stdin: ") and not outcome.stdout
        if outcome.exit_code not in (0, 1) or (outcome.exit_code == 1 and not says):
            return f"number {number} ended with {outcome.exit_code}: {outcome.stderr!r}"
    return ""


def by_path(program: Path, base: Path) -> str:
    """What went wrong between two granted folders, or nothing."""
    (base / "out").mkdir()
    outcome = wherever.run(
        program,
        ["--size", "20", "/in/star.png", "/out/small.png"],
        dirs=[f"{base}:/in:ro", f"{base / 'out'}:/out"],
    )
    if outcome.exit_code:
        return outcome.stderr.decode()
    read = pictures.read((base / "out" / "small.png").read_bytes())
    return "" if (len(read), len(read[0])) == (20, 20) else "the result has another size"


# ----- the Markdown renderer


def markdown(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Our own pages, by the sandboxed program and by the same on this Python."""
    with_parser = examples_libraries.installed(base / "parser", "-r", folder / "requirements.txt")
    program = next((folder / "build").glob("*.wasm"))
    pages = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        text, words = page.read_bytes(), ["--page", "--contents"]
        theirs = subprocess.run(
            [sys.executable, folder / "main.py", *words],
            input=text,
            env=with_parser,
            capture_output=True,
            check=True,
        ).stdout
        ours = wherever.run(program, words, input=text).stdout
        yield str(page.relative_to(ROOT)), "" if ours == theirs else "the HTML is another"


# ----- the JSON tool


def jsonquery(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Each query's results as values, and whether it ended well."""
    program = next((folder / "build").glob("*.wasm"))
    value, *cases = map(json.loads, QUERIES.read_text().splitlines())
    text = json.dumps(value["input"])
    for case in cases:
        outcome = wherever.run(program, ["-c", case["query"]], input=text)
        gives = [json.loads(line) for line in outcome.stdout.splitlines()]
        same = (gives, outcome.exit_code == 0) == (case["gives"], case["well"])
        yield case["query"], "" if same else f"it gave {outcome.stdout!r} {outcome.stderr!r}"


# ----- GraphQL


def graphql(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Its story in Python, and in Node where there is one."""
    page = (folder / "README.md").read_text("utf-8")
    wanted = page.partition("$ python story.py\n")[2].partition("```")[0]
    yield "story.py", told([sys.executable, "story.py"], folder, wanted)
    node = shutil.which("node")
    if node is None:
        yield "story.mjs", "needs node, which is not here"
        return
    library = open_library(str(folder / "build" / "graphql.wasm"), "graphql-everywhere")
    (folder / "node_modules").mkdir()
    bind(library, "typescript", folder / "node_modules" / library.name, lambda _: None)
    yield "story.mjs", told([node, "story.mjs"], folder, wanted)


def told(words: list[str], folder: Path, wanted: str) -> str:
    """What a program said that it should not have, or nothing."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    same = (done.returncode, done.stdout) == (0, wanted)
    return "" if same else f"it ended with {done.returncode}: {done.stdout}{done.stderr}"
