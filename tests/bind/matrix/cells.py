"""One interface between every language that it can be written in and every one that can call it.

A guest is a folder in `guests` that `wherever build` makes a component of; a host is a folder in
`hosts` with a program that prints the transcript, and `host.py`, which knows how to run it:

    def missing() -> str: what it needs and this machine does not have, "" where all is there
    def transcript(cell: Cell) -> str: what the program printed; `Failed` where it ended badly
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from wherever.bind.binding import MARK, bind
from wherever.bind.library import open_library
from wherever.build import building
from wherever.build import project as projects

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WORLD = HERE / "world.wit"
NAME = "market"
VERSION = "1.0.0"

GUESTS = {
    "c": "C",
    "cpp": "C++",
    "zig": "Zig",
    "rust": "Rust",
    "go": "Go",
    "python": "Python",
    "javascript": "JavaScript",
    "wat": "WAT",
}
HOSTS = {
    "python": "Python, loaded",
    "wheel": "Python, bound",
    "node": "Node",
    "chromium": "Chromium",
    "c": "C",
    "cpp": "C++",
    "rust": "Rust",
    "go": "Go",
    "java": "Java",
}
_NEEDED = {"rust": "cargo", "go": "go"}
"""Programs of the user's that a guest is built with."""

_LEFT_S = 86400
"""Seconds after which nobody is at work any more in what was made of other sources."""


class Failed(Exception):
    """A program ended badly. It may have printed something before."""

    def __init__(self, what: str, printed: str = "") -> None:
        super().__init__(what)
        self.printed = printed


@dataclass
class Cell:
    """What a host gets: a guest, and a folder of its own.

    Attributes:
        wasm: the guest's component.
        folder: an empty folder.
        bound: the folder of the package bound from it for a language.
    """

    wasm: Path
    folder: Path
    bound: Callable[[str], Path]

    def run(self, words: Iterable[str | Path], **more: Any) -> str:
        """What a program printed; it runs in the cell's folder."""
        kept: dict[str, Any] = {"cwd": self.folder, "timeout": 900, "encoding": "utf-8", **more}
        done = subprocess.run([str(word) for word in words], capture_output=True, **kept)
        if done.returncode:
            raise Failed((done.stderr.strip() or f"ended with {done.returncode}"), done.stdout)
        return str(done.stdout)


@dataclass
class Reason:
    """Why some lines of a transcript, or all of it, cannot be as they should."""

    reason: str
    guests: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    def is_of(self, guest: str, host: str) -> bool:
        """Whether it speaks of a cell."""
        return guest in (self.guests or GUESTS) and host in (self.hosts or HOSTS)


@dataclass
class Outcome:
    """What came of a cell.

    Attributes:
        wrong: what is not as it was expected to be, "" for nothing.
        reasons: what was expected not to work, and did not.
        missing: what is not on this machine, so that nothing was tried.
    """

    wrong: str = ""
    reasons: list[Reason] = field(default_factory=list)
    missing: str = ""


def hosts() -> list[str]:
    """The hosts that there are, in the order of the table."""
    return [each for each in HOSTS if (HERE / "hosts" / each / "host.py").is_file()]


def reasons() -> list[Reason]:
    """Those of `cannot.toml`."""
    text = (HERE / "cannot.toml").read_text("utf-8")
    return [
        Reason(**{key: each if key == "reason" else tuple(each) for key, each in entry.items()})
        for entry in tomllib.loads(text).get("cannot", [])
    ]


def expected() -> list[str]:
    """The transcript, which every cell prints."""
    return (HERE / "expected.txt").read_text("utf-8").splitlines()


class Matrix:
    """All cells, made in one folder; each guest is built once, and bound once for a language.

    Args:
        folder: where programs run, and guests are made.
        place: where a guest is made, and what is bound of it, by its name and that of the language;
            without it, in the folder.
    """

    def __init__(self, folder: Path, place: Callable[..., Path] | None = None) -> None:
        os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
        self.folder = folder
        self._place = place or (lambda *names: folder / "made" / "-".join(names))
        self._built = cache(self._build)
        self._bound = cache(self._bind)

    def cell(self, guest: str, host: str, known: Iterable[Reason]) -> Outcome:
        """Builds what is not built yet, and runs one cell."""
        program = import_module(f"tests.bind.matrix.hosts.{host}.host")
        own = _NEEDED.get(guest, "")
        missing = own if own and shutil.which(own) is None else program.missing()
        if missing:
            return Outcome(missing=missing)
        known = [each for each in known if each.is_of(guest, host)]
        printed, failed = "", ""
        try:
            wasm = self._built(guest)
            if isinstance(wasm, Failed):
                raise wasm
            folder = self.folder / "cells" / f"{guest}-{host}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            printed = program.transcript(Cell(wasm, folder, lambda lang: self._of(guest, lang)))
        except Failed as error:
            printed, failed = error.printed, str(error)
        except (OSError, subprocess.SubprocessError, TimeoutError) as error:
            failed = f"{type(error).__name__}: {error}"
        return judged(printed.splitlines(), failed, known)

    def _of(self, guest: str, language: str) -> Path:
        found = self._bound(guest, language)
        if isinstance(found, Failed):
            raise found
        return found

    def _build(self, guest: str) -> Path | Failed:
        folder = self._place(guest)
        made = folder / "build" / f"{NAME}.wasm"
        if made.is_file():
            return made
        if folder.parent.parent.name == guest:
            for each in folder.parent.parent.iterdir() if folder.parent.parent.is_dir() else ():
                if time.time() - each.stat().st_mtime > _LEFT_S:
                    shutil.rmtree(each, ignore_errors=True)  # made of other sources
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "guests" / guest, folder)
        shutil.copy(WORLD, folder)
        try:
            return building.build(projects.find(folder), lambda text: None).wasm
        except Exception as error:
            return Failed(f"it cannot be built: {error}")

    def _bind(self, guest: str, language: str) -> Path | Failed:
        wasm = self._built(guest)
        if isinstance(wasm, Failed):
            return wasm
        folder = self._place(guest, language)
        if (folder / MARK).is_file():
            return folder
        try:
            library = open_library(str(wasm), NAME, VERSION)
            bind(library, language, folder, lambda text: None)
        except Exception as error:
            return Failed(f"it cannot be bound for {language}: {error}")
        return folder


def judged(lines: list[str], failed: str, known: list[Reason]) -> Outcome:
    """A transcript against what it should be, and what is known not to work."""
    wanted = expected()
    told = {line.partition(":")[0]: line for line in lines}
    excused = {label for each in known for label in each.lines}
    differing = []
    for number, line in enumerate(wanted, 1):
        label = line.partition(":")[0]
        if told.get(label) != line:
            differing.append(label)
            if label not in excused and all(each.lines for each in known):
                found = f"{told[label]!r}" if label in told else failed or "it is not there"
                return Outcome(f"differs at line {number}, {line!r}: {found}")
    unused = [each for each in known if not set(each.lines or differing) & set(differing)]
    if unused:
        return Outcome(f"works: take it out of cannot.toml: {unused[0].reason}")
    if len(lines) > len(wanted):
        return Outcome(f"prints more than it should: {lines[-1]!r}")
    if failed and not differing:
        return Outcome(f"ends badly: {failed}")
    return Outcome(reasons=known)
