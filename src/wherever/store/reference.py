"""What `pypi:PACKAGE/path.wasm` and `npm:PACKAGE/path.wasm` say."""

from __future__ import annotations

import re

from wherever.errors import InputError

FORMS = {
    "pypi": "pypi:PACKAGE[==VERSION]/path/in/the/wheel.wasm",
    "npm": "npm:[@SCOPE/]PACKAGE[@VERSION]/path/in/the/package.wasm",
}

PYPI = re.compile(
    r"(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)"
    r"(?:==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]{0,98}))?/(?P<path>.+)"
)
NPM = re.compile(
    r"(?P<package>(?:@[a-z0-9~][a-z0-9._~-]{0,98}/)?[a-zA-Z0-9~][a-zA-Z0-9._~-]{0,98})"
    r"(?:@(?P<version>[0-9A-Za-z][0-9A-Za-z.+-]{0,98}))?/(?P<path>.+)"
)


class Reference:
    """One file inside one package, of one version or (empty) of the newest."""

    __slots__ = ("ecosystem", "package", "path", "version")

    def __init__(self, ecosystem: str, package: str, version: str, path: str) -> None:
        self.ecosystem = ecosystem
        self.package = package
        self.version = version
        self.path = path

    def __str__(self) -> str:
        between = "==" if self.ecosystem == "pypi" else "@"
        version = f"{between}{self.version}" if self.version else ""
        return f"{self.ecosystem}:{self.package}{version}/{self.path}"


def parse(text: str) -> Reference:
    """Reads a reference; names are brought into the form their registry compares.

    >>> str(parse("pypi:Some.Tool==1.0/tool/main.wasm"))
    'pypi:some-tool==1.0/tool/main.wasm'
    >>> str(parse("npm:@scope/tool/dist/tool.wasm"))
    'npm:@scope/tool/dist/tool.wasm'
    """
    ecosystem, _, rest = text.partition(":")
    found = (PYPI if ecosystem == "pypi" else NPM).fullmatch(rest)
    if not found or not found["path"].isprintable() or len(rest) > 1000:
        shown = "".join(c if c.isprintable() else "?" for c in text[:120])
        raise InputError(f"{shown} does not name a file in a package", f"use {FORMS[ecosystem]}")
    package = found["package"]
    if ecosystem == "pypi":
        package = re.sub(r"[-_.]+", "-", package).lower()
    return Reference(ecosystem, package, found["version"] or "", found["path"])
