"""The HTTP examples of componentize-py's and jco's documentation, built as it says.

Both are read out of the packages that carry them and built by their own tools, of fixed versions,
in a folder that is kept: `python -m tests.edge.public.documented`. None of it is in this
repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.edge.public.fetch import KEPT, Ask, Refused
from wherever.store import index
from wherever.store.download import Order

COMPONENTIZE_PY = "0.25.1"
JCO_STD, JCO, COMPONENTIZE_JS = "0.5.0", "1.35.0", "0.23.0"
HONO, ESBUILD = "4.13.19", "0.28.2"

MENDED = ('() => "Hello World!"', '(c) => c.text("Hello World!")')
"""jco-std's README gives Hono text where it wants a Response: unmended, `/` traps everywhere."""

BUILD = """
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';
const { component } = await componentize({
  sourcePath: 'app.js', witPath: 'wit', worldName: 'app', disableFeatures: ['fetch-event'],
});
await writeFile('app.wasm', component);
"""

LONG = bytes(range(256)) * 4096
PYTHON_ASKS = (
    Ask("GET", "/", b"", 400, b""),
    Ask("POST", "/echo", b"Jabberwocky", 200, b"Jabberwocky"),
    Ask("POST", "/echo", LONG, 200, LONG),
    Ask("GET", "/hash-all", b"", 200, b""),
)
JAVASCRIPT_ASKS = (
    Ask("GET", "/", b"", 200, b"Hello World!"),
    Ask("GET", "/nowhere", b"", 404, b"404 Not Found"),
    Ask("POST", "/", b"ignored", 404, b"404 Not Found"),
)

WORLD = "package example:app;\nworld app {\n  include wasi:http/proxy@0.2.12;\n}\n"


def python() -> Path:
    """`examples/http` of componentize-py: POST /echo streams, GET /hash-all asks outside.

    Anything else is answered 400 with no body.
    """
    made = KEPT / f"componentize-py-{COMPONENTIZE_PY}-http.wasm"
    if not made.exists():
        with _workplace() as folder:
            work = Path(folder)
            _run(work, sys.executable, "-m", "venv", "tools")
            pip = ["tools/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
            _run(work, *pip, f"componentize-py=={COMPONENTIZE_PY}")
            # By ourselves: pip would build the package to learn its name.
            order = Order("componentize-py", COMPONENTIZE_PY, folder, "the sdist", lambda _: None)
            path, _ = index.fetch(order, sdist=True)
            with tarfile.open(path) as archive:
                archive.extractall(work, filter="data")
            example = work / f"componentize_py-{COMPONENTIZE_PY}" / "examples" / "http"
            tool = work / "tools" / "bin" / "componentize-py"
            words = ["-d", "../../wit", "-w", "wasi:http/proxy@0.2.0", "componentize", "app"]
            _run(example, tool, *words, "-o", "http.wasm")
            os.rename(example / "http.wasm", made)
    return made


def javascript() -> Path:
    """The HTTP example of jco's library jco-std, with Hono: GET / says `Hello World!`.

    Anything else is answered 404.
    """
    made = KEPT / f"jco-std-{JCO_STD}-hono.wasm"
    if not made.exists():
        with _workplace() as folder:
            work = Path(folder)
            (work / "package.json").write_text('{"private": true, "type": "module"}')
            packages = [
                f"@bytecodealliance/jco-std@{JCO_STD}",
                f"@bytecodealliance/jco@{JCO}",
                f"@bytecodealliance/componentize-js@{COMPONENTIZE_JS}",
                f"hono@{HONO}",
                f"esbuild@{ESBUILD}",
            ]
            _run(work, "npm", "install", "--no-audit", "--no-fund", "--silent", *packages)
            theirs = work / "node_modules" / "@bytecodealliance"
            readme = (theirs / "jco-std" / "README.md").read_text()
            (work / "app.ts").write_text(example_of(readme))
            words = ["--bundle", "--format=esm", "--platform=neutral", "--main-fields=module,main"]
            words += ["--conditions=browser,default,import", "--external:wasi:*"]
            _run(work, "node_modules/.bin/esbuild", "app.ts", *words, "--outfile=app.js")
            builtin = theirs / "jco" / "lib" / "wit" / "builtin" / "0.2.12"
            shutil.copytree(builtin, work / "wit" / "deps")
            (work / "wit" / "app.wit").write_text(WORLD)
            (work / "build.mjs").write_text(BUILD)
            _run(work, "node", "build.mjs")
            os.rename(work / "app.wasm", made)
    return made


def example_of(readme: str) -> str:
    """The example with Hono of a README, mended.

    Raises:
        Refused: there is no such example in it.
    """
    for block in re.findall(r"```ts\n(.*?)```", readme, re.DOTALL):
        if "new Hono()" in block and MENDED[0] in block:
            return str(block).replace(*MENDED)
    raise Refused("jco-std's README has no example with Hono as it had")


def built() -> Iterator[tuple[str, Path, tuple[Ask, ...]]]:
    """Both, by name, and what they answer."""
    yield "componentize-py", python(), PYTHON_ASKS
    yield "jco", javascript(), JAVASCRIPT_ASKS


def _workplace() -> tempfile.TemporaryDirectory[str]:
    KEPT.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=KEPT)


def _run(folder: Path, *words: str | Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"{words[0]} in {folder}: {(done.stderr or done.stdout)[-2000:]}")


if __name__ == "__main__":
    for name, path, _ in built():
        sys.stdout.write(f"{name}: {path}\n")
