"""The libraries of `examples/`, from several languages, held against what they are made of.

`scripts/conformance languages` runs these. WebP images have the pixels that libwebp gives them, to
the bit; SQL comes out as the same release of sqlglot gives it on this machine's own Python, for all
that the tests of sqlglot have to come out unchanged.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wherever
from tests.build import languages

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
DAMAGED = 300
BLENDED = 1
"""How far a pixel may be off where a frame of an animation lies over another."""

SDIST = (
    "sqlglot==30.30.0"
    " --hash=sha256:b8e344042c85d7baa1d0d827127dfe1611ce9ac59bceab6fe370665baeb14ce7\n"
)
DIALECTS = ("", "duckdb", "bigquery", "tsql")

WEBP = """96 x 64, lossy
first pixel: 99 60 114
without loss: 3208 bytes, the same: True
Corrupt bitstream
"""
SQL = """SELECT FROM_UNIXTIME(1618088028295 / POW(10, 3))
customer is made of orders.customer
twice is made of orders.price
1:26: Invalid expression / Unexpected token
"""


def webp(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Every kind of image, animations, damaged images, and what three languages say."""
    with_pillow = installed(base / "pillow", "pillow")
    maker = Path(__file__).with_name("webp_images.py")
    images = base / "images"
    images.mkdir()
    photo = EXAMPLES / "thumbnail" / "photo.jpg"
    subprocess.run([sys.executable, maker, photo, images], env=with_pillow, check=True)
    with wherever.load(folder / "build" / "webp.wasm", timeout=60) as library:
        for path in sorted(images.glob("*x*.webp")):
            picture = library.decode(path.read_bytes())
            same = picture.pixels == path.with_suffix(".raw").read_bytes()
            yield path.stem, "" if same else "libwebp gives it other pixels"
        for path in sorted(images.glob("moving-*.webp")):
            yield path.stem, moving(library, path)
        mine = images / "mine.webp"
        for path in sorted(images.glob("333x257-lossy-30-*.webp")):
            picture = library.decode(path.read_bytes())
            mine.write_bytes(library.encode(picture))
            words = [sys.executable, maker, "--read", mine]
            read = subprocess.run(words, env=with_pillow, check=True, capture_output=True).stdout
            same = read == picture.pixels
            yield f"{path.stem}, written", "" if same else "libwebp reads other pixels"
        yield "damaged", damaged(library, sorted(images.glob("17x3-*.webp")))
    yield from told(folder, base, WEBP, "python,typescript,c")


def moving(library: Any, path: Path) -> str:
    """How the frames of an animation differ from libwebp's, or nothing."""
    with library.Animation.open(path.read_bytes()) as animation:
        for at in range(8):
            frame = animation.next()
            if frame is None or frame.duration != (40, 80)[at % 2]:
                return f"frame {at} is not as it was made: {frame and frame.duration}"
            pixels = path.with_name(f"{path.stem}-{at}.raw").read_bytes()
            pairs = zip(frame.picture.pixels, pixels, strict=True)
            if max(abs(one - other) for one, other in pairs) > BLENDED:
                return f"libwebp gives frame {at} other pixels"
        return "" if animation.next() is None else "it has more frames than were made"


def damaged(library: Any, paths: list[Path]) -> str:
    """What a damaged image did beyond an error in words, or nothing."""
    chance = random.Random(7)
    for number in range(DAMAGED):
        data = bytearray(chance.choice(paths).read_bytes())
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        try:
            library.decode(bytes(data))
        except wherever.ResultError as error:
            if not str(error):
                return f"number {number} was refused without a word"
        except wherever.WhereverError as error:
            return f"number {number}: {error}"
    return ""


