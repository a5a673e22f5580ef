"""What a server serves, as values: its addresses, its apps, and how each app's requests are run.

`serverfile` reads them from a file, `what` makes them of what the command line names. They cross
to the worker processes as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from wherever.edge.routing import BODY
from wherever.errors import InputError
from wherever.policy.grants import Mount
from wherever.policy.limits import Limits

HANDLERS = ("http", "wasi-http", "cgi")
"""Ways in which a guest can answer; what is in the binary decides where none is named."""

ISOLATIONS = ("fresh", "pool", "actor")
"""An instance for each request; some that are used again; one for each key."""

LOGS = ("all", "errors")
"""Requests that are logged."""

MOST_WORKERS = 256
"""Processes of a server; each takes 25 MB before it has any app."""

LIMITS = Limits(memory=128 << 20, timeout=30.0, cpu_time=5.0)
"""What one request may use where nothing else is said."""

STREAM = -1
"""Instead of the bytes of a body: it streams, without a bound."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the requests of an app are run: `[serve]` of a package, and a part of each `[[app]]`.

    What is None was not said: `under` has someone else say it, `settled` the defaults.

    Attributes:
        handler: one of `HANDLERS`.
        isolation: one of `ISOLATIONS`; None is `pool` where `pool` or `reuse` is said, and else
            leaves it to the kind of guest.
        pool: instances that wait for requests.
        reuse: requests that one instance may answer.
        key: what an actor is one for: `client`, `header:NAME` or `param:NAME`.
        concurrency: requests that are answered at the same time, in one worker.
        queue: requests that may wait; the next one gets 503.
        body: bytes of a request's body, or `STREAM`.
        limits: by the names of `Limits`, in bytes, seconds and counts.
    """

    handler: str | None = None
    isolation: str | None = None
    pool: int | None = None
    reuse: int | None = None
    key: str | None = None
    concurrency: int | None = None
    queue: int | None = None
    body: int | None = None
    limits: Mapping[str, int | float] = field(default_factory=dict)

    def over(self, other: Serving) -> Serving:
        """The same, and where this one says nothing, what the other says."""
        said = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) is not None
        }
        return replace(other, **{**said, "limits": {**other.limits, **self.limits}})


DEFAULTS = Serving(pool=4, reuse=1000, concurrency=64, queue=256, body=BODY)


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests come from: a host and a path.

    Attributes:
        route: as `routing` has it.
        host: a name, `*.` and a name, or empty for any.
        methods: those it takes; any where there are none.
        mount: whether the words before `/...` are taken off the path.
    """

    route: str
    host: str = ""
    methods: tuple[str, ...] = ()
    mount: bool = False


