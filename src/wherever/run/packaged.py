"""From a package, in a folder or on the shelf, to a program that can be started.

What a package says of itself grants it nothing: its arguments and variables come before the
user's, its files are mounted for reading, and its limits only count where they are narrower.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from wherever import home
from wherever.build import watching
from wherever.build.script import PLACE
from wherever.errors import InputError, NotFound, NotRunnable
from wherever.home.workshop import workshop
from wherever.package import contents, layout, shelf
from wherever.package import manifest as manifests
from wherever.package.layout import Opened
from wherever.package.names import Name, Version
from wherever.run.program import Program
from wherever.store import catalogue, keep, recipe, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.package.parts import Command
    from wherever.store.program import Program as Entry

BUILT = os.path.join("build", "package")
"""Where `wherever build` leaves a package, in its folder."""


def from_folder(folder: str) -> Program:
    """The program of a folder: its package as it was built last, or the layout that it is.

    Raises:
        NotRunnable: it is no package, or was not built yet.
        InputError: the package is damaged.
    """
    if os.path.lexists(os.path.join(folder, "oci-layout")):
        return of(layout.read(folder))
    if not os.path.lexists(os.path.join(folder, manifests.FILE)):
        raise NotRunnable(f"{folder}: it is a folder, and no package", _instead(folder))
    built = os.path.join(folder, BUILT)
    if not os.path.isdir(built):
        manifest = manifests.read(folder)
        if manifest.name is None:
            raise NotRunnable(
                f"{folder}: its package has no name", 'write name = "me:tool" in wherever.toml'
            )
        raise NotRunnable(f"{folder}: it was not built yet", f"wherever build {folder}")
    program = of(layout.read(built))
    program.newer = _newer(folder, os.path.join(built, "index.json"))
    return program


def _newer(folder: str, made: str) -> str:
    """A source file that changed after the build, by its path in the folder, or none."""
    when = os.stat(made).st_mtime_ns
    for path, (changed, _) in sorted(watching.look(Path(folder)).items()):
        if changed > when:
            return os.path.relpath(path, folder)
    return ""


def from_shelf(what: str) -> Program:
    """The program of a kept package: `NAMESPACE:NAME`, or `NAMESPACE:NAME@VERSION`.

    Raises:
        NotFound: there is no such package here.
        InputError: that is no name, or the package is damaged.
    """
    label, _, wanted = what.partition("@")
    name = Name.parse(label)
    versions = shelf.versions(name)
    if not versions:
        raise NotFound(
            f"{what}: there is no such package here",
            "wherever packages lists them; build or fetch it first",
        )
    version = Version.parse(wanted) if wanted else _newest(versions)
    if version not in versions:
        there = ", ".join(map(str, sorted(versions)[-5:]))
        raise NotFound(f"{what}: there is no such version here", f"there is {there}")
    return of(shelf.get(name, version))


def _newest(versions: list[Version]) -> Version:
    """The newest release; a prerelease is only meant by those who name it, or where it is all."""
    return max([each for each in versions if not each.prerelease] or versions)


def of(opened: Opened) -> Program:
    """The program of a package that was read and checked.

    Raises:
        InputError: its files cannot be unpacked.
    """
    manifest = opened.manifest
    name = manifest.name.name if manifest.name is not None else "package"
    program = Program(str(opened.wasm_path), name)
    program.package = opened
    if manifest.build.interpreter:
        _interpret(program, opened)
    program.limits = dict(manifest.limits)
    _begin(program, manifest.command())
    if manifest.files or manifest.build.interpreter:
        program.mounts += _files(opened)
    return program


def start_with(program: Program, name: str) -> None:
    """Have a package start by its command of a name, and not by its first.

    Raises:
        NotFound: it has no command of that name.
        InputError: it is no package.
    """
    if program.package is None:
        raise InputError(
            f"{program.name} is no package, so it has no commands", "leave --command away"
        )
    manifest = program.package.manifest
    wanted, first = manifest.command(name), manifest.command()
    if first is not None:
        program.args_before = program.args_before[: -len(first.args) or None]
    _begin(program, wanted)


def _begin(program: Program, command: Command | None) -> None:
    """What a command says comes last of what is before the user's arguments."""
    if command is not None:
        program.args_before += command.args
        program.env = dict(command.env)
        program.workdir = command.workdir


def _interpret(program: Program, opened: Opened) -> None:
    """Start a script by its interpreter, if that is the one of the catalogue to the byte.

    Its recipe comes from the catalogue, so nothing of a package chooses how it is linked.
    """
    build = opened.manifest.build
    entry = catalogue.find(build.interpreter)
    if entry is None:
        raise NotRunnable(
            f"{program.name} is a script for {build.interpreter}, which is not known here",
            "update Wherever: pip install --upgrade wherever",
        )
    with open(opened.wasm_path, "rb") as file:
        held = file.read(entry.size)
    if hashlib.sha256(held).hexdigest() != entry.sha256:
        raise NotRunnable(
            f"{program.name} says that it holds {entry.label}, and holds something else",
            "build it again: wherever build",
        )
    program.wasm = _alone(entry, held)
    program.provide, program.starter = recipe.path(entry.provide), recipe.path(entry.starter)
    program.args_before = [*entry.argv, *entry.script_flags, f"{PLACE}/{build.main}"]


def _alone(entry: Entry, held: bytes) -> str:
    """The interpreter as a file of its own, as the catalogue knows it to the byte.

    It is what runs: nothing that a package adds to it does, and its native code is found again
    whatever the package's files are.
    """
    name = os.path.basename(entry.path)
    found = keep.find(entry.sha256, name)
    if found is not None:
        return found
    with source.open_shop(entry.archive_sha256[0], entry.label, entry.size, None) as shop:
        found = keep.find(entry.sha256, name)
        if found is not None:
            return found
        made = os.path.join(shop.folder, entry.sha256)
        try:
            with open(made, "wb") as file:
                file.write(held)
            return keep.put(made, entry.sha256, name)
        except OSError as error:
            raise home.cannot_keep(error) from None


def _instead(folder: str) -> str:
    try:
        inside = sorted(name for name in os.listdir(folder) if name.endswith(".wasm"))
    except OSError:
        inside = []
    if inside:
        return f"name a file in it, such as {os.path.join(folder, inside[0])}"
    return "wherever new makes one, and wherever build builds source"


def _files(opened: Opened) -> list[tuple[str, str, bool]]:
    """The folders that hold a package's files, unpacked once and mounted for reading."""
    digest = opened.wasm_digest.partition(":")[2]
    root = os.path.join(home.room("unpacked"), digest)
    if not os.path.isdir(root):
        try:
            # One at a time: a process id would not tell apart those of two containers.
            with workshop(f"unpack-{digest}", lambda: None) as folder:
                if not os.path.isdir(root):
                    made = os.path.join(folder, "files")
                    name = str(opened.manifest.name or "the package")
                    contents.extract(opened.wasm_path, made, name)
                    os.rename(made, root)
        except OSError as error:
            raise home.cannot_keep(error) from None
    return [(root + guest if guest != "/" else root, guest, True) for guest in _folders(root)]


def _folders(root: str) -> list[str]:
    """The fewest guest folders that show every file: `/` where one lies there itself."""
    names = sorted(os.listdir(root))
    if any(not os.path.isdir(os.path.join(root, name)) for name in names):
        return ["/"]
    return [f"/{name}" for name in names]