def sql(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """What sqlglot's tests want unchanged, and what it becomes elsewhere; and two languages."""
    with_sqlglot = installed(base / "sqlglot", "-r", folder / "requirements.txt")
    lines = identities(base)
    (base / "lines.json").write_text(json.dumps(lines))
    native = subprocess.run(
        [sys.executable, "-c", NATIVE, base / "lines.json", *DIALECTS],
        env=with_sqlglot,
        check=True,
        capture_output=True,
    )
    theirs = json.loads(native.stdout)
    with wherever.load(folder / "build" / "sql.wasm", timeout=60) as library:
        for dialect in DIALECTS:
            ours = [transpiled(library, line, dialect) for line in lines]
            pairs = zip(lines, ours, theirs[dialect], strict=True)
            wrong = [f"{line}: {mine}, not {other}" for line, mine, other in pairs if mine != other]
            unchanged = sum(mine == [line] for line, mine in zip(lines, ours, strict=True))
            name = f"{len(lines)} statements as {dialect or 'they are'}, {unchanged} unchanged"
            yield name, "; ".join(wrong[:3])
            if not dialect and unchanged < len(lines):
                yield "unchanged", f"{len(lines) - unchanged} statements are changed"
    yield from told(folder, base, SQL, "python,typescript")


NATIVE = """import json, sys, sqlglot
def transpiled(line, dialect):
    try:
        return sqlglot.transpile(line, write=dialect)
    except (sqlglot.errors.SqlglotError, ValueError):
        return []
lines = json.load(open(sys.argv[1]))
print(json.dumps({each: [transpiled(line, each) for line in lines] for each in sys.argv[2:]}))
"""


def transpiled(library: Any, line: str, dialect: str) -> list[str]:
    """What the library makes of a statement; nothing where it refuses it."""
    try:
        found: list[str] = library.transpile(line, "", dialect)
    except library.SqlError:
        return []
    return found


def identities(base: Path) -> list[str]:
    """The statements that its own tests want unchanged, out of the sdist of the same release."""
    (base / "sdist.txt").write_text(SDIST)
    words = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary"]
    pip = [sys.executable, "-m", "pip", *words, "sqlglot", "--require-hashes"]
    subprocess.run([*pip, "-d", base, "-r", base / "sdist.txt"], check=True)
    (archive,) = base.glob("sqlglot-*.tar.gz")
    with tarfile.open(archive) as opened:
        member = f"{archive.name.removesuffix('.tar.gz')}/tests/fixtures/identity.sql"
        found = opened.extractfile(member)
        assert found is not None
        return [line.strip() for line in found.read().decode().splitlines() if line.strip()]


def told(folder: Path, base: Path, expected: str, hosts: str) -> Iterator[tuple[str, str]]:
    """What the example's own programs print, each in its language."""
    name = f"{folder.name}-everywhere"
    built = f"build/{folder.name}.wasm"
    words = ["bind", built, "--lang", hosts, "-o", "bindings", "--name", name]
    languages.command(str(base / "home"), folder, *words)
    yield "python", unlike([sys.executable, "story.py"], folder, expected)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / name).symlink_to(folder / "bindings" / "typescript")
    yield "node", unlike(["node", "story.mjs"], folder, expected)
    if "c" in hosts.split(",") and shutil.which("cc"):
        library = f"bindings/c/lib/lib{name.replace('-', '_')}.a"
        include = ["-Wall", "-Wextra", "-Werror", "-Ibindings/c/include"]
        cc = ["cc", "story.c", *include, library, "-lm", "-lpthread", "-o", "story"]
        done = subprocess.run(cc, cwd=folder, capture_output=True, text=True, check=False)
        yield "c", done.stderr or unlike(["./story"], folder, expected)


def unlike(words: list[str], folder: Path, expected: str) -> str:
    """What a program prints where it is something else, or nothing."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.stdout == expected else f"{done.stdout}{done.stderr}"


def installed(target: Path, *what: str | Path) -> dict[str, str]:
    """An environment in which Python finds packages that pip puts into a folder."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--target", target),
            *("--only-binary", ":all:", "--disable-pip-version-check"),
            *("--root-user-action", "ignore", *what),
        ],
        check=True,
    )
    return {**os.environ, "PYTHONPATH": str(target)}
