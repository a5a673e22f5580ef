"""What is to be built: a folder with a manifest, one without, or a single source file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from wherever.build import toolchains
from wherever.build.toolchain import Toolchain
from wherever.errors import InputError, NotFound
from wherever.package import manifest as manifests
from wherever.package.manifest import Manifest

FOLDER = "build"
"""Where a package's results go, in its own folder."""


@dataclass(frozen=True, slots=True)
class Project:
    """Something that can be built.

    Attributes:
        folder: where its sources lie, absolute.
        main: the source file to begin with, absolute.
        language: as the user names it.
        toolchain: what builds it.
        manifest: what it says of itself; defaults where it has none.
        is_package: it has a manifest with a name, so that a package is made of it.
        output: the .wasm that is made.
        whole: all of the folder belongs to it, and not just its main source.
        may_run: it may run code of its own on this machine, which only the user can say.
    """

    folder: Path
    main: Path
    language: str
    toolchain: Toolchain
    manifest: Manifest
    is_package: bool
    output: Path
    whole: bool = True
    may_run: bool = False

    @property
    def name(self) -> str:
        """What messages call it: the package's name, or the file's."""
        name = self.manifest.name
        return str(name) if name is not None else self.main.name


def find(what: str | Path = ".", language: str = "", output: str = "") -> Project:
    """The project that a path stands for.

    Args:
        what: a folder, or a source file.
        language: the language, where it is not to be found out.
        output: where the .wasm goes, where it is not the usual place.

    Raises:
        NotFound: nothing is there.
        InputError: there is nothing in it that could be built.
    """
    path = Path(what)
    try:
        if output and Path(output).is_dir():
            raise InputError(
                f"--output: {output} is a folder", f"name a file in it: {output}/NAME.wasm"
            )
        if not path.exists():
            raise NotFound(f"{path}: there is no such file or folder", "check the path")
        if path.is_dir():
            return _of_folder(path.absolute(), language, output)
        return _of_file(path.absolute(), language, output)
    except OSError as error:
        raise _unreadable(error, path) from None


def _of_folder(folder: Path, language: str, output: str) -> Project:
    if not (folder / manifests.FILE).exists():
        return bare(folder, language, output)
    manifest = manifests.read(folder)
    wanted = language or manifest.build.language
    if manifest.build.interpreter and not language:
        wanted = "script"
    main = _inside(folder, manifest.build.main, "main") if manifest.build.main else None
    if wanted:
        toolchain: Toolchain | None = toolchains.for_language(wanted)
    elif main is not None:
        toolchain = toolchains.for_file(main)
    else:
        toolchain = None
    if toolchain is None or main is None:
        found = _detected(folder, toolchain)
        toolchain, main = found[0], main or found[1]
    name = str(manifest.name).rpartition(":")[2] if manifest.name is not None else main.stem
    place = output or manifest.build.output or os.path.join(FOLDER, f"{name}.wasm")
    return Project(
        folder=folder,
        main=main,
        language=wanted or toolchain.languages[0],
        toolchain=toolchain,
        manifest=manifest,
        is_package=manifest.name is not None,
        output=Path(output).absolute() if output else folder / place,
    )


def bare(folder: Path, language: str = "", output: str = "") -> Project:
    """The project of a folder, by what lies in it alone, whatever a manifest says.

    Raises:
        InputError: there is nothing in it that could be built.
    """
    toolchain = toolchains.for_language(language) if language else None
    try:
        toolchain, main = _detected(folder, toolchain)
    except OSError as error:
        raise _unreadable(error, folder) from None
    place = Path(output).absolute() if output else folder / FOLDER / f"{folder.name}.wasm"
    return Project(
        folder, main, language or toolchain.languages[0], toolchain, Manifest(), False, place
    )


def _detected(folder: Path, toolchain: Toolchain | None) -> tuple[Toolchain, Path]:
    if toolchain is not None:
        main = toolchain.detect(folder)
        if main is not None:
            return toolchain, main
        endings = ", ".join(f"main{ending}" for ending in toolchain.endings)
        raise InputError(
            f"{folder}: no main source file for {toolchain.name} is in it ({endings})",
            "name it: main = 'FILE' in [build] of wherever.toml, or wherever build FILE",
        )
    found = toolchains.for_folder(folder)
    if found is None:
        raise InputError(
            f"{folder}: there is nothing in it that could be built",
            "make a package here with `wherever new`, or name a source file",
        )
    return found


def _of_file(path: Path, language: str, output: str) -> Project:
    toolchain = toolchains.for_language(language) if language else toolchains.for_file(path)
    if toolchain is None:
        known = sorted({ending for each in toolchains.toolchains() for ending in each.endings})
        raise InputError(
            f"{path.name}: its ending says no language that can be built",
            f"name it with --lang; known endings: {' '.join(known)}",
        )
    if not path.is_file():
        raise InputError(f"{path} is no plain file", "write the source into one")
    place = Path(output).absolute() if output else path.with_suffix(".wasm")
    if place == path:
        raise InputError(f"{path.name} is WebAssembly already", f"run it: wherever run {path.name}")
    index = toolchain.endings.index(path.suffix) if path.suffix in toolchain.endings else 0
    languages = toolchain.languages
    named = language or languages[min(index, len(languages) - 1)]
    return Project(path.parent, path, named, toolchain, Manifest(), False, place, False)


def _unreadable(error: OSError, path: Path) -> InputError:
    return InputError(
        f"{error.filename or path} cannot be read: {error.strerror}", "see who may read it"
    )


def _inside(folder: Path, relative: str, key: str) -> Path:
    path = folder / relative
    if not path.is_file():
        raise NotFound(
            f"{folder.name}: [build] {key} names {relative}, which is not there", "check the path"
        )
    return path
