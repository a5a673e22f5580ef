"""What generators get, and what they leave."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wherever.errors import InputError, NotFound, NotRunnable
from wherever.package import layout, sections
from wherever.package.names import Version
from wherever.wasm.head import COMPONENT, sniff
from wherever.wasm.scan import WORDS
from wherever.wit.api import needed, offered
from wherever.wit.model import Interface, World
from wherever.wit.reading import world

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[str], object]

LARGEST = 512 << 20
"""Bytes of a library that are read."""

LONGEST = 4096
"""Bytes of what it says of itself."""

_BUILD = "name a component, or the folder of a package that is built: wherever build"


@dataclass(frozen=True, slots=True)
class Library:
    """A component to be bound.

    Attributes:
        path: where it lies.
        data: its bytes.
        digest: its sha256, as `sha256:HEX`.
        name: what the generated package is called: `lower-case-with-dashes`.
        version: its version, "0.0.0" where it does not say.
        description: what it says of itself, or "".
        world: what it imports and exports, as it stands in the component.
    """

    path: Path
    data: bytes
    digest: str
    name: str
    version: str
    description: str
    world: World

    @property
    def api(self) -> tuple[Interface, ...]:
        """The interfaces that a host calls: not WASI's, and not those of the tools that made it."""
        return offered(self.world)

    @property
    def needs(self) -> tuple[Interface, ...]:
        """The interfaces that a host must give: its callbacks."""
        return needed(self.world)


@dataclass(frozen=True, slots=True)
class Made:
    """What a generator wrote.

    Attributes:
        files: paths below the folder, sorted.
        next: what to type next, with the folder named as `{folder}`, or as `{local}` where it has
            to begin with a dot or a slash.
    """

    files: tuple[str, ...]
    next: str

    @classmethod
    def of(cls, folder: Path, following: str) -> Made:
        """All that lies below a folder, and what to type next."""
        found = (path for path in folder.rglob("*") if path.is_file())
        return cls(tuple(sorted(path.relative_to(folder).as_posix() for path in found)), following)


class Generator(Protocol):
    """Makes a package for one host language."""

    def __call__(self, library: Library, folder: Path, tell: Tell) -> Made:
        """Writes the package's files below an empty folder.

        Raises:
            InputError: the library has what this language cannot say, or a file cannot be written.
            RemoteError: a tool could not be fetched.
        """


def open_library(what: str, name: str = "", version: str = "", description: str = "") -> Library:
    """The library in a `.wasm` file, a package's folder, or a layout of one.

    Args:
        what: a path.
        name: what to call it, where it is not to be its own name.
        version: its version, where it is not to be its own.
        description: what it is, where it is not to be its own words.

    Raises:
        NotFound: nothing is there.
        NotRunnable: it is no component.
        InputError: it cannot be read, exports nothing that could be called, or its name or its
            version is none.
    """
    path = Path(what)
    if not path.exists():
        raise NotFound(f"{path}: there is no such file or folder", "check the path")
    if path.is_dir():
        place = path if (path / "oci-layout").exists() else path / "build" / "package"
        if not place.is_dir():
            raise InputError(f"{path}: nothing is built in it", f"build it: wherever build {path}")
        opened = layout.read(place)
        manifest = opened.manifest
        own = str(manifest.name).rpartition(":")[2] if manifest.name is not None else path.name
        version = version or str(manifest.version or "")
        description = description or manifest.description
        program = Path(opened.wasm_path)
    else:
        own, program = path.stem, path
    if program.stat().st_size > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST >> 20} MiB", "bind a smaller library")
    data = program.read_bytes()
    if data[:8] != COMPONENT:
        kind = sniff(data[:256])
        if kind != "module":
            raise NotRunnable(f"{path} is no component: it is {WORDS[kind]}", _BUILD)
        raise NotRunnable(
            f"{path} is a module, so nothing says what its functions mean",
            "build a component of it: kind = 'library' in [package], and a world",
        )
    offers = world(data)
    stamped = _stamps(data)
    library = Library(
        path.resolve(),
        data,
        f"sha256:{hashlib.sha256(data).hexdigest()}",
        _label(name or own),
        str(Version.parse(version or stamped.get("version", "0.0.0"))),
        description or stamped.get("description", ""),
        offers,
    )
    if not any(each.functions for each in library.api):
        raise InputError(f"{path} exports no function that could be called", "run it instead")
    return library


def _stamps(data: bytes) -> dict[str, str]:
    """What a build wrote of its package into the component: its version, its description."""
    return {
        each.name.decode(): data[each.content : each.end][:LONGEST].decode("utf-8", "replace")
        for each in sections.walk(io.BytesIO(data), "the library")
        if each.name in (b"version", b"description")
    }


def _label(name: str) -> str:
    found = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not found or not found[0].isalpha():
        raise InputError(
            f"{name!r} is no name for a package", "name one: --name lower-case-with-dashes"
        )
    return found
