"""What earlier runs made and found, so that a run of some cells completes the table."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from tests.bind.matrix.cells import HERE, ROOT, Outcome, Reason

FOLDER = ROOT / ".cache" / "matrix"
_FILE = FOLDER / "outcomes.json"
_SOURCE = ROOT / "src" / "wherever"
_ALONE = ("python", "typescript")
"""Host languages whose packages do not stand on the C library."""


def digest(*places: Path) -> str:
    """Of every file below some folders, and of some files."""
    made = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                made.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


def place(guest: str, language: str = "") -> Path:
    """The folder of a guest, or of what is bound of it; another one when what makes it changes."""
    made = FOLDER / guest / digest(HERE / "guests" / guest, HERE / "world.wit", _SOURCE / "build")
    if not language:
        return made / "source"
    rooms = {language} if language in _ALONE else {language, "c", "native"}
    return made / digest(*(_SOURCE / "bind" / each for each in sorted(rooms))) / language


def outcomes() -> dict[tuple[str, str], Outcome]:
    """What is known of cells whose sources are still the same."""
    found = {}
    for name, (mark, kept) in (json.loads(_FILE.read_text()) if _FILE.is_file() else {}).items():
        guest, _, host = name.partition(" ")
        reasons = [
            Reason(each["reason"], *(tuple(each[key]) for key in ("guests", "hosts", "lines")))
            for each in kept["reasons"]
        ]
        if (HERE / "guests" / guest).is_dir() and mark == _mark(guest, host):
            found[guest, host] = Outcome(reasons=reasons)
    return found


def keep(guest: str, host: str, outcome: Outcome) -> None:
    """Writes down what came of a cell, where it went well."""
    known = {**outcomes(), (guest, host): outcome}
    good = {each: one for each, one in known.items() if not one.wrong and not one.missing}
    text = {f"{g} {h}": (_mark(g, h), asdict(one)) for (g, h), one in good.items()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = _FILE.with_suffix(f".{os.getpid()}")
    made.write_text(json.dumps(text, indent=1))
    made.replace(_FILE)


def _mark(guest: str, host: str) -> str:
    common = (HERE / "world.wit", HERE / "expected.txt", HERE / "cannot.toml")
    return digest(HERE / "guests" / guest, HERE / "hosts" / host, *common)
