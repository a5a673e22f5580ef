"""Finding the main source file of a folder that does not name it."""

from __future__ import annotations

from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDERS = ("", "src")
_NAMES = ("main", "app", "index", "lib")
_MOST = 10_000


def main_of(folder: Path, endings: Sequence[str]) -> Path | None:
    """`main`, `app`, `index` or `lib` in the folder or its `src`, or the only file of a kind."""
    for inner in _FOLDERS:
        for name in _NAMES:
            for ending in endings:
                path = folder / inner / f"{name}{ending}"
                if path.is_file():
                    return path
    for inner in _FOLDERS:
        place = folder / inner
        if place.is_dir():
            found = [
                path
                for path, _ in zip(sorted(place.iterdir()), range(_MOST), strict=False)
                if path.suffix in endings and path.is_file() and not path.name.startswith(".")
            ]
            if len(found) == 1:
                return found[0]
    return None
