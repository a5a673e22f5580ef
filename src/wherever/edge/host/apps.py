"""From the settings of a server to the one app that answers all its requests."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from wherever.edge.chain import Chain
from wherever.edge.internal import Neighbours
from wherever.edge.routing import Router
from wherever.errors import InternalError, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.edge.config import AppSpec, Place, ServerConfig
    from wherever.edge.exchange import App
    from wherever.edge.observe.meter import Meter

    Opener = Callable[[AppSpec, "Around"], App]
    """Makes an app of its settings: compiled, checked, ready for its first request."""


REDIRECT, REPLY = "(redirect)", "(reply)"
"""What requests are counted under that no app answers."""


@dataclass(frozen=True, slots=True)
class Around:
    """What an app is given besides its settings.

    Attributes:
        neighbours: how its guests call the other apps.
        meter: what is told how its guests fared, and takes what they write; None where nothing
            is counted.
    """

    neighbours: Neighbours
    meter: Meter | None = None


class Apps:
    """All that one worker answers with.

    Attributes:
        router: the app that takes every request.
        named: the apps by name, those that are private too.
    """

    def __init__(self, config: ServerConfig, opener: str, meter: Meter | None = None) -> None:
        """Opens every app.

        Args:
            opener: `MODULE:NAME` of an `Opener`; loaded only where there is an app.

        Raises:
            WhereverError: one of them cannot be opened; the message names it.
        """
        self.router = Router()
        self.named: dict[str, App] = {}
        self._opened: list[App] = []
        self._meter = meter
        around = Around(Neighbours(self.named), meter)
        open_app: Opener = named(opener) if config.apps else _nothing
        for spec in config.apps:
            try:
                app = open_app(spec, around)
            except WhereverError as error:
                self.close()
                error.what = f"{spec.name}: {error.what}"
                raise
            self.named[spec.name] = app
            self._opened.append(app)
        for spec in config.apps:
            if spec.middleware:
                before = [self.named[name] for name in spec.middleware]
                self.named[spec.name] = Chain(before, self.named[spec.name])
        for spec in config.apps:
            self._place(spec.name, self.named[spec.name], spec.places)
        self._place_plain(config)

    def close(self) -> None:
        """Lets go of what the apps hold."""
        for app in self._opened:
            close = getattr(app, "close", None)
            if close is not None:
                close()

    def _place_plain(self, config: ServerConfig) -> None:
        """Places what answers without a guest; loaded only where there is some."""
        from wherever.edge.replies import Redirect, Reply
        from wherever.edge.static import StaticFiles

        labels = labelled([static.folder for static in config.statics])
        for static, label in zip(config.statics, labels, strict=True):
            files = StaticFiles(
                static.folder,
                index=static.index,
                fallback=static.fallback or None,
                cache_control=static.cache_control,
            )
            self._place(label, files, static.places)
        for redirect in config.redirects:
            leads = Redirect(redirect.status, redirect.to)
            self._place(REDIRECT, leads, redirect.places)
        for reply in config.replies:
            headers = [(name.encode(), value.encode()) for name, value in reply.headers]
            answer = Reply(reply.status, headers, reply.body.encode())
            self._place(REPLY, answer, reply.places)

    def _place(self, name: str, app: App, places: tuple[Place, ...]) -> None:
        seen = app if self._meter is None else self._meter.observed(name, app)
        for place in places:
            self.router.add(place.route, seen, place.host, place.methods, place.mount)


def counted(config: ServerConfig) -> list[str]:
    """The names that the requests of a server are counted under, but for those of no app.

    Example:
        >>> from wherever.edge import serverfile
        >>> counted(serverfile.parse('[[reply]]\\nroute = "/"\\nbody = "x"'))
        ['(reply)']
    """
    return [
        *(app.name for app in config.apps),
        *labelled([static.folder for static in config.statics]),
        *([REDIRECT] if config.redirects else []),
        *([REPLY] if config.replies else []),
    ]


def labelled(folders: Sequence[str]) -> list[str]:
    """What folders of files are called where apps have names: no app's name has a slash.

    Example:
        >>> labelled(["/srv/public", "/srv/a/docs", "/srv/b/docs"])
        ['public/', 'a/docs/', 'b/docs/']
    """
    found = []
    for folder in folders:
        parts = folder.rstrip("/").split("/")
        short = parts[-1]
        is_alone = [each.rstrip("/").rpartition("/")[2] for each in folders].count(short) == 1
        found.append("/".join(parts[-1:] if is_alone else parts[-2:]) + "/")
    return found


def _nothing(spec: AppSpec, around: Around) -> App:
    raise InternalError(f"{spec.name}: nobody opens apps here")


def named(what: str) -> Any:
    """The thing that `MODULE:NAME` names.

    Raises:
        InternalError: there is none.
    """
    module, _, name = what.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InternalError(f"there is no {what}: {error}", "install wherever[edge]") from None