@dataclass(frozen=True, slots=True)
class AppSpec:
    """One app: a package, where it answers, what it may reach and use.

    Attributes:
        name: of the app; others call it `http://NAME.internal`.
        what: what `run` would be given: a path, or the name of a package.
        places: none for an app that only others of this server reach.
        serving: how its requests are run.
        files: folders of the host that it may use.
        env: its variables.
        network: what it may reach of the network, as `wherever.net.rules` reads it.
        middleware: names of the apps that see its requests first, in that order.
        args: words before the request, for handlers that have arguments.
    """

    name: str
    what: str
    places: tuple[Place, ...] = ()
    serving: Serving = Serving()
    files: tuple[Mount, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    network: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        """Whether only other apps of this server reach it."""
        return not self.places

    def settled(self, package: Mapping[str, int | float] | None = None) -> tuple[Serving, Limits]:
        """How its requests are run, nothing left open, and the limits of one request.

        Args:
            package: the `[limits]` of its package, which hold where they are narrower.
        """
        serving = self.serving
        if serving.isolation is None and (serving.pool or serving.reuse):
            serving = replace(serving, isolation="pool")  # which is what these are for
        serving = serving.over(DEFAULTS)
        own = {
            name: value
            for name, value in (package or {}).items()
            if _narrows(value, getattr(LIMITS, name))
        }
        return serving, LIMITS.but(**{**own, **serving.limits})


@dataclass(frozen=True, slots=True)
class StaticSpec:
    """A folder whose files are sent as they are."""

    places: tuple[Place, ...]
    folder: str
    index: str = "index.html"
    fallback: str = ""
    cache_control: str = ""


@dataclass(frozen=True, slots=True)
class RedirectSpec:
    """An answer that leads elsewhere; `to` may use the route's parameters, as `{name}`."""

    places: tuple[Place, ...]
    to: str
    status: int = 308


@dataclass(frozen=True, slots=True)
class ReplySpec:
    """An answer that is always the same."""

    places: tuple[Place, ...]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a certificate is, and its key; both are in one file where no key is named."""

    cert: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """A whole server.

    Attributes:
        name: of the server, for `ps`, `logs` and `stop`.
        listen: addresses, as `addresses` reads them.
        workers: processes that answer, at most `MOST_WORKERS`; 0 for one a core.
        tls: what is shown where TLS is spoken: the one for the name asked for, or the first.
        public: whether others than this machine may reach it.
        drain: seconds that requests have to end when it stops.
        status: where its status page is, on this machine; empty for none.
        log: which requests are logged, one of `LOGS`.
        mask_queries: whether what follows `?` is left out of the log and of traces.
    """

    name: str = ""
    listen: tuple[str, ...] = ("127.0.0.1:8080",)
    workers: int = 0
    public: bool = False
    drain: float = 30.0
    status: str = "127.0.0.1:0"
    log: str = "all"
    mask_queries: bool = False
    apps: tuple[AppSpec, ...] = ()
    statics: tuple[StaticSpec, ...] = ()
    redirects: tuple[RedirectSpec, ...] = ()
    replies: tuple[ReplySpec, ...] = ()
    tls: tuple[CertificateFiles, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The same as values that JSON has."""
        found: dict[str, Any] = asdict(self)
        return found

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> ServerConfig:
        """The server that `to_json` gave."""
        return cls(
            **{
                **found,
                "listen": tuple(found["listen"]),
                "tls": tuple(CertificateFiles(**each) for each in found["tls"]),
                "apps": tuple(_app(each) for each in found["apps"]),
                "statics": tuple(StaticSpec(**_placed(each)) for each in found["statics"]),
                "redirects": tuple(RedirectSpec(**_placed(each)) for each in found["redirects"]),
                "replies": tuple(
                    ReplySpec(**{**_placed(each), "headers": _pairs(each["headers"])})
                    for each in found["replies"]
                ),
            }
        )

    def check(self) -> None:
        """Refuses what no server can be.

        Raises:
            InputError: two apps have one name, a middleware is no app of this server or has one
                itself, or there is nothing to serve.
        """
        found = self.problem()
        if found is not None:
            raise InputError(*found[1:])

    def problem(self) -> tuple[int | None, str, str] | None:
        """What is wrong with the server: the number of the app, words, and what to do."""
        apps = {app.name: app for app in self.apps}
        seen = set()
        for number, app in enumerate(self.apps):
            if app.name in seen:
                return number, f"two apps are called {app.name}", "rename one of them"
            if app.name == "next":
                return number, "no app can be called next", "that is who follows a middleware"
            seen.add(app.name)
            for name in app.middleware:
                if name not in apps:
                    what = f"the app {app.name} has the middleware {name}, which is no app here"
                    return number, what, f"the apps are: {', '.join(apps)}"
                if apps[name].middleware:
                    what = f"{name} is a middleware of {app.name}, and has one itself"
                    return number, what, f"write all of them at {app.name}"
        if not (self.apps or self.statics or self.redirects or self.replies):
            return None, "there is nothing to serve", "name a package, or write [[app]]"
        return None


def _narrows(value: float, allowed: float | None) -> bool:
    return allowed is None or value < allowed


def _app(found: dict[str, Any]) -> AppSpec:
    return AppSpec(
        **{
            **_placed(found),
            "serving": Serving(**found["serving"]),
            "files": tuple(Mount(**each) for each in found["files"]),
            "env": _pairs(found["env"]),
            "network": tuple(found["network"]),
            "middleware": tuple(found["middleware"]),
            "args": tuple(found["args"]),
        }
    )


def _placed(found: dict[str, Any]) -> dict[str, Any]:
    places = tuple(Place(**{**each, "methods": tuple(each["methods"])}) for each in found["places"])
    return {**found, "places": places}


def _pairs(found: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found)
