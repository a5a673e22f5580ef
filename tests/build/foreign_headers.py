"""C libraries of other people, taken as they are, with the worlds of their own headers.

`scripts/conformance languages` runs these. They come from sdists on PyPI: the hashes of xxHash, the
codec LZ4, and the Markdown of cmark, whose functions wasmtime's own component model calls.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import wherever
from tests.build.bindings.worlds import Called
from wherever.build import building
from wherever.build import project as projects
from wherever.store import index
from wherever.store.download import Order

TEXT = b"hello hello hello, said the parrot. " * 500


def _hashes(call: Called) -> str:
    state = call("[static]xxh64-state.create-state")
    parts = [call("[method]xxh64-state.reset", state, 0)]
    parts += [call("[method]xxh64-state.update", state, each) for each in (b"a", b"", b"bc")]
    streamed = call("[method]xxh64-state.digest", state)
    state.drop(call.store)
    whole = call("xxh64", b"abc", 0)
    canonical = call("xxh64-canonical-from-hash", whole)
    back = call("xxh64-hash-from-canonical", canonical)
    found = [*parts, whole == streamed == back, f"{whole:x}", canonical.digest.hex()]
    found.append(f"{call('xxh32', b'abc', 0):x}")
    expected = [*["ok"] * 4, True, "44bc2cf5ad770999", "44bc2cf5ad770999", "32d153ff"]
    return "" if found == expected else str(found)


def _codec(call: Called) -> str:
    room = call("lz4-compress-bound", len(TEXT))
    size, packed = call("lz4-compress-default", TEXT, room)
    length, back = call("lz4-decompress-safe", packed[:size], len(TEXT) + 10)
    if not 0 < size < 1000 or (length, back[:length]) != (len(TEXT), TEXT):
        return f"{size} bytes became {length}"
    broken, _ = call("lz4-decompress-safe", packed[: size // 2], len(TEXT))
    return "" if broken < 0 else f"half of it became {broken} bytes"


def _markdown(call: Called) -> str:
    text = "# Hi *you*\n\n- é\n"
    html = call("cmark-markdown-to-html", text.encode(), 0)
    parser = call("[constructor]cmark-parser", 0)
    for each in text.encode():
        call("[method]cmark-parser.feed", parser, bytes([each]))
    document = call("[method]cmark-parser.finish", parser)
    kind = call("[method]cmark-node.get-type", document)
    plain = call("[method]cmark-node.render-plaintext", document, 0, 0)
    for each in (document, parser):
        each.drop(call.store)
    found = (html, kind, plain)
    expected = "<h1>Hi <em>you</em></h1>\n<ul>\n<li>é</li>\n</ul>\n"
    return "" if found == (expected, "document", "Hi you\n\n  - é\n") else str(found)


@dataclass(frozen=True)
class Foreign:
    """A library: its sdist, what is copied of it, how it is built, and what is tried."""

    package: str
    version: str
    files: tuple[str, ...]
    build: str
    attempt: Callable[[Called], str]


LIBRARIES = {
    "xxhash": Foreign(
        "xxhash",
        "4.1.0",
        ("deps/xxhash/xxhash.c", "deps/xxhash/xxhash.h"),
        # It takes arm_neon.h for ARM's where it is there, as it is in zig.
        'wit = "xxhash.h"\nflags = ["-U__wasm_simd128__"]\n',
        _hashes,
    ),
    "lz4": Foreign("lz4", "4.4.5", ("lz4libs/lz4.c", "lz4libs/lz4.h"), "", _codec),
    "cmark": Foreign(
        "cmarkgfm",
        "2025.10.22",
        ("third_party/cmark/src/*.[ch]", "third_party/cmark/src/*.inc", "generated/unix/*.h"),
        'main = "cmark.c"\nwit = "cmark-gfm.h"\nflags = ["-DCMARK_GFM_STATIC_DEFINE"]\n',
        _markdown,
    ),
}


def cases() -> Iterator[tuple[str, str]]:
    """Each library by name, and what went wrong with it, or nothing."""
    for name, foreign in LIBRARIES.items():
        with tempfile.TemporaryDirectory() as base:
            try:
                wrong = _wrong(name, foreign, Path(base))
            except wherever.WhereverError as error:
                wrong = str(error)
            yield f"header/{name}", wrong


def _wrong(name: str, foreign: Foreign, base: Path) -> str:
    label = f"pypi:{foreign.package}"
    order = Order(foreign.package, foreign.version, str(base), label, lambda done: None)
    path, _ = index.fetch(order, sdist=True)
    with tarfile.open(path) as archive:
        archive.extractall(base, filter="data")
    source = base / f"{foreign.package}-{foreign.version}"
    digests = set()
    for place in ("one", "an other"):
        folder = base / place / name
        folder.mkdir(parents=True)
        for pattern in foreign.files:
            for each in sorted(source.glob(pattern)):
                shutil.copy(each, folder)
        manifest = f'[package]\nname = "lab:{name}"\nversion = "1.0.0"\nkind = "library"\n'
        (folder / "wherever.toml").write_text(f"{manifest}[build]\n{foreign.build}")
        result = building.build(projects.find(folder), lambda text: None)
        digests.add(result.digest)
    if len(digests) > 1:
        return f"two builds differ: {digests}"
    return foreign.attempt(Called(result.wasm, f"lab:{name}/api@1.0.0"))
