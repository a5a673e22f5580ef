"""The packages that a project needs: chosen, locked, built where they are folders, and found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wherever.build.project import FOLDER, Project
from wherever.errors import InputError
from wherever.package import layout, lockfile, resolution, shelf
from wherever.package import manifest as manifests

PACKAGE = "package"
"""The folder, in `FOLDER`, of the OCI layout that is made of a package."""


def programs(project: Project, build: Callable[[Path], object], *, frozen: bool) -> list[Path]:
    """The programs of all packages that a project needs, those first that need no other.

    What was chosen is kept in `wherever.lock` beside the manifest.

    Args:
        build: builds the package in a folder, for dependencies that are named by path.
        frozen: nothing else than what the lock says may be chosen.

    Raises:
        InputError: no choice meets all requirements, or it is another than the lock's.
        NotFound: a package is not here.
    """
    if not project.manifest.dependencies:
        return []
    before = lockfile.read(project.folder)
    lock = resolution.resolve(project.manifest, lock=before, frozen=frozen)
    if not frozen:
        lockfile.write(project.folder, lock)
    found = []
    for each in lock.in_order():
        where, _, path = each.source.partition(":")
        if where == "path":
            folder = (project.folder / path).resolve()
            build(folder)
            if manifests.read(folder).name != each.name:
                raise InputError(f"the package in {path} is no longer {each.name}")
            found.append(layout.read(folder / FOLDER / PACKAGE).wasm_path)
        else:
            found.append(shelf.by_digest(each.manifest_digest).wasm_path)
    return found
