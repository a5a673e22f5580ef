"""Where bindings go: into a build's own folder, and beside its results, where editors see them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from wherever.build.project import FOLDER
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wherever.build.project import Project

PLACE = "bindings"
"""The folder below a package's `build`."""


def keep(project: Project, files: Mapping[str, str], target: Path) -> Path:
    """Write files into a folder of `target`, which is returned, and into the project's `build`.

    Raises:
        InputError: they cannot be written.
    """
    made = target / PLACE
    shown = project.folder / FOLDER / PLACE
    try:
        made.mkdir(exist_ok=True)
        for name, text in files.items():
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_text(text, "utf-8")
        if not shown.parent.exists():
            shown.parent.mkdir(parents=True)
            (shown.parent / ".gitignore").write_text("*\n")
        shown.mkdir(exist_ok=True)
        for name, text in files.items():
            (shown / name).parent.mkdir(exist_ok=True)
            _replace(shown / name, text)
    except OSError as error:
        raise InputError(
            f"the bindings of {project.name} cannot be written: {error.strerror}"
            f" ({error.filename})",
            "make room, or make the folder writable",
        ) from None
    return made


def included(name: str, paths: Iterable[Path]) -> bool:
    """Whether any of some sources names a file of the bindings, as its language does."""
    pattern = re.compile(rb'["</]' + re.escape(name.encode()) + rb'[">]')
    return any(pattern.search(path.read_bytes()) for path in paths if path.is_file())


def _replace(path: Path, text: str) -> None:
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return
    made = path.with_name(f".{path.name}-{os.getpid()}")
    made.write_bytes(data)
    os.replace(made, path)
