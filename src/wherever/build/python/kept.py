"""Components that were made before: making one takes long, and the same parts make the same again.

Each is kept under the digest of all that it was made of and under its own, which is checked when it
is used. So a change of any byte of the program, of its packages, its WIT, its flags, the tool or
of us leads to another name, and a damaged file to a new build.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from wherever.build import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST = 8
"""Components that are kept, the ones used last; each has some 20 MB."""


def key(parts: Iterable[Path], words: Sequence[str], seen: Sequence[tuple[str | Path, str]]) -> str:
    """The digest of what a component is made of.

    Args:
        parts: files, and folders with all that is in them.
        words: the arguments of the tool.
        seen: paths that the words may hold, and what to read in their place.
    """
    whole = hashlib.sha256(sys.version.encode())
    for word in words:
        for path, name in seen:
            word = word.replace(str(path), name)
        _add(whole, word.encode())
    for part in parts:
        for path in sorted(part.rglob("*")) if part.is_dir() else (part,):
            if path.is_file():
                _add(whole, path.relative_to(part.parent).as_posix().encode())
                _add(whole, path.read_bytes())
    return whole.hexdigest()[:32]


def find(key: str, out: Path) -> bool:
    """Copy a component to `out`, where it is there and whole."""
    for path in sorted(_folder().glob(f"{key}-*.wasm")):
        try:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == path.stem.partition("-")[2]:
                out.write_bytes(data)
                os.utime(path)
                return True
            path.unlink()
        except OSError:  # another process has removed it
            continue
    return False


def keep(key: str, made: Path) -> None:
    """Keep a component, and no more than `MOST` of all; where it cannot be, it is not."""
    data = made.read_bytes()
    folder = _folder()
    place = folder / f"{key}-{hashlib.sha256(data).hexdigest()}.wasm"
    written = folder / f".{place.name}-{os.getpid()}"
    try:
        written.write_bytes(data)
        os.replace(written, place)
        used = sorted((path.stat().st_mtime, path) for path in folder.iterdir())
        for _, path in used[:-MOST]:
            path.unlink()
    except OSError:
        written.unlink(missing_ok=True)


def _folder() -> Path:
    path = command.caches("python") / "made"
    path.mkdir(0o700, exist_ok=True)
    return path


def _add(whole: hashlib._Hash, data: bytes) -> None:
    whole.update(len(data).to_bytes(8))
    whole.update(data)
