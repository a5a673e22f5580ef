"""`wherever.lock`: which versions were chosen, of which bytes, and what they were granted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from wherever.errors import InputError, NotFound
from wherever.package import blobs, schema, tomltext, turns
from wherever.package.fields import Source, Table
from wherever.package.names import Name, Requirement, Version
from wherever.package.parts import Permissions

FILE = "wherever.lock"
STAGING = f".{FILE}.writing"
LARGEST = 1 << 20
"""Bytes of one lock: some thousand packages."""

SCHEMA = 1
HEAD = "# Written by Wherever, to be kept with the source. It pins what a build uses.\n"
KEYS = (
    "name", "version", "source", "manifest", "layer", "requirements", "dependencies",
    "permissions",
)  # fmt: skip

MOST_NAMED = 8
"""Packages of a circle that a message names."""

_Key = tuple[Name, Version]
_SOURCE = re.compile(r"shelf|path:.+|registry:[A-Za-z0-9][A-Za-z0-9.:_/-]*")


@dataclass(frozen=True, slots=True)
class Locked:
    """One package that was chosen.

    Attributes:
        source: `shelf`, `path:FOLDER` from the lock's own folder, or `registry:HOST`.
        manifest_digest: of the package, or empty for a folder, which changes.
        layer_digest: of its program, which is what other tools lock.
        requirements: what was asked of its version, by whom it does not say.
        dependencies: names and versions of what it was resolved to use.
        permissions: what the user granted it, or None where nobody was asked.
    """

    name: Name
    version: Version
    source: str
    manifest_digest: str = ""
    layer_digest: str = ""
    requirements: tuple[Requirement, ...] = ()
    dependencies: tuple[tuple[Name, Version], ...] = ()
    permissions: Permissions | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Lock:
    """All packages that were chosen, in the order of their names and versions."""

    packages: tuple[Locked, ...] = ()

    def find(self, name: Name, version: Version) -> Locked | None:
        """The package of this name and version, if it was chosen."""
        found = (p for p in self.packages if p.name == name and p.version == version)
        return next(found, None)

    def granting(self, name: Name, version: Version, permissions: Permissions) -> Lock:
        """The same lock, in which a package was granted these permissions."""
        return Lock(
            tuple(
                replace(each, permissions=permissions)
                if (each.name, each.version) == (name, version)
                else each
                for each in self.packages
            )
        )

    def in_order(self) -> tuple[Locked, ...]:
        """The packages with each after what it depends on.

        Raises:
            InputError: some depend on each other in a circle.
        """
        by_key = {(each.name, each.version): each for each in self.packages}
        waits = {key: by_key.keys() & set(each.dependencies) for key, each in by_key.items()}
        users: dict[_Key, list[_Key]] = {key: [] for key in by_key}
        for key, needs in waits.items():
            for need in needs:
                users[need].append(key)
        found: list[Locked] = []
        ready = sorted(key for key, needs in waits.items() if not needs)
        while ready:
            found += (by_key[key] for key in ready)
            freed = []
            for key in ready:
                del waits[key]
                for user in users[key]:
                    waits[user].discard(key)
                    if not waits[user]:
                        freed.append(user)
            ready = sorted(freed)
        if waits:
            raise InputError(
                f"packages depend on each other in a circle: {_circle(waits)}",
                "what both need belongs into a package of its own",
            )
        return tuple(found)

    def to_toml(self) -> str:
        """The text of the file; the same packages give the same bytes."""
        ordered = sorted(self.packages, key=lambda each: (each.name, each.version))
        return f"{HEAD}schema = {SCHEMA}\n" + "".join(map(_written, ordered))


def parse(text: str, where: str = FILE) -> Lock:
    """The lock that a text holds.

    Raises:
        InputError: something in it is wrong; the message names file, line and key.
    """
    source = Source(where, text)
    root = Table(tomltext.parse(text, where, LARGEST), ("schema", "package"), source)
    if root.whole("schema", 0, 0, 1 << 31) != SCHEMA:
        raise root.wrong("schema", f" is not {SCHEMA}", "delete the file, or update Wherever")
    packages = tuple(_locked(table) for table in root.tables("package", KEYS))
    seen: set[tuple[Name, Version]] = set()
    for number, each in enumerate(packages):
        if (each.name, each.version) in seen:
            raise source.wrong(("package", number), f" is {each} a second time", "delete one")
        seen.add((each.name, each.version))
    for number, each in enumerate(packages):
        lost = [f"{name} {version}" for name, version in each.dependencies
                if (name, version) not in seen]  # fmt: skip
        if lost:
            raise source.wrong(
                ("package", number, "dependencies"), f": {lost[0]} is not in the lock", REMEDY
            )
    return Lock(tuple(sorted(packages, key=lambda each: (each.name, each.version))))


REMEDY = f"delete {FILE} to have it made anew"


def read(folder: Path | str) -> Lock | None:
    """The lock of a folder, or None where it has none.

    Raises:
        InputError: it cannot be read, or something in it is wrong.
    """
    file = Path(folder) / FILE
    try:
        return parse(tomltext.load(file, LARGEST), str(file))
    except NotFound:
        return None


def write(folder: Path | str, lock: Lock) -> bool:
    """Puts the lock into its folder, whole or not at all, and says whether that changed it.

    Raises:
        InputError: it cannot be written.
    """
    target = os.path.join(folder, FILE)
    data = lock.to_toml().encode()
    try:
        if os.path.isfile(target) and Path(target).read_bytes() == data:
            return False
        base = os.path.realpath(folder)
        with turns.turn(base, base, os.O_RDONLY | os.O_DIRECTORY):
            staging = os.path.join(base, STAGING)
            if os.path.lexists(staging):  # by one who was killed
                os.unlink(staging)
            with blobs.whole(target, staging) as handle:
                blobs.write_all(handle, data)
    except OSError as error:
        raise InputError(
            f"cannot write {target}: {error.strerror}",
            "make room there, or build with --frozen, which writes none",
        ) from None
    return True


# ----- one package


def _locked(table: Table) -> Locked:
    dependencies = tuple(
        table.read(table.is_text(each, path), path, _pair)
        for path, each in table.items("dependencies")
    )
    requirements = tuple(
        table.read(table.is_text(each, path), path, Requirement.parse)
        for path, each in table.items("requirements")
    )
    granted = schema.permissions(table)
    return Locked(
        schema.required(table, "name", Name.parse),
        schema.required(table, "version", Version.parse),
        schema.required(table, "source", _source),
        table.parsed("manifest", _digest) or "",
        table.parsed("layer", _digest) or "",
        requirements,
        dependencies,
        granted if granted.stated else None,
    )


def _written(each: Locked) -> str:
    lines = [
        "",
        "[[package]]",
        f"name = {tomltext.quoted(str(each.name))}",
        f"version = {tomltext.quoted(str(each.version))}",
        f"source = {tomltext.quoted(each.source)}",
    ]
    if each.manifest_digest:
        lines.append(f"manifest = {tomltext.quoted(each.manifest_digest)}")
    if each.layer_digest:
        lines.append(f"layer = {tomltext.quoted(each.layer_digest)}")
    if each.requirements:
        lines.append(f"requirements = {_list(map(str, each.requirements))}")
    if each.dependencies:
        pairs = (f"{name} {version}" for name, version in each.dependencies)
        lines.append(f"dependencies = {_list(pairs)}")
    if each.permissions is not None:
        lines += ["", "[package.permissions]"]
        lines += (
            f"{key} = {_list(map(str, values))}"
            for key in ("files", "network", "env")
            if (values := getattr(each.permissions, key))
        )
        lines += (
            f"{key} = {str(value).lower()}"
            for key in ("clock", "random")
            if (value := getattr(each.permissions, key)) is not None
        )
    return "\n".join(lines) + "\n"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(tomltext.quoted, texts))}]"


def _pair(text: str) -> tuple[Name, Version]:
    name, _, version = text.partition(" ")
    return Name.parse(name), Version.parse(version)


def _source(text: str) -> str:
    if not _SOURCE.fullmatch(text):
        raise InputError(f"{text!r} is not where a package comes from", REMEDY)
    return text


def _digest(text: str) -> str:
    if not blobs.DIGEST.fullmatch(text):
        raise InputError(f"{text!r} is not a digest", REMEDY)
    return text


def _circle(waits: dict[_Key, set[_Key]]) -> str:
    """A circle in what waits for each other, of which a long one is told in part."""
    walked = {min(waits): None}
    following = min(waits[min(waits)])
    while following not in walked:
        walked[following] = None
        following = min(waits[following])
    names = [str(name) for name, _ in walked]
    names = names[list(walked).index(following) :]
    if len(names) > MOST_NAMED:
        names[MOST_NAMED - 1] += f" and {len(names) - MOST_NAMED} more"
    return " needs ".join([*names[:MOST_NAMED], names[0]])
