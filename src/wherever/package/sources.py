"""Where versions of packages come from: folders of this machine, and the shelf."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wherever.errors import InputError
from wherever.package import manifest as manifests
from wherever.package import shelf
from wherever.package.manifest import Manifest
from wherever.package.names import Name, Version
from wherever.package.parts import Dependency

MOST_FOLDERS = 1000


@dataclass(frozen=True, slots=True)
class Release:
    """What a source knows of one version of a package.

    Attributes:
        source: as a lock has it: `shelf`, `path:FOLDER`, `registry:HOST`.
        manifest_digest: of the package, or empty for a folder.
        layer_digest: of its program, or empty for a folder.
    """

    source: str
    dependencies: tuple[Dependency, ...] = ()
    manifest_digest: str = ""
    layer_digest: str = ""


class PackageSource(Protocol):
    """What a place that has packages can be asked; a registry's client is one, too.

    Attributes:
        online: whether asking it needs the network.
    """

    online: bool

    def versions(self, name: Name) -> Sequence[Version]:
        """The versions of a package that may be chosen, in any order; none where it has none."""

    def release(self, name: Name, version: Version) -> Release:
        """What it knows of one of these versions, or of one that a lock remembers.

        Raises:
            NotFound: it has no such version.
        """


class Shelf:
    """The packages that this user keeps. Looks once: ask a new one after a change."""

    online = False

    def __init__(self) -> None:
        self.kept: dict[Name, list[Version]] | None = None

    def versions(self, name: Name) -> Sequence[Version]:
        """The versions on the shelf that are not damaged."""
        if self.kept is None:
            self.kept = {}
            for entry in shelf.entries():
                if not entry.damage:
                    self.kept.setdefault(entry.name, []).append(entry.version)
        return self.kept.get(name, [])

    def release(self, name: Name, version: Version) -> Release:
        """What the kept package says of itself, its bytes checked."""
        opened = shelf.get(name, version)
        return Release("shelf", opened.manifest.dependencies, opened.digest, opened.wasm_digest)


class Folders:
    """The packages that a manifest names by path, and those that these name.

    Each stands in for every version of its name, as long as what is required allows it.

    Attributes:
        found: the manifest of each, whose `folder` is where it is.
    """

    online = False

    def __init__(self, root: Manifest) -> None:
        self.found: dict[Name, Manifest] = {}
        self.base = root.folder or Path()
        left = [root]
        while left:
            manifest = left.pop()
            for dependency in manifest.dependencies:
                if dependency.path:
                    left += self._take(manifest, dependency)

    def versions(self, name: Name) -> Sequence[Version]:
        """The one version that the folder has."""
        manifest = self.found.get(name)
        return [] if manifest is None else [manifest.version or Version(0, 0, 0)]

    def release(self, name: Name, version: Version) -> Release:
        """What the manifest in the folder says."""
        manifest = self.found[name]
        folder = _from(self.base, manifest.folder or Path())
        return Release(f"path:{folder}", manifest.dependencies)

    def _take(self, parent: Manifest, dependency: Dependency) -> list[Manifest]:
        # Path.resolve would end with an error of its own where links lead in a circle.
        folder = Path(os.path.realpath((parent.folder or Path()) / dependency.path))
        known = self.found.get(dependency.name)
        if known is not None:
            if known.folder != folder:
                raise InputError(
                    f"{dependency.name} is in two folders, {known.folder} and {folder}",
                    "give both the same path",
                )
            return []
        if len(self.found) >= MOST_FOLDERS:
            raise InputError(f"more than {MOST_FOLDERS} packages are named by path")
        manifest = manifests.read(folder)
        if manifest.name != dependency.name:
            raise InputError(
                f"the package in {folder} is called {manifest.name or 'nothing'},"
                f" not {dependency.name}",
                "name it in [dependencies] as it is called",
            )
        self.found[dependency.name] = manifest
        return [manifest]


def _from(base: Path, folder: Path) -> str:
    """The way from one folder to the other, so that a lock names no place of this machine."""
    return os.path.relpath(folder, os.path.realpath(base)).replace(os.sep, "/")
