"""The shelf: every package that this user built or fetched, once, for all verbs and processes.

It is one OCI image layout, `packages` in the data folder. Writers take turns by a lock that
ends with its holder; whatever they write stands beside its place until it is whole, and the
index is replaced last. So at any moment a reader, who takes no lock, finds what was true
before or after, and a writer who is killed leaves at most a file that the next one removes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wherever import home
from wherever.errors import InputError, NotFound
from wherever.package import artifact, blobs, canonical, layout, noted, turns
from wherever.package.artifact import Packed
from wherever.package.blobs import Descriptor
from wherever.package.layout import Opened
from wherever.package.names import Name, Version

ROOM = "packages"
HERE = "`wherever packages` lists them"


@dataclass(frozen=True, slots=True)
class Entry:
    """A package on the shelf.

    Attributes:
        name: of the package.
        version: of the package.
        digest: of its manifest.
        size: of its three blobs together, in bytes; 0 where it is damaged.
        description: its own words, unchecked: escape them before they are shown.
        damage: what is wrong with it, or empty. The program's bytes are not looked at here.
    """

    name: Name
    version: Version
    digest: str
    size: int
    description: str = ""
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the shelf takes on the disk.

    Attributes:
        folder: where it is.
        packages: how many have a name.
        size: of all its files, in bytes.
        unused: of those that `prune` would remove, in bytes.
    """

    folder: str
    packages: int
    size: int
    unused: int


def put(packed: Packed | Opened) -> Entry:
    """Keeps a package under the name and version in its manifest, in place of what had them.

    Where this ends early, by a kill or a full disk, the shelf is as before.

    Raises:
        InputError: the package has no name or version, is damaged, or cannot be written.
    """
    image = artifact.image(packed.manifest_bytes, "the package")
    _, manifest = artifact.configured(packed.config_bytes, image.layer, "the package")
    if manifest.name is None or manifest.version is None:
        raise InputError(
            "a package needs a name and a version to be kept",
            'give it both in wherever.toml: [package] name = "me:tool", version = "0.1.0"',
        )
    with _writing() as (base, staging):
        described = layout.put_blobs(base, packed, staging)
        tag = _tag(manifest.name, manifest.version)
        kept = [entry for entry in _healed(base) if layout.tag_of(entry) != tag]
        layout.write_index(base, [*kept, layout.tagged(described, tag)], staging)
    size = described.size + image.config.size + image.layer.size
    return Entry(manifest.name, manifest.version, described.digest, size, manifest.description)


def get(name: Name, version: Version) -> Opened:
    """A kept package, checked: each blob has the digest that it is named by.

    Its program is hashed again only when the file looks changed since it was last hashed.

    Raises:
        NotFound: it is not on the shelf.
        InputError: it is damaged; to put it again heals it.
    """
    tag = _tag(name, version)
    seen = None
    while True:
        found = next((entry for entry in _listed() if layout.tag_of(entry) == tag), None)
        if found is None:
            raise NotFound(f"{name}@{version} is not among the packages kept here", HERE)
        try:
            return _opened(_described(found), f"{name}@{version}")
        except InputError:
            # Another process may have replaced it, and pruned what it was, meanwhile.
            if found == seen:
                raise
            seen = found


def by_digest(digest: str) -> Opened:
    """The kept package whose manifest has a digest, as a lock names it, whatever its name.

    Raises:
        NotFound: it is not on the shelf.
        InputError: `digest` is none, or the package is damaged.
    """
    if not blobs.DIGEST.fullmatch(digest):
        raise InputError(f"{digest[:90]!a} is not a digest", "it starts with sha256:")
    try:
        size = os.lstat(blobs.place(_base(), digest)).st_size
    except OSError:
        raise NotFound(f"{digest} is not among the packages kept here", HERE) from None
    return _opened(Descriptor(artifact.MANIFEST_TYPE, digest, size), digest)


def entries() -> list[Entry]:
    """All kept packages, by name and then by version."""
    found = []
    for entry in _listed():
        named = _named(layout.tag_of(entry))
        if named is None:
            continue
        described = _described(entry)
        try:
            opened = layout.opened(folder(), described, layout.tag_of(entry), hashed=True)
            sizes = (described.size, len(opened.config_bytes), opened.layer.size)
            facts = os.lstat(opened.wasm_path)
            damage = "" if facts.st_size == opened.layer.size else "its program is damaged"
            said = opened.manifest.description
            found.append(Entry(*named, described.digest, sum(sizes), said, damage))
        except InputError as error:
            found.append(Entry(*named, described.digest, 0, "", error.what))
        except OSError:
            found.append(Entry(*named, described.digest, 0, "", "its program is not there"))
    if any(entry.damage for entry in found):
        # What another process removed meanwhile is not damaged, but gone.
        there = {entry["digest"] for entry in _listed()}
        found = [entry for entry in found if not entry.damage or entry.digest in there]
    return sorted(found, key=lambda entry: (entry.name, entry.version))


def versions(name: Name) -> list[Version]:
    """The versions of a package by the list alone, which is quick: no package is opened."""
    named = [_named(layout.tag_of(entry)) for entry in _listed()]
    return sorted(version for each, version in filter(None, named) if each == name)


def remove(name: Name, version: Version) -> bool:
    """Takes a package's name off the shelf, and says whether it was there.

    Its blobs go with the next `prune`; on a full disk they go at once, as even a shorter list
    needs some room.

    Raises:
        InputError: the shelf cannot be written.
    """
    tag = _tag(name, version)
    with _writing() as (base, staging):
        before = _healed(base)
        after = [entry for entry in before if layout.tag_of(entry) != tag]
        try:
            layout.write_index(base, after, staging)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            _sweep(base, after)
            layout.write_index(base, after, staging)
        return len(after) < len(before)


