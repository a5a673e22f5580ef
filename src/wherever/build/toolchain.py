"""What every toolchain is: how it knows its own, what it needs, and how it builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wherever.package.manifest import Manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.build.project import Project

    Tell = Callable[[str], object]
    """Called with what is being done now, as words for a person."""

GROUP = "wherever.toolchain"
"""The plug-in group: a name, and an object that is a `Toolchain`."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a toolchain works with.

    Attributes:
        name: what it is called.
        version: its version, "" where it is not known.
        state: "kept" (on this machine), "fetch" (fetched when it is needed), "system" (the user's
            own), or "missing".
        download: bytes to fetch, where it is fetched.
        hint: what to do where it is missing.
    """

    name: str
    version: str
    state: str
    download: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What came out of a build.

    Attributes:
        wasm: the module or component.
        warnings: what the tools said that the user should read.
        files: what the package carries besides what its manifest says, in the same way.
        manifest: the manifest to pack, where it is to say more than the project's.
    """

    wasm: Path
    warnings: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    manifest: Manifest | None = None


class Toolchain(Protocol):
    """From source in some languages to WebAssembly.

    Attributes:
        name: its own name.
        languages: names for `--lang` and `[build] language`.
        endings: of its source files, each with its dot.
    """

    name: str
    languages: tuple[str, ...]
    endings: tuple[str, ...]

    def detect(self, folder: Path) -> Path | None:
        """The main source file where a folder without a manifest is of these languages."""

    def needs(self) -> list[Need]:
        """What it works with, and whether it is there. Nothing is fetched."""

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Makes WebAssembly of a project.

        Args:
            project: what to build.
            target: an empty folder to work in and to leave the result in; it is gone afterwards.
            tell: called with what is being done.

        Raises:
            InputError: the source is wrong; the message is the compiler's own.
            RemoteError: a tool could not be fetched.
        """
