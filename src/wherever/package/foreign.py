"""Manifests of other tools, made into ours: `wasmer.toml`, `spin.toml` and `wkg.toml`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wherever.errors import InputError, NotFound
from wherever.package import tomltext
from wherever.package.draft import Draft

Tables = Mapping[str, Any]

PORTS = {"https": 443, "http": 80, "redis": 6379, "mysql": 3306, "postgres": 5432, "mqtt": 1883}
"""The port of an address that names none."""


def convert(path: Path | str) -> str:
    """The text of a `wherever.toml` that says what another tool's manifest says.

    What has no place in ours is told in comments at its end.

    Args:
        path: the file, by whose name its kind is known, or a folder that has one.

    Raises:
        NotFound: there is none.
        InputError: it is no such file, or it is not what that tool would read.
    """
    file = Path(path)
    if os.path.isdir(file):
        there = [file / name for name in KINDS if os.path.isfile(file / name)]
        if not there:
            raise NotFound(f"{file} has no manifest of another tool", f"known are {_known()}")
        file = there[0]
    kind = KINDS.get(file.name)
    if kind is None:
        raise InputError(f"{file} is no manifest that can be taken over", f"known are {_known()}")
    draft = Draft(file.name)
    kind(tomltext.parse(tomltext.load(file), str(file)), draft)
    return draft.text()


def _known() -> str:
    return ", ".join(KINDS)


# ----- wasmer.toml


def _wasmer(tables: Tables, draft: Draft) -> None:
    package = _table(tables, "package")
    draft.name(package.get("name"), "package.name")
    copied = ("version", "description", "license", "readme", "homepage", "repository")
    for key in copied:
        draft.put("package", key, package.get(key), f"package.{key}")
    entry = package.get("entrypoint")
    commands = _list(tables, "command")
    for command in sorted(commands, key=lambda each: each.get("name") != entry):
        _wasmer_command(command, draft)
    for name, version in _table(tables, "dependencies").items():
        draft.put("dependencies", _our_name(name), version, f"dependencies.{name}")
    for guest, host in _table(tables, "fs").items():
        draft.put("files", f"/{guest.lstrip('/')}", host, f"fs.{guest}")
    for module in _list(tables, "module"):
        draft.note(f"module {module.get('name', '')}", module.get("source"), "build makes it")
    draft.rest(package, (*copied, "name", "entrypoint"), "package")
    draft.rest(tables, ("package", "command", "dependencies", "fs", "module"))


def _wasmer_command(command: Tables, draft: Draft) -> None:
    name = command.get("name", "")
    origin = f"command {name}"
    wasi = _table(_table(command, "annotations"), "wasi")
    made: dict[str, Any] = {"name": name}
    arguments = wasi.get("main-args") or command.get("main_args")
    if isinstance(arguments, str):
        arguments = _split(arguments)
    if arguments:
        made["args"] = arguments
    variables = wasi.get("env")
    if isinstance(variables, list):
        pairs = (each.partition("=") for each in variables if isinstance(each, str))
        variables = {key: value for key, _, value in pairs}
    if variables:
        made["env"] = variables
    if wasi.get("cwd"):
        made["workdir"] = wasi["cwd"]
    draft.add("command", made, origin)
    runner = command.get("runner", "wasi")
    if not str(runner).endswith("wasi"):
        draft.note(f"{origin}: runner", runner)
    if ":" in str(command.get("module", "")):
        draft.note(f"{origin}: module", command["module"], "a program of another package")
    draft.rest(wasi, ("main-args", "env", "cwd", "atom"), f"{origin}: annotations.wasi")
    others = {k: v for k, v in _table(command, "annotations").items() if k != "wasi"}
    draft.rest(others, (), f"{origin}: annotations")
    known = ("name", "annotations", "main_args", "runner", "module", "package")
    draft.rest(command, known, origin)


# ----- spin.toml


def _spin(tables: Tables, draft: Draft) -> None:
    application = _table(tables, "application") or tables
    draft.name(application.get("name"), "application.name")
    for key in ("version", "description", "authors"):
        draft.put("package", key, application.get(key), f"application.{key}")
    components: dict[str, Tables] = {}
    if isinstance(tables.get("component"), list):
        for each in _list(tables, "component"):
            components[str(each.get("id", ""))] = each
    else:
        for name, each in _table(tables, "component").items():
            components[name] = each if isinstance(each, Mapping) else {}
    for name, component in components.items():
        _spin_component(name, component, draft)
    known = ("name", "version", "description", "authors")
    top = ("spin_manifest_version", "spin_version", "application", "component")
    if application is tables:
        draft.rest(tables, (*known, *top))
    else:
        draft.rest(application, known, "application")
        draft.rest(tables, top)


def _spin_component(name: str, component: Tables, draft: Draft) -> None:
    origin = f"component.{name}"
    variables = component.get("environment")
    if variables:
        draft.add("command", {"name": name, "env": variables}, f"{origin}.environment")
    for each in _each(component, "files", origin, draft):
        if isinstance(each, Mapping):
            guest, host = each.get("destination"), each.get("source")
            draft.put("files", str(guest), host, f"{origin}.files")
        elif isinstance(each, str) and not set(each) & set("*?["):
            draft.put("files", f"/{each.lstrip('/')}", each, f"{origin}.files")
        else:
            draft.note(f"{origin}.files", each, "name files or folders, not patterns")
    for key in ("allowed_outbound_hosts", "allowed_http_hosts"):
        for each in _each(component, key, origin, draft):
            address = _address(str(each))
            if address:
                draft.wish("network", address, f"{origin}.{key}")
            else:
                draft.note(f"{origin}.{key}", each, "name the hosts")
    known = ("id", "environment", "files", "allowed_outbound_hosts", "allowed_http_hosts")
    draft.rest(component, known, origin)


def _address(text: str) -> str:
    """`host:port` of an address with a scheme, or nothing where it means every host."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "https", text
    host, colon, port = rest.rstrip("/").rpartition(":")
    if not colon:
        host, port = rest.rstrip("/"), str(PORTS.get(scheme, "*"))
    return "" if host in ("", "*") or "{{" in text else f"{host}:{port}"


