"""From tables to the parts of a manifest: which keys there are, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import TypeVar

from wherever.errors import InputError
from wherever.package.fields import PROSE, RAW, Table
from wherever.package.names import Name, Requirement
from wherever.package.parts import (
    Build,
    Call,
    Case,
    Command,
    Dependency,
    FolderWish,
    Permissions,
)
from wherever.policy.limits import Limits

KINDS = ("command", "library")
PACKAGE = (
    "name", "version", "description", "license", "authors", "readme", "homepage", "repository",
    "keywords", "kind",
)  # fmt: skip
TABLES = (
    "package", "command", "permissions", "limits", "dependencies", "files", "build", "serve",
    "web", "test",
)  # fmt: skip
COMMAND = ("name", "args", "env", "workdir")
PERMISSIONS = ("files", "network", "env", "clock", "random")
LIMITS = tuple(each.name for each in fields(Limits))
DEPENDENCY = ("version", "path")
BUILD = (
    "language", "main", "flags", "world", "wit", "requirements", "engine", "interpreter",
    "output", "allow-build-scripts",
)  # fmt: skip
CASE = ("name", "args", "stdin", "stdout", "stderr", "exit-code", "call")
CALL = ("name", "args", "result")

Part = TypeVar("Part")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""The last part of a name that programs take for an address."""
_PORT = re.compile(r"\*|[1-9][0-9]{0,4}")


# ----- texts with a form of their own


def inside(text: str) -> str:
    """A path that stays in the package's folder.

    Raises:
        InputError: it is empty, absolute, leads out, or is no path of every system.

    Example:
        >>> inside("./src/main.c")
        'src/main.c'
    """
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not text or text.startswith("/") or ".." in parts or "\0" in text or "\\" in text:
        raise InputError(
            f"{text!r} is not a path inside the package's folder",
            "write it from that folder, with / between names and without ..",
        )
    return "/".join(parts) or "."


def guest_path(text: str) -> str:
    """A path as the guest sees it, from its root.

    Raises:
        InputError: it is not absolute, or has `..` in it.
    """
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not text.startswith("/") or ".." in parts or "\0" in text:
        raise InputError(f"{text!r} is not a path of the guest", "begin it with / and leave out ..")
    return "/" + "/".join(parts)


def folder_wish(text: str) -> FolderWish:
    """A wish for a folder: `/GUEST`, `/GUEST:ro`, `HOST:/GUEST` or `HOST:/GUEST:ro`.

    Raises:
        InputError: it is none of these.
    """
    rest, colon, mode = text.rpartition(":")
    if not colon or mode not in ("ro", "rw"):
        rest, mode = text, "rw"
    host, colon, guest = rest.rpartition(":")
    if ":" in host or not guest.startswith("/") or (colon and not host):
        raise InputError(
            f"{text!r} is not a wish for a folder", "write /GUEST:ro, or ./FOLDER:/GUEST:ro"
        )
    return FolderWish(inside(host) if host else "", guest_path(guest), mode == "ro")


def network_wish(text: str) -> str:
    """A wish for an address of the network: `api.example.com:443`, `*.example.com:*`.

    Raises:
        InputError: it is not one.
    """
    host, colon, port = text.lower().rpartition(":")
    names = host.removeprefix("*.").split(".")
    if (
        not colon
        or not _HOST.fullmatch(host)
        or (not host.startswith("[") and not all(names))
        or not _PORT.fullmatch(port)
        or (port != "*" and int(port) > 65535)
    ):
        raise InputError(
            f"{text!r} is not an address", "write HOST:PORT, such as api.example.com:443"
        )
    if host.startswith("[") or _NUMBER.fullmatch(names[-1]):
        _check_numbers(text, host)
    return f"{host}:{port}"


def _check_numbers(text: str, host: str) -> None:
    """Refuses spellings of an address that programs read differently: `0177.1`, `2130706433`."""
    from ipaddress import ip_address  # which most manifests have no need of

    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise InputError(
            f"{text!r} is no address that all programs read alike",
            "write an IPv4 address as four decimal numbers, such as 192.0.2.1:443",
        ) from None


def variable(text: str) -> str:
    """The name of an environment variable.

    Raises:
        InputError: it is not one.
    """
    if not _VARIABLE.fullmatch(text):
        raise InputError(f"{text!r} is not the name of a variable", "write it like LOG_LEVEL")
    return text


def word(text: str) -> str:
    """A name that is a file's name as well.

    Raises:
        InputError: it is not one.
    """
    if not _WORD.fullmatch(text):
        raise InputError(
            f"{text!r} is not a name", "use letters, digits, '-', '_' and '.', at most 64"
        )
    return text


def address(text: str) -> str:
    """The address of a page.

    Raises:
        InputError: it does not begin with `https://` or `http://`.
    """
    if not re.fullmatch(r"https?://[^\s<>\"']+", text):
        raise InputError(f"{text!r} is not the address of a page", "begin it with https://")
    return text


def no_null(text: str) -> str:
    """A text that can be an argument or a variable's value.

    Raises:
        InputError: it has a null character in it.
    """
    if "\0" in text:
        raise InputError("it holds a null character, which no program can be given")
    return text


# ----- tables