def prune() -> int:
    """Removes every file that no package on the shelf needs; how many bytes that freed.

    A package whose manifest or config is damaged loses its name too.

    Raises:
        InputError: the shelf cannot be written.
    """
    with _writing() as (base, staging):
        before = _healed(base)
        _, whole = _needed(base, before)
        freed = _sweep(base, whole)
        if whole != before or not _is_readable(base):
            layout.write_index(base, whole, staging)
        return freed


def usage() -> Usage:
    """What the shelf takes, and what `prune` would free."""
    base = folder()
    listed = _listed()
    needed, whole = _needed(base, listed)
    sizes = dict(_files(base))
    unused = sum(size for path, size in sizes.items() if path not in needed)
    return Usage(base, len(whole), sum(sizes.values()), unused)


def folder() -> str:
    """Where the shelf is, or would be."""
    return os.path.join(home.folder(), ROOM)


def _base() -> str:
    """The shelf's folder, checked to be ours where there is one."""
    base = folder()
    return home.room(ROOM) if os.path.lexists(base) else base


def _opened(described: Descriptor, where: str) -> Opened:
    base = folder()
    opened = layout.opened(base, described, where, hashed=True)
    path = str(opened.wasm_path)
    if not noted.is_unchanged(base, opened.wasm_digest):
        before = noted.look(path)
        blobs.verify(base, opened.layer, artifact.LAYER_LIMIT, f"the program of {where}")
        noted.keep(base, opened.wasm_digest, before)
    return opened


def _tag(name: Name, version: Version) -> str:
    return f"{name.namespace}/{name.name}:{version}"


def _named(tag: str) -> tuple[Name, Version] | None:
    label, _, version = tag.partition(":")
    try:
        return Name.parse(label.replace("/", ":")), Version.parse(version)
    except InputError:
        return None


def _described(entry: dict[str, Any]) -> Descriptor:
    return Descriptor.of(entry, "an entry of the shelf")


def _listed() -> list[dict[str, Any]]:
    """The index's entries, as they are; none where there is no shelf."""
    try:
        return layout.index(_base())
    except NotFound:
        return []
    except InputError as error:
        raise InputError(
            f"the index of the packages kept here is damaged: {error.what}",
            "`wherever packages prune` makes it again from the packages",
        ) from None


def _healed(base: str) -> list[dict[str, Any]]:
    """The index's entries; where it is damaged or missing, what the blobs say themselves."""
    try:
        return layout.index(base)
    except InputError:
        marker = os.path.join(base, "oci-layout")
        if os.path.lexists(marker):
            os.unlink(marker)
    found: dict[str, tuple[float, dict[str, Any]]] = {}
    for path, size in _files(base):
        if size > canonical.LIMIT or os.path.dirname(path) != _blob_folder(base):
            continue
        digest = f"sha256:{os.path.basename(path)}"
        described = Descriptor(artifact.MANIFEST_TYPE, digest, size)
        try:
            opened = layout.opened(base, described, "a package", hashed=True)
        except InputError:
            continue
        if opened.manifest.name and opened.manifest.version:
            tag = _tag(opened.manifest.name, opened.manifest.version)
            made = os.lstat(path).st_mtime
            if tag not in found or found[tag][0] < made:
                found[tag] = (made, layout.tagged(described, tag))
    return [entry for _, entry in found.values()]


def _needed(base: str, listed: list[dict[str, Any]]) -> tuple[set[str], list[dict[str, Any]]]:
    """The paths that the listed packages need, and those packages that can be opened."""
    needed = {os.path.join(base, name) for name in ("oci-layout", "index.json", "lock")}
    whole = []
    for entry in listed:
        described = _described(entry)
        try:
            opened = layout.opened(base, described, "a package", hashed=True)
        except InputError:
            continue
        whole.append(entry)
        config = artifact.image(opened.manifest_bytes, "a package").config
        needed.update(
            blobs.place(base, digest)
            for digest in (described.digest, config.digest, opened.wasm_digest)
        )
        needed.add(noted.place(base, opened.wasm_digest))
    return needed, whole


def _sweep(base: str, listed: list[dict[str, Any]]) -> int:
    """Removes each file that no listed package needs; how many bytes that freed."""
    needed, _ = _needed(base, listed)
    freed = 0
    for path, size in _files(base):
        if path not in needed:
            try:
                os.unlink(path)
            except FileNotFoundError:  # a reader has put its note in place meanwhile
                continue
            freed += size
    return freed


def _is_readable(base: str) -> bool:
    try:
        layout.index(base)
    except InputError:
        return False
    return True


def _blob_folder(base: str) -> str:
    return os.path.join(base, "blobs", "sha256")


def _files(base: str) -> Iterator[tuple[str, int]]:
    """Each file of the shelf, with its size."""
    for where, _, names in os.walk(base):
        for name in names:
            path = os.path.join(where, name)
            try:
                yield path, os.lstat(path).st_size
            except FileNotFoundError:
                continue


@contextmanager
def _writing() -> Iterator[tuple[str, str]]:
    """The shelf's folder and the path of a file to write first, while no one else writes."""
    base = home.room(ROOM)
    try:
        with turns.turn(os.path.join(base, "lock"), base, os.O_RDWR | os.O_CREAT):
            blobs.refuse_links(base)
            yield base, layout.staging(base)
    except OSError as error:
        raise home.cannot_keep(error) from None
