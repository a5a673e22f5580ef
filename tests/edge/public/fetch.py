"""Handlers of others, out of public packages, checked: `python -m tests.edge.public.fetch`.

`handlers.toml` names them and the only bytes that are taken. cargo downloads a crate and nothing
that it depends on; no code of it runs.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conformance import tools

KEPT = tools.KEPT / "handlers"
LISTED = Path(__file__).with_name("handlers.toml")


class Refused(Exception):
    """A package that does not hold what it held when it was listed."""


@dataclass(frozen=True)
class Ask:
    """A request, and what `wasmtime serve` answers to it.

    Attributes:
        method, target, body: what is sent.
        status: what comes back.
        answer: its body, or `*` where that is the server's own.
    """

    method: str
    target: str
    body: bytes
    status: int
    answer: bytes


@dataclass(frozen=True)
class Handler:
    """A component inside of a package.

    Attributes:
        name: ours for it.
        package, version: as the registry knows the package.
        path: of the file in it.
        sha256: of the file.
        language: that it was written in.
        licence: of the package.
        http: the version of `wasi:http` that it exports.
        needs: what else a host must have, in words.
        asks: requests and answers; none where it cannot be served.
    """

    name: str
    package: str
    version: str
    path: str
    sha256: str
    language: str
    licence: str
    http: str
    needs: str
    asks: tuple[Ask, ...]


def listed() -> Iterator[Handler]:
    """All of `handlers.toml`."""
    for name, fields in tomllib.loads(LISTED.read_text()).items():
        if fields.pop("ecosystem") != "crate":
            raise ValueError(f"{name}: only crates have such files so far")
        asks = []
        for ask in fields.pop("asks"):
            (method, target, body), (status, answer) = ask["send"], ask["get"]
            asks.append(Ask(method, target, body.encode(), status, answer.encode()))
        yield Handler(name=name, asks=tuple(asks), **fields)


def named(name: str) -> Handler:
    """The one of this name."""
    return next(each for each in listed() if each.name == name)


def kept(handler: Handler, crates: Path | None = None) -> Path:
    """The handler's file, fetched where it is not there yet.

    Args:
        crates: where the archives of crates lie, instead of where cargo puts them.

    Raises:
        Refused: the package holds no such file, or other bytes.
    """
    path = KEPT / f"{handler.sha256}.wasm"
    if not path.exists():
        data = member(archive(handler.package, handler.version, crates), handler)
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=KEPT, delete=False) as made:
            made.write(data)
        os.rename(made.name, path)
    return path


def archive(package: str, version: str, crates: Path | None = None) -> Path:
    """The archive of a crate. `cargo info` downloads it without what it depends on."""
    if crates is None:
        command = ["cargo", "info", "--quiet", "--registry", "crates-io", f"{package}@{version}"]
        with tempfile.TemporaryDirectory() as elsewhere:  # not in a workspace, which it would read
            subprocess.run(command, cwd=elsewhere, check=True, stdout=subprocess.DEVNULL)
        home = os.environ.get("CARGO_HOME") or Path.home() / ".cargo"
        crates = Path(home) / "registry" / "cache"
    found = sorted(crates.rglob(f"{package}-{version}.crate"))
    if not found:
        raise Refused(f"cargo put no {package}-{version}.crate under its registry's cache")
    return found[0]


def member(crate: Path, handler: Handler) -> bytes:
    """The handler's bytes out of the archive, which must be those that were listed."""
    name = f"{handler.package}-{handler.version}/{handler.path}"
    with tarfile.open(crate) as opened:
        if name not in opened.getnames():
            raise Refused(f"{crate.name} has no {handler.path}")
        file = opened.extractfile(name)
        if file is None:
            raise Refused(f"{handler.path} of {crate.name} is not a plain file")
        data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    if digest != handler.sha256:
        raise Refused(f"{handler.path} of {crate.name} has the sha256 {digest}")
    return data


def main() -> None:
    """Fetch all, and build the documented examples."""
    from tests.edge.public import documented

    for handler in listed():
        sys.stdout.write(f"{handler.name}: {kept(handler)}\n")
    for name, path, _ in documented.built():
        sys.stdout.write(f"{name}: {path}\n")


if __name__ == "__main__":
    main()
