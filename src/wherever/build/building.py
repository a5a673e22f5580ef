"""One build, from a project to a program and a package, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from wherever.build import dependencies
from wherever.build.compose import compose
from wherever.build.dependencies import PACKAGE
from wherever.build.project import FOLDER, Project, find
from wherever.errors import InputError
from wherever.package import artifact, blobs, contents, layout, shelf
from wherever.package.artifact import Packed
from wherever.package.card import card, undeclared
from wherever.package.manifest import Manifest
from wherever.wasm import facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.toolchain import Tell


@dataclass(frozen=True, slots=True)
class Result:
    """What a build made.

    Attributes:
        wasm: the program.
        size: its bytes.
        digest: its sha256, as `sha256:HEX`.
        kind: "module" or "component".
        package: the digest of the package made of it, "" where it has no manifest with a name.
        layout: the folder of that package.
        seconds: how long it took.
        warnings: what the tools said.
    """

    wasm: Path
    size: int
    digest: str
    kind: str
    package: str
    layout: Path | None
    seconds: float
    warnings: tuple[str, ...]


def build(
    project: Project,
    tell: Tell,
    *,
    frozen: bool = False,
    allow_build_scripts: bool = False,
) -> Result:
    """Build a project and put the results in their places, and a package on the shelf too.

    The packages that it depends on are put into it where it imports what they export.

    They are made beside those places and moved there when they are whole: a build that is killed
    leaves what was there before.

    Args:
        project: what to build.
        tell: called with what is being done, as words for a person.
        frozen: choose no other dependencies than the lock does.
        allow_build_scripts: dependencies may run code of theirs on this machine.

    Raises:
        InputError: the source is wrong, or the results cannot be written.
        RemoteError: a tool could not be fetched.
    """
    return _build(project, tell, frozen, allow_build_scripts, ())


def _build(
    project: Project, tell: Tell, frozen: bool, scripts: bool, parents: tuple[Path, ...]
) -> Result:
    began = time.monotonic()
    if project.folder in parents:
        raise InputError(f"{project.name} depends on itself", "break the circle of paths")
    if scripts:
        project = replace(project, manifest=_allowing(project.manifest))

    def inner(folder: Path) -> Result:
        return _build(find(folder), tell, frozen, scripts, (*parents, project.folder))

    needed = dependencies.programs(project, inner, frozen=frozen)
    place = project.output
    scratch = _scratch(place)
    try:
        work = scratch / "work"
        work.mkdir()
        built = project.toolchain.build(project, work, tell)
        wasm = built.wasm
        if needed:
            wasm = compose(wasm, needed, work / "whole.wasm", all_used=False).wasm
        data = wasm.read_bytes()
        seen = facts(data)
        warnings = (*built.warnings, *undeclared(card(seen["imports"], project.manifest)))
        packed: Packed | None = None
        if project.is_package:
            manifest = built.manifest or project.manifest
            files = contents.collect(project.folder, {**built.files, **manifest.files})
            packed = artifact.pack(data, manifest, files)
            data = packed.wasm_bytes
        made = scratch / place.name
        made.write_bytes(data)
        at = None
        if packed is not None:
            at = _keep_package(project, packed)
        os.replace(made, place)
        if packed is not None and project.manifest.version is not None:
            shelf.put(packed)
    except OSError as error:
        raise InputError(
            f"the build of {project.name} cannot be written: {error.strerror} ({error.filename})",
            "make room, or name another place with --output",
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Result(
        wasm=place,
        size=len(data),
        digest=blobs.digest_of(data),
        kind=str(seen["kind"]),
        package=packed.digest if packed is not None else "",
        layout=at,
        seconds=time.monotonic() - began,
        warnings=warnings,
    )


def _allowing(manifest: Manifest) -> Manifest:
    """The manifest as if it said that build scripts may run."""
    return replace(manifest, build=replace(manifest.build, allow_build_scripts=True))


def _scratch(place: Path) -> Path:
    """A folder on the same file system as the result, that is gone when the build has ended."""
    folder = place.parent
    try:
        if folder.name == FOLDER and not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".gitignore").write_text("*\n")
        for left in folder.glob(".wherever-build-*"):
            if time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=".wherever-build-", dir=folder))
    except OSError as error:
        raise InputError(
            f"nothing can be written in {folder}: {error.strerror}",
            "name another place with --output",
        ) from None


def _keep_package(project: Project, packed: Packed) -> Path:
    place = project.folder / FOLDER / PACKAGE
    layout.write(place, packed, str(project.manifest.version or ""), alone=True)
    return place