def commands(root: Table) -> tuple[Command, ...]:
    """Each `[[command]]`."""
    found = []
    for table in root.tables("command", COMMAND):
        name = required(table, "name", word)
        workdir = table.parsed("workdir", guest_path) or ""
        found.append(Command(name, _args(table), _variables(table), workdir))
    _refuse_twins(root, "command", [command.name for command in found])
    return tuple(found)


def permissions(root: Table) -> Permissions:
    """`[permissions]`."""
    table = root.table("permissions", PERMISSIONS)
    return Permissions(
        "permissions" in root,
        _each(table, "files", folder_wish),
        _each(table, "network", network_wish),
        _each(table, "env", variable),
        table.flag("clock") if "clock" in table else None,
        table.flag("random") if "random" in table else None,
    )


def limits(root: Table) -> Mapping[str, int | float]:
    """`[limits]`: those that are named, in bytes, seconds and counts."""
    table = root.table("limits", LIMITS)
    found = {}
    for name in table.values:
        value = table.plain(name)
        if isinstance(value, str):
            value = table.text(name)
        try:
            found[name] = getattr(Limits.of(**{name: value}), name)
        except InputError as error:
            what = error.what.removeprefix(f"{name}: ").removeprefix(f"{name} ")
            raise table.wrong(name, f": {what}", error.hint) from None
        if found[name] is None:
            raise table.wrong(name, " is nothing", "leave it out")
    return MappingProxyType(found)


def dependencies(root: Table, *, packed: bool) -> tuple[Dependency, ...]:
    """`[dependencies]`, in the order of their names."""
    found = []
    for path, key, value in root.entries("dependencies"):
        name = root.read(key, path, Name.parse)
        if isinstance(value, str):
            text = root.is_text(value, path)
            found.append(Dependency(name, root.read(text, path, Requirement.parse)))
            continue
        table = Table(value, DEPENDENCY, root.source, path)
        requirement = table.parsed("version", Requirement.parse)
        beside = table.text("path")
        if packed and beside:
            raise table.wrong("path", " is a folder of its author's machine", "leave it out")
        if requirement is None and not beside:
            raise root.source.wrong(path, " has neither version nor path", 'write "^1.0"')
        found.append(Dependency(name, requirement or Requirement(), no_null(beside)))
    return tuple(sorted(found, key=lambda dependency: dependency.name))


def files(root: Table) -> Mapping[str, str]:
    """`[files]`: paths of the guest, and what of the package's folder stands there."""
    found: dict[str, str] = {}
    for path, key, value in root.entries("files"):
        guest = root.read(key, path, guest_path)
        if guest in found:
            raise root.source.wrong(path, f" is {guest} a second time")
        found[guest] = root.read(root.is_text(value, path), path, inside)
    return MappingProxyType(dict(sorted(found.items())))


def build(root: Table) -> Build:
    """`[build]`."""
    table = root.table("build", BUILD)
    language = table.parsed("language", word) or ""
    return Build(
        language.lower(),
        table.parsed("main", inside) or "",
        tuple(map(no_null, table.texts("flags"))),
        table.text("world"),
        table.parsed("wit", inside) or "",
        table.parsed("requirements", inside) or "",
        table.parsed("engine", word) or "",
        table.text("interpreter"),
        table.parsed("output", inside) or "",
        table.flag("allow-build-scripts"),
    )


def cases(root: Table) -> tuple[Case, ...]:
    """Each `[[test]]`."""
    found = []
    for table in root.tables("test", CASE):
        call = _call(table.table("call", CALL)) if "call" in table else None
        for key in ("args", "stdin", "stdout", "stderr", "exit-code"):
            if call and key in table:
                raise table.wrong(key, " does not go with a call", f"write call or {key}")
        found.append(
            Case(
                required(table, "name", _plain),
                _args(table),
                table.text("stdin", form=RAW),
                table.text("stdout", form=RAW) if "stdout" in table else None,
                table.text("stderr", form=RAW) if "stderr" in table else None,
                table.whole("exit-code", 0, 0, 255),
                call,
            )
        )
    _refuse_twins(root, "test", [case.name for case in found])
    return tuple(found)


def required(table: Table, key: str, parser: Callable[[str], Part]) -> Part:
    """What a key must say."""
    found = table.parsed(key, parser)
    if found is None:
        raise table.source.wrong(table.path, f" has no {key}", f"add {key} = ...")
    return found


def _call(table: Table) -> Call:
    table.items("args")
    return Call(required(table, "name", _plain), table.plain("args") or (), table.plain("result"))


def _args(table: Table) -> tuple[str, ...]:
    return tuple(
        table.read(table.is_text(each, path, RAW), path, no_null)
        for path, each in table.items("args")
    )


def _variables(table: Table) -> Mapping[str, str]:
    return MappingProxyType(
        {
            table.read(name, path, variable): table.read(
                table.is_text(value, path, RAW), path, no_null
            )
            for path, name, value in table.entries("env")
        }
    )


def _each(table: Table, key: str, parser: Callable[[str], Part]) -> tuple[Part, ...]:
    found = [table.read(table.is_text(each, path), path, parser) for path, each in table.items(key)]
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    if not text.strip():
        raise InputError("it is empty", "write a few words")
    return text


def _refuse_twins(root: Table, key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            path = (*root.path, key, number, "name")
            raise root.source.wrong(path, f": {name!r} is the name of two", "rename one of them")
        seen.add(name)


def description(table: Table) -> str:
    """The package's description, which may have lines."""
    return table.text("description", form=PROSE)
