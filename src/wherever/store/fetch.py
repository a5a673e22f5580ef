"""From a name or a reference to a verified file on this machine."""

from __future__ import annotations

import os

from wherever.errors import InputError, NotFound, RemoteError
from wherever.store import keep, recipe
from wherever.store.catalogue import find, near
from wherever.store.program import Part, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.store.progress import Progress
    from wherever.store.reference import Reference


class Kept:
    """A program's files as they lie on this machine, verified.

    Attributes:
        path: the wasm file; read-only, never written to.
        sha256: its digest.
        program: the catalogue's entry, or None for a `pypi:` or `npm:` reference.
        mounts: (host folder, guest folder) pairs that the program needs, to mount read-only.
        provide, starter: paths of WAT modules to link below and above it, or empty.
        version: the version of the package it came from.
    """

    __slots__ = ("mounts", "path", "program", "provide", "sha256", "starter", "version")

    def __init__(
        self,
        path: str,
        sha256: str,
        program: Program | None,
        version: str,
        mounts: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.path = path
        self.sha256 = sha256
        self.program = program
        self.version = version
        self.mounts = mounts
        self.provide = recipe.path(program.provide) if program else ""
        self.starter = recipe.path(program.starter) if program else ""


def program(reference: str | Program, *, progress: Progress | None = None) -> Kept:
    """The files of a program, fetched first if they are not kept yet.

    Args:
        reference: a name of the catalogue such as `python@3.12`, a `Program` of it, or a
            file in a public package such as `npm:tool@1.0/dist/tool.wasm`.
        progress: called while bytes come; by default a bar on a terminal.

    Raises:
        NotFound: no such name, package, version or file; the hint offers near ones.
        RemoteError: it could not be fetched, or is not what was promised.
        InputError: the reference is malformed, or the data folder cannot be used.
    """
    if isinstance(reference, str):
        if reference.startswith(("pypi:", "npm:")):
            from wherever.store import reference as references

            return _foreign(references.parse(reference), progress)
        found = find(reference)
        if found is None:
            raise unknown(reference)
        reference = found
    return _known(reference, progress)


def unknown(name: str) -> NotFound:
    """The error for a name that the catalogue does not have, with near names."""
    shown = "".join(c if c.isprintable() else "?" for c in name[:80])
    offers = near(name)
    if offers:
        return NotFound(
            f"no program is called {shown}",
            f"did you mean {' or '.join(offers)}? wherever programs lists all",
        )
    return NotFound(f"no program is called {shown}", "wherever programs lists all")


def is_kept(program: Program) -> bool:
    """Whether a program can be run without the network."""
    return all(keep.find(file.sha256, _name(file)) for file in program.files)


def _name(file: Program | Part) -> str:
    return file.path.rpartition("/")[2]


def _known(program: Program, progress: Progress | None) -> Kept:
    files = program.files
    paths = [keep.find(file.sha256, _name(file)) for file in files]
    for file, path in zip(files, paths, strict=True):
        if path is None:
            _bring(file, program, progress)
    paths = [keep.find(file.sha256, _name(file)) for file in files]
    if None in paths:
        raise RemoteError(f"{program.label} was fetched and is gone again", "try once more")
    found = [path for path in paths if path is not None]
    mounts = [
        (os.path.dirname(path), os.path.dirname(part.guest))
        for path, part in zip(found[1:], program.parts, strict=True)
    ]
    return Kept(found[0], program.sha256, program, program.package_version, tuple(mounts))


def _bring(wanted: Program | Part, program: Program, progress: Progress | None) -> None:
    """Fetches a file of a program, and all else it needs out of the same archive."""
    from wherever.store import archive, source

    archives = wanted.archive_sha256
    where = f"{wanted.ecosystem}:{wanted.package} {wanted.package_version}"
    with source.open_shop(archives[0], program.label, wanted.download, progress) as shop:
        missing = [
            file
            for file in program.files
            if file.archive_sha256 == archives and not keep.find(file.sha256, _name(file))
        ]
        if not missing:
            return
        got, _ = shop.fetch(wanted.ecosystem, wanted.package, wanted.package_version)
        digest = source.digest(got)
        if digest not in archives:
            raise RemoteError(
                f"{where} is not the archive that the catalogue knows: its sha256 is {digest}",
                "the index gave other bytes than the public one; nothing was kept",
            )
        targets = {file.path: os.path.join(shop.folder, file.sha256) for file in missing}
        limit = max(file.size for file in missing)
        archive.extract(got, targets, label=where, limit=limit)
        for file in missing:
            digest = source.digest(targets[file.path])
            if digest != file.sha256:
                raise RemoteError(
                    f"{file.path} in {where} is not the file that the catalogue knows: "
                    f"its sha256 is {digest}",
                    "nothing was kept",
                )
        for file in missing:
            keep.put(targets[file.path], file.sha256, _name(file))


def _foreign(reference: Reference, progress: Progress | None) -> Kept:
    from wherever.store import memory

    name = reference.path.rpartition("/")[2]
    if not name or name in (".", "..") or len(os.fsencode(name)) > 160:
        raise InputError(f"{reference} does not name a file", "end it with the file's name")
    known = memory.recall(reference)
    if known:
        path = keep.find(known.sha256, name)
        if path:
            return Kept(path, known.sha256, None, known.version)
    return _bring_foreign(reference, name, progress)


def _bring_foreign(reference: Reference, name: str, progress: Progress | None) -> Kept:
    from wherever.store import archive, memory, source

    with source.open_shop(memory.key(reference), str(reference), 0, progress) as shop:
        known = memory.recall(reference)
        path = keep.find(known.sha256, name) if known else None
        if known and path:
            return Kept(path, known.sha256, None, known.version)
        version = known.version if known else reference.version
        got, version = shop.fetch(reference.ecosystem, reference.package, version)
        where = f"{reference.ecosystem}:{reference.package} {version}"
        target = os.path.join(shop.folder, "file")
        archive.extract(got, {reference.path: target}, label=where)
        digest = source.digest(target)
        memory.remember(reference, version, digest)
        path = keep.put(target, digest, name)
        return Kept(path, digest, None, version)
