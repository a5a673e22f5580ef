"""`wherever.toml`: what a package is, asks for and is made from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from wherever.errors import NotFound
from wherever.package import schema, tomltext
from wherever.package.fields import Source, Table, thawed
from wherever.package.names import Name, Version
from wherever.package.parts import (
    NOTHING,
    Build,
    Case,
    Command,
    Dependency,
    Permissions,
)

FILE = "wherever.toml"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself. Every field has a default: a bare file needs no manifest.

    Attributes:
        name: None where it has not been given one.
        version: None where it has not been given one.
        readme: the path of a file in its folder.
        kind: "command", which is run, or "library", whose functions are called.
        commands: ways to start it; the first is taken where none is named.
        permissions: what it asks for; granted by nothing but the user.
        limits: those it names, as `Limits` has them, in bytes, seconds and counts.
        files: paths of the guest, and what of the package's folder stands there.
        folder: where the manifest lay, or None where it came out of an artifact.

    Example:
        >>> parse('[package]\\nname = "acme:tool"\\nversion = "1.2.0"').version
        Version(major=1, minor=2, patch=0, prerelease=())
    """

    name: Name | None = None
    version: Version | None = None
    description: str = ""
    license: str = ""
    authors: tuple[str, ...] = ()
    readme: str = ""
    homepage: str = ""
    repository: str = ""
    keywords: tuple[str, ...] = ()
    kind: str = "command"
    commands: tuple[Command, ...] = ()
    permissions: Permissions = field(default_factory=Permissions)
    limits: Mapping[str, int | float] = field(default_factory=lambda: NOTHING)
    dependencies: tuple[Dependency, ...] = ()
    files: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    build: Build = field(default_factory=Build)
    serve: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    web: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    tests: tuple[Case, ...] = ()
    folder: Path | None = field(default=None, compare=False)

    def command(self, name: str = "") -> Command | None:
        """The command of that name, or the first, or None where the manifest has none.

        Raises:
            NotFound: it has no command of that name.
        """
        names = [each.name for each in self.commands]
        if name and name not in names:
            near = get_close_matches(name[:64], names, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(names) or 'none'}"
            raise NotFound(f"the package has no command called {name[:64]!r}", hint)
        return self.commands[names.index(name) if name else 0] if self.commands else None

    def to_json(self) -> dict[str, Any]:
        """The manifest in the shape of its file, of values that JSON has, without defaults.

        Folders of this machine are left out: its own, and those of dependencies.
        """
        found = {
            "package": {
                "name": str(self.name or ""),
                "version": str(self.version or ""),
                "description": self.description,
                "license": self.license,
                "authors": list(self.authors),
                "readme": self.readme,
                "homepage": self.homepage,
                "repository": self.repository,
                "keywords": list(self.keywords),
                "kind": "" if self.kind == "command" else self.kind,
            },
            "command": [_without_defaults(each) for each in self.commands],
            "limits": dict(self.limits),
            "dependencies": {str(each.name): str(each.requirement) for each in self.dependencies},
            "files": dict(self.files),
            "build": _without_defaults(self.build),
            "serve": thawed(self.serve),
            "web": thawed(self.web),
            "test": [_without_defaults(each) for each in self.tests],
        }
        found["package"] = {key: each for key, each in found["package"].items() if each}
        kept = {key: each for key, each in found.items() if each}
        if self.permissions.stated:
            wishes = _without_defaults(self.permissions)
            del wishes["stated"]
            wishes.update({"files": [str(each) for each in self.permissions.files]})
            kept["permissions"] = {key: each for key, each in wishes.items() if each != []}
        return kept

    @classmethod
    def from_json(cls, values: object, where: str = "the manifest") -> Manifest:
        """The manifest that `to_json` gave, checked as strictly as a file.

        Raises:
            InputError: it is not one.
        """
        return of_tables(values, Source(where), packed=True)


def read(path: Path | str) -> Manifest:
    """The manifest of a folder, or in a file.

    Raises:
        NotFound: there is none.
        InputError: it cannot be read, or something in it is wrong.
    """
    given = Path(path)
    file = given / FILE if os.path.isdir(given) else given
    try:
        text = tomltext.load(file)
    except NotFound as error:
        raise NotFound(error.what, "write one, or make one with `wherever init`") from None
    return parse(text, str(file), file.parent)


def parse(text: str, where: str = FILE, folder: Path | None = None) -> Manifest:
    """The manifest that a text holds.

    Args:
        where: what to call the text in messages.
        folder: where it lies, if anywhere.

    Raises:
        InputError: something in it is wrong; the message names file, line and key.
    """
    return of_tables(tomltext.parse(text, where), Source(where, text), folder=folder)


def of_tables(
    values: object, source: Source, *, packed: bool = False, folder: Path | None = None
) -> Manifest:
    """The manifest that tables make.

    Args:
        packed: it comes from elsewhere, and names no folders of this machine.

    Raises:
        InputError: something in them is wrong.
    """
    root = Table(values, schema.TABLES, source)
    package = root.table("package", schema.PACKAGE)
    kind = package.text("kind", "command")
    if kind not in schema.KINDS:
        raise package.wrong("kind", f": {kind!r} is no kind", f"write {' or '.join(schema.KINDS)}")
    return Manifest(
        name=package.parsed("name", Name.parse),
        version=package.parsed("version", Version.parse),
        description=schema.description(package),
        license=package.text("license"),
        authors=package.texts("authors"),
        readme=package.parsed("readme", schema.inside) or "",
        homepage=package.parsed("homepage", schema.address) or "",
        repository=package.parsed("repository", schema.address) or "",
        keywords=package.texts("keywords"),
        kind=kind,
        commands=schema.commands(root),
        permissions=schema.permissions(root),
        limits=schema.limits(root),
        dependencies=schema.dependencies(root, packed=packed),
        files=schema.files(root),
        build=schema.build(root),
        serve=root.kept("serve"),
        web=root.kept("web"),
        tests=schema.cases(root),
        folder=folder,
    )


def _without_defaults(part: Any) -> dict[str, Any]:
    """A part's fields that differ from what they are without being named."""
    found = {}
    for name, each in type(part).__dataclass_fields__.items():
        value = getattr(part, name)
        if value is None or value == each.default or value in ((), NOTHING):
            continue
        nested = hasattr(value, "__dataclass_fields__")
        found[name.replace("_", "-")] = _without_defaults(value) if nested else thawed(value)
    return found
