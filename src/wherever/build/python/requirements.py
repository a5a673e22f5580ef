"""What a program needs of Python's packages: where that is said, and which ways to say it.

The lines are a stranger's, and pip reads in them options, paths, addresses and variables, some of
which run code. So a line is taken where it is known to be a plain requirement, and only there.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

LIMIT = 1 << 20
"""The most that is read of a file of requirements, in bytes."""

_SCRIPT = re.compile(r"(?m)^# /// script\s*$\s((?:^#(?: .*)?$\s)+?)^# ///\s*$")
_NESTED = re.compile(r"(-r|-c|--requirement|--constraint)[ =] ?([^\s$-]\S*)")

_NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = "(?:===?|~=|[!<>]=|[<>]) ?[A-Za-z0-9*][A-Za-z0-9.*+!_-]*"
_VERSIONS = f"{_VERSION}(?: ?, ?{_VERSION})*"
# A text in a marker holds no space: pip takes what stands after ` -` for an option even there.
_MARK = (
    r"(?:[a-z][a-z_]*(?![a-z_])|[()]|(?:[<>]=?|[!~]=|===?)(?![<>=])"
    r"""|'[A-Za-z0-9._+*,-]*'|"[A-Za-z0-9._+*,-]*")"""
)
_LINE = re.compile(
    rf"(?P<package>{_NAME}(?: ?\[ ?(?:{_NAME}(?: ?, ?{_NAME})*)? ?\])?"
    rf" ?(?:{_VERSIONS}|\( ?{_VERSIONS} ?\))?)"
    rf"(?: ?;(?: ?{_MARK})+)?(?: --hash[= ]sha(?:256|384|512):[0-9a-f]+)*",
    re.ASCII,
)
_ARCHIVE = re.compile(r".*\.(?:whl|zip|tar|tgz|tbz|txz|tlz|gz|bz2|xz|lz|lzma)", re.IGNORECASE)
_LONGEST = 4000


@dataclass(slots=True)
class Wanted:
    """What a program asks for, as lines that pip cannot take for anything else.

    Attributes:
        lines: its requirements.
        constraints: versions of what others may ask for.
    """

    lines: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)


def wanted(project: Project, missing: list[str]) -> Wanted:
    """The requirements of a project.

    They stand in the file that `[build] requirements` names, in the main file itself (a block
    `# /// script`), in requirements.txt, or in pyproject.toml. A lone file takes those beside it
    only where it imports something that is not there otherwise.

    Args:
        project: whose they are.
        missing: modules that its own files import and do not have.

    Raises:
        InputError: one of them is no plain requirement, or a file is wrong.
    """
    folder = project.folder
    named = project.manifest.build.requirements
    found = Wanted()
    if named:
        _file(folder / named, folder, found.lines, found)
        return found
    main = project.main.read_text("utf-8", "replace")
    block = _SCRIPT.search(main.replace("\r\n", "\n"))
    if block is not None:
        text = "".join(line[2:] or "\n" for line in block[1].splitlines(keepends=True))
        settings = _toml(text, f"{project.main.name}, in its block of settings")
        found.lines = _list(settings, main, project.main.relative_to(folder).as_posix())
    elif project.manifest.folder is None and not missing:
        pass
    elif (folder / "requirements.txt").is_file():
        _file(folder / "requirements.txt", folder, found.lines, found)
    elif (folder / "pyproject.toml").is_file():
        text = _text(folder / "pyproject.toml", folder)
        about = _toml(text, "pyproject.toml").get("project", {})
        found.lines = _list(about if isinstance(about, dict) else {}, text, "pyproject.toml")
    return found


def checked(line: str, where: str) -> str:
    """A requirement, with single spaces in it: name, extras, versions, marker, hashes; or `--pre`.

    >>> checked("idna  >=3,<4 ; python_version > '3.8'", "requirements.txt:1")
    "idna >=3,<4 ; python_version > '3.8'"

    Raises:
        InputError: it is anything else.
    """
    plain = re.sub(r"[ \t]+", " ", line).strip(" ")
    found = _LINE.fullmatch(plain) if len(plain) < _LONGEST else None
    # pip looks for a file of that name before it looks for a package.
    if plain == "--pre" or (found and not _ARCHIVE.fullmatch(found["package"])):
        return plain
    hint = "write it as NAME==VERSION; your own modules lie in the project's folder"
    if re.match(r"-i\b|--(extra-)?index\b|--find-links|-f\b|--trusted-host", plain):
        hint = "an index is named in pip's own settings: see pip config set"
    raise InputError(
        f"{where}: {line[:100]!r} is not taken: only names of packages with versions are, so that"
        " nothing of theirs runs while it is built",
        hint,
    )


def _toml(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{where}: {error}") from None


def _list(settings: dict[str, object], text: str, shown: str) -> list[str]:
    value = settings.get("dependencies", [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InputError(f"{shown}: the dependencies of a Python project are a list of texts")
    lines = text.splitlines()
    places: list[str] = []
    for each in value:
        first = each.split("\n", 1)[0]
        at = next((at for at, line in enumerate(lines, 1) if first and first in line), None)
        places.append(f"{shown}:{at}" if at else shown)
    return [checked(each, place) for each, place in zip(value, places, strict=True)]


def _file(path: Path, folder: Path, kept: list[str], found: Wanted, depth: int = 0) -> None:
    """Adds what a file says to a list of those found, and what it says of constraints there."""
    shown = os.path.relpath(path, folder)
    if depth > 9:
        raise InputError(f"{shown} is read by itself, or by a tenth file", "name each file once")
    number, line = 0, ""
    for at, part in enumerate(_text(path, folder).splitlines(), 1):
        number, line = (number, line + part) if line else (at, part)
        if line.endswith("\\"):
            line = f"{line[:-1]} "
            continue
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        nested = _NESTED.fullmatch(line)
        if nested:
            inner = found.constraints if nested[1] in ("-c", "--constraint") else kept
            _file(path.parent / nested[2], folder, inner, found, depth + 1)
        elif line:
            kept.append(checked(line, f"{shown}:{number}"))
        line = ""
    if line.strip():
        kept.append(checked(line.strip(), f"{shown}:{number}"))


def _text(path: Path, folder: Path) -> str:
    """A file's text, where it really lies in the folder."""
    shown = os.path.relpath(path, folder)
    base = os.path.realpath(folder)
    if os.path.commonpath([base, os.path.realpath(path)]) != base:
        raise InputError(f"{shown} lies outside of the project", "put it into the project's folder")
    try:
        if not path.is_file():  # nor waited for, where it is a pipe
            raise FileNotFoundError
        if path.stat().st_size > LIMIT:
            raise InputError(f"{shown} is larger than {LIMIT >> 20} MiB", "split it")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeError, ValueError):
        raise InputError(f"{shown} cannot be read", "check [build] requirements") from None
