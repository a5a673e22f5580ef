"""From a name or a reference to a verified file on this machine."""

from __future__ import annotations

import os

from wherever.errors import InputError, NotFound, RemoteError
from wherever.store import keep
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
        version: the version of the package it came from.
    """

    __slots__ = ("mounts", "path", "program", "sha256", "version")

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
    return all(keep.find(file.sha256, _name(file)) for file in _files(program))


def _files(program: Program) -> tuple[Program | Part, ...]:
    return (program, *program.parts)


def _name(file: Program | Part) -> str:
    return file.path.rpartition("/")[2]


def _known(program: Program, progress: Progress | None) -> Kept:
    paths = []
    for file in _files(program):
        name = _name(file)
        path = keep.find(file.sha256, name)
        if path is None:
            total = program.download if file is program else file.size
            path = _bring(file, name, program.label, total, progress)
        paths.append(path)
    mounts = tuple(
        (os.path.dirname(path), os.path.dirname(part.guest))
        for path, part in zip(paths[1:], program.parts, strict=True)
    )
    return Kept(paths[0], program.sha256, program, program.package_version, mounts)


def _bring(
    file: Program | Part, name: str, label: str, total: int, progress: Progress | None
) -> str:
    from wherever.store import archive, source

    with source.open_shop(file.sha256, label, total, progress) as shop:
        path = keep.find(file.sha256, name)
        if path is not None:
            return path
        got, _ = shop.fetch(file.ecosystem, file.package, file.package_version)
        where = f"{file.ecosystem}:{file.package} {file.package_version}"
        digest = source.digest(got)
        if digest not in file.archive_sha256:
            raise RemoteError(
                f"{where} is not the archive that the catalogue knows: its sha256 is {digest}",
                "your index serves other bytes than the public one; nothing was kept",
            )
        target = os.path.join(shop.folder, "file")
        archive.extract(got, {file.path: target}, label=where, limit=file.size)
        digest = source.digest(target)
        if digest != file.sha256:
            raise RemoteError(
                f"{file.path} in {where} is not the file that the catalogue knows: "
                f"its sha256 is {digest}",
                "nothing was kept",
            )
        return keep.put(target, file.sha256, name)


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