# ----- wkg.toml


def _wkg(tables: Tables, draft: Draft) -> None:
    metadata = _table(tables, "metadata")
    authors = metadata.get("authors") or metadata.get("author")
    draft.put("package", "authors", [authors] if isinstance(authors, str) else authors, "metadata")
    for key, theirs in (
        ("description", ("description",)),
        ("license", ("licenses", "license")),
        ("repository", ("source", "repository")),
        ("homepage", ("homepage",)),
    ):
        for name in theirs:
            draft.put("package", key, metadata.get(name), f"metadata.{name}")
    for name, override in _table(tables, "overrides").items():
        draft.put("dependencies", name, override, f"overrides.{name}")
    draft.put("build", "wit", "wit", "wit")
    known = (
        "authors", "author", "description", "licenses", "license", "source", "repository",
        "homepage",
    )  # fmt: skip
    draft.rest(metadata, known, "metadata")
    draft.rest(tables, ("metadata", "overrides"))
    draft.note("name and version", why="they stand in the first line of the WIT files")


# ----- tables of any shape


def _table(tables: Tables, key: str) -> Tables:
    found = tables.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(tables: Tables, key: str) -> list[Tables]:
    found = tables.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _each(table: Tables, key: str, origin: str, draft: Draft) -> list[Any]:
    found = table.get(key, [])
    if isinstance(found, list):
        return found
    draft.note(f"{origin}.{key}", found, "it is no list")
    return []


def _our_name(text: str) -> str:
    return text.replace("/", ":", 1).replace("_", "-").lower()


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


KINDS: dict[str, Callable[[Tables, Draft], None]] = {
    "wasmer.toml": _wasmer,
    "wapm.toml": _wasmer,
    "spin.toml": _spin,
    "wkg.toml": _wkg,
}
"""What reads a file of each name."""
