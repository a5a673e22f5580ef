"""Programs that ask by HTTP, in languages that people use: what `make test` has no time for.

`scripts/conformance languages` runs these.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import wherever
from tests.build import languages_js
from tests.run.answering import Server, serving

PROGRAM = Path(__file__).with_name("asking.js")
PRINTED = """200 true 5
200 true 200000
200 true 6
100000 came
5000000
fetch of http://127.0.0.1:PORT/hello failed: HTTP-request-denied
302 http://127.0.0.1:1/hello
fetch takes no signal here
fetch of http://localhost:PORT/to/1 failed: it redirects
TypeError: fetch of https://away.example/ failed: HTTP-request-denied
"""


def cases() -> Iterator[tuple[str, str]]:
    """Each case by name, and what went wrong with it, or nothing."""
    yield "asking/javascript", languages_js.went(javascript)


def javascript(folder: Path) -> None:
    """`fetch` on SpiderMonkey; a program that does not name it imports none of HTTP."""
    (folder / "main.js").write_bytes(PROGRAM.read_bytes())
    (folder / "wherever.toml").write_text(
        '[package]\nname = "me:asks"\nversion = "0.1.0"\n'
        '[build]\nlanguage = "javascript"\nengine = "spidermonkey"\nmain = "main.js"\n'
    )
    program = languages_js.build(folder).wasm
    with serving() as server:
        place = f"localhost:{server.port}"
        words = [f"http://{place}", "https://away.example/"]
        out = wherever.run(program, words, net=[place], timeout=300)
    languages_js.same(out.stderr, b"")
    told = [line for line in out.stdout.decode().splitlines(True) if line != "tick\n"]
    languages_js.same("".join(told), PRINTED)


def fetch(folder: Path, base: Path) -> Iterator[tuple[str, str]]:
    """The example in Rust: what it gets, where it is led, and what it leaves alone."""
    program = next((folder / "build").glob("*.wasm"))
    with serving() as server, serving() as other, tempfile.TemporaryDirectory() as out:
        url = f"http://localhost:{server.port}"
        net = [f"localhost:{server.port}"]
        large = wherever.run(program, [f"{url}/3000000"], net=net)
        yield "what it gets", _unlike(large.stdout, b"x" * 3_000_000)
        wherever.run(program, [f"{url}/hello", "/out/a"], net=net, dirs=[f"{out}:/out"])
        yield "into a file", _unlike(Path(out, "a").read_bytes(), b"hello")
        words = [f"{url}/to/{other.port}"]
        led = wherever.run(program, words, net=[*net, f"127.0.0.1:{other.port}"])
        yield "a redirect that is granted", _unlike(led.stdout, b"hello")
        left = wherever.run(program, words, net=net)
        yield "a redirect that is not", _left(left, other)


def _unlike(found: bytes, expected: bytes) -> str:
    return "" if found == expected else f"{found[:60]!r} is not {expected[:60]!r}"


def _left(left: wherever.Outcome, other: Server) -> str:
    place = f"127.0.0.1:{other.port}"
    told = f"network access to {place} is not granted; pass net=['{place}']"
    if (left.exit_code, left.refused, len(other.seen)) == (1, (told,), 1):
        return ""
    return f"{left.exit_code}, {left.refused}, {other.seen}"
