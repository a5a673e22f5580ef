"""One build, from a project to a program and a package, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from wherever.build import dependencies, engines, tools
from wherever.build.compose import compose
from wherever.build.dependencies import PACKAGE
from wherever.build.documented import documented
from wherever.build.project import FOLDER, Project, find
from wherever.errors import BuildFailed, InputError
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
        allow_build_scripts: the project and its dependencies may run code of theirs on this
            machine. That its manifest names a dependency that does so is not enough.

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
    project = replace(project, may_run=scripts)

    def inner(folder: Path) -> Result:
        return _build(find(folder), tell, frozen, scripts, (*parents, project.folder))

    engines.check(project)
    needed = dependencies.programs(project, inner, frozen=frozen)
    place = project.output
    scratch = _scratch(project)
    try:
        work = scratch / "work"
        work.mkdir()
        built = project.toolchain.build(project, work, tell)
        wasm = built.wasm
        if not wasm.is_file():
            raise BuildFailed(
                f"{project.toolchain.name} made no WebAssembly of {project.name}",
                "see whether its flags are right",
            )
        if needed:
            wasm = compose(wasm, needed, work / "whole.wasm", all_used=False).wasm
        data = documented(wasm.read_bytes(), project, work)
        seen = facts(data)
        warnings = (*built.warnings, *undeclared(card(seen["imports"], project.manifest)))
        packed: Packed | None = None
        if project.is_package:
            manifest = built.manifest or project.manifest
            if scripts:
                manifest = _telling(manifest)
            files = contents.collect(project.folder, {**built.files, **manifest.files})
            packed = artifact.pack(data, manifest, files, seen)
            data = packed.wasm_bytes
        made = scratch / place.name
        made.write_bytes(data)
        at = None
        if packed is not None:
            try:
                at = _keep_package(project, packed)
            except InputError as error:
                if place.is_relative_to(project.folder):
                    raise
                warnings = (*warnings, f"no package lies beside the source: {error.what}")
        os.replace(made, place)
        if packed is not None and project.manifest.version is not None:
            shelf.put(packed)
    except OSError as error:
        raise _in_words(error, project, scratch) from None
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


def _in_words(error: OSError, project: Project, scratch: Path) -> InputError:
    """What could not be read of the source, or written of the result."""
    path = error.filename
    where = Path(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else None
    if where is not None and where.is_relative_to(project.folder):
        written = (scratch, project.output, project.folder / FOLDER)
        if not any(where.is_relative_to(each) for each in written):
            shown = where.relative_to(project.folder)
            return InputError(f"{shown} cannot be read: {error.strerror}", "see who may read it")
    named = f" ({where})" if where is not None else ""
    return InputError(
        f"the build of {project.name} cannot be written: {error.strerror}{named}",
        "make room, or name another place with --output",
    )


def _telling(manifest: Manifest) -> Manifest:
    """The manifest, which says that code of the project ran: it stands on the package's card."""
    return replace(manifest, build=replace(manifest.build, allow_build_scripts=True))


def _scratch(project: Project) -> Path:
    """A folder on the same file system as the result, that is gone when the build has ended."""
    folder = project.output.parent
    _refuse_links(project, folder)
    try:
        if folder.name == FOLDER and not folder.exists():
            folder.mkdir(parents=True)
            (folder / ".gitignore").write_text("*\n")
        tools.sweep(folder, ".wherever-build-*")
        return Path(tempfile.mkdtemp(prefix=".wherever-build-", dir=folder))
    except OSError as error:
        raise InputError(
            f"nothing can be written in {folder}: {error.strerror}",
            "name another place with --output",
        ) from None


def _refuse_links(project: Project, *places: Path) -> None:
    """A project's links shall not have a build write, or clear away, what lies elsewhere."""
    base = os.path.realpath(project.folder)
    for place in places:
        real = os.path.realpath(place)
        if place.is_relative_to(project.folder) and os.path.commonpath([base, real]) != base:
            raise InputError(
                f"{place.relative_to(project.folder)} is a link that leads out of {project.folder}",
                "remove it, or name another place with --output",
            )


def _keep_package(project: Project, packed: Packed) -> Path:
    place = project.folder / FOLDER / PACKAGE
    _refuse_links(project, place, place / "blobs", place / "blobs" / "sha256")
    layout.write(place, packed, str(project.manifest.version or ""), alone=True)
    return place
