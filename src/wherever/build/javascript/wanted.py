"""What package.json and its lock name: packages of a registry or an address, and no paths.

What is installed is kept under the text of these two files. Behind a path may lie other things
tomorrow, of which that text says nothing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES = ("dependencies", "optionalDependencies", "peerDependencies", "overrides")
_PATH = re.compile(r"\s*(?:(?:file|link|workspace):|[./\\]|~[/\\]|[a-z]:[/\\])", re.IGNORECASE)
_ARCHIVE = re.compile(r"(?!.*://).*\.(?:tgz|tar\.gz|tar)\s*", re.IGNORECASE)
_DEEPEST = 50


def names_packages(path: Path, lock: Path | None) -> bool:
    """Whether there is a package.json that needs any package.

    Raises:
        InputError: one of the files is wrong, or names a path.
    """
    if not path.is_file():
        return False
    text, read = _read(path)
    for table in _TABLES:
        for name, spec in _specs(path, table, read.get(table, {})):
            if _is_path(spec):
                said = json.dumps(spec)
                at = [at for at, line in enumerate(text.splitlines(), 1) if said in line]
                raise _refusal(f"{path.name}:{at[0]}" if at else path.name, name, spec)
    if lock is not None and read.get("dependencies"):
        _check_lock(lock)
    return bool(read.get("dependencies"))


def _check_lock(path: Path) -> None:
    """Of all versions of the format: the older ones have `dependencies`."""
    _, read = _read(path)
    for table in ("packages", "dependencies"):
        entries = read.get(table)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(entry, dict) or entry.get("dev") is True:
                continue
            spec = entry.get("resolved", entry.get("version"))
            if isinstance(spec, str) and (entry.get("link") or _PATH.match(spec)):
                raise _refusal(path.name, name, spec)


def _specs(path: Path, table: str, found: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Names with what stands for each; overrides lie in each other."""
    if isinstance(found, dict) and depth < _DEEPEST:
        for name, spec in found.items():
            if isinstance(spec, str):
                yield name, spec
            elif table == "overrides":
                yield from _specs(path, table, spec, depth + 1)
            else:
                raise _wrong(path, f'"{table}" is no table of texts')
    else:
        raise _wrong(path, f'"{table}" is no table of texts')


def _is_path(spec: str) -> bool:
    return bool(_PATH.match(spec) or _ARCHIVE.fullmatch(spec))


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        read = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, str(error)) from None
    if not isinstance(read, dict):
        raise _wrong(path, "it is no table")
    return text, read


def _wrong(path: Path, why: str) -> InputError:
    return InputError(f"{path.name} cannot be read: {why}", "mend the file")


def _refusal(where: str, name: str, spec: str) -> InputError:
    return InputError(
        f"{where}: {json.dumps(name)} is the path {json.dumps(spec)}, not a package",
        "import it by that path, or install the packages yourself: npm install, whose node_modules"
        " is then used as it is",
    )
