"""Apps of guests on a real socket, in this process; what they were counted as is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.edge.guest.building import guest
from tests.edge.http.serving import Serving, answers
from wherever.edge import guests
from wherever.edge.config import AppSpec, Place
from wherever.edge.config import Serving as Settings
from wherever.edge.guests import open_app
from wherever.edge.host.apps import Around
from wherever.edge.http.limits import Limits as HttpLimits
from wherever.edge.internal import Neighbours
from wherever.edge.routing import Router
from wherever.policy.limits import Limits

MEMORY = 64 << 20


class _Lines:
    def __init__(self, kept: list[tuple[str, str, str, bytes]], app: str, id: str) -> None:
        self._kept, self._app, self._id = kept, app, id

    def write(self, stream: str, data: bytes) -> None:
        self._kept.append((self._app, self._id, stream, data))

    def close(self) -> None:
        pass


class Meter:
    """Keeps all that it is told.

    Attributes:
        outcomes: app, outcome and whether the instance was new, for each request.
        lines: app, id of the request, stream, and what was written.
        notes: app and words.
    """

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str, bool]] = []
        self.used: list[tuple[float, float, int]] = []
        self.lines: list[tuple[str, str, str, bytes]] = []
        self.notes: list[tuple[str, str]] = []

    def guest(
        self, app: str, outcome: str, wall: float, cpu: float, memory: int, cold: bool, id: str
    ) -> None:
        self.outcomes.append((app, outcome, cold))
        self.used.append((wall, cpu, memory))

    def pool(self, app: str, queued: int, idle: int) -> None:
        pass

    def direct(self, app: str) -> None:
        """Everything is told to this object, so nothing goes the short way."""

    def note(self, text: str, app: str = "") -> None:
        self.notes.append((app, text))

    def output(self, app: str, id: str) -> _Lines:
        return _Lines(self.lines, app, id)


def settings(**named: Any) -> Settings:
    """How requests are run; limits among the rest, by their names."""
    limits = {"memory": MEMORY, "timeout": 10.0}
    for name in Limits.__slots__:
        if name in named:
            limits[name] = named.pop(name)
    return Settings(**{"isolation": "fresh", **named}, limits=limits)


class Site(Serving):
    """A server whose apps are guests.

    Attributes:
        meter: what was counted, written and noted.
        apps: by name.
    """

    def __init__(self, specs: list[AppSpec]) -> None:
        self.meter = Meter()
        self.apps: dict[str, Any] = {}
        self._router = Router()
        super().__init__(self._router, HttpLimits(), None)
        try:
            for spec in specs:
                self.ask(lambda spec=spec: self._open(spec))
        except BaseException:
            self.close()
            raise

    def _open(self, spec: AppSpec) -> None:
        meter: Any = self.meter
        app = open_app(spec, Around(Neighbours(self.apps), meter))
        self.apps[spec.name] = app
        for place in spec.places:
            self._router.add(place.route, app, place.host, place.methods, place.mount)

    def fetch(
        self, path: str, *headers: str, method: str = "GET", body: bytes = b""
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body of the answer to one request."""
        (found,) = answers(self.send(request(path, *headers, method=method, body=body)), [method])
        return found

    def text(self, path: str, *headers: str) -> str:
        """The body of a good answer."""
        status, _, body = self.fetch(path, *headers)
        assert status == 200, body
        return body.decode("utf-8", "surrogateescape")

    def settled(self) -> None:
        """Waits until no guest is at work."""
        self.until(lambda: not any(turns._active for turns in guests._turns.values()))


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request's bytes."""
    lines = [f"{method} {path} HTTP/1.1", "host: site.test", "connection: close", *headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextmanager
def site(
    serving: Settings | None = None, *, code: str | Path = "answers", **named: Any
) -> Iterator[Site]:
    """One app, which has every path."""
    spec = AppSpec("app", _component(code), (Place("/..."),), serving or settings(), **named)
    with _serving([spec]) as made:
        yield made


@contextmanager
def sites(code: str | Path = "answers", **apps: Settings) -> Iterator[Site]:
    """Several apps, each below its own name."""
    what = _component(code)
    specs = [
        AppSpec(name, what, (Place(f"/{name}/...", mount=True),), serving)
        for name, serving in apps.items()
    ]
    with _serving(specs) as made:
        yield made


def _component(code: str | Path) -> str:
    return str(guest(code) if isinstance(code, str) else code)


@contextmanager
def _serving(specs: list[AppSpec]) -> Iterator[Site]:
    made = Site(specs)
    try:
        yield made
        assert made.failures == [], made.failures
    finally:
        for app in made.apps.values():
            made.ask(app.close)
        made.close()
