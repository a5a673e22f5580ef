"""The parts of a manifest, as values that do not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from wherever.package.names import Name, Requirement

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Command:
    """One way to start the package.

    Attributes:
        args: arguments that come before the user's.
        env: variables that the guest starts with; the user's come over them.
        workdir: the guest's folder to start in, or empty.
    """

    name: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    workdir: str = ""


@dataclass(frozen=True, slots=True)
class FolderWish:
    """A folder that the package asks for.

    Attributes:
        host: where it would lie under the folder that the user stands in, or empty where the
            user must say.
        guest: the path at which the guest looks for it.
        read_only: whether reading is all it needs.
    """

    host: str
    guest: str
    read_only: bool = False

    def __str__(self) -> str:
        host = f"{self.host}:" if self.host else ""
        return f"{host}{self.guest}{':ro' if self.read_only else ''}"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the package asks for. It is a wish, and grants nothing.

    Attributes:
        stated: whether the manifest says anything at all about permissions.
        network: `host:port`, with `*.` before a host for all under it, and `*` for any port.
        env: names of variables.
        clock: whether it reads the time; None where it does not say.
        random: whether it needs random numbers; None where it does not say.
    """

    stated: bool = False
    files: tuple[FolderWish, ...] = ()
    network: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    clock: bool | None = None
    random: bool | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that this one needs.

    Attributes:
        path: where it lies beside the folder of this manifest, for work on both at once; it is
            not kept in what is packed.
    """

    name: Name
    requirement: Requirement
    path: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """How the package is made from source. All paths lie in the package's folder.

    Attributes:
        language: the toolchain's name; empty has it found.
        main: the source file to begin with; empty has it found.
        flags: more arguments for the compiler.
        world: the WIT world that it implements.
        wit: the folder of the WIT files.
        requirements: the file that lists what it needs of its language's packages.
        engine: the JavaScript engine to put in.
        interpreter: the program of the catalogue that runs the script.
        output: where the .wasm goes.
        allow_build_scripts: whether dependencies may run code of theirs while it is built.
    """

    language: str = ""
    main: str = ""
    flags: tuple[str, ...] = ()
    world: str = ""
    wit: str = ""
    requirements: str = ""
    engine: str = ""
    interpreter: str = ""
    output: str = ""
    allow_build_scripts: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an export, and what it should give: values of JSON, lists as tuples."""

    name: str
    args: tuple[Any, ...] = ()
    result: Any = None


@dataclass(frozen=True, slots=True)
class Case:
    """One of the package's own tests; what is None is not compared."""

    name: str
    args: tuple[str, ...] = ()
    stdin: str = ""
    stdout: str | None = None
    stderr: str | None = None
    exit_code: int = 0
    call: Call | None = None
