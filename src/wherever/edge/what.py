"""From what the command line names to a server: packages, scripts, folders of them, files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wherever.edge import serverfile, servertexts
from wherever.edge.config import AppSpec, CertificateFiles, Place, ServerConfig, Serving, StaticSpec
from wherever.edge.host import listening
from wherever.errors import InputError, NotRunnable
from wherever.package import tomltext
from wherever.package.manifest import FILE
from wherever.policy.grants import Mount
from wherever.policy.limits import Limits

LAYOUT = "oci-layout"
INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `wherever serve` was told.

    Attributes:
        what: packages, `.wasm` files, scripts, names, folders of packages, or one server's file.
        listen: in place of what a file says, or of the default.
        workers: in place of what a file says.
        public: whether others than this machine may reach it.
        status: where its status page is, or `off`, in place of what a file says.
        tls: what is shown where TLS is spoken, in place of what a file says.
        limits: of one request, by the names of `Limits`.
        files, env, network: what each app may reach.
    """

    what: tuple[str, ...] = (".",)
    listen: tuple[str, ...] = ()
    tls: tuple[CertificateFiles, ...] = ()
    workers: int | None = None
    public: bool = False
    status: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mount, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    network: tuple[str, ...] = ()


def config(wanted: Wanted) -> ServerConfig:
    """The server that is wanted, read anew from the disk.

    Raises:
        InputError: it cannot be served.
    """
    file = _server_file(wanted.what)
    if file:
        if wanted.limits or wanted.files or wanted.env or wanted.network:
            raise InputError(
                f"{file} says what its apps may reach and use", "write it there, at each [[app]]"
            )
        found = serverfile.read(file)
    else:
        found = _of(wanted)
    if wanted.listen:
        found = replace(found, listen=wanted.listen)
    if wanted.tls:
        found = replace(found, tls=wanted.tls)
    if wanted.workers is not None:
        found = replace(found, workers=wanted.workers)
    if wanted.status:
        found = replace(found, status=servertexts.status(wanted.status))
    found = replace(found, public=found.public or wanted.public)
    found.check()
    listening.check(found)
    return found


def name(wanted: Wanted) -> str:
    """What a server is called that has no name."""
    first = os.path.abspath(wanted.what[0]) if wanted.what else os.getcwd()
    base = os.path.basename(first)
    if base == FILE:
        base = os.path.basename(os.path.dirname(first))
    return os.path.splitext(base)[0] if not os.path.isdir(first) else base


def _server_file(what: tuple[str, ...]) -> str:
    """The file of a server, where that is what is named."""
    for each in what:
        path = os.path.join(each, FILE) if os.path.isdir(each) else each
        if not path.endswith(".toml") or not os.path.isfile(path):
            continue
        if serverfile.is_server(tomltext.parse(tomltext.load(Path(path)), path)):
            if len(what) > 1:
                raise InputError(
                    f"{path} is a whole server", "name it alone, or name packages only"
                )
            return path
        if path == each:
            folder = os.path.dirname(path) or "."
            raise NotRunnable(
                f"{path} is no server's file: it has neither [server] nor [[app]]",
                f"to serve a package, name its folder: wherever serve {folder}",
            )
    return ""


def _of(wanted: Wanted) -> ServerConfig:
    apps: list[tuple[str, str]] = []
    statics: list[StaticSpec] = []
    for each in wanted.what:
        if not os.path.isdir(each):
            apps.append((_app_name(each), each))
        elif _is_package(each):
            apps.append((_app_name(os.path.abspath(each)), each))
        elif inside := _packages(each):
            apps += inside
        elif os.path.isfile(os.path.join(each, INDEX)):
            route = "/..." if len(wanted.what) == 1 else f"/{_app_name(os.path.abspath(each))}/..."
            statics.append(StaticSpec((Place(route, mount=True),), each))
        else:
            raise NotRunnable(
                f"{each}: there is nothing to serve in this folder",
                f"a package has a {FILE}, and files that are sent as they are an {INDEX}",
            )
    # One that was named itself has the whole server; one that lies in a folder with room for
    # others keeps its path when they come.
    alone = [path for _, path in apps] == list(wanted.what)[:1] and len(wanted.what) == 1
    serving = Serving(limits=_limits(wanted.limits))
    return ServerConfig(
        apps=tuple(
            AppSpec(
                label,
                path,
                (Place("/...") if alone else Place(f"/{label}/...", mount=True),),
                serving,
                wanted.files,
                wanted.env,
                wanted.network,
            )
            for label, path in apps
        ),
        statics=tuple(statics),
    )


def _limits(given: Mapping[str, Any]) -> dict[str, Any]:
    checked = Limits.of(**given)
    return {each: getattr(checked, each) for each in given}


def _is_package(folder: str) -> bool:
    return any(os.path.lexists(os.path.join(folder, each)) for each in (FILE, LAYOUT))


def _packages(folder: str) -> list[tuple[str, str]]:
    """The packages in a folder, each with the name of its own folder."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{folder}: it cannot be read: {error.strerror}") from None
    return [
        (_app_name(each), path)
        for each in names
        if not each.startswith(".")
        and os.path.isdir(path := os.path.join(folder, each))
        and _is_package(path)
        and not _server_file((path,))
    ]


def _app_name(what: str) -> str:
    """A name for an app: what it is called on the disk, as the part of a host's name."""
    if ":" in what and "/" not in what:
        base = what.partition("@")[0].rpartition(":")[2]
    else:
        base = os.path.basename(what.rstrip("/"))
        if not os.path.isdir(what):
            base = os.path.splitext(base)[0].partition("@")[0]
    return re.sub(r"[^a-z0-9]+", "-", base.lower())[:63].strip("-") or "app"
