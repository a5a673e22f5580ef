"""A server's `wherever.toml`: its `[server]`, and what answers.

That is each `[[app]]`, `[[static]]`, `[[redirect]]` and `[[reply]]`. A package's own has `[serve]`,
which says how its requests like to be run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wherever.edge import routing, servertexts
from wherever.edge.config import (
    HANDLERS,
    ISOLATIONS,
    LOGS,
    MOST_WORKERS,
    STREAM,
    AppSpec,
    CertificateFiles,
    Place,
    RedirectSpec,
    ReplySpec,
    ServerConfig,
    Serving,
    StaticSpec,
)
from wherever.edge.replies import Redirect
from wherever.errors import InputError
from wherever.package import schema, tomltext
from wherever.package.fields import PROSE, RAW, Source, Table, kind
from wherever.policy.grants import Mount
from wherever.policy.quantity import parse_bytes, parse_seconds

SERVER = ("name", "listen", "tls", "workers", "public", "drain", "status", "log", "mask-queries")
TLS = ("cert", "key")
SERVE = (
    "handler", "isolation", "pool", "reuse", "key", "concurrency", "queue", "body", "limits",
)  # fmt: skip
PLACE = ("route", "mount", "host", "methods")
REACH = ("files", "env", "env-from", "network")
APP = ("name", "package", *PLACE, "private", "middleware", "args", *SERVE, *REACH)
STATIC = ("folder", *PLACE, "index", "fallback", "cache-control")
REDIRECT = (*PLACE, "to", "status")
REPLY = (*PLACE, "status", "headers", "body")
TABLES = ("server", "app", "static", "redirect", "reply")

REDIRECTS = (301, 302, 303, 307, 308)


def is_server(values: Mapping[str, Any]) -> bool:
    """Whether the tables of a `wherever.toml` are a server's, not a package's."""
    return any(name in values for name in TABLES)


def read(path: str | os.PathLike[str]) -> ServerConfig:
    """The server of a file.

    Raises:
        NotFound: there is none.
        InputError: something in it is wrong; the message names file, line and key.
    """
    file = Path(path)
    text = tomltext.load(file)
    return parse(text, str(path), str(file.parent))


def parse(text: str, where: str = "wherever.toml", folder: str = ".") -> ServerConfig:
    """The server that a text describes.

    Args:
        where: what to call the text in messages.
        folder: what its paths begin in.

    Raises:
        InputError: something in it is wrong.
    """
    root = Table(tomltext.parse(text, where), TABLES, Source(where, text))
    server = root.table("server", SERVER)
    listen = tuple(_texts(server, "listen")) or ServerConfig().listen
    config = ServerConfig(
        name=server.parsed("name", servertexts.app_name) or "",
        listen=listen,
        tls=tuple(_certificate(each, folder) for each in _one_or_more(server, "tls", TLS)),
        workers=server.whole("workers", 0, 0, MOST_WORKERS),
        public=server.flag("public"),
        drain=_seconds(server, "drain", 30.0),
        status=(server.parsed("status", servertexts.status) or "")
        if "status" in server
        else ServerConfig().status,
        log=_choice(server, "log", LOGS) or ServerConfig().log,
        mask_queries=server.flag("mask-queries"),
        apps=tuple(_app(each, folder) for each in root.tables("app", APP)),
        statics=tuple(_static(each, folder) for each in root.tables("static", STATIC)),
        redirects=tuple(_redirect(each) for each in root.tables("redirect", REDIRECT)),
        replies=tuple(_reply(each) for each in root.tables("reply", REPLY)),
    )
    problem = config.problem()
    if problem is not None:
        number, what, hint = problem
        raise root.source.wrong(() if number is None else ("app", number), f": {what}", hint)
    _check_places(root, config)
    return config


def serve_table(values: Mapping[str, Any], where: str, text: str = "") -> Serving:
    """The `[serve]` of a package.

    Args:
        values: the table.
        where: what to call its manifest in messages.
        text: of the manifest, for the lines.

    Raises:
        InputError: something in it is wrong.
    """
    return _serving(Table(values, SERVE, Source(where, text), ("serve",)))


# ----- the tables


def _certificate(table: Table, folder: str) -> CertificateFiles:
    here = os.path.abspath(folder)
    cert = schema.required(table, "cert", schema.no_null)
    key = table.parsed("key", schema.no_null) or ""
    return CertificateFiles(os.path.join(here, cert), os.path.join(here, key) if key else "")


def _one_or_more(table: Table, key: str, known: tuple[str, ...]) -> list[Table]:
    """Some tables, or one that stands for a list of it."""
    if isinstance(table.values.get(key), Mapping):
        return [table.table(key, known)]
    return table.tables(key, known)


def _app(table: Table, folder: str) -> AppSpec:
    name = schema.required(table, "name", servertexts.app_name)
    if "package" not in table:
        said = f" ({name}) has no package"
        raise table.source.wrong(table.path, said, 'add package = "./FOLDER", or a file or name')
    what = schema.required(table, "package", schema.no_null)
    is_private = table.flag("private")
    if is_private and (wrong := next((each for each in PLACE if each in table), "")):
        raise table.wrong(wrong, " does not go with private", "leave one of them out")
    default = "" if is_private else ("/..." if "host" in table else f"/{name}/...")
    env = {
        **dict(_entries(table, "env", schema.variable)),
        **_passed(table),
    }
    return AppSpec(
        name,
        _beside(what, folder),
        () if is_private else _places(table, default, mount="host" not in table),
        _serving(table),
        tuple(
            replace(mount, host=os.path.join(os.path.abspath(folder), mount.host))
            for path, each in table.items("files")
            for mount in (table.read(table.is_text(each, path), path, Mount.parse),)
        ),
        tuple(env.items()),
        tuple(
            table.read(table.is_text(each, path), path, servertexts.network)
            for path, each in table.items("network")
        ),
        tuple(
            table.read(table.is_text(each, path), path, servertexts.app_name)
            for path, each in table.items("middleware")
        ),
        table.texts("args", form=RAW),
    )


def _serving(table: Table) -> Serving:
    def count(key: str, high: int) -> int | None:
        return table.whole(key, 1, 1, high) if key in table else None

    isolation = _choice(table, "isolation", ISOLATIONS)
    key = table.parsed("key", servertexts.key)
    if (isolation == "actor") != (key is not None):
        missing = "key" if key is None else "isolation"
        raise table.wrong(
            "key" if key is not None else "isolation",
            f" needs {missing}",
            'write isolation = "actor" and key = "client", "header:NAME" or "param:NAME"',
        )
    once = next((each for each in ("pool", "reuse") if each in table), "")
    if isolation == "fresh" and once:
        raise table.wrong(
            once,
            ' does not go with isolation = "fresh", which uses an instance once',
            'leave it out, or write isolation = "pool"',
        )
    body = table.values.get("body")
    return Serving(
        handler=_choice(table, "handler", HANDLERS),
        isolation=isolation,
        pool=count("pool", 10_000),
        reuse=count("reuse", 10**9),
        key=key,
        concurrency=count("concurrency", 100_000),
        queue=table.whole("queue", 0, 0, 1_000_000) if "queue" in table else None,
        body=STREAM if body == "stream" else _bytes(table, "body"),
        limits=dict(schema.limits(table)),
    )


def _static(table: Table, folder: str) -> StaticSpec:
    inside = schema.required(table, "folder", schema.no_null)
    where = os.path.join(os.path.abspath(folder), inside.removeprefix("./"))
    if not os.path.isdir(where):
        raise table.wrong("folder", f": there is no folder {where}", "make it, or mend the path")
    return StaticSpec(
        _places(table, "/...", mount=True),
        where,
        table.parsed("index", schema.inside) or "index.html",
        table.parsed("fallback", schema.inside) or "",
        table.text("cache-control"),
    )


def _redirect(table: Table) -> RedirectSpec:
    status = table.whole("status", 308, 300, 308)
    if status not in REDIRECTS:
        known = ", ".join(map(str, REDIRECTS))
        raise table.wrong("status", f": {status} leads nowhere", f"write one of {known}")
    places = _places(table, "")
    to = schema.required(table, "to", servertexts.location)
    for place in places:
        told = {name for _, name in routing.parse_route(place.route)}
        for name in sorted(Redirect(status, to).fields - told):
            raise table.wrong(
                "to",
                f": {{{name}}} is no parameter of {place.route}",
                f"write :{name} in the route, or one of {{host}}, {{path}}, {{query}}, {{scheme}}",
            )
    return RedirectSpec(places, to, status)


def _reply(table: Table) -> ReplySpec:
    headers = tuple(_entries(table, "headers", servertexts.token))
    status = table.whole("status", 200, 200, 599)
    return ReplySpec(_places(table, ""), status, headers, table.text("body", form=PROSE))


def _places(table: Table, default: str, mount: bool = False) -> tuple[Place, ...]:
    """Where an entry answers; what is mounted by default has its folder taken off the path."""
    hosts = [_at(table, path, each, routing.parse_host) for path, each in _list(table, "host")]
    methods = tuple(
        _at(table, path, each, servertexts.method) for path, each in _list(table, "methods")
    )
    routes = [
        (_at(table, path, each, servertexts.route), False) for path, each in _list(table, "route")
    ]
    routes += [
        (_at(table, path, each, servertexts.mounted), True) for path, each in _list(table, "mount")
    ]
    if not routes:
        if not default:
            raise table.source.wrong(table.path, " has no route", 'add route = "/..."')
        routes = [(default, mount)]
    elif mount and table.path[0] == "static":
        # Files are looked for by what comes after the route, however it was written.
        routes = [(route, route.endswith("/...")) for route, _ in routes]
    return tuple(
        Place(route, host, methods, is_mount)
        for host in hosts or [""]
        for route, is_mount in routes
    )


def _check_places(root: Table, config: ServerConfig) -> None:
    """Refuses two entries that answer one place, and says in which line the second stands."""
    router = routing.Router()
    nobody = _Nobody()
    found = [
        *(("app", n, each.places) for n, each in enumerate(config.apps)),
        *(("static", n, each.places) for n, each in enumerate(config.statics)),
        *(("redirect", n, each.places) for n, each in enumerate(config.redirects)),
        *(("reply", n, each.places) for n, each in enumerate(config.replies)),
    ]
    for key, number, places in found:
        for place in places:
            try:
                router.add(place.route, nobody, place.host, place.methods, place.mount)
            except InputError as error:
                path = (key, number)
                raise root.source.wrong(path, f": {error.what}", error.hint) from None


class _Nobody:
    def serve(self, exchange: object) -> None:
        """Answers nothing: it only takes a place."""


# ----- values


def _choice(table: Table, key: str, known: tuple[str, ...]) -> str | None:
    if key not in table:
        return None
    text = table.text(key)
    if text not in known:
        raise table.wrong(key, f": {text!r} is none", f"write {' or '.join(known)}")
    return text


def _bytes(table: Table, key: str) -> int | None:
    if key not in table:
        return None
    value = table.values[key]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise table.wrong(key, f" is {kind(value)}, not a size", "write it like 64m")
    return table.read(str(value), (*table.path, key), lambda text: parse_bytes(text, ""))


def _seconds(table: Table, key: str, default: float) -> float:
    value = table.values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise table.wrong(key, f" is {kind(value)}, not a time", "write it like 5 or 500ms")
    return table.read(str(value), (*table.path, key), lambda text: parse_seconds(text, ""))


def _texts(table: Table, key: str) -> list[str]:
    return [_at(table, path, each, schema.no_null) for path, each in _list(table, key)]


def _list(table: Table, key: str) -> list[tuple[tomltext.Path_, Any]]:
    """A list, or one text that stands for a list of it."""
    if isinstance(table.values.get(key), str):
        return [((*table.path, key), table.values[key])]
    return list(table.items(key))


def _at(table: Table, path: tomltext.Path_, value: object, parser: Any) -> str:
    found: str = table.read(table.is_text(value, path), path, parser)
    return found


def _entries(table: Table, key: str, parser: Any) -> list[tuple[str, str]]:
    return [
        (
            table.read(name, path, parser),
            table.read(
                table.is_text(value, path, RAW),
                path,
                servertexts.one_line if key == "headers" else schema.no_null,
            ),
        )
        for path, name, value in table.entries(key)
    ]


def _passed(table: Table) -> dict[str, str]:
    """Variables of the server's own that it hands on."""
    found = {}
    for path, each in table.items("env-from"):
        name = _at(table, path, each, schema.variable)
        if name not in os.environ:
            raise table.source.wrong(path, f": the variable {name} is not set here", "set it")
        found[name] = os.environ[name]
    return found


def _beside(what: str, folder: str) -> str:
    """A path as the file's reader means it: from the file's folder. A name stays a name."""
    path = os.path.join(os.path.abspath(folder), what.removeprefix("./"))
    is_path = what[:1] in "./" or "/" in what or what.endswith((".wasm", ".wat"))
    return path if is_path or os.path.lexists(path) else what
