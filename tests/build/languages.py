"""Every template, from an empty folder to a tested package, with no compiler on the PATH.

`scripts/conformance languages` runs these: the tools come from wheels and npm packages alone. Each
is built twice, in two folders, with files a day apart, and has to come out the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.build.bindings.worlds import Called
from tests.build.http import answers
from wherever.build import templates

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM = ("rust",)
"""Languages whose compiler has to be the user's own, found on the PATH."""

DIFFER = ("python",)
"""Languages whose builds differ: docs/compiled-python.md says in what, and why."""

DAY_S = 86_400

TEXTS = (
    ("", "", 0, 0),
    (" -- \n", "", 1, 2),
    ("  Crème brûlée,\t2 WAYS! ", "crème-brûlée-2-ways", 4, 21),
    ("a" * 100_000, "a" * 100_000, 1, 100_000),
)
"""Texts, and what libraries begin with make of them: `slug`, and the words and bytes of `count`."""


class Went(Exception):
    """A step that did not go well, in words."""


def cases() -> Iterator[tuple[str, str]]:
    """Each template by name, and what went wrong with it, or nothing."""
    for language, kinds in templates.kinds().items():
        for kind in kinds:
            try:
                whole(language, kind)
            except Went as error:
                yield f"{language}-{kind}", str(error)
            else:
                yield f"{language}-{kind}", ""


def whole(language: str, kind: str) -> None:
    """New, build, run, test, and build again elsewhere.

    Raises:
        Went: something went wrong.
    """
    path = os.environ["PATH"] if language in SYSTEM else ""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as base:
        digests = []
        for number, place in enumerate((Path(base, "a"), Path(base, "quite", "another", "place"))):
            place.mkdir(parents=True)
            command(home, place, "new", "thing", "--lang", language, "--kind", kind)
            folder = place / "thing"
            for file in folder.rglob("*"):
                when = time.time() - number * DAY_S
                os.utime(file, (when, when))
            digests.append(
                json.loads(command(home, folder, "build", "--json", path=path))["digest"]
            )
        text = folder / "wit" / "world.wit"
        is_text = kind == "library" and text.is_file() and "interface text {" in text.read_text()
        if (kind == "command" or is_text) and not command(home, folder, "run", "."):
            raise Went("it prints nothing")
        if is_text:
            called(folder / "build" / "thing.wasm")
        if kind == templates.SITE:
            asked(folder / "build" / "thing.wasm", language)
        command(home, folder, "test")
        if len(set(digests)) > 1 and language not in DIFFER:
            raise Went(f"two builds differ: {digests}")


def called(wasm: Path) -> None:
    """Calls the functions that libraries begin with, which are the same in every language.

    Raises:
        Went: they say something else.
    """
    call = Called(wasm, "my:text/text@0.1.0")
    for text, slug, words, letters in TEXTS:
        counts = call("count", text)
        found = (call("slug", text), counts.words, counts.letters)
        if found != (slug, words, letters):
            raise Went(f"of {text!r} it makes {found}")


def asked(wasm: Path, language: str) -> None:
    """Asks the site that each language begins with, which is the same in every language.

    Raises:
        Went: it answers something else.
    """
    try:
        answers.check(wasm, language)
    except AssertionError as error:
        raise Went(str(error)) from None


def command(home: str, where: Path, *words: str, path: str = "") -> str:
    """What a verb printed, run with tools of its own and hardly any PATH."""
    done = subprocess.run(
        [sys.executable, "-m", "wherever", *words],
        cwd=where,
        env={**environment(home), "PATH": path or home},
        capture_output=True,
        text=True,
        timeout=900,
    )
    if done.returncode:
        raise Went(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def environment(home: str) -> dict[str, str]:
    """A user's environment without any tool of a language."""
    names = [n for n in os.environ if n.startswith(("PIP_", "npm_config_", "NPM_CONFIG_", "GO"))]
    names += [n for n in os.environ if n.startswith(("CARGO_", "RUSTUP_"))]
    names += [n for n in ("SSL_CERT_FILE", "https_proxy", "http_proxy") if n in os.environ]
    return {
        # Where rustup keeps its own, which it looks for in the home.
        "RUSTUP_HOME": f"{Path.home()}/.rustup",
        "CARGO_HOME": f"{Path.home()}/.cargo",
        **{name: os.environ[name] for name in names},
        "HOME": home,
        "WHEREVER_HOME": f"{home}/wherever",
        "WHEREVER_CACHE": f"{home}/cache",
        "WHEREVER_TOOLS": str(ROOT / ".cache" / "tools"),
    }
